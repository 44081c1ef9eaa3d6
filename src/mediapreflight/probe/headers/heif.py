"""HEIF properties (HEIC and AVIF) of the primary item. Source: ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ..isobmff import Box, boxes, find, payload
from .base import Header, HeaderError

# HEIF turns by quarter turns counter-clockwise, EXIF counts in eight orientations.
_ORIENTATION_OF_ROTATION = {0: 1, 1: 8, 2: 3, 3: 6}


def read(stream: BinaryIO, size: int) -> Header:
    """Size, rotation and bit depth as the primary item's properties state them."""
    whole = Box(b"file", 0, size)
    meta = find(stream, whole, b"meta")
    if meta is None:
        raise HeaderError("it holds no picture index")
    meta = meta._replace(start=meta.start + 4)
    container = find(stream, meta, b"iprp", b"ipco")
    if container is None:
        raise HeaderError("it holds no picture properties")
    properties = list(boxes(stream, container.start, container.end))
    own = _properties_of_primary(stream, meta, properties)
    sizes = [struct.unpack(">II", payload(stream, box)[4:12].ljust(8, b"\x00")) for box in own if box.type == b"ispe"]
    if not sizes or not all(max(sizes)):
        raise HeaderError("it states no picture size")
    width, height = max(sizes, key=lambda one: one[0] * one[1])
    rotation = next((payload(stream, box)[:1] for box in own if box.type == b"irot"), b"\x00")
    depth = next((payload(stream, box)[5:6] for box in own if box.type == b"pixi"), b"\x08")
    alpha = any(box.type == b"auxC" and b"alpha" in payload(stream, box) for box in properties)
    orientation = _ORIENTATION_OF_ROTATION[(rotation or b"\x00")[0] & 3]
    return Header(width, height, 4 if alpha else 3, (depth or b"\x08")[0], "rgb", alpha, orientation=orientation)


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
