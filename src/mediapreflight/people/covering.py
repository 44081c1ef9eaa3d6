"""Whether something hides a part of a face, judged by CenterFace's features.

CenterFace's network has 96 features for each 16 x 16 px. Of a face that is turned upright and cut out, their means over a grid of
4 x 4 parts are weighed and added up: logistic regression. `scripts/covering.py` makes the weights: from 7,867 faces, masks, and
masks, hands, boards and hair drawn onto clear faces, on one side; clear faces, with drawn sunglasses, microphones, hands at the
chin and hats, on the other; and going on from those, from 3,694, a third of whose clear ones shout or wonder. Of such faces of
other people 0 of 284 count as covered (12 before). Of a data set that it was not taught with, 254 of 259 masks and 393 of 409
drawn masks, boards, strands of hair and hands count as covered (252 and 375 before), and 14 of 420 clear faces (11 before). The
rule warns of 2 of those: it says nothing of a profile. A mouth opened to a round O can still be taken for a cover.
"""

from __future__ import annotations

from io import BytesIO
from math import tanh
from typing import TYPE_CHECKING

import numpy as np

from .runtime import model_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .centerface import CenterFace, Map
    from .cuts import Affine, Cuts, Points

SIDE = 128
# The positions of eyes, nose and corners of the mouth in the crop, in shares of its side.
_PLACES = np.array([(0.37, 0.42), (0.63, 0.42), (0.5, 0.58), (0.4, 0.72), (0.6, 0.72)])
_GRID = 4


class Covering:
    """The weights, loaded from the package."""

    def __init__(self) -> None:
        with np.load(BytesIO(model_data("covering.npz"))) as stored:
            self._weights, self._bias = stored["weights"], float(stored["bias"])

    def likelihood(self, centerface: CenterFace, cuts: Cuts, points: Points) -> float:
        """How likely it is that something hides a part of the face with these five points, 0 to 1."""
        features = parts(centerface, cuts, points)
        # The logistic function in a form that overflows nowhere.
        return (1 + tanh((float((self._weights * features).sum()) + self._bias) / 2)) / 2


def parts(centerface: CenterFace, cuts: Cuts, points: Points) -> Map:
    """The features of the face with these five points, cropped upright: 96 x 4 x 4."""
    features = centerface.features(cuts.square(upright(points), SIDE))
    rows, columns = (side // _GRID for side in features.shape[1:])
    means: Map = features.reshape(-1, _GRID, rows, _GRID, columns).mean(axis=(2, 4))
    return means


def upright(points: Points) -> Affine:
    """The matrix (2 x 3) that turns, moves and scales five points of a face to their standard positions, with the least squared
    error."""
    wanted: NDArray[np.float64] = _PLACES * SIDE
    middle, centre = points.mean(axis=0), wanted.mean(axis=0)
    (x, y), (u, v) = (points - middle).T, (wanted - centre).T
    spread = max(1e-6, float((x * x + y * y).sum()))
    along, across = float((x * u + y * v).sum()) / spread, float((x * v - y * u).sum()) / spread
    turn = np.array([(along, -across), (across, along)])
    return np.column_stack([turn, centre - turn @ middle])
