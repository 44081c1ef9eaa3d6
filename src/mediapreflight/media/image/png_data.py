"""What Pillow does not say of a PNG: whether it has data for all its rows, and parts that other readers refuse.

Source: W3C PNG (third edition), 5.4, 7 and 8.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from .headers.base import MAX_CHUNKS

# A bit of the first letter of a chunk's name: readers that do not know the chunk may pass over it.
ANCILLARY = 0x20
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_HEADER_AT = 16
_HEADER = struct.Struct(">IIBBBBB")
_FIRST_CHUNK_AT = 33
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Of each pass: the first column and row, and the steps to the next ones.
_AT_ONCE = ((0, 0, 1, 1),)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PIECE_BYTES = 2**20


def has_all_rows(stream: BinaryIO) -> bool:
    """Whether the data of a PNG that Pillow decodes is as long as its header requires; filters are not undone."""
    stream.seek(_HEADER_AT)
    width, height, depth, color_type, _, _, interlace = _HEADER.unpack(stream.read(_HEADER.size))
    needed = 0
    for column, row, across, down in _ADAM7 if interlace else _AT_ONCE:
        columns, rows = -((column - width) // across), -((row - height) // down)
        if columns > 0 and rows > 0:
            needed += rows * (1 + -(-columns * _SAMPLES[color_type] * depth // 8))
    try:
        return _unpacks_to(needed, _data(stream))
    except zlib.error:
        # Pillow has all it needs from them.
        return True


def has_unknown_critical_chunk(stream: BinaryIO) -> bool:
    """Whether there is a chunk that readers must not pass over, and that no version of the format defines."""
    names = (name for name, _ in itertools.islice(_chunks(stream), MAX_CHUNKS))
    return any(name[0] & ANCILLARY == 0 and name not in CRITICAL for name in names)


def _data(stream: BinaryIO) -> Iterator[bytes]:
    """The content of the IDAT chunks."""
    return (stream.read(length) for name, length in _chunks(stream) if name == b"IDAT")


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The name and the length of each chunk between the first and the last, with the stream at its content."""
    at = _FIRST_CHUNK_AT
    while True:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        length = int.from_bytes(head[:4], "big")
        yield head[4:], length
        at += 12 + length


def _unpacks_to(needed: int, pieces: Iterator[bytes]) -> bool:
    unpacked, found = zlib.decompressobj(), 0
    for piece in pieces:
        rest = piece
        while rest and not unpacked.eof:
            found += len(unpacked.decompress(rest, _PIECE_BYTES))
            if found >= needed:
                return True
            rest = unpacked.unconsumed_tail
    return found + len(unpacked.flush()) >= needed
