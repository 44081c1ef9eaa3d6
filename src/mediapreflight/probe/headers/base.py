"""What every header reader returns, and how it takes bytes."""

from __future__ import annotations

from typing import BinaryIO, Literal, NamedTuple

Color = Literal["rgb", "grey", "palette", "cmyk", "yuv"]
# A picture of a gigabyte in chunks of the customary 8 KiB has 131,072 of them; more are there to keep a reader busy.
MAX_CHUNKS = 200_000


class HeaderError(Exception):
    """The header contradicts its own format; the text says where."""


class Header(NamedTuple):
    """What a picture's header says. Sizes as stored, in pixels. `exif` is a TIFF block without its `Exif` prefix.

    `aperture`: width and height of the part that is shown, where not all is. `truncated`: why the file must be cut off, where the
    header's own lengths show it.
    """

    width: int
    height: int
    channels: int | None = None
    bit_depth: int | None = None
    color: Color | None = None
    has_alpha: bool | None = None
    frames: int | None = 1
    exif: bytes | None = None
    xmp: bytes | None = None
    orientation: int | None = None
    has_location: bool = False
    truncated: str | None = None
    aperture: tuple[int, int] | None = None


def take(stream: BinaryIO, count: int) -> bytes:
    """Exactly `count` bytes. Raises HeaderError where the file ends before."""
    data = stream.read(count)
    if len(data) < count:
        raise HeaderError("the file ends inside its header")
    return data
