"""The steps that make a picture fit. Sizes and boxes are in pixels of the displayed picture, as the steps before left it."""

from __future__ import annotations

from typing import ClassVar

from ..people.geometry import Box
from .steps import Step

Size = tuple[int, int]


class StripLocation(Step, frozen=True, kw_only=True):
    """Take the position out of the metadata, the pixels untouched. `whole_metadata`: with all else, by encoding anew."""

    name: ClassVar[str] = "strip-location"
    whole_metadata: bool

    @property
    def detail(self) -> str:
        return f"GPS position, {'with all other metadata' if self.whole_metadata else 'out of EXIF and XMP; no pixel changes'}"


class KeepFirst(Step, frozen=True, kw_only=True):
    """Keep the first of several pictures. `lossless`: the others are cut off, the first stays byte for byte."""

    name: ClassVar[str] = "keep-first"
    frames: int
    lossless: bool

    @property
    def detail(self) -> str:
        return f"the first of {self.frames} pictures" + ("; no pixel changes" if self.lossless else "")


class ToSrgb(Step, frozen=True, kw_only=True):
    """Bring the colours to 8-bit sRGB. `stored_as`: what they are now."""

    name: ClassVar[str] = "to-srgb"
    stored_as: str

    @property
    def detail(self) -> str:
        return f"{self.stored_as} to 8-bit sRGB, through the embedded profile where there is one"


class Flatten(Step, frozen=True, kw_only=True):
    """Lay the picture onto one colour, `#rrggbb`."""

    name: ClassVar[str] = "flatten"
    background: str

    @property
    def detail(self) -> str:
        return f"transparency onto {self.background}"


class BakeOrientation(Step, frozen=True, kw_only=True):
    """Turn the pixels as the EXIF orientation (2 to 8) asks, and drop the tag."""

    name: ClassVar[str] = "bake-orientation"
    orientation: int
    stored: Size
    displayed: Size

    @property
    def detail(self) -> str:
        return f"EXIF orientation {self.orientation}: {_by(self.stored)} to {_by(self.displayed)} px"


class Crop(Step, frozen=True, kw_only=True):
    """Keep what lies in the box."""

    name: ClassVar[str] = "crop"
    size: Size
    box: Box

    @property
    def detail(self) -> str:
        return f"{_by(self.size)} to {_by((self.box.width, self.box.height))} px, from ({self.box.x1}, {self.box.y1})"


class Scale(Step, frozen=True, kw_only=True):
    """Scale by one factor: down with an area filter, up with Lanczos."""

    name: ClassVar[str] = "scale"
    size: Size
    new_size: Size

    @property
    def is_up(self) -> bool:
        return self.new_size[0] * self.new_size[1] > self.size[0] * self.size[1]

    @property
    def detail(self) -> str:
        return f"{_by(self.size)} to {_by(self.new_size)} px" + ("; this adds no detail" if self.is_up else "")


class Pad(Step, frozen=True, kw_only=True):
    """Extend the picture by so many pixels on each side, in one colour, `#rrggbb`."""

    name: ClassVar[str] = "pad"
    size: Size
    left: int
    top: int
    right: int
    bottom: int
    background: str

    @property
    def new_size(self) -> Size:
        return self.size[0] + self.left + self.right, self.size[1] + self.top + self.bottom

    @property
    def detail(self) -> str:
        edges = {"left": self.left, "top": self.top, "right": self.right, "bottom": self.bottom}
        added = ", ".join(f"{pixels} {edge}" for edge, pixels in edges.items() if pixels)
        return f"{_by(self.size)} to {_by(self.new_size)} px with {self.background}: {added}"


class Convert(Step, frozen=True, kw_only=True):
    """Write the picture: 8-bit sRGB, opaque, upright, without metadata.

    `format`: `jpeg` or `png`; `quality`: of a JPEG. Where the file would exceed `max_bytes`, the highest JPEG quality from
    `LEAST_QUALITY` up that does not; and where none does, fewer pixels, down to `least_side` for the shorter side.
    """

    name: ClassVar[str] = "convert"
    source_format: str
    format: str
    quality: int | None
    max_bytes: int | None
    least_side: int

    @property
    def detail(self) -> str:
        formats = dict.fromkeys((self.source_format.upper(), self.format.upper()))
        quality = "lossless" if self.quality is None else f"quality {self.quality}"
        less = "lower quality" if self.quality is not None else "fewer pixels"
        bound = f", {less} where that takes more than {self.max_bytes:,} bytes" if self.max_bytes else ""
        return f"{' to '.join(formats)}, {quality}{bound}"


HIGHEST_QUALITY = 95
# Below this, JPEG's blocks show on skin; fewer pixels look better.
LEAST_QUALITY = 60


def _by(size: Size) -> str:
    return f"{size[0]} x {size[1]}"
