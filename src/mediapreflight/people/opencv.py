"""Load OpenCV on first use, without its change of the search path for libraries."""

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
    """Restore the search path for libraries: OpenCV adds its folder to it and an empty entry, which means the current folder.

    Otherwise every program started later (ffmpeg, and those of other libraries) would load libraries from the folder of the
    media.
    """
    # One thread at a time: a second one would save the path that OpenCV has just changed.
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
