"""Picture headers read straight from the bytes: a few reads per file, no decoder, no pixel.

Pillow decodes the whole picture to reach a PNG's EXIF, and reads the whole file to count a WebP's frames; a header is
tens of bytes. One module per format, each with `read(stream, size) -> Header`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from . import bmp, gif, heif, jpeg, png, webp
from .base import Color, Header, HeaderError

__all__ = ["READERS", "Color", "Header", "HeaderError"]

READERS: dict[str, Callable[[BinaryIO, int], Header]] = {
    "jpeg": jpeg.read,
    "png": png.read,
    "webp": webp.read,
    "gif": gif.read,
    "bmp": bmp.read,
    "heic": heif.read,
    "avif": heif.read,
}
