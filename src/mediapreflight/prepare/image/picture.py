"""The steps that make a picture fit, and running them: Pillow reads, converts colours, scales and writes.

Sizes and boxes are in pixels of the displayed picture after the previous steps.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from ...errors import PrepareError
from ...language import say
from ...media.display import turned
from ...media.image.colour import Color
from ...media.image.decoding import MAX_DECODED_BYTES, DecodeError
from ...media.image.picture import probe_image
from ...media.image.pixels import read_rgb, refuse_undecoded
from ...media.image.rewritten import rewritten
from ...media.image.scaling import scaled
from ...media.image.second_look import difference, shades_in, shades_of
from ...media.opening import open_source
from ...media.sniff import sniff
from ...media.source import OpenError, Source, display_name
from ...people.geometry import Box, Mapping, crop_to, orient
from ...text import enumerated
from ..steps import Flatten, Scale, Size, Step, StripLocation, from_format_to, in_pixels, step_of
from .encode import first_picture, without_location
from .frame import shrunk

if TYPE_CHECKING:
    from PIL import Image

    from ...media.facts import ImageFacts
    from ...media.image.pixels import Rgb
    from ...media.image.second_look import Shades

HIGHEST_QUALITY = 95
# Below this quality, JPEG's blocks are visible on skin; fewer pixels look better.
LEAST_QUALITY = 60
_WHITE = (255, 255, 255)
# From this quality on, colours are stored at full resolution; below it, blocks are more visible than coarse colours.
_FULL_CHROMA_QUALITY = 90
# Each attempt to reach a byte limit aims this far below it, because file sizes are not exactly proportional to pixels.
_AIM = 0.95
_BAND_ROWS = 512
# Two decodes of one picture correlate by more than 0.9, whatever the profiles; a negative picture by less than 0. A picture of
# less contrast (in 255 shades) cannot be compared. A written picture differs by less than 3 shades, even at the lowest quality.
_LEAST_LIKENESS, _LEAST_CONTRAST, _MOST_DIFFERENCE = 0.5, 4, 12


class RewriteHeader(Step, frozen=True, kw_only=True):
    """Write what strict readers miss or refuse, the pixels untouched."""

    name: ClassVar[str] = "rewrite-header"

    @property
    def detail(self) -> str:
        return say("for strict readers; pixels unchanged")


class KeepFirst(Step, frozen=True, kw_only=True):
    """Keep the first of several pictures. `lossless`: the others are cut off, and the first is unchanged."""

    name: ClassVar[str] = "keep-first"
    frames: int
    lossless: bool

    @property
    def detail(self) -> str:
        if self.lossless:
            return say("the first of {frames} pictures; pixels unchanged", frames=self.frames)
        return say("the first of {frames} pictures", frames=self.frames)


class ToSrgb(Step, frozen=True, kw_only=True):
    """Convert the colours to 8-bit sRGB. `stored_as`: the current ones."""

    name: ClassVar[str] = "to-srgb"
    stored_as: str

    @property
    def detail(self) -> str:
        return say("{stored_as} to 8-bit sRGB, with the embedded profile if there is one", stored_as=self.stored_as)


class BakeOrientation(Step, frozen=True, kw_only=True):
    """Turn the pixels by the EXIF orientation (2 to 8), and drop the tag."""

    name: ClassVar[str] = "bake-orientation"
    orientation: int
    stored: Size
    displayed: Size

    @property
    def detail(self) -> str:
        before, after, how = in_pixels(self.stored), in_pixels(self.displayed), self.orientation
        return say("EXIF orientation {orientation}: {stored} to {displayed} px", orientation=how, stored=before, displayed=after)


class Crop(Step, frozen=True, kw_only=True):
    """Keep the part inside the box."""

    name: ClassVar[str] = "crop"
    size: Size
    box: Box

    @property
    def mapping(self) -> Mapping:
        return crop_to(self.box)

    @property
    def detail(self) -> str:
        before, after = in_pixels(self.size), in_pixels((self.box.width, self.box.height))
        return say("{size} to {value} px, from ({x1}, {y1})", size=before, value=after, x1=self.box.x1, y1=self.box.y1)


class Pad(Step, frozen=True, kw_only=True):
    """Extend the picture by a number of pixels on each side, in one colour, `#rrggbb`."""

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
    def mapping(self) -> Mapping:
        return crop_to(Box(-self.left, -self.top, 0, 0))

    @property
    def detail(self) -> str:
        edges = (
            say("{pixels} left", pixels=self.left) if self.left else "",
            say("{pixels} top", pixels=self.top) if self.top else "",
            say("{pixels} right", pixels=self.right) if self.right else "",
            say("{pixels} bottom", pixels=self.bottom) if self.bottom else "",
        )
        added = enumerated(filter(None, edges))
        return say(
            "{size} to {new_size} px with {background}: {added}",
            size=in_pixels(self.size),
            new_size=in_pixels(self.new_size),
            background=self.background,
            added=added,
        )


class Turn(Step, frozen=True, kw_only=True):
    """Turn the picture clockwise, by 90, 180 or 270 degrees."""

    name: ClassVar[str] = "turn"
    size: Size
    degrees: Literal[90, 180, 270]

    @property
    def new_size(self) -> Size:
        return self.size if self.degrees == 180 else (self.size[1], self.size[0])

    @property
    def orientation(self) -> int:
        """The EXIF orientation of this turn."""
        return {90: 6, 180: 3, 270: 8}[self.degrees]

    @property
    def mapping(self) -> Mapping:
        return orient(self.orientation, *self.size)

    @property
    def detail(self) -> str:
        before, after = in_pixels(self.size), in_pixels(self.new_size)
        return say("{degrees} degrees clockwise: {size} to {new_size} px", degrees=self.degrees, size=before, new_size=after)


class Convert(Step, frozen=True, kw_only=True):
    """Write the picture: 8-bit sRGB, opaque, upright, without metadata.

    `format`: `jpeg` or `png`; `quality`: of a JPEG. If the file would exceed `max_bytes`, a JPEG gets the highest quality from
    `LEAST_QUALITY` up that does not. If there is none, it gets fewer pixels, down to `least_side` for the shorter side.
    """

    name: ClassVar[str] = "convert"
    source_format: str
    format: str
    quality: int | None
    max_bytes: int | None
    least_side: int

    @property
    def detail(self) -> str:
        formats, most = from_format_to(self.source_format, self.format), self.max_bytes
        if self.quality is None:
            said = say("{formats}, lossless", formats=formats)
            bounded = say("{converted}, fewer pixels if it has more than {most:,} bytes", converted=said, most=most or 0)
        else:
            said = say("{formats}, quality {quality}", formats=formats, quality=self.quality)
            bounded = say("{converted}, lower quality if it has more than {most:,} bytes", converted=said, most=most or 0)
        return bounded if most else said


def run_image(source: str, steps: Sequence[Step], target: str) -> None:
    """Apply the steps to `source` and write the whole result to `target`; the source is only read.

    Args:
        steps: from `plan_image`. Without a `Convert`, only metadata changes.
        target: replaced if it exists. After an error it may be missing or unfinished.

    The same source and steps give the same bytes. Raises: PrepareError, naming the source, if it cannot be read or decoded, if no
    quality and size are within the byte limit, or if `target` cannot be written; MissingLibraryError.
    """
    with _naming(source):
        data = _made(source, steps)
    try:
        Path(target).write_bytes(data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PrepareError(display_name(source), say("its output cannot be written: {reason}", reason=reason)) from None


@contextmanager
def _naming(source: str) -> Iterator[None]:
    try:
        yield
    except (DecodeError, OpenError) as error:
        raise PrepareError(display_name(source), str(error)) from None
    except MemoryError:
        raise PrepareError(display_name(source), say("it needs more memory than is available")) from None
    except OSError as error:
        raise PrepareError(
            display_name(source), say("cannot be read: {strerror}", strerror=(error.strerror or str(error)).lower())
        ) from None


def _made(path: str, steps: Sequence[Step]) -> bytes:
    with open_source(path) as source:
        if source.size > MAX_DECODED_BYTES:
            most = MAX_DECODED_BYTES
            raise DecodeError(
                say("it has {size:,} bytes, but at most {max_decoded_bytes:,} are read", size=source.size, max_decoded_bytes=most)
            )
        format = sniff(source.stream).format
        convert = step_of(steps, Convert)
        if convert is None:
            return _edited(source, format, steps)
        facts = probe_image(source, format, decode=False)
        rgb = _picture(source, facts, steps)
        data = _encoded(rgb, convert)
        _refuse_other_picture(rgb, data, convert.format)
        return data


def _edited(source: Source, format: str, steps: Sequence[Step]) -> bytes:
    """The file with changed metadata; the picture's bytes are unchanged."""
    stream = (rewritten(source.stream, format) if step_of(steps, RewriteHeader) else None) or source.stream
    stream.seek(0)
    data = stream.read()
    for step in steps:
        match step:
            case KeepFirst():
                data = first_picture(data, format)
            case StripLocation():
                data = without_location(data, format)
    return data


