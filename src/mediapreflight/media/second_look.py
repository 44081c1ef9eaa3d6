"""A picture as another decoder than Pillow sees it, very small: enough to tell a garbled picture from a right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..errors import MissingLibraryError
from .quiet import quiet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from .colour import Color

    Shades = NDArray[np.uint8]

_SIDE = 32
# Transparency is laid in at this many times the sides: shrunk apart, its edges and those of the colours would no longer meet.
_LARGER = 8
_CODECS = {"jpeg": "mjpeg", "png": "png", "bmp": "bmp", "tiff": "tiff", "psd": "psd", "qoi": "qoi", "gif": "gif"}


def shades_of(data: bytes, format: str | None, *, background: Color | None = None, in_inks: bool = False) -> Shades | None:
    """The stored picture in grey, 32 x 32, not turned; None where no second decoder reads it. JPEG, whose coding must be one that
    is decoded here, is read at an eighth of its sides.

    `background`: what shows through where it is transparent; None where it is not. `in_inks`: whether it is CMYK. Raises
    MissingLibraryError.
    """
    if format not in _CODECS:
        return None
    try:
        with quiet():
            return _jpeg_shades(data) if format == "jpeg" and not in_inks else _ffmpeg_shades(data, _CODECS[format], background)
    except MissingLibraryError:
        raise
    except Exception:  # Decoders raise whatever comes to hand; what this one does not read has no second witness.
        return None


def shades_in(rgb: Shades) -> Shades:
    """The same of pixels, height x width x 3."""
    from PIL import Image

    # A few hundred rows tell as much as all of them.
    rows = rgb[:: max(1, rgb.shape[0] // (8 * _SIDE))]
    return _shrunk(Image.fromarray(rows).convert("L"))


def _jpeg_shades(data: bytes) -> Shades:
    """By simplejpeg, which prints nothing; of CMYK it makes no grey."""
    import simplejpeg
    from PIL import Image

    grey = simplejpeg.decode_jpeg(data, "GRAY", min_height=2 * _SIDE, min_width=2 * _SIDE, min_factor=8, strict=False)
    return _shrunk(Image.fromarray(grey[..., 0]))


def _shrunk(grey: Image.Image) -> Shades:
    import numpy as np
    from PIL import Image

    return np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX))


def _ffmpeg_shades(data: bytes, codec: str, background: Color | None) -> Shades | None:
    import av

    context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))
    context.thread_count = 1
    side = _LARGER * _SIDE
    for frame in (*context.decode(av.Packet(data)), *context.decode(None)):
        if isinstance(frame, av.VideoFrame):
            width, height = min(side, frame.width), min(side, frame.height)
            layers = frame.reformat(width, height, "rgba", interpolation="AREA").to_ndarray()
            return shades_in(_laid_onto(background, cast("Shades", layers)))
    return None


def _laid_onto(background: Color | None, layers: Shades) -> Shades:
    import numpy as np

    colours, opacity = layers[..., :3], layers[..., 3:] / 255
    if background is None:
        return colours
    return np.asarray(colours * opacity + np.array(background) * (1 - opacity) + 0.5, np.uint8)
