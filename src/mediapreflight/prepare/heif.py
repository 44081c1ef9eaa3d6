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

from ..probe.heif_items import HeifError, Items, read_items
from ..probe.isobmff import payload

__all__ = ["Aperture", "HeifError", "Tiling", "read_tiling"]


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
    items = read_items(stream, size)
    primary = items.primary()
    kind = dict(items.types()).get(primary)
    shown = _profile(items), tuple(_apertures(items))
    if kind == b"grid":
        columns, rows, whole = _grid(items.data(primary))
        tiles = items.parts(primary)
        if len(tiles) < columns * rows:
            raise HeifError(f"a grid of {columns} x {rows} tiles names {len(tiles)}")
        return Tiling(tiles[: columns * rows], columns, whole, *shown)
    if kind == b"iden":
        return Tiling(items.parts(primary)[:1], 1, None, *shown)
    return Tiling((primary,), 1, None, *shown)


def _profile(items: Items) -> bytes | None:
    """The first ICC profile: writers list the primary picture's properties first, and give its tiles the same one."""
    colors = (payload(items.stream, box) for box in items.properties if box.type == b"colr")
    return next((data[4:] for data in colors if data[:4] in (b"prof", b"rICC")), None)


def _apertures(items: Items) -> Iterator[Aperture]:
    for box in items.properties:
        data = payload(items.stream, box, 32) if box.type == b"clap" else b""
        if len(data) == 32:
            numbers = struct.unpack(">IIIIiIiI", data)
            if all(numbers[1::2]):
                width, height, across, down = (Fraction(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
                yield Aperture((floor(width), floor(height)), (across, down))


def _grid(data: bytes) -> tuple[int, int, tuple[int, int]]:
    """Columns, rows and the size of the whole."""
    side_bytes = 4 if data[1:2] and data[1] & 1 else 2
    if len(data) < 4 + 2 * side_bytes:
        raise HeifError("its grid is cut off")
    width, height = struct.unpack_from(">II" if side_bytes == 4 else ">HH", data, 4)
    return data[3] + 1, data[2] + 1, (width, height)
