"""The turn that makes a picture's face upright, if a camera or a scanner left the picture sideways or upside down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from .detector import find_faces

if TYPE_CHECKING:
    from ..media.image.pixels import Rgb
    from .facts import Face

Turn = Literal[90, 180, 270]
# A head that is tilted less is nearer to upright, or belongs to a person who lies down.
_LYING_DEG = 60.0
# Texture looks more often like a face if it is seen in four turns. Real faces, turned upright, had 0.8 and more.
_SURE = 0.75
_QUARTERS: dict[int, Turn] = {1: 90, 2: 180, 3: 270}


def turn_to_upright(rgb: Rgb, faces: tuple[Face, ...]) -> Turn | None:
    """The degrees, clockwise, by which the picture must be turned to show a face upright; None if it does already, or never does.

    If no face was found, the picture is searched again after each of the three turns. Raises MissingLibraryError.
    """
    if faces:
        return _from_roll(faces[0].roll_deg)
    scores: dict[Turn, float] = {degrees: _surest(rgb, degrees) for degrees in (90, 180, 270)}
    best = max(scores, key=lambda degrees: scores[degrees])
    return best if scores[best] >= _SURE else None


def _from_roll(roll_deg: float) -> Turn | None:
    return None if abs(roll_deg) < _LYING_DEG else _QUARTERS[round(-roll_deg / 90) % 4]


def _surest(rgb: Rgb, degrees: Turn) -> float:
    turned = np.ascontiguousarray(np.rot90(rgb, -degrees // 90))
    return max((sighting.score for sighting in find_faces(turned).faces), default=0.0)
