"""Whether something hides a part of a face, judged by CenterFace's features.

CenterFace's network has 96 features for each 16 x 16 px. The face is turned upright and cropped, and the means of the features
over a grid of 4 x 4 parts are the input of a logistic regression. `scripts/covering.py` computes the weights, first from 7,867
faces and then, going on from these, from 3,694. Covered: faces with masks, and clear faces with drawn masks, hands, boards and
hair. Clear: clear faces, also with drawn sunglasses, microphones, hats and hands at the chin; in the second set, a third of them
shout or wonder. Of 284 shouting or wondering faces of other people, none counts as covered (12 before the second training). On a
data set that was not used for training, 73 of 73 masks and 112 of 114 drawn masks, boards, strands of hair and hands count as
covered (72 and 102 before), and so do 4 of 116 clear faces, most of them in profile, which the rule does not judge. Deep shadow
around a wide open mouth can still count as a cover.

A face that is not clear at the first look is looked at again in its mirror image, and the mean of both scores counts: of 323
covered faces of another sample 285 are found (279 with one look), and of 256 clear ones that look ahead none (1).
"""

from __future__ import annotations

from io import BytesIO
from math import tanh
from typing import TYPE_CHECKING

import numpy as np

from .runtime import model_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..media.image.pixels import Rgb
    from .centerface import CenterFace, Map
    from .cuts import Affine, Cuts, Points

SIDE = 128
# The positions of eyes, nose and corners of the mouth in the crop, in shares of its side.
_PLACES = np.array([(0.37, 0.42), (0.63, 0.42), (0.5, 0.58), (0.4, 0.72), (0.6, 0.72)])
_GRID = 4
# One in twenty clear faces has a higher score at the first look.
_CLEAR = -2.0


class Covering:
    """The weights, loaded from the package."""

    def __init__(self) -> None:
        with np.load(BytesIO(model_data("covering.npz"))) as stored:
            self._weights, self._bias = stored["weights"], float(stored["bias"])

    def likelihood(self, centerface: CenterFace, cuts: Cuts, points: Points) -> float:
        """How likely it is that something hides a part of the face with these five points, 0 to 1."""
        face = cropped(cuts, points)
        first = self._score(centerface, face)
        if first < _CLEAR:
            return _logistic(first)
        return _logistic((first + self._score(centerface, np.ascontiguousarray(face[:, ::-1]))) / 2)

    def _score(self, centerface: CenterFace, face: Rgb) -> float:
        return float((self._weights * means(centerface, face)).sum()) + self._bias


def _logistic(score: float) -> float:
    """In a form that overflows nowhere."""
    return (1 + tanh(score / 2)) / 2


def parts(centerface: CenterFace, cuts: Cuts, points: Points) -> Map:
    """The features of the face with these five points, cropped upright: 96 x 4 x 4."""
    return means(centerface, cropped(cuts, points))


def cropped(cuts: Cuts, points: Points) -> Rgb:
    """The face with these five points, upright: 128 x 128 px."""
    return cuts.square(upright(points), SIDE)


def means(centerface: CenterFace, face: Rgb) -> Map:
    """The features of such a crop: 96 x 4 x 4."""
    features = centerface.features(face)
    rows, columns = (side // _GRID for side in features.shape[1:])
    each: Map = features.reshape(-1, _GRID, rows, _GRID, columns).mean(axis=(2, 4))
    return each


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
