"""The only place that converts stored pixels to displayed pixels: EXIF orientation, display matrices, non-square pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

_SWAPPING_ORIENTATIONS = frozenset({5, 6, 7, 8})


class Turn(NamedTuple):
    """How a stored picture is shown: first mirrored left to right if `mirrored`, then turned by `rotation` degrees clockwise."""

    rotation: int = 0
    mirrored: bool = False

    @property
    def orientation(self) -> int:
        """The EXIF orientation with the same effect."""
        return {0: 2, 90: 7, 180: 4, 270: 5}[self.rotation] if self.mirrored else {0: 1, 90: 6, 180: 3, 270: 8}[self.rotation]


def turn_of(a: float, b: float, c: float, d: float) -> Turn:
    """What a display matrix does to a picture: the point (x, y), y down, is shown at (ax + cy, bx + dy).

    The nearest multiple of 90 degrees: players turn by no other angle.
    """
    return Turn(quarter_turns(math.degrees(math.atan2(-c, d))), a * d - b * c < 0)


def quarter_turns(degrees: float) -> int:
    """The nearest multiple of 90 degrees, 0 to 270."""
    return round(degrees / 90) % 4 * 90


def oriented(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Displayed sides of a picture stored as `width` x `height` px under an EXIF orientation (1 to 8)."""
    return (height, width) if orientation in _SWAPPING_ORIENTATIONS else (width, height)


def turned(rgb: Rgb, orientation: int) -> Rgb:
    """A copy of the pixels (height x width x 3) turned by an EXIF orientation (1 to 8)."""
    import numpy as np

    mirrored = rgb[:, ::-1] if orientation in (2, 4, 5, 7) else rgb
    quarter_turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(mirrored, quarter_turns))


def displayed(width: int, height: int, rotation: int, pixel_ratio: Fraction | None) -> tuple[int, int]:
    """Displayed sides of a video: pixels are made square by widening (lines are never lost), then turned.

    `rotation` in degrees, `pixel_ratio` width over height of one pixel; None or 0 counts as square.
    """
    square = width if not pixel_ratio else max(1, round(width * pixel_ratio))
    return (height, square) if rotation % 180 else (square, height)
