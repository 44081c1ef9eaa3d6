"""OpenCV, loaded on first use, and kept from changing where programs look for their libraries."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..media.libraries import PEOPLE, load

_LIBRARY_PATH = "LD_LIBRARY_PATH"
_LOADING = threading.Lock()


def load_cv2() -> Any:
    """OpenCV. Raises MissingLibraryError."""
    with _search_path_kept():
        return load("cv2", "OpenCV", PEOPLE)


@contextmanager
def _search_path_kept() -> Iterator[None]:
    """OpenCV adds its folder, and an empty name with it, to where libraries are sought: there, that means the current folder.

    Every program started afterwards (ffmpeg, and what other libraries call) would load libraries that lie beside the media.
    """
    # One thread at a time: another would take what OpenCV has just added for what was there before.
    with _LOADING:
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
