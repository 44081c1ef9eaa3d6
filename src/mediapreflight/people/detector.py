"""Finding faces in an array: both of mediapipe's BlazeFace models, asked twice.

The first look proposes. The short-range model (close faces) and the full-range model (small ones) see the whole picture, and
the full-range model sees overlapping parts of a larger one: quarters, and smaller parts where those show small faces. Neither is
right often enough by itself: the short-range model takes cats and dogs for faces, the full-range model misses very close ones,
and both see faces in leaves.

The second look decides. Each proposal is cut out, turned upright by its own eye line and shown to both models at two
distances. It is a face as soon as both models have said so strongly, at whatever distance, or else where the mean of the four
scores reaches `AGREEMENT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from math import atan2, degrees, log2
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..media.libraries import load_cv2
from .runtime import Shared, Task, Team

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..media.pixels import Rgb

    Points = NDArray[np.float64]
    Affine = NDArray[np.float64]

# The mean score of the second look from which on it is a face.
AGREEMENT = 0.61
# What the short-range and the full-range model must have said, in either look, to settle it at once.
_STRONG = (0.85, 0.7)

_MIN_SCORE = 0.1
_MIN_PROPOSAL_SCORE = 0.3
_LIKELY = 0.5
_MIN_FACE_SIDE = 8.0
# Texture makes proposals by the hundred: the surest are looked at.
_MAX_PROPOSALS = 64
# A face that both models are sure of and that takes this much of the longest side: any other face of a third of its size has
# then been large enough for the full-range model in the whole picture.
_CLOSE_UP = 0.2

# Two boxes are one where they share this much of their union, or of the smaller one.
_ONE_PROPOSAL = (0.4, 0.7)
_ONE_FACE = (0.3, 0.6)
# In the second look, what shares less of the union with the proposal is something else.
_FOUND_AGAIN = 0.25
# Side of a cut-out in pixels: twice what the short-range model takes, as positions come back in whole pixels.
_CUT_SIDE = 256
# From the mean of the six keypoints down to the middle of the box, in box sides (median of 372 faces).
_MIDDLE_BELOW_KEYPOINTS = 0.07

_SHORT_RANGE, _FULL_RANGE = 0, 1


class Sighting(NamedTuple):
    """A face, or what may be one: the middle and the side of a square, in pixels of the array, and six keypoints (6 x 2)."""

    x: float
    y: float
    side: float
    score: float
    keypoints: Points

    def moved(self, dx: float, dy: float) -> Sighting:
        return self._replace(x=self.x + dx, y=self.y + dy, keypoints=self.keypoints + np.array((dx, dy)))


class Detectors:
    """The two models of mediapipe's FaceDetector."""

    def __init__(self) -> None:
        files = "blaze_face_short_range.tflite", "blaze_face_full_range_sparse.tflite"
        self.models = tuple(Task("FaceDetector", file, "detections", min_detection_confidence=_MIN_SCORE) for file in files)

    def close(self) -> None:
        for model in self.models:
            model.close()

    def abandon(self) -> None:
        for model in self.models:
            model.abandon()


def find_faces(rgb: Rgb) -> list[Sighting]:
    """The faces in a picture of height x width x 3, uint8, surest first. Raises MissingLibraryError."""
    with _shared.use() as team:
        return _confirmed(team, rgb, _proposals(team, rgb))


def close_detectors() -> None:
    """Free the models; the next picture loads them again."""
    _shared.close()


_shared: Shared[Team[Detectors]] = Shared(lambda: Team(Detectors))


class _View(NamedTuple):
    """A part of the picture that one model is shown, and where its top left corner lies."""

    model: int
    rgb: Rgb
    x: int
    y: int


class _Parts(NamedTuple):
    """Overlapping parts of a picture, `across` in each row and column, of `share` of its side.

    Not cut from pictures of less than `least_side` px, whose every pixel the full-range model (192 x 192 px) sees without. Where
    they seem to show faces of less than `small` of the picture's longest side, there may be smaller ones still.
    """

    across: int
    share: float
    least_side: int
    small: float

    def of(self, rgb: Rgb) -> list[_View]:
        height, width = rgb.shape[:2]
        tall, wide = round(height * self.share), round(width * self.share)
        gaps = [number / (self.across - 1) for number in range(self.across)]
        corners = [(round((width - wide) * x), round((height - tall) * y)) for y in gaps for x in gaps]
        return [_View(_FULL_RANGE, rgb[y : y + tall, x : x + wide], x, y) for x, y in corners]


