"""Photoshop files: whether the picture that combines all layers can be decoded here.

Source: Adobe Photoshop File Formats Specification (November 2019).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from ....language import say
from .base import Header, HeaderError, take

_MODES = {0: "bitmap", 1: "grey", 2: "indexed", 3: "RGB", 4: "CMYK", 7: "multichannel", 8: "duotone", 9: "Lab"}
_RGB = 3
_DECODED = frozenset({1, 2, _RGB, 4})
_UNCOMPRESSED, _RUNS = 0, 1
_VERSION_INFO = 1057
_MAX_RESOURCES = 1000


def read(stream: BinaryIO) -> Header:
    """The size, and `undecoded`: why it is not decoded here, or not to what Photoshop shows. Raises HeaderError."""
    stream.seek(4)
    version, channels, height, width, depth, mode = struct.unpack(">H6xHIIHH", take(stream, 22))
    if not width or not height:
        raise HeaderError(f"the header says {width} x {height} px")
    return Header(width, height, channels, depth, frames=None, undecoded=_undecoded(stream, version, channels, depth, mode))


def _undecoded(stream: BinaryIO, version: int, channels: int, depth: int, mode: int) -> str | None:
    if version != 1:
        return say("large Photoshop documents are not decoded here")
    if mode not in _DECODED or depth != 8:
        bits = "1 bit" if depth == 1 else f"{depth} bits"
        return f"Photoshop files in {_MODES.get(mode, f'mode {mode}')} of {bits} are not decoded here"
    if mode == _RGB and channels == _RGB + 1:
        # Transparency, or a saved selection; decoders here treat both as transparency.
        return say("Photoshop files with a fourth channel are not decoded here")
    _skip(stream)
    if not _has_picture(stream):
        return say("it was saved without the picture that stands for its layers")
    _skip(stream)
    (coding,) = struct.unpack(">H", take(stream, 2))
    return None if coding in (_UNCOMPRESSED, _RUNS) else say("Photoshop files compressed by deflate are not decoded here")


def _skip(stream: BinaryIO) -> None:
    (length,) = struct.unpack(">I", take(stream, 4))
    stream.seek(length, 1)


def _has_picture(stream: BinaryIO) -> bool:
    """By a resource that only Photoshop writes. The stream is then after the section."""
    (length,) = struct.unpack(">I", take(stream, 4))
    end = stream.tell() + length
    found = True
    for _ in range(_MAX_RESOURCES):
        if stream.tell() + 12 > end:
            break
        _, number, name_length = struct.unpack(">4sHB", take(stream, 7))
        stream.seek(name_length + (name_length + 1) % 2, 1)
        (content,) = struct.unpack(">I", take(stream, 4))
        start = stream.tell()
        if number == _VERSION_INFO and content >= 5:
            found = take(stream, 5)[4] != 0
            break
        stream.seek(start + content + content % 2)
    stream.seek(end)
    return found
