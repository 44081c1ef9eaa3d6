"""Pictures and open containers for the detectors: displayed side up, opaque, no larger than asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from ..errors import MediaPreflightError, MissingLibraryError, UnreadableMediaError
from ..libraries import load_cv2
from ..probe.containers import ContainerError, open_container
from ..probe.image import max_pixels, probe_image, scans_trouble
from ..probe.quiet import quiet
from ..probe.sniff import sniff
from ..probe.source import OpenError, display_name, open_source

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from numpy.typing import NDArray

    from ..probe.facts import ImageFacts
    from ..probe.source import Source

    Rgb = NDArray[np.uint8]

# Transparent pixels show what lies behind them, and nobody knows what that will be: the middle between black and white.
_BEHIND = (128, 128, 128)
# A reduced decode may come out this much smaller than wanted: the next larger scale costs more than its pixels are worth.
_REDUCED_AT_LEAST = 0.75
# Converted whole, a large picture would be in memory four times over.
_BAND_ROWS = 512

_Read = TypeVar("_Read")


class Picture(NamedTuple):
    """`rgb`: height x width x 3, uint8, displayed side up. `width` and `height` are those of the whole displayed picture."""

    rgb: Rgb
    width: int
    height: int


def load_picture(path: str | os.PathLike[str], longest_side: int) -> Picture:
    """Decode a picture for looking at it.

    Args:
        path: a local file; of an animation the first frame is taken.
        longest_side: of the array, in pixels. Smaller pictures keep their size; JPEGs are decoded at a reduced scale and may
            come out up to a quarter smaller.

    Returns: the array, and the displayed size of the whole picture. EXIF orientation is applied, transparency is laid over
        middle grey; 16-bit, CMYK, palette and grey pictures are converted.

    Raises: UnreadableMediaError for what is no picture, is damaged, has no decoder here or more pixels than are ever decoded.
    """
    with opened(path) as source:
        found = sniff(source.stream)
        if found.family != "image":
            raise UnreadableMediaError(source.path, f"it is no picture, but {found.format}")
        facts = probe_image(source, found.format, decode=False)
        if facts.width is None or facts.height is None:
            raise UnreadableMediaError(source.path, "; ".join(facts.problems))
        if facts.width * facts.height > max_pixels(found.format):
            raise UnreadableMediaError(source.path, f"its {facts.width} x {facts.height} px are more than are ever decoded")
        if found.format == "jpeg" and (trouble := scans_trouble(source.stream, 0)):
            raise UnreadableMediaError(source.path, trouble)
        with quiet():
            rgb = guarded(source.path, lambda: _displayed_pixels(source, facts, longest_side))
        return Picture(within(rgb, longest_side), facts.width, facts.height)


def within(rgb: Rgb, longest_side: int) -> Rgb:
    """The picture, shrunk where its longest side is longer than `longest_side` pixels."""
    height, width = rgb.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return rgb
    cv2 = load_cv2()
    shrunk: Rgb = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    return shrunk


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Source]:
    """The open file, and nothing but a regular one. Raises UnreadableMediaError."""
    name = os.fsdecode(path)
    try:
        with open_source(name, whole=True) as source:
            yield source
    except OpenError as error:
        raise UnreadableMediaError(display_name(name), str(error)) from None


@contextmanager
def opened_container(path: str | os.PathLike[str]) -> Iterator[InputContainer]:
    """The open sound or video file. Raises UnreadableMediaError and MissingLibraryError."""
    with opened(path) as source:
        found = sniff(source.stream)
        if found.family != "stream":
            raise UnreadableMediaError(source.path, f"it is neither sound nor video, but {found.format}")
        try:
            import av  # noqa: F401
        except ImportError as error:
            raise MissingLibraryError("PyAV", str(error), "pip install av") from None
        try:
            with open_container(source, found.format) as container:
                yield container
        except ContainerError as error:
            raise UnreadableMediaError(source.path, str(error)) from None


def guarded(path: str, decode: Callable[[], _Read]) -> _Read:
    """What a decoder returns.

    Decoders raise whatever comes to hand on hostile bytes, so this takes every Exception for "the data is bad". A library that
    is missing is not.
    """
    try:
        return decode()
    except MissingLibraryError:
        raise
    except MemoryError:
        raise UnreadableMediaError(path, "it takes more memory than there is") from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableMediaError(
            path, reason if isinstance(error, MediaPreflightError) else f"cannot be decoded ({reason})"
        ) from None


def _displayed_pixels(source: Source, facts: ImageFacts, longest_side: int) -> Rgb:
    if facts.format == "jpeg":
        source.stream.seek(0)
        return _turned(_reduced_jpeg(source.stream, longest_side), facts.orientation)
    from ..prepare.image_read import read_rgb

    return read_rgb(source, facts, _BEHIND, for_side=longest_side)


def _reduced_jpeg(stream: BinaryIO, longest_side: int) -> Rgb:
    import numpy as np
    from PIL import Image

    with Image.open(stream, formats=("JPEG", "MPO")) as picture:
        least = ceil(longest_side * _REDUCED_AT_LEAST)
        longest = max(picture.size)
        picture.draft(None, (ceil(picture.width * least / longest), ceil(picture.height * least / longest)))
        picture.load()
        rgb = np.empty((picture.height, picture.width, 3), np.uint8)
        for top in range(0, picture.height, _BAND_ROWS):
            bottom = min(top + _BAND_ROWS, picture.height)
            rgb[top:bottom] = np.asarray(picture.crop((0, top, picture.width, bottom)).convert("RGB"))
    return rgb


def _turned(rgb: Rgb, orientation: int) -> Rgb:
    """The pixels under an EXIF orientation, 1 to 8."""
    import numpy as np

    mirrored = rgb[:, ::-1] if orientation in (2, 4, 5, 7) else rgb
    quarter_turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(mirrored, quarter_turns))
