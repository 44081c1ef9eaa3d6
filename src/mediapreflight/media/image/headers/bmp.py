"""Windows bitmap headers. Source: Microsoft, "Bitmap Header Types" (BITMAPCOREHEADER to BITMAPV5HEADER)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ....language import say
from .base import Header, HeaderError, take

_CORE_HEADER = 12
_V3_HEADER = 56
_UNCOMPRESSED = {0, 3}
# Only these use the masks of their header.
_MASKED = {3, 6}
_MASKS_AT = 54


def read(stream: BinaryIO, size: int) -> Header:
    """Size, depth and alpha; whether uncompressed pixels run past the end of the file, and `undecoded`."""
    stream.seek(10)
    offset, header_size = struct.unpack("<II", take(stream, 8))
    if header_size == _CORE_HEADER:
        width, height, _, bits = struct.unpack("<HHHH", take(stream, 8))
        compression = 0
    else:
        width, height, _, bits, compression = struct.unpack("<iiHHI", take(stream, 16))
    height = abs(height)
    if width <= 0 or height == 0 or bits not in (0, 1, 2, 4, 8, 16, 24, 32, 64):
        raise HeaderError(f"the header says {width} x {height} px of {bits} bits")
    depth, has_alpha = 5 if bits == 16 else 8, False
    if bits in (16, 32) and compression in _MASKED:
        red, alpha = _masks(stream, has_alpha=header_size >= _V3_HEADER)
        depth, has_alpha = red.bit_count() or depth, alpha != 0
    needed = offset + height * ((width * bits + 31) // 32 * 4)
    truncated = (
        f"its pixels need {needed - size} bytes more than the file has"
        if compression in _UNCOMPRESSED and needed > size
        else None
    )
    if bits <= 8:
        return Header(width, height, 1, bits or 8, "palette", False, truncated=truncated)
    # Pillow leaves out the alpha of 16 bits.
    undecoded = say("its layout of bits is not decoded here") if bits == 16 and has_alpha else None
    return Header(width, height, 4 if has_alpha else 3, depth, "rgb", has_alpha, truncated=truncated, undecoded=undecoded)


def _masks(stream: BinaryIO, *, has_alpha: bool) -> tuple[int, int]:
    """The masks of red and of alpha; the latter is 0 if the header has none."""
    stream.seek(_MASKS_AT)
    red, _, _, alpha = struct.unpack("<4I", take(stream, 12) + (take(stream, 4) if has_alpha else bytes(4)))
    return red, alpha
