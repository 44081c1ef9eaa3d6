"""Libraries that are imported on first use and may be missing, and the commands that install them."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from ..errors import MissingLibraryError
from ..system import IS_LINUX

# The command that installs the libraries that find people.
PEOPLE = 'pip install "mediapreflight[people]"'
SYSTEM_LIBRARIES = "apt-get install libegl1 libgl1 libgles2 libglib2.0-0"
# The fix for a library that is installed but does not load. On systems other than Linux, wheels contain everything they link to.
LOADABLE = SYSTEM_LIBRARIES if IS_LINUX else "pip install --force-reinstall mediapipe opencv-contrib-python"


def ensure_faces(purpose: str) -> None:
    """Raises MissingLibraryError if the libraries that find faces are not installed. Loads nothing.

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
    """Import a module. Raises MissingLibraryError with the library's `name` and the command to `install` it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        reason = "it is not installed" if error.name == module else str(error)
        raise MissingLibraryError(name, reason, install) from None
    except (ImportError, OSError) as error:
        raise MissingLibraryError(name, str(error), LOADABLE) from None
