"""The one place that turns stored sides into displayed ones: EXIF orientation, rotation metadata, non-square pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

_SWAPPING_ORIENTATIONS = frozenset({5, 6, 7, 8})


def oriented(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Displayed sides of a picture stored as `width` x `height` px under an EXIF orientation (1 to 8)."""
    return (height, width) if orientation in _SWAPPING_ORIENTATIONS else (width, height)


def displayed(width: int, height: int, rotation: int, pixel_ratio: Fraction | None) -> tuple[int, int]:
    """Displayed sides of a video: pixels made square by widening (never by losing lines), then turned.

    `rotation` in degrees, `pixel_ratio` width over height of one pixel; None or 0 counts as square.
    """
    square = width if not pixel_ratio else max(1, round(width * pixel_ratio))
    return (height, square) if rotation % 180 else (square, height)
