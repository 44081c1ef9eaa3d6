"""Libraries that are imported on first use and may be missing, and what fixes that."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import MissingLibraryError

SYSTEM_LIBRARIES = "apt-get install libegl1 libgles2 libgl1"
_LIBRARY_PATH = "LD_LIBRARY_PATH"
_LOADING_CV2 = threading.Lock()


def load(module: str, name: str, package: str) -> Any:
    """A module, by its own name, that of the library and that of its distribution. Raises MissingLibraryError."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingLibraryError(name, str(error), f"pip install {package}") from None
    except (ImportError, OSError) as error:
        raise MissingLibraryError(name, str(error), SYSTEM_LIBRARIES) from None


def load_cv2() -> Any:
    """OpenCV. Raises MissingLibraryError."""
    with _search_path_kept():
        return load("cv2", "OpenCV", "opencv-contrib-python")


@contextmanager
def _search_path_kept() -> Iterator[None]:
    """OpenCV adds its folder, and an empty name with it, to where libraries are sought: there, that means the current folder.

    Every program started afterwards (ffmpeg, and what other libraries call) would load libraries that lie beside the media.
    """
    # One thread at a time: another would take what OpenCV has just added for what was there before.
    with _LOADING_CV2:
        if "cv2" in sys.modules:
            yield
            return
        before = os.environ.get(_LIBRARY_PATH)
        try:
            yield
        finally:
            if before is None:
                os.environ.pop(_LIBRARY_PATH, None)
            else:
                os.environ[_LIBRARY_PATH] = before
