"""The item tables of HEIF files (HEIC, AVIF): which item is the picture, and what the file says of each.

Sources: ISO/IEC 14496-12, 8.11, for items and where they lie; ISO/IEC 23008-12, 9.3, for their properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from .headers.base import HeaderError
from .isobmff import Box, boxes, find, payload

_FULL_BOX = 4
_IN_FILE, _IN_INDEX = 0, 1
_MAX_PARTS = 10_000


class HeifError(HeaderError):
    """The picture index lacks a table, or a table cannot be followed; the text says where."""


class Items(NamedTuple):
    """The picture index of a file. Every method reads its table anew, and raises HeifError where that does not answer.

    `tables`: the boxes of the index by type. `properties`: those that some item has, in the order in which the file counts them.
    """

    stream: BinaryIO
    tables: Mapping[bytes, Box]
    properties: tuple[Box, ...]

    def primary(self) -> int:
        """The id of the item that is the picture."""
        version, _, numbers = self._table(b"pitm")
        return numbers.take(4 if version else 2)

    def types(self) -> Iterator[tuple[int, bytes]]:
        """Id and four-letter type of every item, as `(2, b"grid")`."""
        box = self._box(b"iinf")
        wide = payload(self.stream, box, 1) != b"\x00"
        for entry in boxes(self.stream, box.start + _FULL_BOX + (4 if wide else 2), box.end):
            data = payload(self.stream, entry, 16)
            if entry.type == b"infe" and data[:1] >= b"\x02":
                id_bytes = 4 if data[0] >= 3 else 2
                yield _Numbers(data, _FULL_BOX).take(id_bytes), data[_FULL_BOX + id_bytes + 2 :][:4]

    def properties_of(self, item: int) -> tuple[Box, ...]:
        """The properties of one item, in its own order."""
        version, flags, numbers = self._table(b"iprp", b"ipma")
        id_bytes, index_bytes = (4 if version else 2), (2 if flags & 1 else 1)
        # The top bit of an index says "essential".
        mask = 0x7FFF if flags & 1 else 0x7F
        for _ in range(numbers.take(4)):
            found, count = numbers.take(id_bytes), numbers.take(1)
            indices = [numbers.take(index_bytes) & mask for _ in range(count)]
            if found == item:
                return tuple(self.properties[index - 1] for index in indices if 0 < index <= len(self.properties))
        raise HeifError(f"it does not say which properties item {item} has")

    def parts(self, item: int) -> tuple[int, ...]:
        """The ids of the items that a derived one is made from: the tiles of a grid, row by row."""
        box = self._box(b"iref")
        id_bytes = 4 if payload(self.stream, box, 1) != b"\x00" else 2
        for reference in boxes(self.stream, box.start + _FULL_BOX, box.end):
            if reference.type == b"dimg":
                numbers = _Numbers(payload(self.stream, reference))
                if numbers.take(id_bytes) == item:
                    return tuple(numbers.take(id_bytes) for _ in range(min(numbers.take(2), _MAX_PARTS)))
        raise HeifError(f"it does not say what item {item} is made from")

    def data(self, item: int) -> bytes:
        """The bytes of an item that lies in one piece, in the file or inside the index: the first MiB of them."""
        version, _, numbers = self._table(b"iloc")
        sizes = numbers.take(2)
        offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        index_bytes = index_bytes if version else 0
        id_bytes = 4 if version >= 2 else 2
        for _ in range(numbers.take(id_bytes)):
            found, method = numbers.take(id_bytes), numbers.take(2) & 15 if version else _IN_FILE
            numbers.skip(2)
            base, pieces = numbers.take(base_bytes), numbers.take(2)
            if found == item and pieces == 1:
                numbers.skip(index_bytes)
                return self._piece(item, method, base + numbers.take(offset_bytes), numbers.take(length_bytes))
            if found == item:
                raise HeifError(f"item {item} lies in {pieces} pieces")
            numbers.skip(pieces * (index_bytes + offset_bytes + length_bytes))
        raise HeifError(f"it does not say where item {item} lies")

    def _piece(self, item: int, method: int, offset: int, length: int) -> bytes:
        if method == _IN_FILE:
            return payload(self.stream, Box(b"", offset, offset + length))
        if method != _IN_INDEX:
            raise HeifError(f"item {item} lies neither in the file nor in its index")
        store = self._box(b"idat")
        start = min(store.start + offset, store.end)
        return payload(self.stream, Box(b"", start, min(start + length, store.end)))

    def _box(self, kind: bytes, *inside: bytes) -> Box:
        outer = self.tables.get(kind)
        box = find(self.stream, outer, *inside) if outer else None
        if box is None:
            raise HeifError(f"its index has no {(inside or (kind,))[-1].decode()} box")
        return box

    def _table(self, *path: bytes) -> tuple[int, int, _Numbers]:
        """Version and flags of the full box at a path, and the numbers that follow."""
        numbers = _Numbers(payload(self.stream, self._box(*path)))
        head = numbers.take(_FULL_BOX)
        return head >> 24, head & 0xFFFFFF, numbers


class _Numbers:
    """The numbers of a table, taken one after the other."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._at = data, at

    def take(self, count: int) -> int:
        """The number in the next `count` bytes. Raises HeifError where the table ends before."""
        self.skip(count)
        if self._at > len(self._data):
            raise HeifError("its index is cut off")
        return int.from_bytes(self._data[self._at - count : self._at], "big")

    def skip(self, count: int) -> None:
        """Go on behind the next `count` bytes."""
        self._at += count


def read_items(stream: BinaryIO, size: int) -> Items:
    """The picture index of a file of `size` bytes. Raises HeifError where there is none, or none with properties."""
    meta = find(stream, Box(b"file", 0, size), b"meta")
    if meta is None:
        raise HeifError("it holds no picture index")
    tables: dict[bytes, Box] = {}
    for box in boxes(stream, meta.start + _FULL_BOX, meta.end):
        tables.setdefault(box.type, box)
    container = find(stream, tables[b"iprp"], b"ipco") if b"iprp" in tables else None
    if container is None:
        raise HeifError("it holds no picture properties")
    return Items(stream, tables, tuple(boxes(stream, container.start, container.end)))
