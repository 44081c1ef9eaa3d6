"""Crops of a picture, turned and scaled."""

from __future__ import annotations

from math import hypot, log2
from typing import TYPE_CHECKING

import numpy as np

from .opencv import load_cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..media.image.pixels import Rgb

    Points = NDArray[np.float64]
    Affine = NDArray[np.float64]


# Points that coincide give no scale.
_SMALLEST = 1e-3


class Cuts:
    """Makes crops.

    To shrink, it starts from the picture halved, quartered, …, because linear sampling uses only two neighbours.
    """

    def __init__(self, rgb: Rgb) -> None:
        self._levels = [rgb]

    def square(self, matrix: Affine, side: int) -> Rgb:
        """A square of `side` pixels, black outside the picture; `matrix` (2 x 3) maps the picture to it."""
        cv2 = load_cv2()
        scale = hypot(matrix[0, 0], matrix[1, 0])
        level = max(0, int(-log2(max(scale, _SMALLEST))))
        from_level = matrix.copy()
        from_level[:, :2] *= 2**level
        cut: Rgb = cv2.warpAffine(self._level(level), from_level, (side, side), flags=cv2.INTER_LINEAR)
        return cut

    def _level(self, number: int) -> Rgb:
        """The picture halved this many times."""
        cv2 = load_cv2()
        while len(self._levels) <= number:
            height, width = self._levels[-1].shape[:2]
            half = max(1, width // 2), max(1, height // 2)
            self._levels.append(cv2.resize(self._levels[-1], half, interpolation=cv2.INTER_AREA))
        return self._levels[number]
