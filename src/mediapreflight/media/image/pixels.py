"""The one decoder of pictures: the first frame, as displayed, 8-bit sRGB, opaque."""

from __future__ import annotations

import os
from math import ceil
from os import SEEK_END
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ...errors import MediaPreflightError, MissingLibraryError, UnreadableMediaError
from ...language import say
from ..display import turned
from ..facts import Problem
from ..opening import opened
from ..quiet import quiet
from ..sniff import sniff
from . import webp_still
from .coded_colours import Rendering
from .colour import Color, in_bands, opaque_in_bands, to_srgb_of
from .decoding import DecodeError, guarded, max_bytes, max_pixels, packet_of, refuse_oversized, scans_trouble, unreadable
from .headers import READERS, Colors, HeifError, read_header
from .headers.heif import read_aperture
from .jpeg_data import has_end_mark
from .picture import probe_image
from .rewritten import rewritten
from .scaling import scaled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from ..facts import ImageFacts
    from ..source import Source

    Rgb = NDArray[np.uint8]

# The only reader for each format, so that a file cannot choose its reader (Pillow has one that runs Ghostscript).
_PILLOW_NAMES = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "bmp": ("BMP", "DIB"),
    "gif": ("GIF",),
    "tiff": ("TIFF",),
    "avif": ("AVIF",),
    "psd": ("PSD",),
    "ico": ("ICO",),
    "jpeg2000": ("JPEG2000",),
    "qoi": ("QOI",),
}
_PILLOW_PIXEL_BYTES = 4
_LARGE_PIXELS = 16_000_000
_WIDE = 16
_ORIENTATION, _TIFF_PALETTE, _EIGHT_BITS = 274, 320, 255
# The background of transparent pixels is unknown, so it is assumed to be the middle between black and white.
_BACKGROUND = (128, 128, 128)
# A reduced decode may be this much smaller than requested: the next larger scale is not worth its cost.
_REDUCED_AT_LEAST = 0.75
# Each pixel takes up to 23 bytes while the pictures of two decoders are in memory.
_MOST_DEEP_PIXELS = 20_000_000
# Two decoders round colours differently, by up to three of 255 steps; with another matrix they differ by more than ten.
_COMPARED, _MOST_DIFFERENCE = (32, 32), 6
# Of JPEGs that libjpeg-turbo turns into RGB as Pillow does.
_USUAL_COLOURS = ("YCbCr", "Gray")
# Larger pictures are converted in bands; otherwise they would be in memory four times.
_BAND_ROWS = 512


class Picture(NamedTuple):
    """`rgb`: height x width x 3, uint8, as displayed. `width`, `height`: of the full displayed picture, in pixels."""

    rgb: Rgb
    width: int
    height: int


def load_picture(path: str | os.PathLike[str], longest_side: int) -> Picture:
    """Decode a picture for detectors and previews.

    Args:
        path: a local file; the first frame of an animation is used.
        longest_side: of the array, in pixels. Smaller pictures keep their size; JPEGs are decoded at a reduced scale and may be
            up to a quarter smaller.

    Returns: the array, and the displayed size of the full picture. EXIF orientation is applied, transparent pixels get a middle
        grey background, and 16-bit, CMYK, palette and grey pictures are converted.

    Raises: UnreadableMediaError for a file that is not a picture, is damaged, has no decoder here, or has too many pixels.
    """
    with opened(path) as source:
        found = sniff(source.stream)
        if found.family != "image":
            raise UnreadableMediaError(source.path, f"it is not a picture, but {found.format}")
        facts = probe_image(source, found.format, decode=False)
        if facts.width is None or facts.height is None:
            raise UnreadableMediaError(source.path, "; ".join(facts.problems))
        if detail := facts.problem(Problem.NOT_RUN):
            raise UnreadableMediaError(source.path, detail)
        if facts.width * facts.height > max_pixels(found.format):
            raise UnreadableMediaError(source.path, f"its {facts.width} x {facts.height} px are more than are ever decoded")
        if found.format == "jpeg" and (trouble := scans_trouble(source.stream, 0)):
            raise UnreadableMediaError(source.path, trouble)
        with quiet():
            rgb = guarded(source.path, lambda: _displayed_pixels(source, facts, longest_side))
        return Picture(within(rgb, longest_side), facts.width, facts.height)


def within(rgb: Rgb, longest_side: int) -> Rgb:
    """The picture, shrunk if its longest side exceeds `longest_side` pixels."""
    height, width = rgb.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return rgb
    return scaled(rgb, (max(1, round(width * scale)), max(1, round(height * scale))))


