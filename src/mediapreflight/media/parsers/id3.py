"""ID3v2 tags that are not read: compressed ones, and those with more frames than any player writes.

Source: "ID3 tag version 2.3.0", "ID3 tag version 2.4.0 - Main Structure" (id3.org).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

# How tags begin: of ID3, APE and Lyrics3.
TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
# What else stands behind sound, and is none.
FILLER = b"\0\r\n "
# Taggers write a few dozen.
MAX_FRAMES = 5_000
MAX_BYTES = 64 * 2**20
_HEADER_BYTES = 10
# By the tag's version: the flag of a frame that says its data is compressed.
_COMPRESSED = {3: 0x0080, 4: 0x0008}


def tag_bytes(stream: BinaryIO) -> int:
    """How long the tag at the start of the file says it is, in bytes; 0 if there is none."""
    stream.seek(0)
    header = stream.read(_HEADER_BYTES)
    return _HEADER_BYTES + _syncsafe(header[6:10]) if len(header) == _HEADER_BYTES and header[:3] == b"ID3" else 0


def is_modest(stream: BinaryIO) -> bool:
    """Whether the tag at the start of the file is small, has few frames and none compressed; also true without a tag."""
    stream.seek(0)
    header = stream.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or header[:3] != b"ID3":
        return True
    version, end = header[3], _HEADER_BYTES + _syncsafe(header[6:10])
    if end > MAX_BYTES:
        return False
    for _ in range(MAX_FRAMES):
        frame = stream.read(_HEADER_BYTES if version > 2 else 6)
        if stream.tell() > end or not frame.strip(b"\0"):
            return True
        if version <= 2:
            length, flags = int.from_bytes(frame[3:6], "big"), 0
        else:
            length, flags = struct.unpack(">IH", frame[4:10]) if len(frame) == _HEADER_BYTES else (0, 0)
            length = _syncsafe(frame[4:8]) if version == 4 else length
        if flags & _COMPRESSED.get(version, 0):
            return False
        stream.seek(length, 1)
    return False


def _syncsafe(four: bytes) -> int:
    """A number with seven bits in each byte."""
    return sum((byte & 127) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))
