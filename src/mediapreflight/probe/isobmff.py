"""Boxes of ISO base media files (MP4, MOV, HEIC, AVIF). Source: ISO/IEC 14496-12 and 23008-12."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MAX_BOXES = 10_000


class Box(NamedTuple):
    """A box: its four-letter type, and where its payload lies in the file (`start` inclusive, `end` exclusive)."""

    type: bytes
    start: int
    end: int


def boxes(stream: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets, in order. Stops quietly at a length that makes no sense."""
    at = start
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        stream.seek(at)
        length, kind = struct.unpack(">I4s", stream.read(8).ljust(8, b"\x00"))
        payload = at + 8
        if length == 1:
            length = int.from_bytes(stream.read(8), "big")
            payload += 8
        elif length == 0:
            length = end - at
        if length < payload - at:
            return
        yield Box(kind, payload, at + length)
        at += length


def find(stream: BinaryIO, parent: Box, *path: bytes) -> Box | None:
    """The first box at a path of types below `parent`."""
    for kind in path:
        found = next((box for box in boxes(stream, parent.start, parent.end) if box.type == kind), None)
        if found is None:
            return None
        parent = found
    return parent


def payload(stream: BinaryIO, box: Box, limit: int = 2**20) -> bytes:
    """The bytes of a box, at most `limit` of them."""
    stream.seek(box.start)
    return stream.read(min(box.end - box.start, limit))
