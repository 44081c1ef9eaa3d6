"""Picture headers read straight from the bytes: a few reads per file, no decoder, no pixel.

Pillow decodes the whole picture to read a PNG's EXIF, and reads the whole file to count a WebP's frames; a header is
tens of bytes. One module per format, each with `read(stream, size) -> Header`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import BinaryIO

from .base import UNSTATED, Color, Colors, DamagedError, Header, HeaderError, HeifError, UndecodedError

__all__ = [
    "READERS",
    "UNSTATED",
    "Color",
    "Colors",
    "DamagedError",
    "Header",
    "HeaderError",
    "HeifError",
    "UndecodedError",
    "read_header",
]

# The module that reads each format, imported for the first file of that format.
READERS = {"jpeg": "jpeg", "png": "png", "webp": "webp", "gif": "gif", "bmp": "bmp", "heic": "heif", "avif": "heif"}


def read_header(format: str, stream: BinaryIO, size: int) -> Header:
    """What the header of a picture of this format (a key of READERS) says. Raises HeaderError."""
    return _reader(format)(stream, size)


@cache
def _reader(format: str) -> Callable[[BinaryIO, int], Header]:
    read: Callable[[BinaryIO, int], Header] = import_module(f"{__name__}.{READERS[format]}").read
    return read
