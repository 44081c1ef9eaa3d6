"""RIFF headers of WAV and AVI files. Source: Microsoft, "Multimedia Programming Interface" (1991); EBU Tech 3306 for RF64."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

_MAX_CHUNKS = 10_000
_HEADER_BYTES = 8
_OPEN_LENGTH = 0xFFFFFFFF
_SEARCHED_BYTES = 2**16


class WavHeader(NamedTuple):
    """`duration`: seconds of data at the stated bytes a second. `missing`: bytes of data past the end of the file.

    `end`: the offset behind the data; None where the writer left it open.
    """

    duration: float | None = None
    missing: int = 0
    end: int | None = None


def read_wav_header(stream: BinaryIO, size: int) -> WavHeader:
    """What stands before and at the start of the data chunk; nothing where there is none."""
    at, bytes_per_second, wide_length = 12, 0, 0
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(24)
        if len(head) < _HEADER_BYTES:
            break
        name, length = struct.unpack_from("<4sI", head)
        if name == b"fmt " and len(head) >= 20:
            (bytes_per_second,) = struct.unpack_from("<I", head, 16)
        elif name == b"ds64" and len(head) >= 24:
            (wide_length,) = struct.unpack_from("<Q", head, 16)
        elif name == b"data":
            is_open = length in (0, _OPEN_LENGTH) and not wide_length
            length = wide_length or length
            end = at + _HEADER_BYTES + length
            duration = length / bytes_per_second if length and bytes_per_second else None
            return WavHeader(duration) if is_open else WavHeader(duration, max(0, end - size), end)
        at += _HEADER_BYTES + length + (length & 1)
    return WavHeader()


def info_bytes(stream: BinaryIO, size: int) -> int:
    """What the longest list of titles and the like (INFO) before sound and pictures claims to hold, in bytes.

    FFmpeg makes room for what such a list says of a title before it reads one.
    """
    at, longest = 12, 0
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(12)
        if len(head) < 12 or head.startswith(b"data") or (head.startswith(b"LIST") and head.endswith(b"movi")):
            break
        name, length, kind = struct.unpack("<4sI4s", head)
        if name == b"LIST" and kind == b"INFO":
            longest = max(longest, length)
        elif name == b"LIST":
            at += 12
            continue
        if at + _HEADER_BYTES + length <= size:
            at += _HEADER_BYTES + length + (length & 1)
            continue
        # The length is a lie. Where FFmpeg reads on is hard to say; some list will be there.
        stream.seek(at + _HEADER_BYTES)
        skipped = stream.read(_SEARCHED_BYTES).find(b"LIST")
        if skipped < 0:
            break
        at += _HEADER_BYTES + skipped
    return longest


def avi_missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the file is shorter than it says; 0 where it is whole, or the writer left its length open."""
    stream.seek(4)
    (stated,) = struct.unpack("<I", stream.read(4).ljust(4, b"\x00"))
    missing = stated + _HEADER_BYTES - size
    # Some writers count the header itself in.
    return missing if missing > _HEADER_BYTES and stated != _OPEN_LENGTH else 0
