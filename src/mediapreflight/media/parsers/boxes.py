"""Boxes of ISO base media files (MP4, MOV, HEIC, AVIF). Source: ISO/IEC 14496-12 and 23008-12."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MAX_BOXES = 10_000
# How many boxes of a file are remembered; a plain video has a hundred.
_MAX_KEPT = 50_000
_HEADER, _WIDE_HEADER_BYTES = struct.Struct(">I4s"), 16
# No file is larger (8 TiB), but lengths have 64 bits, and systems refuse to seek so far.
_FARTHEST = 2**43
_READ_AT_ONCE = io.DEFAULT_BUFFER_SIZE


class Box(NamedTuple):
    """A box: its four-letter type, and where its payload lies in the file (`start` inclusive, `end` exclusive)."""

    type: bytes
    start: int
    end: int


class ListingReader(io.BufferedReader):
    """An open file that keeps the lists of boxes that are read of it: several readers go down the same paths."""

    _listings: dict[tuple[int, int], tuple[Box, ...]] | None = None
    _room = _MAX_KEPT

    def boxes(self, start: int, end: int) -> tuple[Box, ...]:
        """The boxes between two offsets, in order."""
        if self._listings is None:
            self._listings = {}
        found = self._listings.get((start, end))
        if found is None:
            found = tuple(_listed(self, start, end))
            self._room -= len(found)
            if self._room >= 0:
                self._listings[start, end] = found
        return found


def boxes(stream: BinaryIO, start: int, end: int) -> tuple[Box, ...]:
    """The boxes between two offsets, in order. Stops without an error at an impossible length."""
    return stream.boxes(start, end) if isinstance(stream, ListingReader) else tuple(_listed(stream, start, end))


def _listed(stream: BinaryIO, start: int, end: int) -> Iterator[Box]:
    at, last = start, min(end, _FARTHEST) - _HEADER.size
    # Of small parents all is read at once: a call for each header takes longer than everything else here.
    is_small = end - start <= _READ_AT_ONCE
    ahead = end - start + _HEADER.size if is_small else _WIDE_HEADER_BYTES
    data, first = b"", at
    for _ in range(_MAX_BOXES):
        if at > last:
            return
        if not data or not is_small:
            stream.seek(at)
            data, first = stream.read(ahead).ljust(ahead, b"\x00"), at
        length, kind = _HEADER.unpack_from(data, at - first)
        payload = at + _HEADER.size
        if length == 1:
            length = int.from_bytes(data[payload - first : payload - first + _HEADER.size], "big")
            payload = at + _WIDE_HEADER_BYTES
        elif length == 0:
            length = end - at
        if length < payload - at:
            return
        yield Box(kind, payload, at + length)
        at += length


def find(stream: BinaryIO, parent: Box, *path: bytes) -> Box | None:
    """The first box at a path of types below `parent`."""
    for kind in path:
        for box in boxes(stream, parent.start, parent.end):
            if box.type == kind:
                parent = box
                break
        else:
            return None
    return parent


def parts(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in the payload of another one, with their payloads; they begin at `start`, behind its own fields.

    Stops without an error at an impossible length.
    """
    at, last = start, len(data) - _HEADER.size
    while at <= last:
        length, kind = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        yield kind, data[at + _HEADER.size : at + length]
        at += length


def edited_duration(stream: BinaryIO, movie: Box, track: Box) -> float | None:
    """Seconds that the edit list of a track plays; None without an edit list, and if it does not say."""
    found, header = find(stream, track, b"edts", b"elst"), find(stream, movie, b"mvhd")
    data, clock = (payload(stream, box) if box else b"" for box in (found, header))
    timescale = int.from_bytes(clock[20:24] if clock[:1] == b"\x01" else clock[12:16], "big")
    entry = struct.Struct(">QqI" if data[:1] == b"\x01" else ">IiI")
    if len(data) < 8 or not timescale:
        return None
    rows = data[8 : 8 + (len(data) - 8) // entry.size * entry.size]
    return sum(length for length, start, _ in entry.iter_unpack(rows) if start >= 0) / timescale or None


def movie_duration(stream: BinaryIO, movie: Box) -> float | None:
    """Seconds as the movie header (`mvhd`) says; None if it does not say, or covers only the first fragment."""
    header = find(stream, movie, b"mvhd")
    return duration_in(payload(stream, header)) if header and not find(stream, movie, b"mvex") else None


def duration_in(header: bytes) -> float | None:
    """The seconds that the header of a movie states; None if it does not say."""
    layout, at = (">IQ", 20) if header[:1] == b"\x01" else (">II", 12)
    if len(header) < at + struct.calcsize(layout):
        return None
    timescale, duration = struct.unpack_from(layout, header, at)
    # All bits set stands for "unknown".
    known = timescale and duration and duration not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return duration / timescale if known else None


def listed_samples(stream: BinaryIO, size: int) -> int:
    """The largest number of samples that one table of the file claims to list one by one."""
    counts = [0]
    for box in boxes(stream, 0, size):
        parts = list(boxes(stream, box.start, box.end)) if box.type in (b"moov", b"moof") else []
        counts += [_track_samples(stream, part) for part in parts if part.type == b"trak"]
        runs = [run for part in parts if part.type == b"traf" for run in boxes(stream, part.start, part.end)]
        counts += [int.from_bytes(payload(stream, run, 8)[4:8], "big") for run in runs if run.type == b"trun"]
    return max(counts)


def _track_samples(stream: BinaryIO, track: Box) -> int:
    table = find(stream, track, b"mdia", b"minf", b"stbl")
    sizes, times = (find(stream, table, b"stsz"), find(stream, table, b"stts")) if table else (None, None)
    handler = find(stream, track, b"mdia", b"hdlr")
    if sizes is None:
        return 0
    count = int.from_bytes(payload(stream, sizes, 12)[8:12], "big")
    is_sound = handler is not None and payload(stream, handler, 12)[8:12] == b"soun"
    lasts_one_tick = times is not None and payload(stream, times, 16)[4:16] == struct.pack(">III", 1, count, 1)
    # For raw sound, whose samples all last one tick, readers list the chunks.
    return 0 if is_sound and lasts_one_tick else count


def payload(stream: BinaryIO, box: Box, limit: int = 2**20) -> bytes:
    """The bytes of a box, at most `limit` of them."""
    if box.start > _FARTHEST:
        return b""
    stream.seek(box.start)
    return stream.read(min(box.end - box.start, limit))
