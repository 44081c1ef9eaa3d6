"""Numbers of FLAC frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.flac import FrameNumber, frame_number


@pytest.mark.every(
    ("coded", "value"),
    [
        (b"\x00", 0),
        (b"\x7f", 127),
        ("\u0080".encode(), 128),
        ("\uffff".encode(), 0xFFFF),
        ("\U0010ffff".encode(), 0x10FFFF),
        (b"\xfe" + b"\xbf" * 6, 2**36 - 1),
    ],
)
def test_numbers(coded: bytes, value: int) -> None:
    behind = b"\x55" * 8
    assert frame_number(b"\xff\xf8\xc9\x18" + coded + behind) == FrameNumber(value, counts_samples=False)
    assert frame_number(b"\xff\xf9\xc9\x18" + coded + behind) == FrameNumber(value, counts_samples=True)


@given(data=st.binary(max_size=20))
def test_other_bytes(data: bytes) -> None:
    found = frame_number(data)
    assert found is None or (data.startswith((b"\xff\xf8", b"\xff\xf9")) and found.value >= 0)
