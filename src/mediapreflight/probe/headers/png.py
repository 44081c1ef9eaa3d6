"""PNG chunks, walked by their lengths. Source: W3C PNG (third edition)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from .base import MAX_CHUNKS, Color, Header, HeaderError, take

_SIGNATURE_BYTES = 8
_MAX_METADATA_BYTES = 4 * 2**20
_COLORS: dict[int, tuple[int, Color, bool]] = {
    0: (1, "grey", False),
    2: (3, "rgb", False),
    3: (1, "palette", False),
    4: (2, "grey", True),
    6: (4, "rgb", True),
}
_XMP_KEYWORD = b"XML:com.adobe.xmp\x00\x00\x00"


def read(stream: BinaryIO, size: int) -> Header:
    """IHDR for the size; tRNS, acTL, eXIf and XMP wherever they stand; the walk ends at IEND or where the file does."""
    stream.seek(_SIGNATURE_BYTES)
    length, name = _chunk_header(stream)
    if name != b"IHDR" or length != 13:
        raise HeaderError("the first chunk is not a picture header")
    width, height, depth, color_type = struct.unpack(">IIBB", take(stream, 13)[:10])
    if color_type not in _COLORS or not 0 < width < 2**31 or not 0 < height < 2**31:
        raise HeaderError(f"the header says {width} x {height} px in colour type {color_type}")
    channels, color, has_alpha = _COLORS[color_type]
    header = Header(width, height, channels, depth, color, has_alpha)
    return _with_chunks(header, stream, size)


def _with_chunks(header: Header, stream: BinaryIO, size: int) -> Header:
    at = stream.tell() + 4
    for _ in range(MAX_CHUNKS):
        if at + 8 > size:
            return header._replace(truncated="the end chunk is missing")
        stream.seek(at)
        length, name = _chunk_header(stream)
        end = at + 12 + length
        if end > size:
            kind = name.decode() if name.isalpha() else "damaged"
            missing = f"its {kind} chunk needs {end - size} bytes more than the file has"
            return header._replace(truncated=missing)
        if name == b"IEND":
            return header
        if name == b"IDAT":
            end = _end_of_equals(stream, at, length, size)
        elif name == b"tRNS":
            header = header._replace(has_alpha=True)
        elif name == b"acTL" and length >= 8:
            header = header._replace(frames=max(1, struct.unpack(">I", take(stream, 4))[0]))
        elif name == b"eXIf" and length <= _MAX_METADATA_BYTES:
            header = header._replace(exif=take(stream, length))
        elif name == b"iTXt" and length <= _MAX_METADATA_BYTES:
            text = take(stream, length)
            if text.startswith(_XMP_KEYWORD):
                header = header._replace(xmp=text[len(_XMP_KEYWORD) :])
        at = end
    raise HeaderError(f"it has more than {MAX_CHUNKS} chunks")


def _end_of_equals(stream: BinaryIO, at: int, length: int, size: int) -> int:
    """Where the last of the IDAT chunks ends that follow the one at `at` and are as long as it.

    No other chunk may stand between them, and writers cut the data of one picture into hundreds of equal pieces: looking at
    the first, second, fourth, eighth … takes a tenth of the time.
    """
    header, whole = struct.pack(">I4s", length, b"IDAT"), length + 12
    last, step, grows = 0, 1, True
    while step:
        there = at + (last + step) * whole
        if there + whole <= size and _is_at(stream, there, header):
            last += step
        else:
            grows = False
        step = step * 2 if grows else step // 2
    return at + (last + 1) * whole


def _is_at(stream: BinaryIO, offset: int, data: bytes) -> bool:
    stream.seek(offset)
    return stream.read(len(data)) == data


def _chunk_header(stream: BinaryIO) -> tuple[int, bytes]:
    length, name = struct.unpack(">I4s", take(stream, 8))
    return length, name
