"""The item tables of HEIF files (HEIC, AVIF): which item is the picture, and what the file says about each.

Sources: ISO/IEC 14496-12, 8.11, for items and where they lie; ISO/IEC 23008-12, 9.3, for their properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import BinaryIO, NamedTuple

from ...language import say
from ..parsers.boxes import Box, boxes, find, payload
from .headers.base import HeifError

_FULL_BOX = 4
_IN_FILE, _IN_INDEX = 0, 1
# More references than any grid has tiles.
_MAX_PARTS = 100_000
_MAX_NAME = 200
_ALPHA_PLANES = (b":alpha", b"hevc:2015:auxid:1")


class Piece(NamedTuple):
    """Where a part of an item is in the file, in bytes."""

    start: int
    length: int

    def inside(self, store: Box) -> Piece:
        """The same part, counted from the beginning of a box and ending with it."""
        start = min(store.start + self.start, store.end)
        return Piece(start, min(self.length, store.end - start))


class Items(NamedTuple):
    """The picture index of a file. Every method reads its table again, and raises HeifError if the table does not say.

    `tables`: the boxes of the index by type. `properties`: those that some item has, in the order in which the file counts them.
    """

    stream: BinaryIO
    tables: Mapping[bytes, Box]
    properties: tuple[Box, ...]

    def primary(self) -> int:
        """The id of the item that is the picture."""
        version, _, numbers = self._numbers(self._box(b"pitm"))
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
        for found, indices in self._associations():
            if found == item:
                return tuple(self.properties[index - 1] for index in indices if 0 < index <= len(self.properties))
        raise HeifError(f"it does not say which properties item {item} has")

    def _associations(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Every item that has properties, and their indices, from 1; 0 means none."""
        container = self._box(b"iprp")
        tables = [box for box in boxes(self.stream, container.start, container.end) if box.type == b"ipma"]
        if not tables:
            raise HeifError(say("its index has no ipma box"))
        for table in tables:
            version, flags, numbers = self._numbers(table)
            id_bytes, index_bytes = (4 if version else 2), (2 if flags & 1 else 1)
            # The top bit of an index says "essential".
            mask = 0x7FFF if flags & 1 else 0x7F
            for _ in range(numbers.take(4)):
                item, count = numbers.take(id_bytes), numbers.take(1)
                yield item, tuple(numbers.take(index_bytes) & mask for _ in range(count))

    def references(self, kind: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Every reference of one kind: the item it is from and those it is to."""
        box = self._box(b"iref")
        id_bytes, left = 4 if payload(self.stream, box, 1) != b"\x00" else 2, _MAX_PARTS
        for reference in boxes(self.stream, box.start + _FULL_BOX, box.end):
            if reference.type == kind:
                numbers = _Numbers(payload(self.stream, reference))
                item = numbers.take(id_bytes)
                parts = tuple(numbers.take(id_bytes) for _ in range(min(numbers.take(2), left)))
                left -= len(parts)
                yield item, parts

    def locations(self) -> Iterator[tuple[int, tuple[Piece, ...]]]:
        """Every item in the file or inside the index, and its pieces in order."""
        version, _, numbers = self._numbers(self._box(b"iloc"))
        sizes = numbers.take(2)
        offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        index_bytes = index_bytes if version else 0
        id_bytes = 4 if version >= 2 else 2
        for _ in range(numbers.take(id_bytes)):
            item, method = numbers.take(id_bytes), numbers.take(2) & 15 if version else _IN_FILE
            numbers.skip(2)
            base, pieces = numbers.take(base_bytes), []
            count = numbers.take(2)
            # Nothing distinguishes these pieces.
            for _ in range(count if index_bytes + offset_bytes + length_bytes else min(count, 1)):
                numbers.skip(index_bytes)
                pieces.append(Piece(base + numbers.take(offset_bytes), numbers.take(length_bytes)))
            if method == _IN_FILE:
                yield item, tuple(pieces)
            elif method == _IN_INDEX:
                store = self._box(b"idat")
                yield item, tuple(piece.inside(store) for piece in pieces)

    def data(self, item: int, limit: int = 2**20) -> bytes:
        """The bytes of an item in the file or inside the index: the first `limit` of them."""
        for found, pieces in self.locations():
            if found == item:
                return self.read(pieces, limit)
        raise HeifError(f"it does not say where item {item} is")

    def read(self, pieces: Iterable[Piece], limit: int) -> bytes:
        """The bytes of an item in these pieces: the first `limit` of them."""
        data = bytearray()
        for piece in pieces:
            data += payload(self.stream, Box(b"", piece.start, piece.start + piece.length), limit - len(data))
        return bytes(data)

    def of_picture(self) -> frozenset[int]:
        """The primary item, those it is made from, and the planes that say how transparent they are."""
        found = {self.primary()}
        if b"iref" not in self.tables:
            return frozenset(found)
        parts, planes = dict(self.references(b"dimg")), self._alpha_planes()
        open_ones = list(found)
        while open_ones:
            item = open_ones.pop()
            needed = {*parts.get(item, ()), *planes.get(item, ())}
            open_ones += needed - found
            found |= needed
        return frozenset(found)

    def has_alpha(self) -> bool:
        """Whether a plane of transparency belongs to the picture; by a plane of any item if the file does not say to which."""
        if not any(is_alpha(self.stream, box) for box in self.properties):
            return False
        try:
            return not self.of_picture().isdisjoint(chain.from_iterable(self._alpha_planes().values()))
        except HeifError:
            return True

    def _alpha_planes(self) -> Mapping[int, Sequence[int]]:
        """The items that hold transparency, by the item they belong to."""
        names = {index for index, box in enumerate(self.properties, 1) if is_alpha(self.stream, box)}
        alphas = {item for item, indices in self._associations() if names.intersection(indices)} if names else set()
        planes: dict[int, list[int]] = {}
        for plane, items in self.references(b"auxl"):
            for item in items if plane in alphas else ():
                planes.setdefault(item, []).append(plane)
        return planes

    def _box(self, kind: bytes) -> Box:
        box = self.tables.get(kind)
        if box is None:
            raise HeifError(f"its index has no {kind.decode()} box")
        return box

    def _numbers(self, table: Box) -> tuple[int, int, _Numbers]:
        """Version and flags of a full box, and the numbers that follow."""
        numbers = _Numbers(payload(self.stream, table))
        head = numbers.take(_FULL_BOX)
        return head >> 24, head & 0xFFFFFF, numbers


class _Numbers:
    """The numbers of a table, taken one after the other."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._at = data, at

    def take(self, count: int) -> int:
        """The number in the next `count` bytes. Raises HeifError if the table ends before."""
        self.skip(count)
        if self._at > len(self._data):
            raise HeifError(say("its index is cut off"))
        return int.from_bytes(self._data[self._at - count : self._at], "big")

    def skip(self, count: int) -> None:
        """Skip the next `count` bytes."""
        self._at += count


def is_alpha(stream: BinaryIO, box: Box) -> bool:
    """Whether a property says that its item is a plane of transparency."""
    return box.type == b"auxC" and any(name in payload(stream, box, _MAX_NAME) for name in _ALPHA_PLANES)


def missing_bytes(items: Items, size: int) -> int:
    """How far an item runs past the end of a file of `size` bytes; 0 if none does, or it cannot be known."""
    try:
        ends = [piece.start + piece.length for _, pieces in items.locations() for piece in pieces]
    except HeifError:
        return 0
    return max(0, *ends, size) - size


def read_items(stream: BinaryIO, size: int) -> Items:
    """The picture index of a file of `size` bytes. Raises HeifError if there is none, or none with properties."""
    meta = find(stream, Box(b"file", 0, size), b"meta")
    if meta is None:
        raise HeifError(say("it contains no picture index"))
    tables: dict[bytes, Box] = {}
    for box in boxes(stream, meta.start + _FULL_BOX, meta.end):
        tables.setdefault(box.type, box)
    container = find(stream, tables[b"iprp"], b"ipco") if b"iprp" in tables else None
    if container is None:
        raise HeifError(say("it contains no picture properties"))
    return Items(stream, tables, tuple(boxes(stream, container.start, container.end)))
