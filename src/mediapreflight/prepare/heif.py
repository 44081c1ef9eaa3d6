"""How the primary picture of a HEIC file is put together. Source: ISO/IEC 23008-12, 6.6.2.3 for the grid.

Phones cut a picture into tiles of 512 px. FFmpeg decodes each tile as a stream of its own, whose id is the tile's item id, and
leaves it to the caller to lay them out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import BinaryIO, NamedTuple

from ..probe.isobmff import Box, boxes, find, payload

_FULL_BOX = 4
_IN_FILE, _IN_INDEX = 0, 1
_MAX_TILES = 10_000


class HeifError(Exception):
    """The index of the file cannot be followed; the text says where."""


class Aperture(NamedTuple):
    """The part of a decoded picture that is shown: its size in pixels, and how far its middle lies from the picture's."""

    size: tuple[int, int]
    offset: tuple[Fraction, Fraction]

    def corner(self, decoded: tuple[int, int]) -> tuple[int, int]:
        """Its left and top edge in a picture of this size."""
        left, top = (
            min(max(floor(offset + Fraction(whole - shown, 2)), 0), max(whole - shown, 0))
            for offset, whole, shown in zip(self.offset, decoded, self.size, strict=True)
        )
        return left, top


class Tiling(NamedTuple):
    """`tiles`: item ids, row by row. `size`: of the whole, in pixels; None where the one tile is the whole.

    `profile`: the ICC profile, where there is one. `apertures`: those of all pictures in the file, in the order they are listed.
    """

    tiles: tuple[int, ...]
    columns: int
    size: tuple[int, int] | None
    profile: bytes | None
    apertures: tuple[Aperture, ...]


def read_tiling(stream: BinaryIO, size: int) -> Tiling:
    """The tiles of the primary picture of a file of `size` bytes. Raises HeifError."""
    meta = find(stream, Box(b"file", 0, size), b"meta")
    if meta is None:
        raise HeifError("it holds no picture index")
    meta = meta._replace(start=meta.start + _FULL_BOX)
    primary = _primary(stream, meta)
    properties = _properties(stream, meta)
    shown = _profile(properties), tuple(_apertures(properties))
    kind = _kinds(stream, meta).get(primary)
    if kind == b"grid":
        columns, rows, whole = _grid(_item(stream, meta, primary))
        tiles = _parts(stream, meta, primary)
        if len(tiles) < columns * rows:
            raise HeifError(f"a grid of {columns} x {rows} tiles names {len(tiles)}")
        return Tiling(tiles[: columns * rows], columns, whole, *shown)
    if kind == b"iden":
        return Tiling(_parts(stream, meta, primary)[:1], 1, None, *shown)
    return Tiling((primary,), 1, None, *shown)


def _primary(stream: BinaryIO, meta: Box) -> int:
    data = _found(stream, meta, b"pitm")
    return _number(data, _FULL_BOX, 4 if data[0] else 2)


def _properties(stream: BinaryIO, meta: Box) -> list[tuple[bytes, bytes]]:
    """Type and content of every property that some picture in the file has."""
    container = find(stream, meta, b"iprp", b"ipco")
    if container is None:
        return []
    return [(box.type, payload(stream, box)) for box in list(boxes(stream, container.start, container.end))]


def _profile(properties: list[tuple[bytes, bytes]]) -> bytes | None:
    """The first ICC profile: writers list the primary picture's properties first, and give its tiles the same one."""
    return next((data[4:] for kind, data in properties if kind == b"colr" and data[:4] in (b"prof", b"rICC")), None)