def read_rgb(source: Source, facts: ImageFacts, background: Color, *, for_side: int | None = None) -> Rgb:
    """The displayed pixels of a picture, height x width x 3, 8-bit sRGB.

    Args:
        facts: of this source; level `metadata` is enough.
        background: the colour behind transparent pixels.
        for_side: the longest side to which the caller will shrink the picture. A very large picture is then returned smaller, but
            at least twice that size.

    Raises: DecodeError for a format that is not decoded here, damaged data, and too many pixels; MissingLibraryError.
    """
    refuse_undecoded(source, facts)
    factor = _factor(facts, for_side)
    source.stream.seek(0)
    try:
        with quiet():
            rgb = _read_heic(source, facts, background) if facts.format == "heic" else _read(source, facts, background, factor)
    except MediaPreflightError:
        raise
    except HeifError as error:
        raise DecodeError(str(error)) from None
    except ImportError as error:
        raise MissingLibraryError("Pillow", str(error), "pip install pillow") from None
    except MemoryError:
        raise DecodeError(say("it needs more memory than is available")) from None
    except Exception as error:  # Decoders can raise any exception on hostile bytes.
        raise DecodeError(f"its data {unreadable(error)}") from None
    width, height = facts.width or 0, facts.height or 0
    if rgb.shape[:2] != (-(-height // factor), -(-width // factor)):
        raise DecodeError(f"its header says {width} x {height} px, its data has {rgb.shape[1]} x {rgb.shape[0]}")
    return rgb


def refuse_undecoded(source: Source, facts: ImageFacts) -> None:
    """Raises DecodeError, before anything is decoded, for a format that is not decoded here, and for too many pixels."""
    if facts.format != "heic" and facts.format not in _PILLOW_NAMES:
        raise DecodeError(f"no decoder for {facts.format} is available")
    if not facts.width or not facts.height:
        raise DecodeError("; ".join(facts.problems))
    if detail := facts.problem(Problem.NOT_RUN):
        raise DecodeError(detail)
    refuse_oversized(facts.width, facts.height, facts.format)
    if source.size > max_bytes(facts.format):
        raise DecodeError(f"its {source.size:,} bytes are more than the {max_bytes(facts.format):,} that are decoded")
    if facts.format == "jpeg" and (trouble := scans_trouble(source.stream, _PILLOW_PIXEL_BYTES * facts.width * facts.height)):
        raise DecodeError(trouble)


def _factor(facts: ImageFacts, for_side: int | None) -> int:
    """The factor by which both sides are reduced while the picture is read."""
    sides = facts.width or 0, facts.height or 0
    # HEIC and AVIF may have an aperture, which is cropped in whole pixels.
    if for_side is None or facts.format in ("heic", "avif") or sides[0] * sides[1] <= _LARGE_PIXELS:
        return 1
    return max(1, max(sides) // (2 * for_side))


def _read(source: Source, facts: ImageFacts, background: Color, factor: int) -> Rgb:
    from PIL import Image, UnidentifiedImageError

    if facts.format == "webp" and (facts.width or 0) * (facts.height or 0) > webp_still.LARGE_PIXELS:
        return turned(_read_large_webp(source, background, factor), facts.orientation)
    colors = _stated_colors(source, facts)
    source.stream.seek(0)
    stream = _with_end_mark(source.stream) if facts.format == "jpeg" else source.stream
    names = _PILLOW_NAMES[facts.format or ""]
    try:
        opened_picture = Image.open(stream, formats=names)
    except UnidentifiedImageError:
        whole = rewritten(stream, facts.format)
        if whole is None:
            raise DecodeError(say("the available decoder cannot read its header")) from None
        opened_picture = Image.open(whole, formats=names)
    with opened_picture as picture:
        refuse_oversized(*picture.size, facts.format)
        # Pillow turns only TIFFs, and those only by a tag that is a number and no byte.
        is_turned = facts.format == "tiff" and isinstance(picture.getexif().get(_ORIENTATION), int)
        picture.load()
        if facts.bit_depth == _WIDE and isinstance(picture.info.get("transparency"), tuple):
            # Pillow keeps eight bits of each sample, which other colours share with the transparent one.
            del picture.info["transparency"]
            picture.putalpha(_wide_opacity(source.stream, picture.size))
        if facts.format == "tiff" and picture.mode == "P":
            _widen_palette(picture)
        if facts.format not in READERS:
            colors = Colors(picture.info.get("icc_profile"))
        deep = _deep_avif(picture, source, colors, background) if _needs_depth(facts, colors) else None
        rgb = opaque_in_bands(picture, colors, background, factor) if deep is None else deep
    if facts.format == "avif":
        rgb = _shown(rgb, source)
    return rgb if is_turned else turned(rgb, facts.orientation)


def _wide_opacity(stream: BinaryIO, sides: tuple[int, int]) -> Image.Image:
    """Transparency of a PNG with 16-bit colours of which one means transparent, compared by all its bits. Raises DecodeError."""
    import av
    import numpy as np
    from PIL import Image

    refused = DecodeError(say("its transparent colour of 16 bits cannot be read"))
    if sides[0] * sides[1] > _MOST_DEEP_PIXELS:
        raise refused
    context = av.CodecContext.create("png", "r")
    context.thread_count = 1
    stream.seek(0)
    try:
        frames = (*context.decode(packet_of(stream.read())), *context.decode(None))
    except av.FFmpegError:
        raise refused from None
    frame = next((frame for frame in frames if isinstance(frame, av.VideoFrame) and frame.format.name == "rgba64be"), None)
    if frame is None or (frame.width, frame.height) != sides:
        raise refused
    rows = np.frombuffer(memoryview(frame.planes[0]), ">u2").reshape(frame.height, -1)
    return Image.fromarray((rows[:, 3 : 4 * frame.width : 4] >> 8).astype(np.uint8))


def _widen_palette(picture: Image.Image) -> None:
    """Take the palette of a TIFF by its 8 bits if no value has more: some writers do so, and LibTIFF reads it like that."""
    colours = picture.getexif().get(_TIFF_PALETTE, ())
    if colours and max(colours) <= _EIGHT_BITS:
        count = len(colours) // 3
        picture.putpalette([colours[place + plane * count] for place in range(count) for plane in range(3)])


def _with_end_mark(stream: BinaryIO) -> BinaryIO:
    """A JPEG that Pillow does not refuse for its missing end mark while it decodes."""
    return stream if has_end_mark(stream) else rewritten(stream, "jpeg") or stream


def _needs_depth(facts: ImageFacts, colors: Colors) -> bool:
    """Whether eight bits are too few: tone-mapping stretches dark and bright areas, and bands become visible in skies and on
    skin."""
    is_affordable = (facts.stored_width or 0) * (facts.stored_height or 0) <= _MOST_DEEP_PIXELS
    return facts.format == "avif" and facts.bit_depth != 8 and colors.transfer in ("pq", "hlg") and is_affordable


def _deep_avif(picture: Image.Image, source: Source, colors: Colors, background: Color) -> Rgb | None:
    """An AVIF tone-mapped from all its bits, with transparency from Pillow; None if they cannot be decoded."""
    from PIL import Image

    from .avif import deep_colours

    pixels = deep_colours(source.stream, source.size, picture.size)
    if pixels is None or not _shows_the_same(pixels, picture):
        return None
    to_srgb = to_srgb_of(colors, lambda: pixels)
    assert isinstance(to_srgb, Rendering)

    def band(top: int, bottom: int) -> Image.Image:
        rows = Image.fromarray(to_srgb.of(pixels[top:bottom]))
        if picture.mode == "RGBA":
            rows.putalpha(picture.crop((0, top, picture.width, bottom)).getchannel("A"))
        return rows

    return in_bands(picture.size, band, None, background, 1)


def _shows_the_same(pixels: NDArray[np.uint16], picture: Image.Image) -> bool:
    """Whether two decoders returned the same picture."""
    import numpy as np
    from PIL import Image

    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    seen = np.asarray(plain.resize(_COMPARED, Image.Resampling.BOX), np.float32)
    width, height = _COMPARED
    rows = [scaled((band >> 8).astype(np.uint8), (width, 1)) for band in np.array_split(pixels, height)]
    return bool(np.abs(np.concatenate(rows) - seen).mean() < _MOST_DIFFERENCE)


def _stated_colors(source: Source, facts: ImageFacts) -> Colors:
    """The colours in the file's header; None if Pillow reads this format's header."""
    return read_header(facts.format, source.stream, source.size).colors if facts.format in READERS else Colors()


def _read_large_webp(source: Source, background: Color, factor: int) -> Rgb:
    import numpy as np
    from PIL import Image

    still = webp_still.read_still(source.stream, source.size)
    has_alpha, (width, height) = still.has_alpha, still.canvas
    left, top, right, bottom = still.left, still.top, still.left + still.width, still.top + still.height
    profile = still.profile
    colours, alpha = webp_still.decode(still)
    to_srgb = to_srgb_of(Colors(profile), lambda: colours)
    # The file's data is no longer needed.
    del still
    fits = factor == 1 and colours.flags.c_contiguous and colours.shape == (height, width, 3)
    if fits and not has_alpha and to_srgb is None:
        return colours

    def band(first: int, last: int) -> Image.Image:
        rows = np.zeros((last - first, width, 4 if has_alpha else 3), np.uint8)
        begin, end = max(first, top), min(last, bottom)
        if begin < end:
            shown = rows[begin - first : end - first, left:right]
            shown[..., :3] = colours[begin - top : end - top]
            if has_alpha:
                shown[..., 3] = 255 if alpha is None else alpha[begin - top : end - top]
        return Image.fromarray(rows)

    # The colour array is reused for the result if the size is the same: each band is read before it is written.
    return in_bands((width, height), band, to_srgb, background, factor, into=colours if fits else None)


def _read_heic(source: Source, facts: ImageFacts, background: Color) -> Rgb:
    """A HEIC decoded by libheif, upright. High dynamic range is decoded with all its bits."""
    import numpy as np
    from PIL import Image

    from .heic import decode

    colors = _stated_colors(source, facts)
    decoded = decode(source.stream, source.size, deep=colors.transfer in ("pq", "hlg"))
    pixels = decoded.pixels
    to_srgb = to_srgb_of(colors, lambda: pixels if pixels.ndim == 3 else np.dstack([pixels] * 3))
    deep = to_srgb if isinstance(to_srgb, Rendering) and pixels.dtype != np.uint8 and pixels.ndim == 3 else None

    def band(top: int, bottom: int) -> Image.Image:
        rows = pixels[top:bottom]
        plain = rows if rows.dtype == np.uint8 else (rows >> 8).astype(np.uint8)
        if deep is not None:
            plain = np.concatenate((deep.of(rows[..., :3]), plain[..., 3:]), axis=-1)
        return Image.frombytes(decoded.mode, (rows.shape[1], rows.shape[0]), plain.tobytes())

    return in_bands((pixels.shape[1], pixels.shape[0]), band, None if deep else to_srgb, background, 1)


def _shown(rgb: Rgb, source: Source) -> Rgb:
    """The part of an AVIF that is shown; the rest is padding to whole blocks."""
    aperture = read_aperture(source.stream, source.size)
    if aperture is None:
        return rgb
    left, top = aperture.corner((rgb.shape[1], rgb.shape[0]))
    return rgb[top : top + aperture.size[1], left : left + aperture.size[0]]


def _displayed_pixels(source: Source, facts: ImageFacts, longest_side: int) -> Rgb:
    if facts.format == "jpeg":
        return turned(_reduced_jpeg(source.stream, longest_side), facts.orientation)
    return read_rgb(source, facts, _BACKGROUND, for_side=longest_side)


def _reduced_jpeg(stream: BinaryIO, longest_side: int) -> Rgb:
    least = ceil(longest_side * _REDUCED_AT_LEAST)
    rgb = _plain_jpeg(stream, least)
    return _unusual_jpeg(stream, least) if rgb is None else rgb


def _plain_jpeg(stream: BinaryIO, least: int) -> Rgb | None:
    """A sound JPEG of the usual colours, as `_unusual_jpeg` gives it. None for any other.

    Loading Pillow takes 20 ms.
    """
    if stream.seek(0, SEEK_END) > max_bytes("jpeg"):
        return None
    stream.seek(0)
    data = stream.read()
    try:
        import simplejpeg

        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in _USUAL_COLOURS:
            return None
        factor = _jpeg_factor(width, height, least)
        rgb: Rgb = simplejpeg.decode_jpeg(data, "RGB", min_height=ceil(height / factor), min_width=ceil(width / factor))
    except (ImportError, ValueError, KeyError):
        return None
    return rgb


def _jpeg_factor(width: int, height: int, least: int) -> int:
    """By how much Pillow's draft of a JPEG is smaller."""
    longest = max(width, height)
    most = min(width // ceil(width * least / longest), height // ceil(height * least / longest))
    return next(factor for factor in (8, 4, 2, 1) if factor <= max(most, 1))


def _unusual_jpeg(stream: BinaryIO, least: int) -> Rgb:
    import numpy as np
    from PIL import Image

    with Image.open(_with_end_mark(stream), formats=("JPEG", "MPO")) as picture:
        longest = max(picture.size)
        picture.draft(None, (ceil(picture.width * least / longest), ceil(picture.height * least / longest)))
        picture.load()
        rgb = np.empty((picture.height, picture.width, 3), np.uint8)
        for top in range(0, picture.height, _BAND_ROWS):
            bottom = min(top + _BAND_ROWS, picture.height)
            rgb[top:bottom] = np.asarray(picture.crop((0, top, picture.width, bottom)).convert("RGB"))
    return rgb
