"""What every header reader returns, and how it reads bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

from ....language import say

if TYPE_CHECKING:
    from ...facts import ColorSpace, Transfer
    from ..profiles import Coding, Profile

Color = Literal["rgb", "grey", "palette", "cmyk", "yuv"]
# A picture of one gigabyte in the usual chunks of 8 KiB has 131,072 of them; a file with more is made to slow readers down.
MAX_CHUNKS = 200_000
MAX_PROFILE_BYTES = 4 * 2**20


class HeaderError(Exception):
    """The header contradicts its own format; the text says where."""


class HeifError(HeaderError):
    """The picture index of a HEIC or AVIF file lacks a table, or a table cannot be followed; the text says where."""


class DamagedError(ValueError):
    """The data is damaged; the text says how, in the words of this program."""


class UndecodedError(Exception):
    """No decoder here reads this data, or can say whether it is damaged; the text says why. The data may be correct."""


class Colors(NamedTuple):
    """How a file describes its colours: an ICC profile, coding points, both or neither.

    If both are there, coding points of high dynamic range count, because a matrix profile cannot express it; else the profile.
    """

    profile: bytes | None = None
    coding: Coding | None = None

    @property
    def effective(self) -> bytes | Coding | None:
        """The one that counts; None if the colours are those of sRGB, or nothing says what they are."""
        coding = self._coding
        if coding is not None:
            return None if coding.is_srgb else coding
        read = self._read
        return None if read is None or read.is_srgb else self.profile

    @property
    def color_space(self) -> ColorSpace | None:
        """The name of the colours; None if the file does not say, or does not say it for RGB."""
        coding, read = self._coding, self._read
        return coding.color_space if coding is not None else read.space if read is not None else None

    @property
    def transfer(self) -> Transfer | None:
        """Standard or high dynamic range; None if the file does not say."""
        coding = self._coding
        return coding.range if coding is not None else None if self._read is None else "sdr"

    @property
    def _coding(self) -> Coding | None:
        read = self._read
        if self.coding is not None and (self.profile is None or self.coding.range != "sdr"):
            return self.coding
        return read.coding if read is not None and read.coding is not None and read.coding.range != "sdr" else None

    @property
    def _read(self) -> Profile | None:
        if self.profile is None:
            return None
        from ..profiles import read_profile

        return read_profile(self.profile)


# Of a file that says nothing of its colours, as most do.
UNSTATED = Colors()


class Header(NamedTuple):
    """What a picture's header says. Sizes as stored, in pixels. `exif` is a TIFF block without its `Exif` prefix.

    `aperture`: width and height of the shown part, if not all is shown. `truncated`: why the file must be cut off, if the
    header's own lengths show it. `undecoded`: why no decoder here reads it, although it may be correct.
    `format`: its name, where the signature says a more general one.
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
    undecoded: str | None = None
    format: str | None = None
    colors: Colors = UNSTATED


def take(stream: BinaryIO, count: int) -> bytes:
    """Exactly `count` bytes. Raises HeaderError if the file ends before."""
    data = stream.read(count)
    if len(data) < count:
        raise HeaderError(say("the file ends inside its header"))
    return data
