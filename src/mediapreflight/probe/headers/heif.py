"""HEIF properties (HEIC and AVIF) of the primary item. Source: ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ..heif_items import HeifError, Items, read_items
from ..isobmff import Box, find, payload
from .base import Header, HeaderError

# EXIF orientations by HEIF's mirroring (0: upside down, 1: left to right) and, before it, quarter turns counter-clockwise.
_ORIENTATIONS = {
    None: (1, 8, 3, 6),
    0: (4, 5, 2, 7),
    1: (2, 7, 4, 5),
}
_PROPERTIES_READ = frozenset({b"ispe", b"clap", b"irot", b"imir", b"pixi"})
_ALPHA_PLANES = (b":alpha", b"hevc:2015:auxid:1")


def read(stream: BinaryIO, size: int) -> Header:
    """Size, turn, channels and depth as the primary item's properties state them; EXIF; frames of a picture sequence."""
    items = read_items(stream, size)
    of_primary = _properties_of_primary(items)
    own = {box.type: payload(stream, box) for box in reversed(of_primary) if box.type in _PROPERTIES_READ}
    alpha = any(box.type == b"auxC" and any(name in payload(stream, box) for name in _ALPHA_PLANES) for box in items.properties)
    channels, depth = _channels_and_depth(own.get(b"pixi", b""))
    return Header(
        *_coded_size(own),
        channels=channels + alpha,
        bit_depth=depth,
        color="grey" if channels == 1 else "rgb",
        has_alpha=alpha,
        frames=_sequence_length(stream, Box(b"file", 0, size)),
        exif=_exif(items),
        orientation=_orientation(own),
        aperture=_clean_aperture(own),
    )


def _coded_size(own: dict[bytes, bytes]) -> tuple[int, int]:
    width, height = struct.unpack(">II", own.get(b"ispe", b"")[4:12].ljust(8, b"\x00"))
    if not width or not height:
        raise HeaderError("it states no picture size")
    return width, height


def _clean_aperture(own: dict[bytes, bytes]) -> tuple[int, int] | None:
    """Width and height of what is shown: the aperture cuts off what pads the coded picture to whole blocks."""
    width, height = _coded_size(own)
    aperture = own.get(b"clap", b"")
    if len(aperture) >= 16:
        across, across_divisor, down, down_divisor = struct.unpack_from(">4I", aperture)
        if across_divisor and down_divisor and across >= across_divisor and down >= down_divisor:
            return min(width, across // across_divisor), min(height, down // down_divisor)
    return None


def _channels_and_depth(pixel_information: bytes) -> tuple[int, int]:
    return (pixel_information[4], pixel_information[5]) if len(pixel_information) > 5 else (3, 8)


def _orientation(own: dict[bytes, bytes]) -> int:
    turns = (own.get(b"irot") or b"\x00")[0] & 3
    mirror = own[b"imir"][0] & 1 if own.get(b"imir") else None
    return _ORIENTATIONS[mirror][turns]


def _sequence_length(stream: BinaryIO, whole: Box) -> int:
    """Frames of the first track of a picture sequence; 1 where there is none."""
    sizes = find(stream, whole, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
    return max(1, int.from_bytes(payload(stream, sizes)[8:12], "big")) if sizes else 1


def _properties_of_primary(items: Items) -> tuple[Box, ...]:
    """The properties the primary item refers to; all of them where the file does not say."""
    try:
        return items.properties_of(items.primary()) or items.properties
    except HeifError:
        return items.properties


def _exif(items: Items) -> bytes | None:
    """The TIFF block of the first Exif item; None where there is none, or the index does not lead to it."""
    try:
        item = next((item for item, kind in items.types() if kind == b"Exif"), None)
        data = b"" if item is None else items.data(item)
    except HeifError:
        return None
    # The block starts behind a prefix whose length stands before it.
    return data[4 + int.from_bytes(data[:4], "big") :] or None
