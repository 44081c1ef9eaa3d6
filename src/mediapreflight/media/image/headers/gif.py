"""GIF blocks. Source: the GIF89a specification."""

from __future__ import annotations

import struct
from typing import BinaryIO

from .base import Header, HeaderError, take

_MAX_BYTES = 64 * 2**20
# 64 MiB in blocks of the largest size are a quarter of a million blocks; each costs a step here, and more in a decoder.
_MAX_BLOCKS = 1_000_000
_EXTENSION, _IMAGE, _TRAILER, _GRAPHIC_CONTROL = 0x21, 0x2C, 0x3B, b"\xf9"


def read(stream: BinaryIO, size: int) -> Header:
    """Screen size (widened to the first picture, as Pillow does), and the number of pictures.

    `frames` is None in files over 64 MiB: their blocks are not walked. Raises HeaderError for a file of too many small blocks.
    """
    stream.seek(6)
    width, height, flags = struct.unpack("<HHB", take(stream, 7)[:5])
    data = stream.read() if size <= _MAX_BYTES else b""
    at = 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
    frames, has_alpha, ended, blocks = 0, False, False, 0
    while at < len(data):
        block = data[at]
        if block == _TRAILER:
            ended = True
            break
        if block == _EXTENSION:
            # Transparent parts of a later picture show the picture before it.
            has_alpha |= (
                frames == 0
                and data[at + 1 : at + 2] == _GRAPHIC_CONTROL
                and bool(data[at + 3 : at + 4] > b"" and data[at + 3] & 1)
            )
            at, blocks = _skip_sub_blocks(data, at + 2, blocks)
        elif block == _IMAGE and at + 10 <= len(data):
            left, top, picture_width, picture_height, picture_flags = struct.unpack_from("<HHHHB", data, at + 1)
            if frames == 0:
                width, height = max(width, left + picture_width), max(height, top + picture_height)
            frames += 1
            table = 3 * 2 ** ((picture_flags & 7) + 1) if picture_flags & 0x80 else 0
            at, blocks = _skip_sub_blocks(data, at + 10 + table + 1, blocks)
        else:
            break
    if not width or not height:
        raise HeaderError(f"the header says {width} x {height} px")
    # If only the end mark is missing, no picture data is missing.
    truncated = None if ended or at == len(data) or not data else "the end mark is missing"
    return Header(width, height, 1, 8, "palette", has_alpha, frames or None, truncated=truncated)


def _skip_sub_blocks(data: bytes, at: int, blocks: int) -> tuple[int, int]:
    """The offset after a series of sub-blocks, and their number. Each starts with its length; 0 ends the series."""
    blocks += 1
    while at < len(data) and data[at]:
        at += 1 + data[at]
        blocks += 1
        if blocks > _MAX_BLOCKS:
            break
    if blocks > _MAX_BLOCKS:
        raise HeaderError(f"it is made of more than {_MAX_BLOCKS} blocks")
    return at + 1, blocks
