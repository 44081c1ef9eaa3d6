"""Whether all samples of an MP4 are within the file. Source: ISO/IEC 14496-12, 8.7 and 8.8."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from .boxes import Box, boxes, find, payload

_INDEX = frozenset({b"moov", b"moof"})
_DATA = b"mdat"
_TITLES = frozenset({b"udta", b"meta", b"free", b"skip", b"uuid"})
# More than the tables of the longest list that is read.
_MAX_TABLE_BYTES = 2**26
# The data box that runs past the end is the last one: earlier fragments end before it.
_LAST_FRAGMENTS = 4
_HAS_BASE, _HAS_SIZE, _BASE_IS_FRAGMENT = 0x1, 0x10, 0x20000
_RUN_HAS_OFFSET, _RUN_HAS_FLAGS, _RUN_HAS_SIZES = 0x1, 0x4, 0x200
_RUN_FIELDS = (0x100, 0x200, 0x400, 0x800)


def missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far index or data run past the end of the file; 0 if it is complete.

    A data box that claims more than there is counts as complete if the index shows every sample inside the file.
    """
    parts = _parts(stream, size)
    past = [box for box in parts if box.end > size]
    return max(box.end for box in past) - size if past and not _are_whole(stream, size, parts, past) else 0


def runs_past_whole(stream: BinaryIO, size: int) -> bool:
    """Whether a box runs past the end of a file that holds every sample."""
    parts = _parts(stream, size)
    past = [box for box in parts if box.end > size]
    return bool(past) and _are_whole(stream, size, parts, past)


def missing_titles(stream: BinaryIO, size: int) -> int:
    """How far an index runs past the end of the file, if only titles and the like are lost; 0 if it is complete."""
    parts = _parts(stream, size)
    past = [box for box in parts if box.end > size]
    index = next((box.end for box in past if box.type == b"moov"), size)
    return index - size if past and _are_whole(stream, size, parts, past) else 0


def damaged_fragments(stream: BinaryIO, size: int) -> int:
    """How many fragments have an index whose boxes do not fill it exactly: readers pass over what they do not know."""
    return sum(not _is_filled(stream, part) for part in _parts(stream, size) if part.type == b"moof" and part.end <= size)


def _is_filled(stream: BinaryIO, parent: Box) -> bool:
    found = boxes(stream, parent.start, parent.end)
    return bool(found) and found[-1].end == parent.end and all(_is_filled(stream, box) for box in found if box.type == b"traf")


def _parts(stream: BinaryIO, size: int) -> list[Box]:
    return [box for box in boxes(stream, 0, size) if box.type in _INDEX or box.type == _DATA]


def _are_whole(stream: BinaryIO, size: int, parts: list[Box], past: list[Box]) -> bool:
    """Whether every sample is there although some parts run past the end of the file."""
    if not all(box.type == _DATA or (box.type == b"moov" and _lists_all_tracks(stream, box, size)) for box in past):
        return False
    ends = list(_sample_ends(stream, parts))
    return bool(ends) and all(end is not None and end <= size for end in ends)


def _lists_all_tracks(stream: BinaryIO, movie: Box, size: int) -> bool:
    """Whether the file ends within an index, but only in titles and the like after the last track."""
    found = list(boxes(stream, movie.start, min(movie.end, size)))
    tracks = [box for box in found if box.type == b"trak"]
    return bool(tracks) and tracks[-1] is not found[-1] and found[-1].end > size and found[-1].type in _TITLES


def _sample_ends(stream: BinaryIO, parts: list[Box]) -> Iterator[int | None]:
    """Where the last samples of each index end; None if that is not stated."""
    movie = next((part for part in parts if part.type == b"moov"), None)
    if movie is None:
        return
    defaults = _default_sizes(stream, movie)
    for track in boxes(stream, movie.start, movie.end):
        if track.type == b"trak":
            table = find(stream, track, b"mdia", b"minf", b"stbl")
            yield _end_of_chunks(stream, table) if table else None
    for fragment in [part for part in parts if part.type == b"moof"][-_LAST_FRAGMENTS:]:
        yield _end_of_fragment(stream, fragment, defaults)


