"""Convert any Pillow picture to 8-bit sRGB without transparency, with little memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .coded_colours import Rendering, rendering
from .headers import Colors
from .profiles import Coding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image, ImageCms

    Rgb = NDArray[np.uint8]

Color = tuple[int, int, int]
_SIXTEEN_TO_EIGHT = 257
# Colours are converted in bands of this size; a picture of 64 megapixels would otherwise take a gigabyte and more.
_BAND_PIXELS = 1_000_000


ToSrgb = bytes | Rendering | None


def to_srgb_of(colors: Colors, sample: Callable[[], NDArray[Any]]) -> ToSrgb:
    """The conversion to sRGB: an ICC profile, a rendering of coding points, or None. `sample`: some of the pixels."""
    effective = colors.effective
    return rendering(sample(), effective) if isinstance(effective, Coding) else effective


def opaque_in_bands(picture: Image.Image, colors: Colors, background: Color, factor: int) -> Rgb:
    """The same as `_opaque`, reduced by a factor; only one band at a time has several copies in memory."""
    width, height = picture.size

    def band(top: int, bottom: int) -> Image.Image:
        return picture if bottom - top == height else picture.crop((0, top, width, bottom))

    return in_bands(picture.size, band, to_srgb_of(colors, lambda: _sample(picture)), background, factor)


def in_bands(
    size: tuple[int, int],
    band: Callable[[int, int], Image.Image],
    to_srgb: ToSrgb,
    background: Color,
    factor: int,
    *,
    into: Rgb | None = None,
) -> Rgb:
    """The picture on the background; `band` returns the rows from one number up to another.

    `to_srgb`: see `to_srgb_of`.
    """
    import numpy as np

    width, height = size
    rows = max(1, _BAND_PIXELS // (width * factor)) * factor
    rgb = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8) if into is None else into
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        opaque = _opaque(band(top, bottom), to_srgb, background)
        rgb[top // factor : -(-bottom // factor)] = np.asarray(opaque if factor == 1 else opaque.reduce(factor))
    return rgb


def _sample(picture: Image.Image) -> Rgb:
    import numpy as np
    from PIL import Image

    share = max(1.0, (picture.width * picture.height / _BAND_PIXELS) ** 0.5)
    size = max(1, round(picture.width / share)), max(1, round(picture.height / share))
    return np.asarray(picture.resize(size, Image.Resampling.NEAREST).convert("RGB"))


def _opaque(picture: Image.Image, to_srgb: ToSrgb, background: Color) -> Image.Image:
    """8-bit sRGB, with the background behind transparent pixels."""

    if picture.mode.startswith("I"):
        return _onto(_to_srgb(_eight_bit(picture), to_srgb), _opacity(picture), background)
    if not picture.has_transparency_data:
        return _to_srgb(picture, to_srgb)
    grey = picture.mode in ("LA", "La")
    layered = picture.convert("LA" if grey else "RGBA")
    colour = _to_srgb(layered.convert("L" if grey else "RGB"), to_srgb)
    return _onto(colour, layered.getchannel("A"), background)


def _onto(colour: Image.Image, alpha: Image.Image | None, background: Color) -> Image.Image:
    from PIL import Image

    return colour if alpha is None else Image.composite(colour, Image.new("RGB", colour.size, background), alpha)


def _opacity(picture: Image.Image) -> Image.Image | None:
    """Transparency of 16-bit grey in which one value means transparent; Pillow's own conversion compares only eight bits."""
    import numpy as np
    from PIL import Image

    transparent = picture.info.get("transparency")
    if not isinstance(transparent, int):
        return None
    return Image.fromarray(np.where(np.asarray(picture) == transparent, 0, 255).astype(np.uint8))


def _eight_bit(picture: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits. Pillow's own conversion clips values above 255."""
    import numpy as np
    from PIL import Image

    values = np.asarray(picture).astype(np.uint32).clip(0, 65_535)
    return Image.fromarray(((values + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT).astype(np.uint8))


def _to_srgb(picture: Image.Image, to_srgb: ToSrgb) -> Image.Image:
    """RGB converted with the profile; with plain formulas if there is none, or if it is for another kind of picture."""
    import numpy as np
    from PIL import Image, ImageCms

    if picture.mode == "LAB":
        return _converted(picture, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    plain = picture.convert("RGB") if picture.mode in ("1", "P") else picture
    if not to_srgb:
        return plain if plain.mode == "RGB" else plain.convert("RGB")
    if isinstance(to_srgb, Rendering):
        return Image.fromarray(to_srgb.of(np.asarray(plain.convert("RGB"))))
    try:
        return _converted(plain, ImageCms.ImageCmsProfile(io.BytesIO(to_srgb)))
    except (ImageCms.PyCMSError, OSError):
        # Viewers do the same with a broken profile, and with a profile for another colour space.
        return plain.convert("RGB")


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    from PIL import ImageCms

    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, profile, srgb, renderingIntent=intent, outputMode="RGB", flags=flags)
    return converted or picture