def _picture(source: Source, facts: ImageFacts, steps: Sequence[Step]) -> Rgb:
    flatten = step_of(steps, Flatten)
    background = _color(flatten.background) if flatten else _WHITE
    # Before the pixels are read, so that its memory is free again by then.
    second = _second_reading(source, facts, background)
    rgb = read_rgb(source, facts, background)
    _refuse_garbled(second, facts, rgb)
    for step in steps:
        if isinstance(step, Crop | Scale | Pad | Turn) and step.size != (rgb.shape[1], rgb.shape[0]):
            raise DecodeError(say("it has changed since its plan was made"))
        match step:
            case Crop():
                # A copy, so that the rest of the picture can be freed.
                rgb = rgb[step.box.y1 : step.box.y2, step.box.x1 : step.box.x2].copy()
            case Scale():
                rgb = scaled(rgb, step.new_size)
            case Pad():
                rgb = _padded(rgb, step)
            case Turn():
                rgb = turned(rgb, step.orientation)
    return rgb


def _second_reading(source: Source, facts: ImageFacts, background: Color) -> Shades | None:
    """The stored picture, decoded by another decoder; None if there is none, or if all decoders give the same result."""
    in_inks = facts.color == "cmyk"
    # FFmpeg reads the fourth channel of 16-bit CMYK as transparency.
    if (in_inks and facts.bit_depth != 8) or (_is_plain(facts) and not in_inks) or (facts.frames or 1) > 1:
        return None
    refuse_undecoded(source, facts)
    source.stream.seek(0)
    return shades_of(source.stream.read(), facts.format, background=background if facts.has_alpha else None)


