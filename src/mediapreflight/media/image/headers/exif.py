"""The two EXIF facts that matter here: the orientation of the picture, and whether it says where it was taken.

Source: CIPA DC-008 (Exif 2.32), section 4.6, and TIFF 6.0.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

_ORIENTATION_TAG = 0x0112
_GPS_TAG = 0x8825
# The standard requires a SHORT; writers use every integer type, and readers accept them. Those of 64 bits are of BigTIFF.
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_INLINE_BYTES = 4
_ENTRY_BYTES = 12
_MAX_ENTRIES = 1000
_XMP_ORIENTATION = rb"""tiff:Orientation(?:\s*=\s*["']|>)\s*(\d)"""
_XMP_LOCATION = rb"exif:GPSLatitude\b"


class ExifFacts(NamedTuple):
    """`orientation` 1 to 8, or None if there is none or it is invalid."""

    orientation: int | None
    has_location: bool


def read_exif(block: bytes) -> ExifFacts:
    """The facts in a TIFF block. From a damaged block it returns what can be read, never an error."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return ExifFacts(None, False)
    (start,) = struct.unpack_from(order + "I", block, 4)
    if start + 2 > len(block):
        return ExifFacts(None, False)
    (count,) = struct.unpack_from(order + "H", block, start)
    orientation, has_location = None, False
    for index in range(min(count, _MAX_ENTRIES)):
        at = start + 2 + index * _ENTRY_BYTES
        if at + _ENTRY_BYTES > len(block):
            break
        tag, kind = struct.unpack_from(order + "HH", block, at)
        if tag == _ORIENTATION_TAG and kind in _INTEGERS:
            orientation = _sane(_integer(block, order + _INTEGERS[kind], at + 8))
        elif tag == _GPS_TAG:
            (pointer,) = struct.unpack_from(order + "I", block, at + 8)
            has_location = _has_gps_position(block, order, pointer)
    return ExifFacts(orientation, has_location)


def read_xmp(packet: bytes) -> ExifFacts:
    """The same facts from an XMP packet."""
    found = re.search(_XMP_ORIENTATION, packet)
    return ExifFacts(_sane(int(found[1])) if found else None, re.search(_XMP_LOCATION, packet) is not None)


def _integer(block: bytes, form: str, at: int) -> int | None:
    """The value of an entry, which is elsewhere if it is too long; None if it is outside of the block."""
    if struct.calcsize(form) > _INLINE_BYTES:
        (at,) = struct.unpack_from(form[0] + "I", block, at)
    return int(struct.unpack_from(form, block, at)[0]) if at + struct.calcsize(form) <= len(block) else None


def _sane(value: int | None) -> int | None:
    return value if value is not None and 1 <= value <= 8 else None


def _has_gps_position(block: bytes, order: str, at: int) -> bool:
    """Whether the GPS directory holds a latitude (tag 2): cameras write an empty one when they have no fix."""
    if at + 2 > len(block):
        return False
    (count,) = struct.unpack_from(order + "H", block, at)
    ends = min(at + 2 + min(count, _MAX_ENTRIES) * _ENTRY_BYTES, len(block) - _ENTRY_BYTES + 1)
    return any(struct.unpack_from(order + "H", block, entry)[0] == 2 for entry in range(at + 2, ends, _ENTRY_BYTES))
