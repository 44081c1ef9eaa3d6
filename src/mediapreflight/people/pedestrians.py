"""People who stand or walk, found by their outline: OpenCV's histograms of oriented gradients (Dalal and Triggs, 2005).

A second opinion that has nothing in common with the pose model, which misses people who are a fifth of the picture high or less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .geometry import Box
from .opencv import load_cv2

if TYPE_CHECKING:
    from ..media.image.pixels import Picture

# The picture is brought to this longest side: the smallest person that is found is 128 px high.
_LONGEST_SIDE = 1024
_STEP_PX = 8
_SCALE = 1.08
_GROUPED = 2
# Of 8 pictures with people that the pose model missed, 5 reach this; of 50 that show nobody, 2: an aeroplane and a dog.
LIKELY = 1.0


def pedestrians(picture: Picture) -> tuple[Box, ...]:
    """Where people may be, in pixels of the displayed picture. Raises MissingLibraryError."""
    cv2 = load_cv2()
    finder = cv2.HOGDescriptor()
    finder.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())
    height, width = picture.rgb.shape[:2]
    scale = _LONGEST_SIDE / max(height, width)
    grey = cv2.resize(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale)
    window_width, window_height = finder.winSize
    if grey.shape[0] < window_height or grey.shape[1] < window_width:
        return ()
    found, weights = finder.detectMultiScale(grey, winStride=(_STEP_PX, _STEP_PX), scale=_SCALE, groupThreshold=_GROUPED)
    to_picture = picture.width / grey.shape[1]
    likely = zip(found, np.ravel(weights), strict=True)
    return tuple(_displayed(box, to_picture, picture) for box, weight in likely if weight >= LIKELY)


def _displayed(found: tuple[int, int, int, int], scale: float, picture: Picture) -> Box:
    """The box of x, y, width and height in pixels of the displayed picture, clipped to it."""
    x, y, width, height = (round(float(edge) * scale) for edge in found)
    return Box(max(0, x), max(0, y), min(picture.width, x + width), min(picture.height, y + height))
