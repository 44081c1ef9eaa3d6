"""Tags of FLV files: readers skip those that are damaged.

Source: Adobe, "Video File Format Specification" version 10, annex E.
"""

from __future__ import annotations

import re
from typing import BinaryIO, NamedTuple

_HEADER_BYTES, _TAG_BYTES, _LENGTH_BYTES = 9, 11, 4
_KINDS = frozenset({8, 9, 18})
# Packets are not counted beyond this either.
_MAX_TAGS = 1_000_000
# More broken places than this are not counted.
_MAX_BROKEN = 20
_SEARCHED_BYTES = 2**18
# A tag of sound or picture: kind, size, time, and a stream number that is always 0.
_TAG = re.compile(rb"(?=[\x08\x09].{7}\0\0\0)", re.DOTALL)


class Tags(NamedTuple):
    """`broken`: places where a tag should begin and does not, up to 20. `missing`: how many bytes the last tag lacks."""

    broken: int = 0
    missing: int = 0


def read_tags(stream: BinaryIO, size: int) -> Tags:
    """The faults in the tags of a file of `size` bytes."""
    stream.seek(5)
    at: int | None = max(int.from_bytes(stream.read(4), "big"), _HEADER_BYTES) + _LENGTH_BYTES
    broken = 0
    for _ in range(_MAX_TAGS):
        if at is None or at >= size or broken >= _MAX_BROKEN:
            break
        end = _end_of_tag(stream, at)
        if end is not None and end <= size:
            at = end + _LENGTH_BYTES
            continue
        following = _next_tag(stream, at + 1, size)
        if following is None:
            return Tags(broken, end - size if end is not None else 0)
        at, broken = following, broken + 1
    return Tags(broken)


def _end_of_tag(stream: BinaryIO, at: int) -> int | None:
    """Where the tag at this offset ends, without the length after it; None if no tag begins there."""
    stream.seek(at)
    head = stream.read(_TAG_BYTES)
    if len(head) < _TAG_BYTES or head[0] & 0x1F not in _KINDS or any(head[8:]):
        return None
    return at + _TAG_BYTES + int.from_bytes(head[1:4], "big")


def _next_tag(stream: BinaryIO, start: int, size: int) -> int | None:
    """Where the next tag begins whose length is repeated after it; None if there is none nearby."""
    stream.seek(start)
    data = stream.read(_SEARCHED_BYTES)
    for found in _TAG.finditer(data):
        at = start + found.start()
        end = _end_of_tag(stream, at)
        if end is None or end + _LENGTH_BYTES > size:
            continue
        stream.seek(end)
        if int.from_bytes(stream.read(_LENGTH_BYTES), "big") == end - at:
            return at
    return None
