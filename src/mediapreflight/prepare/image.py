"""Runs the steps of a picture: Pillow reads, converts colours and writes, OpenCV scales."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PrepareError
from ..libraries import load_cv2
from ..probe.image import MAX_DECODED_BYTES, probe_image
from ..probe.sniff import sniff
from ..probe.source import OpenError, Source, display_name, open_source
from .image_bytes import first_picture, without_location
from .image_frame import shrunk
from .image_read import Color, DecodeError, read_rgb
from .image_steps import LEAST_QUALITY, Convert, Crop, Flatten, KeepFirst, Pad, Scale, Size, StripLocation
from .steps import Step

if TYPE_CHECKING:
    from PIL import Image

    from ..probe.facts import ImageFacts
    from .image_read import Rgb

_WHITE = (255, 255, 255)
# Above this quality colours are kept at full resolution; below, blocks cost more than coarse colours.
_FULL_CHROMA_QUALITY = 90
# How far each try to reach a byte limit aims below it: sizes do not follow the number of pixels exactly.
_AIM = 0.95
_BAND_ROWS = 512


def run_image(source: str, steps: Sequence[Step], target: str) -> None:
    """Write the picture that the steps make of `source` to `target`, whole; the source is only read.

    Args:
        steps: of `plan_image`. Without a `Convert`, only metadata changes.
        target: a path of the caller's own; what stands there is replaced, and an unfinished file may stay there on failure.

    The same source and steps give the same bytes. Raises: PrepareError naming the source where it cannot be read or decoded,
    where no quality and size meets the byte limit, and where `target` cannot be written; MissingLibraryError.
    """
    with _naming(source):
        data = _made(source, steps)
    try:
        Path(target).write_bytes(data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PrepareError(display_name(source), f"its output cannot be written: {reason}") from None


@contextmanager
def _naming(source: str) -> Iterator[None]:
    try:
        yield
    except (DecodeError, OpenError) as error:
        raise PrepareError(display_name(source), str(error)) from None
    except MemoryError:
        raise PrepareError(display_name(source), "it takes more memory than there is") from None
    except OSError as error:
        raise PrepareError(display_name(source), f"cannot be read: {(error.strerror or str(error)).lower()}") from None


def _made(path: str, steps: Sequence[Step]) -> bytes:
    with open_source(path) as source:
        if source.size > MAX_DECODED_BYTES:
            raise DecodeError(f"its {source.size:,} bytes are more than the {MAX_DECODED_BYTES:,} that are read")
        format = sniff(source.stream).format
        convert = next((step for step in steps if isinstance(step, Convert)), None)
        if convert is None:
            return _edited(source, format, steps)
        facts = probe_image(source, format, decode=False)
        return _encoded(_picture(source, facts, steps), convert)


def _edited(source: Source, format: str, steps: Sequence[Step]) -> bytes:
    """The file with its metadata changed, its picture byte for byte as it was."""
    source.stream.seek(0)
    data = source.stream.read()
    for step in steps:
        match step:
            case KeepFirst():
                data = first_picture(data, format)
            case StripLocation():
                data = without_location(data, format)
    return data


def _picture(source: Source, facts: ImageFacts, steps: Sequence[Step]) -> Rgb:
    background = next((_color(step.background) for step in steps if isinstance(step, Flatten)), _WHITE)
    rgb = read_rgb(source, facts, background)
    for step in steps:
        if isinstance(step, Crop | Scale | Pad) and step.size != (rgb.shape[1], rgb.shape[0]):
            raise DecodeError("it has changed since its plan was made")
        match step:
            case Crop():
                # A copy: the rest of the picture is no longer needed.
                rgb = rgb[step.box.y1 : step.box.y2, step.box.x1 : step.box.x2].copy()
            case Scale():
                rgb = _scaled(rgb, step.new_size)
            case Pad():
                rgb = _padded(rgb, step)
    return rgb


def _scaled(rgb: Rgb, size: Size) -> Rgb:
    import numpy as np

    cv2 = load_cv2()
    height, width = rgb.shape[:2]
    down = size[0] * size[1] < width * height
    scaled: Rgb = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA if down else cv2.INTER_LANCZOS4)
    return scaled


def _padded(rgb: Rgb, pad: Pad) -> Rgb:
    import numpy as np

    width, height = pad.new_size
    padded = np.empty((height, width, 3), np.uint8)
    padded[:] = _color(pad.background)
    padded[pad.top : height - pad.bottom, pad.left : width - pad.right] = rgb
    return padded


def _encoded(rgb: Rgb, convert: Convert) -> bytes:
    """The picture as a file within the byte limit: at the highest quality, and then at the most pixels, that it allows."""
    size = whole = rgb.shape[1], rgb.shape[0]
    while True:
        data = _at_best_quality(rgb if size == whole else _scaled(rgb, size), convert)
        if convert.max_bytes is None or len(data) <= convert.max_bytes:
            return data
        if min(size) <= convert.least_side:
            raise DecodeError(f"it takes more than {convert.max_bytes:,} bytes even at {size[0]} x {size[1]} px")
        size = _smaller(size, convert.max_bytes / len(data), convert.least_side)


def _smaller(size: Size, share: float, least: int) -> Size:
    """The size that takes about this share of the bytes; no side below `least`."""
    return shrunk(size, max(Fraction(sqrt(share * _AIM)), Fraction(least, min(size))))


def _at_best_quality(rgb: Rgb, convert: Convert) -> bytes:
    """At the highest quality from `LEAST_QUALITY` up that is within the byte limit; at the least where none is."""
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
    """The same as `Image.fromarray`, which first copies what it is given."""
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
