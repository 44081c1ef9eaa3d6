"""Decode HEIC with libheif, which handles tiles, overlays, turns, apertures, transparency and bit depth.

libheif does not report missing data: it fills tiles whose data is missing, and decodes zeros in place of lost data. Both are
searched for here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ...language import say
from ..libraries import load
from ..parsers.boxes import payload
from .decoding import UNREADABLE, DecodeError, max_pixels, refuse_oversized
from .headers import HeifError
from .heif_items import Items, missing_bytes, read_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

# libheif's messages about data of a kind that it was built without or does not know, or that is too large.
_UNDECODED = ("unsupported", "security limit", "did not give", "not been built in", "no decoding plugin", "no decoder")
# What the binding raises if libheif refuses the data; OSError means lack of memory.
_SAID = (ValueError, EOFError, SyntaxError, RuntimeError)
# These three bytes never occur in H.265 data: encoders insert a 3 before the last one (ITU-T H.265, 7.4.2).
_MAX_PADDING = 16
_USUAL_PIXEL_BYTES, _QUARTER_COLORS = 3, 420
_FORBIDDEN = re.compile(rb"\x00\x00[\x00-\x02]")


class Decoded(NamedTuple):
    """A displayed picture: `pixels` is height x width (x channels, if several), of 8 or 16 bits.

    `mode` names the channels as Pillow does. `owner` holds the memory and must outlive `pixels`.
    """

    owner: Any
    mode: str
    pixels: NDArray[Any]


def decode(stream: BinaryIO, size: int, *, deep: bool) -> Decoded:
    """The primary picture of a file of `size` bytes. `deep`: with 16 bits per channel if the file has more than 8.

    Raises HeifError if libheif cannot read the file's structure or has no decoder for it, DecodeError for damage and for too many
    pixels, MissingLibraryError.
    """
    import numpy as np

    library = load("pi_heif", "libheif", "pip install pi-heif")
    items = read_items(stream, size)
    if items.primary() not in dict(items.types()):
        raise HeifError(say("its index lists a picture that is missing"))
    _refuse_loss(items, size)
    stream.seek(0)
    try:
        file = library.open_heif(stream, convert_hdr_to_8bit=not deep)
    except _SAID:
        raise HeifError(say("the available decoder cannot read its index")) from None
    image = file[file.primary_index] if len(file) else None
    # If the picture itself cannot be decoded, libheif may return another one, such as its thumbnail's.
    if image is None or not image.info["primary"]:
        raise HeifError(say("the available decoder does not know this kind of picture"))
    mode = image.mode.partition(";")[0]
    # Colours at full resolution need the same memory again while they are converted; phones store a quarter.
    planes = len(mode) + (image.info.get("chroma", _QUARTER_COLORS) != _QUARTER_COLORS)
    _refuse_heavy(image.size, planes * (2 if image.info["bit_depth"] > 8 else 1))
    try:
        pixels = np.asarray(image)
    except _SAID as error:
        if any(each in str(error).lower() for each in _UNDECODED):
            raise HeifError(say("no available decoder can read its data")) from None
        raise DecodeError(UNREADABLE) from None
    except OSError:
        raise MemoryError from None
    return Decoded(image, "L" if mode == "I" else mode, pixels)


def _refuse_heavy(size: tuple[int, int], pixel_bytes: int) -> None:
    """Raises DecodeError for too many pixels, HeifError if fewer pixels need more memory than the limit."""
    width, height = size
    refuse_oversized(width, height, "heic")
    if width * height * pixel_bytes > max_pixels("heic") * _USUAL_PIXEL_BYTES:
        raise HeifError(f"its {width} x {height} px take more memory than is allowed: {pixel_bytes} bytes each")


def _refuse_loss(items: Items, size: int) -> None:
    """Raises DecodeError if data of the picture is missing or replaced by zeros, as after a download with gaps."""
    if missing := missing_bytes(items, size):
        raise DecodeError(f"truncated: its data needs {missing} bytes more than the file has")
    try:
        needed = items.of_picture() & {item for item, kind in items.types() if kind == b"hvc1"}
        places = [pieces for item, pieces in items.locations() if item in needed]
    except HeifError:
        return
    if not _has_long_lengths(items):
        return
    left = size
    for pieces in places:
        data = items.read(pieces, left)
        left -= len(data)
        if any(map(_has_hole, _units(data))):
            raise DecodeError(say("a part of its data is lost: there are zeros in its place"))


def _has_long_lengths(items: Items) -> bool:
    """Whether the lengths of coded units have four bytes."""
    configurations = (payload(items.stream, box, 22) for box in items.properties if box.type == b"hvcC")
    return all(data[21:22] and data[21] & 3 == 3 for data in configurations)


def _units(data: bytes) -> Iterator[bytes]:
    """The coded units of an item; a unit of length 0 contains all that follows."""
    at = 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") or len(data)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def _has_hole(unit: bytes) -> bool:
    """Whether there are zeros inside a unit; a few at its end are padding."""
    return _FORBIDDEN.search(unit[:-_MAX_PADDING] + unit[-_MAX_PADDING:].rstrip(b"\0")) is not None
