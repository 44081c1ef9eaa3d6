"""The number of a FLAC frame. Source: RFC 9639, section 9.1."""

from __future__ import annotations

from typing import NamedTuple

_SYNC, _SYNC_MASK, _IS_VARIABLE = 0xFFF8, 0xFFFE, 1
_NUMBER_AT = 4
# The first byte of a number says how many follow, as in UTF-8, up to seven bytes in all.
_LONGEST = 7


class FrameNumber(NamedTuple):
    """`value`: of frames before this one; of samples, if frames differ in length (`counts_samples`)."""

    value: int
    counts_samples: bool


def frame_number(frame: bytes) -> FrameNumber | None:
    """The number in the header of a frame; None if this begins none."""
    mark, number = int.from_bytes(frame[:2], "big"), frame[_NUMBER_AT : _NUMBER_AT + _LONGEST]
    if mark & _SYNC_MASK != _SYNC or not number:
        return None
    length = 8 - (number[0] ^ 0xFF).bit_length()
    value = number[0] & 0x7F >> length
    for byte in number[1 : max(length, 1)]:
        value = value << 6 | byte & 0x3F
    return FrameNumber(value, bool(mark & _IS_VARIABLE))