def _refuse_garbled(second: Shades | None, facts: ImageFacts, rgb: Rgb) -> None:
    """Raise DecodeError if another decoder gives another picture for the source.

    Colours may differ, because only one decoder applies profiles; light and dark areas must agree.
    """
    import numpy as np

    if second is None:
        return
    seen, read = turned(second, facts.orientation).astype(float), shades_in(rgb).astype(float)
    if min(seen.std(), read.std()) > _LEAST_CONTRAST and np.corrcoef(seen.ravel(), read.ravel())[0, 1] < _LEAST_LIKENESS:
        raise DecodeError(say("two decoders read different pictures from it, so neither is trusted"))


def _is_plain(facts: ImageFacts) -> bool:
    """Whether all decoders read such a file alike; a second decode would cost as much as the first."""
    return facts.format in ("jpeg", "webp") or (facts.format == "png" and facts.bit_depth == 8)


def _refuse_other_picture(rgb: Rgb, data: bytes, format: str) -> None:
    """Raise DecodeError if another decoder does not get the intended picture from the output."""
    try:
        apart = difference(rgb, data, format)
    except ValueError as error:
        raise DecodeError(say("its output cannot be decoded ({error})", error=error)) from None
    if apart > _MOST_DIFFERENCE:
        raise DecodeError(say("its output is not the picture that was read"))


def _padded(rgb: Rgb, pad: Pad) -> Rgb:
    import numpy as np

    width, height = pad.new_size
    padded = np.empty((height, width, 3), np.uint8)
    padded[:] = _color(pad.background)
    padded[pad.top : height - pad.bottom, pad.left : width - pad.right] = rgb
    return padded


def _encoded(rgb: Rgb, convert: Convert) -> bytes:
    """The picture as a file within the byte limit: first with the highest possible quality, then with the most possible
    pixels."""
    size = whole = rgb.shape[1], rgb.shape[0]
    while True:
        data = _at_best_quality(rgb if size == whole else scaled(rgb, size), convert)
        if convert.max_bytes is None or len(data) <= convert.max_bytes:
            return data
        if min(size) <= convert.least_side:
            most, (width, height) = convert.max_bytes, size
            raise DecodeError(
                say("it has more than {max_bytes:,} bytes even at {size} x {size2} px", max_bytes=most, size=width, size2=height)
            )
        size = _smaller(size, convert.max_bytes / len(data), convert.least_side)


def _smaller(size: Size, share: float, least: int) -> Size:
    """The size that needs about this share of the bytes; no side below `least`."""
    return shrunk(size, max(Fraction(sqrt(share * _AIM)), Fraction(least, min(size))))


def _at_best_quality(rgb: Rgb, convert: Convert) -> bytes:
    """The file at the highest quality from `LEAST_QUALITY` up that is within the byte limit; if there is none, at the lowest."""
    if convert.quality is None:
        return _png(rgb)
    best = _jpeg(rgb, convert.quality)
    if convert.max_bytes is None or len(best) <= convert.max_bytes:
        return best
    best, low, high = _jpeg(rgb, LEAST_QUALITY), LEAST_QUALITY + 1, convert.quality - 1
    while len(best) <= convert.max_bytes and low <= high:
        middle = (low + high) // 2
        data = _jpeg(rgb, middle)
        if len(data) <= convert.max_bytes:
            best, low = data, middle + 1
        else:
            high = middle - 1
    return best


def _pillow(rgb: Rgb) -> Image.Image:
    """The same as `Image.fromarray`, without its copy of the array."""
    from PIL import Image

    height, width = rgb.shape[:2]
    picture = Image.new("RGB", (width, height))
    for top in range(0, height, _BAND_ROWS):
        picture.paste(Image.fromarray(rgb[top : top + _BAND_ROWS]), (0, top))
    return picture


def _jpeg(rgb: Rgb, quality: int) -> bytes:
    data = io.BytesIO()
    chroma = "4:4:4" if quality >= _FULL_CHROMA_QUALITY else "4:2:0"
    _pillow(rgb).save(data, "JPEG", quality=quality, subsampling=chroma)
    return data.getvalue()


def _png(rgb: Rgb) -> bytes:
    data = io.BytesIO()
    _pillow(rgb).save(data, "PNG")
    return data.getvalue()


def _color(text: str) -> Color:
    """`#rrggbb` as numbers."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue
