"""What fixes a library that is not there."""

import sys

import pytest

from mediapreflight.errors import MissingLibraryError
from mediapreflight.media.libraries import ensure_faces


def test_what_is_not_installed_is_told_before_anything_is_loaded(monkeypatch):
    ensure_faces("faces are wanted")
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingLibraryError, match="it is not installed, and faces are wanted") as caught:
        ensure_faces("faces are wanted")
    assert caught.value.fix == 'pip install "mediapreflight[people]"'
