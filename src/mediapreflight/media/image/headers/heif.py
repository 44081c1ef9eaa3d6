"""HEIF properties (HEIC and AVIF) of the primary item. Source: ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from fractions import Fraction
from math import floor
from typing import BinaryIO, NamedTuple

from ....language import say
from ...parsers.boxes import Box, find, payload
from ..heif_items import Items, missing_bytes, read_items
from ..profiles import Coding
from .base import MAX_PROFILE_BYTES, Colors, Header, HeaderError, HeifError, UndecodedError

# EXIF orientations by quarter turns counter-clockwise: without mirroring, and with mirroring left to right before the turns.
_ORIENTATIONS = {False: (1, 8, 3, 6), True: (2, 5, 4, 7)}
_PROPERTIES_READ = frozenset({b"ispe", b"clap", b"pixi"})


class Aperture(NamedTuple):
    """The part of a coded picture that is shown: its size in pixels, and the distance of its centre from the picture's centre."""

    size: tuple[int, int]
    offset: tuple[Fraction, Fraction]

    def corner(self, coded: tuple[int, int]) -> tuple[int, int]:
        """Its left and top edge in a picture of this size."""
        left, top = (
            min(max(floor(offset + Fraction(whole - shown, 2)), 0), max(whole - shown, 0))
            for offset, whole, shown in zip(self.offset, coded, self.size, strict=True)
        )
        return left, top


def read(stream: BinaryIO, size: int) -> Header:
    """Size, turn, channels and depth as the primary item's properties state them; EXIF; frames of a picture sequence.

    Raises HeifError if there are none of these, and no sequence of pictures either.
    """
    try:
        items = read_items(stream, size)
    except HeifError:
        if sequence := _sequence(stream, Box(b"file", 0, size)):
            return sequence
        if find(stream, Box(b"file", 0, size), b"mini"):
            raise UndecodedError(say("its small index (mini) is not read here")) from None
        raise
    of_primary = _properties_of_primary(items)
    own = {box.type: payload(stream, box) for box in reversed(of_primary) if box.type in _PROPERTIES_READ}
    alpha = items.has_alpha()
    aperture, missing = _aperture(own), missing_bytes(items, size)
    channels, depth = _channels_and_depth(own.get(b"pixi", b""))
    return Header(
        *_coded_size(own),
        channels=channels + alpha,
        bit_depth=depth,
        color="grey" if channels == 1 else "rgb",
        has_alpha=alpha,
        frames=_sequence_length(stream, Box(b"file", 0, size)),
        exif=_exif(items),
        orientation=_orientation(stream, of_primary),
        aperture=aperture.size if aperture else None,
        truncated=f"its data needs {missing} bytes more than the file has" if missing else None,
        colors=_colors(stream, of_primary),
    )


def read_aperture(stream: BinaryIO, size: int) -> Aperture | None:
    """The part of the primary picture that is shown, where not all is. Raises HeifError."""
    of_primary = _properties_of_primary(read_items(stream, size))
    return _aperture({box.type: payload(stream, box) for box in reversed(of_primary) if box.type in _PROPERTIES_READ})


def _coded_size(own: dict[bytes, bytes]) -> tuple[int, int]:
    width, height = struct.unpack(">II", own.get(b"ispe", b"")[4:12].ljust(8, b"\x00"))
    if not width or not height:
        raise HeaderError(say("it states no picture size"))
    return width, height


def _aperture(own: dict[bytes, bytes]) -> Aperture | None:
    """The part without the padding to whole blocks."""
    width, height = _coded_size(own)
    data = own.get(b"clap", b"")
    if len(data) < 32:
        return None
    numbers = struct.unpack_from(">IIIIiIiI", data)
    if not all(numbers[1::2]):
        return None
    across, down, right, below = (Fraction(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
    if across < 1 or down < 1:
        return None
    return Aperture((min(width, floor(across)), min(height, floor(down))), (right, below))


def _channels_and_depth(pixel_information: bytes) -> tuple[int, int]:
    return (pixel_information[4], pixel_information[5]) if len(pixel_information) > 5 else (3, 8)


def _orientation(stream: BinaryIO, of_primary: tuple[Box, ...]) -> int:
    """The EXIF orientation with the same effect as the turns and mirrorings, which are applied in order."""
    turns, mirrored = 0, False
    for box in of_primary:
        data = payload(stream, box, 1) if box.type in (b"irot", b"imir") else b""
        if data and box.type == b"irot":
            turns += data[0] & 3
        elif data:
            # Mirroring top to bottom is the same as mirroring left to right and a half turn. A turn before a mirroring is the
            # same as the opposite turn after it.
            turns, mirrored = (2 if data[0] & 1 == 0 else 0) - turns, not mirrored
    return _ORIENTATIONS[mirrored][turns % 4]


def _colors(stream: BinaryIO, of_primary: tuple[Box, ...]) -> Colors:
    """The ICC profile and the coding points, if they are there."""
    colors = Colors()
    for box in of_primary:
        data = payload(stream, box, MAX_PROFILE_BYTES) if box.type == b"colr" else b""
        if data[:4] in (b"prof", b"rICC") and colors.profile is None:
            colors = colors._replace(profile=data[4:])
        elif data[:4] == b"nclx" and len(data) >= 8 and colors.coding is None:
            colors = colors._replace(coding=Coding(*struct.unpack_from(">HH", data, 4)))
    return colors


def _sequence(stream: BinaryIO, whole: Box) -> Header | None:
    """What the first track says about a file with a sequence and no still picture; None if there is no track."""
    track = find(stream, whole, b"moov", b"trak", b"tkhd")
    sides = payload(stream, track)[-8:] if track else b""
    width, height = (int.from_bytes(sides[at : at + 2], "big") for at in (0, 4))
    if not width or not height:
        return None
    why = say("it is a sequence of pictures without a still one, and those are not decoded here")
    return Header(width, height, frames=_sequence_length(stream, whole), undecoded=why)


def _sequence_length(stream: BinaryIO, whole: Box) -> int:
    """Frames of the first track of a picture sequence; 1 if there is none."""
    sizes = find(stream, whole, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
    return max(1, int.from_bytes(payload(stream, sizes)[8:12], "big")) if sizes else 1


def _properties_of_primary(items: Items) -> tuple[Box, ...]:
    """The properties that the primary item refers to; all of them if the file does not say."""
    try:
        return items.properties_of(items.primary()) or items.properties
    except HeifError:
        return items.properties


def _exif(items: Items) -> bytes | None:
    """The TIFF block of the first Exif item; None if there is none, or the index does not lead to it."""
    try:
        item = next((item for item, kind in items.types() if kind == b"Exif"), None)
        data = b"" if item is None else items.data(item)
    except HeifError:
        return None
    # Before the block there is a prefix, and before that the prefix's length.
    return data[4 + int.from_bytes(data[:4], "big") :] or None
