"""Elements of Matroska and WebM files that FFmpeg does not pass on. Source: RFC 8794 (EBML), RFC 9559 (Matroska)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MAX_ELEMENTS = 10_000
_SEGMENT, _TRACKS, _TRACK_ENTRY, _CLUSTER = 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675
_TRACK_TYPE, _VIDEO, _PROJECTION, _POSE_ROLL = 0x83, 0xE0, 0x7670, 0x7675
_CONTENT_ENCODINGS, _CONTENT_ENCODING, _CONTENT_ENCRYPTION = 0x6D80, 0x6240, 0x5035
_TYPE_VIDEO = 1


class TrackHeader(NamedTuple):
    """Of the first video track: its turn in degrees clockwise, and whether it is encrypted."""

    rotation: float = 0.0
    encrypted: bool = False


class _Element(NamedTuple):
    """An element: its id, and where its payload lies in the file. `end` is None where its size is left open."""

    id: int
    start: int
    end: int | None


def read_track_header(stream: BinaryIO, size: int) -> TrackHeader:
    """What stands in the file before its first cluster; defaults for what does not."""
    tracks = _find(stream, _Element(0, 0, size), size, _SEGMENT, _TRACKS)
    for entry in _elements(stream, tracks, size) if tracks else ():
        kind = _find(stream, entry, size, _TRACK_TYPE) if entry.id == _TRACK_ENTRY else None
        if kind and int.from_bytes(_payload(stream, kind), "big") == _TYPE_VIDEO:
            roll = _find(stream, entry, size, _VIDEO, _PROJECTION, _POSE_ROLL)
            encryption = _find(stream, entry, size, _CONTENT_ENCODINGS, _CONTENT_ENCODING, _CONTENT_ENCRYPTION)
            # The roll counts counter-clockwise.
            return TrackHeader(-_float(_payload(stream, roll)) if roll else 0.0, encryption is not None)
    return TrackHeader()


def missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the segment runs past the end of the file; 0 where it is whole, or its size is left open."""
    segment = _find(stream, _Element(0, 0, size), size, _SEGMENT)
    return max(0, segment.end - size) if segment and segment.end is not None else 0


def _find(stream: BinaryIO, parent: _Element, size: int, *path: int) -> _Element | None:
    for wanted in path:
        found = next((element for element in _elements(stream, parent, size) if element.id == wanted), None)
        if found is None:
            return None
        parent = found
    return parent


def _elements(stream: BinaryIO, parent: _Element, size: int) -> Iterator[_Element]:
    """The elements inside another one, up to the first cluster. Stops quietly where the bytes make no sense."""
    at, parent_end = parent.start, size if parent.end is None else min(parent.end, size)
    for _ in range(_MAX_ELEMENTS):
        if at >= parent_end:
            return
        stream.seek(at)
        head = stream.read(12)
        id_bytes = _leading_zeros(head[:1]) + 1
        size_bytes = _leading_zeros(head[id_bytes : id_bytes + 1]) + 1
        start = id_bytes + size_bytes
        if id_bytes > 4 or size_bytes > 8 or len(head) < start:
            return
        length = int.from_bytes(head[id_bytes:start], "big") & (1 << 7 * size_bytes) - 1
        is_open = length == (1 << 7 * size_bytes) - 1
        element = _Element(int.from_bytes(head[:id_bytes], "big"), at + start, None if is_open else at + start + length)
        if element.id == _CLUSTER:
            return
        yield element
        if element.end is None:
            return
        at = element.end


def _leading_zeros(byte: bytes) -> int:
    return 8 - byte[0].bit_length() if byte else 8


def _payload(stream: BinaryIO, element: _Element) -> bytes:
    stream.seek(element.start)
    return stream.read(min(8, (element.end or element.start) - element.start))


def _float(data: bytes) -> float:
    value = float(struct.unpack({4: ">f", 8: ">d"}[len(data)], data)[0]) if len(data) in (4, 8) else 0.0
    return value if math.isfinite(value) else 0.0
