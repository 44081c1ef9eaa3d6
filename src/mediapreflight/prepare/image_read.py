"""Any picture to plain pixels: its first frame, upright, 8-bit sRGB, opaque."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from ..errors import MediaPreflightError, MissingLibraryError
from ..people.geometry import orient
from ..probe import webp_still
from ..probe.display import oriented
from ..probe.image import max_bytes, max_pixels, scans_trouble
from ..probe.quiet import quiet
from .heif import Aperture, HeifError, Tiling, read_tiling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image, ImageCms

    from ..probe.facts import ImageFacts
    from ..probe.source import Source

    Rgb = NDArray[np.uint8]

Color = tuple[int, int, int]
# The one reader each format is left to, so that no file chooses a reader by itself (Pillow has one that runs Ghostscript).
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
_SIXTEEN_TO_EIGHT = 257
# Colours are converted in bands of this size; a picture of 64 megapixels would otherwise take a gigabyte and more.
_BAND_PIXELS = 1_000_000
_PILLOW_PIXEL_BYTES = 4
_NOTHING_BEHIND = (0, 0, 0)
_LARGE_PIXELS = 16_000_000


class DecodeError(MediaPreflightError):
    """The pixels of a picture cannot be had; the text says why, without the file's name."""


def read_rgb(source: Source, facts: ImageFacts, background: Color, *, for_side: int | None = None) -> Rgb:
    """The pixels of a picture as displayed, height x width x 3.

    Args:
        facts: of this very source; level `metadata` does.
        background: what shows through where the picture is transparent.
        for_side: the longest side it will be shrunk to, where it is only looked at. A very large picture then comes smaller than
            it is, but never less than twice that.

    Raises: DecodeError for a format that is not decoded here, damaged data, and more pixels than are ever decoded;
        MissingLibraryError.
    """
    if facts.format != "heic" and facts.format not in _PILLOW_NAMES:
        raise DecodeError(f"no decoder for {facts.format} is at hand")
    if not facts.width or not facts.height:
        raise DecodeError("; ".join(facts.problems))
    refuse_oversized(facts.width, facts.height, facts.format)
    if source.size > max_bytes(facts.format):
        raise DecodeError(f"its {source.size:,} bytes are more than the {max_bytes(facts.format):,} that are decoded")
    if facts.format == "jpeg" and (trouble := scans_trouble(source.stream, _PILLOW_PIXEL_BYTES * facts.width * facts.height)):
        raise DecodeError(trouble)
    factor = _factor(facts, for_side)
    source.stream.seek(0)
    try:
        with quiet():
            rgb = _read_heic(source, facts) if facts.format == "heic" else _read(source, facts, background, factor)
    except MediaPreflightError:
        raise
    except HeifError as error:
        raise DecodeError(str(error)) from None
    except ImportError as error:
        library, package = ("PyAV", "av") if facts.format == "heic" else ("Pillow", "pillow")
        raise MissingLibraryError(library, str(error), f"pip install {package}") from None
    except MemoryError:
        raise DecodeError("it takes more memory than there is") from None
    except Exception as error:  # Decoders raise whatever comes to hand on hostile bytes.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DecodeError(f"its data cannot be decoded ({reason})") from None
    if rgb.shape[:2] != (-(-facts.height // factor), -(-facts.width // factor)):
        raise DecodeError(f"its header says {facts.width} x {facts.height} px, its data holds {rgb.shape[1]} x {rgb.shape[0]}")
    return rgb


def _factor(facts: ImageFacts, for_side: int | None) -> int:
    """How many pixels of each row and column become one while the picture is read."""
    sides = facts.width or 0, facts.height or 0
    # Where an aperture is cut out, that is done in whole pixels.
    if for_side is None or facts.format in ("heic", "avif") or sides[0] * sides[1] <= _LARGE_PIXELS:
        return 1
    return max(1, max(sides) // (2 * for_side))


def _read(source: Source, facts: ImageFacts, background: Color, factor: int) -> Rgb:
    from PIL import Image

    if facts.format == "webp" and (facts.width or 0) * (facts.height or 0) > webp_still.LARGE_PIXELS:
        return _turned(_read_large_webp(source, background, factor), facts.orientation)
    with Image.open(source.stream, formats=_PILLOW_NAMES[facts.format or ""]) as picture:
        refuse_oversized(*picture.size, facts.format)
        picture.load()
        rgb = _opaque_in_bands(picture, background, factor)
    if facts.format == "avif" and rgb.shape[1::-1] != _shown_size(facts):
        rgb = _shown(rgb, read_tiling(source.stream, source.size).apertures, facts)
    # Pillow turns TIFFs by itself, and nothing else.
    return rgb if facts.format == "tiff" else _turned(rgb, facts.orientation)


def _turned(rgb: Rgb, orientation: int) -> Rgb:
    import numpy as np

    height, width = rgb.shape[:2]
    turn = orient(orientation, width, height)
    turned = rgb.swapaxes(0, 1) if turn.swapped else rgb
    # Copied here, while nothing else is held: what works on the pixels next would do it beside its own result.
    return np.ascontiguousarray(turned[:: 1 if turn.scale_y > 0 else -1, :: 1 if turn.scale_x > 0 else -1])


def refuse_oversized(width: int, height: int, format: str | None) -> None:
    """Raises DecodeError for more pixels than are ever decoded."""
    if width * height > max_pixels(format):
        limit = f"{max_pixels(format) / 1e6:.0f} megapixels"
        raise DecodeError(f"its {width} x {height} px are more than the {limit} that are decoded")


def _read_large_webp(source: Source, background: Color, factor: int) -> Rgb:
    import numpy as np
    from PIL import Image

    still = webp_still.read_still(source.stream, source.size)
    profile, has_alpha, (width, height) = still.profile, still.has_alpha, still.canvas
    left, top, right, bottom = still.left, still.top, still.left + still.width, still.top + still.height
    colours, alpha = webp_still.decode(still)
    # The file's data are no longer needed.
    del still

    def band(first: int, last: int) -> Image.Image:
        rows = np.zeros((last - first, width, 4), np.uint8)
        begin, end = max(first, top), min(last, bottom)
        if begin < end:
            shown = rows[begin - first : end - first, left:right]
            shown[..., :3] = colours[begin - top : end - top]
            shown[..., 3] = 255 if alpha is None else alpha[begin - top : end - top]
        return Image.fromarray(rows if has_alpha else np.ascontiguousarray(rows[..., :3]))

    # OpenCV's own array takes the result where it has the same size: each band is read before it is written.
    own = colours[..., ::-1]
    fits = factor == 1 and own.flags.c_contiguous and own.shape == (height, width, 3)
    return _in_bands((width, height), band, profile, background, factor, into=own if fits else None)


def _opaque_in_bands(picture: Image.Image, background: Color, factor: int) -> Rgb:
    """The same as `_opaque`, and shrunk by a factor, with no more than a band of it in memory several times over."""
    width, height = picture.size

    def band(top: int, bottom: int) -> Image.Image:
        return picture if bottom - top == height else picture.crop((0, top, width, bottom))

    return _in_bands(picture.size, band, picture.info.get("icc_profile"), background, factor)


def _in_bands(
    size: tuple[int, int],
    band: Callable[[int, int], Image.Image],
    profile: bytes | None,
    background: Color,
    factor: int,
    *,
    into: Rgb | None = None,
) -> Rgb:
    import numpy as np

    width, height = size
    rows = max(1, _BAND_PIXELS // (width * factor)) * factor
    rgb = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8) if into is None else into
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        opaque = _opaque(band(top, bottom), profile, background)
        rgb[top // factor : -(-bottom // factor)] = np.asarray(opaque if factor == 1 else opaque.reduce(factor))
    return rgb


def _opaque(picture: Image.Image, profile: bytes | None, background: Color) -> Image.Image:
    """8-bit sRGB, laid onto the background where it is transparent."""
    from PIL import Image

    if picture.mode.startswith("I"):
        return _to_srgb(_eight_bit(picture), profile)
    if not picture.has_transparency_data:
        return _to_srgb(picture, profile)
    grey = picture.mode in ("LA", "La")
    layered = picture.convert("LA" if grey else "RGBA")
    colour = _to_srgb(layered.convert("L" if grey else "RGB"), profile)
    return Image.composite(colour, Image.new("RGB", picture.size, background), layered.getchannel("A"))


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits to 8. Pillow's own conversion cuts values above 255 off."""
    import numpy as np
    from PIL import Image

    values = np.asarray(picture).astype(np.uint32).clip(0, 65_535)
    return Image.fromarray(((values + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT).astype(np.uint8))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB by way of the profile; by the plain formulas where there is none, or it does not belong to this kind of picture."""
    from PIL import ImageCms

    if picture.mode == "LAB":
        return _converted(picture, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    plain = picture.convert("RGB") if picture.mode in ("1", "P") else picture
    if not profile:
        return plain if plain.mode == "RGB" else plain.convert("RGB")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if plain.mode == "RGB" and ImageCms.getProfileDescription(own).startswith("sRGB"):
            return plain
        return _converted(plain, own)
    except (ImageCms.PyCMSError, OSError):
        # What every viewer does with a broken profile, and with one of another colour space than the picture.
        return plain.convert("RGB")


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    from PIL import ImageCms

    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, profile, srgb, renderingIntent=intent, outputMode="RGB", flags=flags)
    return converted or picture


def _read_heic(source: Source, facts: ImageFacts) -> Rgb:
    """Tiles decoded by FFmpeg, laid out, cut and turned as the file's own index says."""
    import numpy as np
    from PIL import Image

    tiling = read_tiling(source.stream, source.size)
    source.stream.seek(0)
    whole = _shown(_tiled(source.stream, tiling), tiling.apertures, facts)

    def band(top: int, bottom: int) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(whole[top:bottom]))

    rgb = _in_bands((whole.shape[1], whole.shape[0]), band, tiling.profile, _NOTHING_BEHIND, 1)
    return _turned(rgb, facts.orientation)


def _shown_size(facts: ImageFacts) -> tuple[int, int]:
    """Width and height of what is shown, before it is turned."""
    return oriented(facts.width or 0, facts.height or 0, facts.orientation)


def _shown(rgb: Rgb, apertures: Sequence[Aperture], facts: ImageFacts) -> Rgb:
    """The part that is shown: what is left pads the picture to whole blocks."""
    for aperture in apertures:
        if aperture.size == _shown_size(facts):
            left, top = aperture.corner((rgb.shape[1], rgb.shape[0]))
            return rgb[top : top + aperture.size[1], left : left + aperture.size[0]]
    return rgb


def _tiled(stream: BinaryIO, tiling: Tiling) -> Rgb:
    import numpy as np

    decoded = _decoded_tiles(stream, frozenset(tiling.tiles))
    missing = [item for item in tiling.tiles if item not in decoded]
    if missing:
        raise DecodeError(f"{len(missing)} of its {len(tiling.tiles)} tiles cannot be decoded")
    height, width = decoded[tiling.tiles[0]].shape[:2]
    rows = len(tiling.tiles) // tiling.columns
    # One tile may be named again and again.
    refuse_oversized(width * tiling.columns, height * rows, "heic")
    whole = np.empty((height * rows, width * tiling.columns, 3), np.uint8)
    for index, item in enumerate(tiling.tiles[: rows * tiling.columns]):
        top, left = index // tiling.columns * height, index % tiling.columns * width
        whole[top : top + height, left : left + width] = decoded[item]
    if tiling.size is None:
        return whole
    if whole.shape[1] < tiling.size[0] or whole.shape[0] < tiling.size[1]:
        raise DecodeError("its tiles do not cover it")
    return whole[: tiling.size[1], : tiling.size[0]]


def _decoded_tiles(stream: BinaryIO, wanted: frozenset[int]) -> dict[int, Rgb]:
    """The first frame of each wanted stream, by the stream's id."""
    import av
    import numpy as np

    from ..probe.containers import demuxed

    tiles: dict[int, Rgb] = {}
    with av.open(stream, "r", format="mov", metadata_errors="replace") as container:
        streams = [stream for stream in container.streams.video if stream.id in wanted]
        for packet in demuxed(container, streams):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    refuse_oversized(frame.width, frame.height, "heic")
                    tiles.setdefault(packet.stream.id, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
            if len(tiles) == len(streams):
                break
    return tiles
