"""Libraries that are imported on first use and may be missing, and what fixes that."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from ..errors import MissingLibraryError
from ..system import IS_LINUX

# What brings the libraries that look for people.
PEOPLE = 'pip install "mediapreflight[people]"'
SYSTEM_LIBRARIES = "apt-get install libegl1 libgl1 libgles2 libglib2.0-0"
# What fixes one that is installed and does not load. Away from Linux, the wheels hold all that they link to.
LOADABLE = SYSTEM_LIBRARIES if IS_LINUX else "pip install --force-reinstall mediapipe opencv-contrib-python"


def ensure_faces(purpose: str) -> None:
    """Raises MissingLibraryError where what finds faces is not installed. Loads nothing.

    Args:
        purpose: what needs it.
    """
    if not _is_installed("cv2"):
        raise MissingLibraryError("OpenCV", f"it is not installed, and {purpose}", PEOPLE)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def load(module: str, name: str, install: str) -> Any:
    """A module, by its own name, that of the library and the line that installs it. Raises MissingLibraryError."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        reason = "it is not installed" if error.name == module else str(error)
        raise MissingLibraryError(name, reason, install) from None
    except (ImportError, OSError) as error:
        raise MissingLibraryError(name, str(error), LOADABLE) from None
