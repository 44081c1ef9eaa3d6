"""Scale pictures."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

# Pictures are scaled in bands: otherwise one of 65 megapixels would need its memory three times.
_BAND_PIXELS = 1_000_000
# The radius of Pillow's filters, in pixels of the coarser picture.
_DOWN_REACH, _UP_REACH = 1, 3
# The factor that is left to the filter at least; the rest is done by means of whole pixels, which are three times as fast.
_LEFT_TO_FILTER = 2


def scaled(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """A picture (height x width x 3) scaled to another width and height.

    Down with Hamming's filter, which keeps as much detail as area means; up with Lanczos.
    """
    import numpy as np
    from PIL import Image

    (height, width), (new_width, new_height) = rgb.shape[:2], size
    is_down = new_width * new_height < width * height
    how, reach = (Image.Resampling.HAMMING, _DOWN_REACH) if is_down else (Image.Resampling.LANCZOS, _UP_REACH)
    step = height / new_height
    factor = max(1, int(min(step, width / new_width) / _LEFT_TO_FILTER))
    margin = ceil(reach * max(step, 1)) + 1
    rows = max(1, floor(_BAND_PIXELS / max(width * step, new_width)))
    result = np.empty((new_height, new_width, 3), np.uint8)
    for top in range(0, new_height, rows):
        bottom = min(top + rows, new_height)
        first, last = max(floor(top * step) - margin, 0) // factor * factor, min(ceil(bottom * step) + margin, height)
        band = Image.fromarray(rgb[first:last])
        part = (0, (top * step - first) / factor, width / factor, (min(bottom * step, height) - first) / factor)
        reduced = band if factor == 1 else band.reduce(factor)
        result[top:bottom] = np.asarray(reduced.resize((new_width, bottom - top), how, box=part))
    return result
