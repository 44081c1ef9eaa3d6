"""A very small copy of a picture from another decoder: enough to distinguish a garbled picture from a correct one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..quiet import quiet
from .decoding import packet_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .colour import Color

    Pixels = NDArray[np.uint8]
    Shades = NDArray[np.uint8]

_SIDE = 32
# Transparency is applied at this many times the sides: if it were shrunk separately, its edges would no longer match the colours.
_LARGER = 16
_CODECS = {"jpeg": "mjpeg", "png": "png", "bmp": "bmp", "tiff": "tiff", "psd": "psd", "qoi": "qoi", "gif": "gif"}
# 255 times this is the largest 16-bit number.
_MOST_ROWS_OF_A_SHORT_SUM = 257
_GREY = (0.299, 0.587, 0.114)


def shades_of(data: bytes, format: str | None, *, background: Color | None = None) -> Shades | None:
    """The stored picture in grey as FFmpeg reads it, 32 x 32, 0 to 255, not turned; None if FFmpeg cannot read it.

    `background`: the colour behind transparent pixels; None if there are none.
    """
    if format not in _CODECS:
        return None
    try:
        with quiet():
            return _ffmpeg_shades(data, _CODECS[format], background)
    except Exception:  # Decoders can raise any exception. A file that FFmpeg cannot read is not compared.
        return None


def shades_in(pixels: Pixels, unit: int = 1) -> Shades:
    """The same for pixels (height x width, or x 3 in colour): the means of 32 x 32 cells.

    `unit`: the edges of the cells are at multiples of this many pixels.
    """
    import numpy as np

    cells = _cells(len(pixels), unit)
    # Twice as fast if no sum is larger.
    of_sums = np.uint16 if max(cell.stop - cell.start for cell in cells) <= _MOST_ROWS_OF_A_SHORT_SUM else np.uint32
    rows = np.stack([np.add.reduce(pixels[cell], axis=0, dtype=of_sums) / (cell.stop - cell.start) for cell in cells])
    means = np.stack([rows[:, cell].mean(axis=1) for cell in _cells(pixels.shape[1], unit)], axis=1)
    grey = means if pixels.ndim == 2 else means @ np.array(_GREY)
    return np.asarray(grey + 0.5, np.uint8)


def _cells(side: int, unit: int) -> list[slice]:
    """The edges of 32 parts of a side, which overlap if it has fewer than 32 units of `unit` pixels."""
    units = -(-side // unit)
    starts = [unit * (number * units // _SIDE) for number in range(_SIDE)]
    ends = [max(start + unit, end) for start, end in zip(starts, [*starts[1:], side], strict=True)]
    return [slice(start, min(end, side)) for start, end in zip(starts, ends, strict=True)]


def difference(pixels: Pixels, data: bytes, format: str) -> float:
    """The mean difference, in 255 shades, between a file and the pixels (height x width x 3) it was made from.

    A JPEG is decoded at an eighth of its sides. Raises ValueError if the file cannot be decoded.
    """
    import numpy as np

    if format == "jpeg":
        grey = _grey_of_jpeg(data)
        written, meant = shades_in(grey), shades_in(pixels, round(len(pixels) / len(grey)))
    elif (found := shades_of(data, format)) is not None:
        written, meant = found, shades_in(pixels)
    else:
        raise ValueError("FFmpeg does not read it")
    return float(np.abs(written.astype(float) - meant).mean())


def _grey_of_jpeg(data: bytes) -> Pixels:
    """The grey values of a JPEG. Every warning of the decoder is an error."""
    import simplejpeg

    decoded = simplejpeg.decode_jpeg(data, "GRAY", min_height=2 * _SIDE, min_width=2 * _SIDE, min_factor=8, strict=True)
    return cast("Pixels", decoded[..., 0])


def _ffmpeg_shades(data: bytes, codec: str, background: Color | None) -> Shades | None:
    import av

    context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))
    context.thread_count = 1
    side = _LARGER * _SIDE
    for frame in (*context.decode(packet_of(data)), *context.decode(None)):
        if isinstance(frame, av.VideoFrame):
            width, height = min(side, frame.width), min(side, frame.height)
            layers = frame.reformat(width, height, "rgba", interpolation="AREA").to_ndarray()
            return shades_in(_laid_onto(background, cast("Pixels", layers)))
    return None


def _laid_onto(background: Color | None, layers: Pixels) -> Pixels:
    import numpy as np

    colours, opacity = layers[..., :3], layers[..., 3:] / 255
    if background is None:
        return colours
    return np.asarray(colours * opacity + np.array(background) * (1 - opacity) + 0.5, np.uint8)