def _numbers(data: bytes, code: str = "I") -> array[int]:
    """Big-endian numbers of 32 bits (`I`) or 64 (`Q`), as compact as they are in the file."""
    numbers = array(code)
    numbers.frombytes(data[: len(data) // numbers.itemsize * numbers.itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _table(stream: BinaryIO, parent: Box, kind: bytes, code: str = "I", skipped: int = 8) -> array[int]:
    """The numbers of a table, which is the rest of its box."""
    box = find(stream, parent, kind)
    return _numbers(payload(stream, box, _MAX_TABLE_BYTES)[skipped:] if box else b"", code)


def _end_of_chunks(stream: BinaryIO, table: Box) -> int | None:
    """Where the last chunk ends; 0 if there is none."""
    offsets = _table(stream, table, b"stco") or _table(stream, table, b"co64", "Q")
    runs = _table(stream, table, b"stsc")
    header = find(stream, table, b"stsz")
    data = payload(stream, header, 12) if header else b""
    if len(data) < 12:
        return None
    same, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if not offsets or not runs:
        return None if count else 0
    number = offsets.index(max(offsets))
    before = held = 0
    firsts, samples = runs[::3], runs[1::3]
    for index, (first, each) in enumerate(zip(firsts, samples, strict=False)):
        following = firsts[index + 1] if index + 1 < len(firsts) else len(offsets) + 1
        if number + 1 < following:
            before += max(number + 1 - first, 0) * each
            held = each
            break
        before += max(following - first, 0) * each
    if same:
        return offsets[number] + same * held
    return offsets[number] + sum(_table(stream, table, b"stsz", skipped=12)[before : before + held])


def _default_sizes(stream: BinaryIO, movie: Box) -> dict[int, int]:
    """How large the samples of each track are, if its fragments do not say."""
    extends = find(stream, movie, b"mvex")
    rows = boxes(stream, extends.start, extends.end) if extends else ()
    return {
        int.from_bytes(data[4:8], "big"): int.from_bytes(data[16:20], "big")
        for data in (payload(stream, row, 24) for row in rows if row.type == b"trex")
    }


def _end_of_fragment(stream: BinaryIO, fragment: Box, defaults: dict[int, int]) -> int | None:
    """Where the runs of a fragment end; None if that depends on earlier fragments."""
    start = fragment.start - 8
    ends: list[int] = []
    for part in boxes(stream, fragment.start, fragment.end):
        header = find(stream, part, b"tfhd") if part.type == b"traf" else None
        data = payload(stream, header, 64) if header else b""
        if len(data) < 8:
            continue
        flags, track = struct.unpack_from(">II", data)
        base = int.from_bytes(data[8:16], "big") if flags & _HAS_BASE else start
        if not flags & (_HAS_BASE | _BASE_IS_FRAGMENT) and ends:
            return None
        size = defaults.get(track, 0)
        if flags & _HAS_SIZE:
            at = 8 + 8 * bool(flags & _HAS_BASE) + 4 * bool(flags & 0x2) + 4 * bool(flags & 0x8)
            size = int.from_bytes(data[at : at + 4], "big")
        end = base
        for run in boxes(stream, part.start, part.end):
            if run.type == b"trun":
                end = _end_of_run(payload(stream, run, _MAX_TABLE_BYTES), base, end, size)
                ends.append(end)
    return max(ends, default=0)


def _end_of_run(data: bytes, base: int, previous_end: int, size: int) -> int:
    flags, count = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:8], "big")
    at, start = 8, previous_end
    if flags & _RUN_HAS_OFFSET:
        start = base + int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
    at += 4 * bool(flags & _RUN_HAS_FLAGS)
    if not flags & _RUN_HAS_SIZES:
        return start + count * size
    width = sum(bool(flags & field) for field in _RUN_FIELDS)
    at += 4 * bool(flags & _RUN_FIELDS[0])
    return start + sum(_numbers(data[at:])[::width][:count])
