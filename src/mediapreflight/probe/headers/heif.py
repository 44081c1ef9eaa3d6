"""HEIF properties (HEIC and AVIF) of the primary item. Source: ISO/IEC 23008-12; ISO/IEC 14496-12 for the item tables."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ..isobmff import Box, boxes, find, payload
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
    whole = Box(b"file", 0, size)
    meta = find(stream, whole, b"meta")
    if meta is None:
        raise HeaderError("it holds no picture index")
    meta = meta._replace(start=meta.start + 4)
    container = find(stream, meta, b"iprp", b"ipco")
    if container is None:
        raise HeaderError("it holds no picture properties")
    properties = list(boxes(stream, container.start, container.end))
    of_primary = _properties_of_primary(stream, meta, properties)
    own = {box.type: payload(stream, box) for box in reversed(of_primary) if box.type in _PROPERTIES_READ}
    alpha = any(box.type == b"auxC" and any(name in payload(stream, box) for name in _ALPHA_PLANES) for box in properties)
    channels, depth = _channels_and_depth(own.get(b"pixi", b""))
    return Header(
        *_coded_size(own),
        channels=channels + alpha,
        bit_depth=depth,
        color="grey" if channels == 1 else "rgb",
        has_alpha=alpha,
        frames=_sequence_length(stream, whole),
        exif=_exif(stream, meta),
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


def _properties_of_primary(stream: BinaryIO, meta: Box, properties: list[Box]) -> list[Box]:
    """The properties the primary item refers to; all of them where the file does not say."""
    primary_box, association_box = find(stream, meta, b"pitm"), find(stream, meta, b"iprp", b"ipma")
    if primary_box is None or association_box is None:
        return properties
    primary = payload(stream, primary_box)
    wide = primary[:1] != b"\x00"
    item = int.from_bytes(primary[4:8] if wide else primary[4:6], "big")
    indices = _associations(payload(stream, association_box)).get(item, [])
    return [properties[index - 1] for index in indices if 0 < index <= len(properties)] or properties


def _associations(data: bytes) -> dict[int, list[int]]:
    """Property indices (from 1) by item id, out of an `ipma` payload."""
    if len(data) < 8:
        return {}
    version, wide_index = data[0], bool(data[3] & 1)
    id_bytes, index_bytes = (4 if version else 2), (2 if wide_index else 1)
    found: dict[int, list[int]] = {}
    at = 8
    for _ in range(min(int.from_bytes(data[4:8], "big"), len(data))):
        item = int.from_bytes(data[at : at + id_bytes], "big")
        at += id_bytes
        count = int.from_bytes(data[at : at + 1], "big")
        at += 1
        # The top bit of an index says "essential".
        mask = 0x7FFF if wide_index else 0x7F
        found[item] = [
            int.from_bytes(data[place : place + index_bytes], "big") & mask
            for place in range(at, at + count * index_bytes, index_bytes)
        ]
        at += count * index_bytes
        if at >= len(data):
            break
    return found


def _exif(stream: BinaryIO, meta: Box) -> bytes | None:
    """The TIFF block of the first Exif item; None where there is none, or it is not stored in one piece of the file."""
    item, locations = _exif_item(stream, meta), find(stream, meta, b"iloc")
    extent = _extent(payload(stream, locations), item) if locations and item is not None else None
    if extent is None:
        return None
    data = payload(stream, Box(b"Exif", extent[0], extent[0] + extent[1]))
    # The block starts behind a prefix whose length stands before it.
    return data[4 + int.from_bytes(data[:4], "big") :]


def _exif_item(stream: BinaryIO, meta: Box) -> int | None:
    information = find(stream, meta, b"iinf")
    if information is None:
        return None
    wide_count = payload(stream, information, 1) != b"\x00"
    for box in boxes(stream, information.start + (8 if wide_count else 6), information.end):
        entry = payload(stream, box, 16)
        id_bytes = 4 if entry[:1] == b"\x03" else 2
        if box.type == b"infe" and entry[6 + id_bytes : 10 + id_bytes] == b"Exif":
            return int.from_bytes(entry[4 : 4 + id_bytes], "big")
    return None


def _extent(locations: bytes, item: int) -> tuple[int, int] | None:
    """Offset in the file and length of an item, out of an `iloc` payload."""
    if len(locations) < 8:
        return None
    version = locations[0]
    offset_bytes, length_bytes = locations[4] >> 4, locations[4] & 15
    base_bytes, index_bytes = locations[5] >> 4, locations[5] & 15 if version else 0
    id_bytes = 4 if version > 1 else 2
    at = 6 + id_bytes
    if not offset_bytes or not length_bytes:
        return None

    def number(count: int) -> int:
        nonlocal at
        at += count
        return int.from_bytes(locations[at - count : at], "big")

    while at < len(locations):
        found, method, _, base = number(id_bytes), number(2) if version else 0, number(2), number(base_bytes)
        extents = [(number(index_bytes), number(offset_bytes), number(length_bytes)) for _ in range(number(2))]
        if found == item:
            _, offset, length = extents[0] if len(extents) == 1 and method == 0 else (0, 0, 0)
            return (base + offset, length) if length else None
    return None