class _Proposal(NamedTuple):
    """What may be a face, and whether the short-range and the full-range model have said so strongly."""

    sighting: Sighting
    strong: tuple[bool, bool]


class _Look(NamedTuple):
    """How the second look is taken: by which model, and at how many box sides from edge to edge."""

    model: int
    distance: float


_PARTS = (_Parts(2, 0.625, 256, 0.04), _Parts(4, 0.34, 512, 0.0))
# The first one that finds the face measures it.
_LOOKS = (_Look(_SHORT_RANGE, 2.5), _Look(_FULL_RANGE, 4.0), _Look(_SHORT_RANGE, 4.0), _Look(_FULL_RANGE, 2.5))


def _proposals(team: Team[Detectors], rgb: Rgb) -> list[_Proposal]:
    """Surest first."""
    close, far = team.each(_first_look, (_View(_SHORT_RANGE, rgb, 0, 0), _View(_FULL_RANGE, rgb, 0, 0)))
    proposals = _merged(close, far)
    longest = max(rgb.shape)
    if any(all(each.strong) and each.sighting.side >= _CLOSE_UP * longest for each in proposals):
        return proposals
    for parts in _PARTS:
        if longest < parts.least_side:
            break
        nearer = [*chain.from_iterable(team.each(_first_look, parts.of(rgb)))]
        far += nearer
        if not any(each.side < parts.small * longest and each.score >= _LIKELY for each in nearer):
            break
    return _merged(close, far)


def _first_look(detectors: Detectors, view: _View) -> list[Sighting]:
    return [
        each.moved(view.x, view.y)
        for each in _sightings(detectors.models[view.model], view.rgb)
        if each.score >= _MIN_PROPOSAL_SCORE and each.side >= _MIN_FACE_SIDE
    ]


def _merged(close: Sequence[Sighting], far: Sequence[Sighting]) -> list[_Proposal]:
    def strong(sighting: Sighting, seen: Sequence[Sighting], score: float) -> bool:
        return any(other.score >= score and _overlap(sighting, other)[0] >= _ONE_PROPOSAL[0] for other in seen)

    distinct = _distinct([*close, *far], *_ONE_PROPOSAL)[:_MAX_PROPOSALS]
    return [_Proposal(each, (strong(each, close, _STRONG[0]), strong(each, far, _STRONG[1]))) for each in distinct]


def _confirmed(team: Team[Detectors], rgb: Rgb, proposals: Sequence[_Proposal]) -> list[Sighting]:
    """The proposals that are faces, one of each, surest first."""
    cuts = _Cuts(rgb)
    looked_at = team.each(lambda detectors, proposal: _second_look(detectors, cuts, proposal), proposals)
    return _distinct((face for face in looked_at if face is not None), *_ONE_FACE)


def _second_look(detectors: Detectors, cuts: _Cuts, proposal: _Proposal) -> Sighting | None:
    """The face as the second look measures it; None where it is none."""
    strong = list(proposal.strong)
    scores = []
    measured = None
    for left, look in zip(reversed(range(len(_LOOKS))), _LOOKS, strict=True):
        again = _look_again(detectors, cuts, proposal.sighting, look)
        scores.append(again.score if again else 0.0)
        measured = measured or again
        strong[look.model] |= scores[-1] >= _STRONG[look.model]
        if measured and all(strong):
            # The score that made it a proposal counts among what was said.
            scores.append(proposal.sighting.score)
            return measured._replace(score=sum(scores) / len(scores))
        if sum(scores) + left < AGREEMENT * len(_LOOKS):
            return None
    return measured._replace(score=sum(scores) / len(scores)) if measured else None


