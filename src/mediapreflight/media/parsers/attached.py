"""How many bytes of a sound file or movie are not sound or video: mostly cover art. Read only from its headers.

FFmpeg keeps all of it in memory as soon as a file is opened, and mutagen several copies of it. Sources: RFC 9639 (FLAC),
"ID3 tag version 2.4.0 - Main Structure", ISO/IEC 14496-12 (MP4).
"""

from __future__ import annotations

from typing import BinaryIO

from ..formats import DEMUXERS
from . import boxes as isobmff
from . import id3, riff

# Players show pictures of a few megabytes; the largest recording that any model takes has 30 MB in all.
MAX_ATTACHED_BYTES = 64 * 2**20
_FLAC_BLOCK_HEADER_BYTES = 4
_MAX_FLAC_BLOCKS = 10_000


def attached_bytes(stream: BinaryIO, size: int, format: str) -> int:
    """The bytes of tags and attached pictures in a file of `size` bytes; 0 if its format does not say."""
    if DEMUXERS[format] == "mov":
        movie = isobmff.find(stream, isobmff.Box(b"file", 0, size), b"moov")
        parts = isobmff.boxes(stream, movie.start, movie.end) if movie else ()
        return min(size, sum(part.end - part.start for part in parts if part.type != b"trak"))
    if DEMUXERS[format] in ("wav", "avi"):
        return riff.info_bytes(stream, size)
    return min(size, id3.tag_bytes(stream) + (_flac_metadata_bytes(stream, size) if format == "flac" else 0))


def _flac_metadata_bytes(stream: BinaryIO, size: int) -> int:
    """The bytes of all metadata blocks."""
    stream.seek(0)
    if stream.read(4) != b"fLaC":
        return 0
    at = start = 4
    for _ in range(_MAX_FLAC_BLOCKS):
        stream.seek(at)
        header = stream.read(_FLAC_BLOCK_HEADER_BYTES)
        if len(header) < _FLAC_BLOCK_HEADER_BYTES or at > size:
            break
        at += _FLAC_BLOCK_HEADER_BYTES + int.from_bytes(header[1:], "big")
        if header[0] & 0x80:
            break
    return at - start
