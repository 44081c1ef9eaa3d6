"""Frames of AMR speech."""

import pytest

from mediapreflight.media.amr import frame_bytes, is_silence


@pytest.mark.parametrize("frame", [b"\x7c", b"\x78", b"\x74"])
def test_frames_without_speech(frame: bytes) -> None:
    assert is_silence(frame)


@pytest.mark.parametrize("frame", [b"", b"\x0a", b"\xff", b"\x3c", b"\x7c\x00"])
def test_other_frames(frame: bytes) -> None:
    assert not is_silence(frame)


@pytest.mark.parametrize(
    ("frame", "codec", "length"),
    [(b"\x3c", "amr_nb", 32), (b"\x3c", "amr_wb", 59), (b"\x7c", "amr_nb", 1), (b"\n", "amr_nb", 0), (b"", "amr_nb", 0)],
)
def test_lengths(frame: bytes, codec: str, length: int) -> None:
    assert frame_bytes(frame, codec) == length