def _look_again(detectors: Detectors, cuts: _Cuts, sighting: Sighting, look: _Look) -> Sighting | None:
    """The proposal as one model sees it, upright and in the middle; None where it does not."""
    cut, back = cuts.upright(sighting, look.distance)
    expected = Sighting(_CUT_SIDE / 2, _CUT_SIDE / 2, _CUT_SIDE / look.distance, 0.0, sighting.keypoints)
    seen = [each for each in _sightings(detectors.models[look.model], cut) if _overlap(each, expected)[0] > _FOUND_AGAIN]
    if not seen:
        return None
    best = max(seen, key=lambda each: each.score)
    x, y = back @ (best.x, best.y, 1.0)
    keypoints = np.column_stack([best.keypoints, np.ones(len(best.keypoints))]) @ back.T
    return Sighting(x, y, best.side / expected.side * sighting.side, best.score, keypoints)


def _sightings(model: Task, rgb: Rgb) -> list[Sighting]:
    height, width = rgb.shape[:2]
    found = []
    for detection in model.detect(rgb).detections:
        box = detection.bounding_box
        keypoints = np.array([(point.x * width, point.y * height) for point in detection.keypoints])
        x, y = box.origin_x + box.width / 2, box.origin_y + box.height / 2
        if box.origin_x <= 0 or box.origin_y <= 0:
            # mediapipe moves a box that begins outside the picture to the border, and keeps its size.
            x, y = keypoints.mean(axis=0)
            y += _MIDDLE_BELOW_KEYPOINTS * box.height
        found.append(Sighting(x, y, max(box.width, box.height), detection.categories[0].score, keypoints))
    return found


class _Cuts:
    """Cut-outs of a picture, made from its halves, quarters, … where they shrink it: linear sampling sees two neighbours only."""

    def __init__(self, rgb: Rgb) -> None:
        self._cv2 = load_cv2()
        self._levels = [rgb]
        while max(self._levels[-1].shape) > 2 * _CUT_SIDE:
            height, width = self._levels[-1].shape[:2]
            half = max(1, width // 2), max(1, height // 2)
            self._levels.append(self._cv2.resize(self._levels[-1], half, interpolation=self._cv2.INTER_AREA))

    def upright(self, sighting: Sighting, distance: float) -> tuple[Rgb, Affine]:
        """A square around a face, its eyes level, black outside the picture; and the matrix (2 x 3) from it to the picture."""
        right_eye, left_eye = sighting.keypoints[0], sighting.keypoints[1]
        angle = degrees(atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))
        scale = _CUT_SIDE / (sighting.side * distance)
        to_cut = self._cv2.getRotationMatrix2D((sighting.x, sighting.y), angle, scale)
        to_cut[:, 2] += _CUT_SIDE / 2 - sighting.x, _CUT_SIDE / 2 - sighting.y
        level = min(max(0, int(-log2(scale))), len(self._levels) - 1)
        from_level = to_cut.copy()
        from_level[:, :2] *= 2**level
        cut = self._cv2.warpAffine(self._levels[level], from_level, (_CUT_SIDE, _CUT_SIDE), flags=self._cv2.INTER_LINEAR)
        return cut, self._cv2.invertAffineTransform(to_cut)


def _distinct(sightings: Iterable[Sighting], of_union: float, of_smaller: float) -> list[Sighting]:
    """One of each group that overlaps, the surest; surest first."""
    kept: list[Sighting] = []
    for each in sorted(sightings, key=lambda sighting: -sighting.score):
        overlaps = (_overlap(each, other) for other in kept)
        if all(union < of_union and smaller < of_smaller for union, smaller in overlaps):
            kept.append(each)
    return kept


def _overlap(one: Sighting, other: Sighting) -> tuple[float, float]:
    """What two squares share, as a share of their union and of the smaller one."""
    reach = (one.side + other.side) / 2
    least = min(one.side, other.side)
    width = min(reach - abs(one.x - other.x), least)
    height = min(reach - abs(one.y - other.y), least)
    if width <= 0 or height <= 0:
        return 0.0, 0.0
    shared = width * height
    return shared / (one.side**2 + other.side**2 - shared), shared / least**2
