"""Frames of AMR speech."""

import pytest

from mediapreflight.media.facts import Problem
from mediapreflight.media.parsers.amr import frame_bytes, is_damaged, is_silence
from mediapreflight.media.probe import probe

from ..make import MediaMaker, patched


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


FRAME = b"\x3c" + bytes(31)


@pytest.mark.parametrize("packet", [b"", FRAME, FRAME * 3, FRAME + b"\x7c" + FRAME, b"\x78"])
def test_packets_of_good_frames(packet: bytes) -> None:
    assert not is_damaged(packet, "amr_nb")


@pytest.mark.parametrize("packet", [b"\x38" + bytes(31), FRAME[:-1], FRAME + b"\0", b"\x40" + bytes(5), b"\x74", FRAME + b"\x0a"])
def test_packets_with_a_frame_that_is_damaged_or_none(packet: bytes) -> None:
    assert is_damaged(packet, "amr_nb")


def test_frames_of_the_wide_band_that_became_zeros_are_damage(make: MediaMaker) -> None:
    """Decoders play on, and say it in their log only."""
    data = b"#!AMR-WB\n" + (b"\x04" + bytes(range(17))) * 100
    assert probe(make.write("whole.amr", data)).problems == ()
    zeroed = probe(make.write("zeroed.amr", patched(data, 9 + 18 * 50, bytes(90))))
    assert zeroed.problem(Problem.CORRUPT) == "5 of its packets cannot be decoded, the first at 1.00 s"
