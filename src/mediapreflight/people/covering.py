"""Whether something hides a part of a face, read from what CenterFace makes of it.

CenterFace's network has 96 features for each 16 x 16 px. Of a face that is turned upright and cut out, their means over a grid of
4 x 4 parts are weighed and added up: logistic regression. The weights come from 2,962 faces, real and drawn-on: masks, hands,
hair, paper, telephones and patches on one side; clear faces, sunglasses, microphones, hands at the chin and hats on the other.
Of 305 clear faces that it was not taught with, 2 counted as covered (one of them by a camera); of 140 masks 132, of 305 with
something drawn over a third or more 260.
"""

from __future__ import annotations

from io import BytesIO
from math import tanh
from typing import TYPE_CHECKING

import numpy as np

from .runtime import model_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .centerface import CenterFace
    from .cuts import Affine, Cuts, Points

SIDE = 128
# Where the eyes, the nose and the corners of the mouth come to lie, in shares of the side.
_PLACES = np.array([(0.37, 0.42), (0.63, 0.42), (0.5, 0.58), (0.4, 0.72), (0.6, 0.72)])
_GRID = 4


class Covering:
    """The weights, loaded from the package."""

    def __init__(self) -> None:
        with np.load(BytesIO(model_data("covering.npz"))) as stored:
            self._weights, self._bias = stored["weights"], float(stored["bias"])

    def likelihood(self, centerface: CenterFace, cuts: Cuts, points: Points) -> float:
        """How likely it is that something hides a part of the face with these five points, 0 to 1."""
        cut = cuts.square(upright(points), SIDE)
        features = centerface.features(cut)
        rows, columns = (side // _GRID for side in features.shape[1:])
        parts = features.reshape(-1, _GRID, rows, _GRID, columns).mean(axis=(2, 4))
        # The logistic function in a form that overflows nowhere.
        return (1 + tanh((float((self._weights * parts).sum()) + self._bias) / 2)) / 2


def upright(points: Points) -> Affine:
    """The matrix (2 x 3) that turns, moves and scales five points of a face to where they belong, of least squared error."""
    wanted: NDArray[np.float64] = _PLACES * SIDE
    middle, centre = points.mean(axis=0), wanted.mean(axis=0)
    (x, y), (u, v) = (points - middle).T, (wanted - centre).T
    spread = max(1e-6, float((x * x + y * y).sum()))
    along, across = float((x * u + y * v).sum()) / spread, float((x * v - y * u).sum()) / spread
    turn = np.array([(along, -across), (across, along)])
    return np.column_stack([turn, centre - turn @ middle])
