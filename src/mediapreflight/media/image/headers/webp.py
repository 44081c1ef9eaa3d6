"""WebP chunks. Source: RFC 9649."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ....language import say
from .base import MAX_CHUNKS, MAX_PROFILE_BYTES, Colors, Header, HeaderError, take

_RIFF_BYTES = 12
_ALPHA_FLAG, _ANIMATION_FLAG = 0x10, 0x02
_MAX_METADATA_BYTES = 4 * 2**20


def read(stream: BinaryIO, size: int) -> Header:
    """The canvas from VP8X, VP8 or VP8L; frames by counting ANMF chunks; EXIF and XMP at the end."""
    stream.seek(4)
    stated = struct.unpack("<I", take(stream, 4))[0] + 8
    header: Header | None = None
    at, frames, animated = _RIFF_BYTES, 0, False
    for _ in range(MAX_CHUNKS):
        if at + 8 > min(size, stated):
            break
        stream.seek(at)
        name, length = struct.unpack("<4sI", take(stream, 8))
        if header is None:
            header = _canvas(name, stream)
            animated = header.frames is None
        if name == b"ANMF":
            frames += 1
        elif name == b"EXIF" and length <= _MAX_METADATA_BYTES and at + 8 + length <= size:
            header = header._replace(exif=take(stream, length).removeprefix(b"Exif\x00\x00"))
        elif name == b"XMP " and length <= _MAX_METADATA_BYTES and at + 8 + length <= size:
            header = header._replace(xmp=take(stream, length))
        elif name == b"ICCP" and length <= MAX_PROFILE_BYTES and at + 8 + length <= size:
            header = header._replace(colors=Colors(take(stream, length)))
        at += 8 + length + (length & 1)
    else:
        raise HeaderError(f"it has more than {MAX_CHUNKS} chunks")
    if header is None:
        raise HeaderError(say("it contains no picture"))
    missing = max(stated, at) - size
    truncated = f"the file is {missing} bytes shorter than its header says" if missing > 0 else None
    return header._replace(frames=frames if animated else 1, truncated=truncated)


def _canvas(name: bytes, stream: BinaryIO) -> Header:
    """The size from the first chunk. `frames` None stands for an animation whose frames are still to be counted."""
    if name == b"VP8X":
        data = take(stream, 10)
        width, height = 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
        has_alpha = bool(data[0] & _ALPHA_FLAG)
        return Header(width, height, 4 if has_alpha else 3, 8, "rgb", has_alpha, None if data[0] & _ANIMATION_FLAG else 1)
    if name == b"VP8L":
        data = take(stream, 5)
        if data[0] != 0x2F:
            raise HeaderError(say("its lossless data lacks the signature byte"))
        bits = int.from_bytes(data[1:5], "little")
        has_alpha = bool(bits >> 28 & 1)
        return Header(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 4 if has_alpha else 3, 8, "rgb", has_alpha)
    if name == b"VP8 ":
        data = take(stream, 10)
        if data[3:6] != b"\x9d\x01\x2a":
            raise HeaderError(say("its first frame is not a key frame"))
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[6:10]))
        if not width or not height:
            raise HeaderError(f"the header says {width} x {height} px")
        return Header(width, height, 3, 8, "rgb", False)
    raise HeaderError(say("its first chunk is not a picture"))
