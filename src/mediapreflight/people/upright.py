"""How a picture must be turned for its face to be upright, where a camera or a scanner left it lying on its side or its head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from .detector import find_faces

if TYPE_CHECKING:
    from ..media.pixels import Rgb
    from .facts import Face

Turn = Literal[90, 180, 270]
# A head that leans less lies nearer to upright, or belongs to somebody who lies down.
_LYING_DEG = 60.0
# Texture seen from four sides has four chances to look like a face: real ones, turned upright, had 0.8 and more.
_SURE = 0.75
_QUARTERS: dict[int, Turn] = {1: 90, 2: 180, 3: 270}


def turn_to_upright(rgb: Rgb, faces: tuple[Face, ...]) -> Turn | None:
    """The degrees, clockwise, after which the picture of these faces shows one upright; None where it does, or shows none at all.

    Where no face was found, three more looks are taken: at the picture as it is after each turn. Raises MissingLibraryError.
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
