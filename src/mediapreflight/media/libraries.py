"""Libraries that are imported on first use and may be missing, and what fixes that."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import MissingLibraryError

SYSTEM_LIBRARIES = "apt-get install libegl1 libgles2 libgl1"


def load(module: str, name: str, package: str) -> Any:
    """A module, by its own name, that of the library and that of its distribution. Raises MissingLibraryError."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingLibraryError(name, str(error), f"pip install {package}") from None
    except (ImportError, OSError) as error:
        raise MissingLibraryError(name, str(error), SYSTEM_LIBRARIES) from None