def _apertures(properties: list[tuple[bytes, bytes]]) -> Iterator[Aperture]:
    for kind, data in properties:
        if kind == b"clap" and len(data) >= 32:
            numbers = struct.unpack(">IIIIiIiI", data[:32])
            if all(numbers[1::2]):
                width, height, across, down = (Fraction(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
                yield Aperture((floor(width), floor(height)), (across, down))


def _kinds(stream: BinaryIO, meta: Box) -> dict[int, bytes]:
    """The type of each item, by its id."""
    box = find(stream, meta, b"iinf")
    if box is None:
        return {}
    wide = payload(stream, box, 1) != b"\x00"
    kinds = {}
    for entry in boxes(stream, box.start + _FULL_BOX + (4 if wide else 2), box.end):
        data = payload(stream, entry, 16)
        if entry.type == b"infe" and data[:1] >= b"\x02":
            id_bytes = 4 if data[0] >= 3 else 2
            kinds[_number(data, _FULL_BOX, id_bytes)] = data[_FULL_BOX + id_bytes + 2 :][:4]
    return kinds


def _parts(stream: BinaryIO, meta: Box, item: int) -> tuple[int, ...]:
    """The ids of the items that this one is made from."""
    box = find(stream, meta, b"iref")
    if box is None:
        raise HeifError("it does not say which tiles its grid has")
    id_bytes = 4 if payload(stream, box, 1) != b"\x00" else 2
    for reference in boxes(stream, box.start + _FULL_BOX, box.end):
        data = payload(stream, reference)
        if reference.type == b"dimg" and _number(data, 0, id_bytes) == item:
            count = min(_number(data, id_bytes, 2), _MAX_TILES)
            return tuple(_number(data, id_bytes * (index + 1) + 2, id_bytes) for index in range(count))
    raise HeifError("it does not say which tiles its grid has")


def _item(stream: BinaryIO, meta: Box, item: int) -> bytes:
    """The bytes of a small item, by the item location box."""
    data = _found(stream, meta, b"iloc")
    version, sizes = data[0], data[_FULL_BOX : _FULL_BOX + 2]
    offset_bytes, length_bytes, base_bytes, index_bytes = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4, sizes[1] & 15
    index_bytes = index_bytes if version else 0
    id_bytes = 4 if version == 2 else 2
    at = _FULL_BOX + 2
    count, at = _number(data, at, id_bytes), at + id_bytes
    for _ in range(min(count, len(data))):
        found, at = _number(data, at, id_bytes), at + id_bytes
        method, at = (_number(data, at, 2) & 15, at + 2) if version else (_IN_FILE, at)
        at += 2
        base, at = _number(data, at, base_bytes), at + base_bytes
        extents, at = _number(data, at, 2), at + 2
        if found == item:
            offset = base + _number(data, at + index_bytes, offset_bytes)
            length = _number(data, at + index_bytes + offset_bytes, length_bytes)
            return _bytes_at(stream, meta, method, offset, length)
        at += extents * (index_bytes + offset_bytes + length_bytes)
    raise HeifError(f"it does not say where item {item} lies")


def _bytes_at(stream: BinaryIO, meta: Box, method: int, offset: int, length: int) -> bytes:
    if method == _IN_INDEX:
        store = find(stream, meta, b"idat")
        if store is None:
            raise HeifError("its index lacks the data it refers to")
        offset += store.start
    elif method != _IN_FILE:
        raise HeifError("its grid lies where nothing says")
    stream.seek(offset)
    return stream.read(min(length, 64))


def _grid(data: bytes) -> tuple[int, int, tuple[int, int]]:
    """Columns, rows and the size of the whole."""
    if len(data) < 8:
        raise HeifError("its grid is cut off")
    side_bytes = 4 if data[1] & 1 else 2
    return data[3] + 1, data[2] + 1, (_number(data, 4, side_bytes), _number(data, 4 + side_bytes, side_bytes))


def _found(stream: BinaryIO, meta: Box, kind: bytes) -> bytes:
    box = find(stream, meta, kind)
    data = payload(stream, box) if box else b""
    if len(data) < _FULL_BOX + 2:
        raise HeifError(f"its index has no {kind.decode()} box")
    return data


def _number(data: bytes, at: int, count: int) -> int:
    if at + count > len(data):
        raise HeifError("its index is cut off")
    return int.from_bytes(data[at : at + count], "big")
