"""Find faces in an array: CenterFace decides, YuNet is used if CenterFace is unsure, and BlazeFace measures the faces.

First CenterFace runs on a small copy. If it finds exactly one face, large and with a high score, and YuNet finds only that face
at full size, this is the result. Otherwise CenterFace runs at full size. If it finds nothing likely there, a large face from the
small copy counts if YuNet agrees: such a face fills the picture. Boxes with a score of at least `LIKELY` are faces if there is
only one, or if all others reach `SURE`. Otherwise the scores of CenterFace and YuNet are added: a likely box whose sum reaches
`AGREEMENT` is a face, and so is any box whose sum reaches `FULL_AGREEMENT`; if there is none, the likely box with the highest
score is a face. All other boxes are doubtful: too uncertain for an error, enough for a warning. What only YuNet finds is doubtful
too: if there is no face at all (`ALONE`), flat drawings and dogs; beside a face (`BESIDE`), small faces in the background and, on
request, faces that lie on their side or are upside down. A box beside a face must also reach `SECONDED` with CenterFace, which
gets it alone, upright and enlarged; cloth does not reach that.
"""

from __future__ import annotations

from functools import cached_property
from math import atan2, degrees
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .blazeface import SIDE as _CUT_SIDE
from .blazeface import BlazeFace
from .centerface import CenterFace, Detection, distinct, resized
from .covering import Covering
from .cuts import Cuts
from .opencv import load_cv2
from .runtime import Closable, Shared
from .yunet import YuNet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..media.image.pixels import Rgb
    from .cuts import Affine, Points

# Chosen on 267 labelled pictures: the first two give the same counts from 0.5 to 0.6 and from 1.0 to 1.3. A dog had a sum of
# 1.28.
LIKELY = 0.5
AGREEMENT = 1.1
FULL_AGREEMENT = 1.35
SURE = 0.8
ALONE = 0.85
# In 522 pictures nothing but faces reached this; of 70 small faces that CenterFace missed, 18 did.
BESIDE = 0.7
# The small copy costs a quarter of the full size. With and without it, 149 of 219 small second faces were counted.
GLANCE_SIDE = 320
SECONDED = 0.3
LARGE = 0.15

# At most this many faces are measured, those with the highest scores: the boxes of a crowd are not needed.
_MAX_FACES = 64
_MIN_SIDE = 8.0
# BlazeFace's square compared with CenterFace's box: its side as a share of the mean side, and how much lower its centre is, as a
# share of the height (medians of 383 faces).
_SIDE = 0.95
_LOWER = 0.077
# The crop for BlazeFace is this many sides wide.
_DISTANCE = 2.5
# A result that shares less than this of the union with the expected square is something else.
_FOUND_AGAIN = 0.25


class Sighting(NamedTuple):
    """A face: centre and side of a square in pixels of the array, score, six keypoints (6 x 2), and the likelihood that something
    hides a part of it.
    """

    x: float
    y: float
    side: float
    score: float
    keypoints: Points
    covered: float = 0.0


class Sightings(NamedTuple):
    """The faces, and possible further ones; both highest score first."""

    faces: list[Sighting]
    doubtful: list[Sighting]


class Networks(Closable):
    """The two networks that decide, and the two that measure. None starts threads."""

    def __init__(self) -> None:
        self.covering = Covering()
        self.centerface = CenterFace()
        self.blazeface = BlazeFace()

    @cached_property
    def yunet(self) -> YuNet:
        """YuNet, loaded for the first picture in which CenterFace is unsure."""
        return YuNet()


def find_faces(rgb: Rgb, *, lying: bool = False) -> Sightings:
    """The faces in a picture of height x width x 3, uint8. Raises MissingLibraryError.

    `lying`: also look for possible faces on their side or upside down beside others; this costs three runs on a small copy.
    """
    with _shared.use() as networks:
        faces, doubtful = _judged(networks, rgb, lying)
        cuts = Cuts(rgb)
        return Sightings(_measured(networks, cuts, faces), _measured(networks, cuts, doubtful))


def close_detectors() -> None:
    """Free the networks; they are loaded again for the next picture."""
    _shared.close()


_shared: Shared[Networks] = Shared(Networks)


def _judged(networks: Networks, rgb: Rgb, lying: bool) -> tuple[list[Detection], list[Detection]]:
    """The faces, and the doubtful boxes."""
    opinions = networks.yunet.detect(rgb)
    faces, doubtful = _likely(networks.centerface, rgb, opinions)
    if not faces:
        return [], _new((), (each for each in opinions if each.score >= ALONE))
    beside = [each for each in opinions if each.score >= BESIDE] + (_lying(networks.yunet, rgb) if lying else [])
    return faces, doubtful + _confirmed(networks, rgb, _new([*faces, *doubtful], beside))


def _likely(centerface: CenterFace, rgb: Rgb, opinions: Sequence[Detection]) -> tuple[list[Detection], list[Detection]]:
    """The faces, and the boxes that CenterFace finds likely beside them; `opinions` are YuNet's."""
    glimpsed = centerface.detect(rgb, GLANCE_SIDE)
    if _is_alone(glimpsed, opinions, rgb):
        return glimpsed, []
    found = centerface.detect(rgb)
    if not any(each.score >= LIKELY for each in found):
        # A face that fills the picture is only found on the small copy.
        found = distinct([*found, *(each for each in glimpsed if _is_large(each, rgb) and _is_agreed(each, opinions))])
    likely = [each for each in found if each.score >= LIKELY]
    faces = likely
    if not likely or any(each.score < SURE for each in likely[1:]):
        faces = [each for each in found if _is_agreed(each, opinions)] or likely[:1]
    return faces, [each for each in likely if not any(each is face for face in faces)]


def _new(known: Sequence[Detection], others: Iterable[Detection]) -> list[Detection]:
    """The other detections that are not known yet, without repeats."""
    found: list[Detection] = []
    for each in others:
        if not any(each.is_same(other) for other in (*known, *found)):
            found.append(each)
    return found


def _lying(yunet: YuNet, rgb: Rgb) -> list[Detection]:
    """Possible faces on their side or upside down, highest score first."""
    # Turning the small copy takes a tenth of the time.
    small, scale = resized(rgb, GLANCE_SIDE, 1.0)
    found = []
    for quarters in (1, 2, 3):
        turned = yunet.detect(np.ascontiguousarray(np.rot90(small, quarters)), GLANCE_SIDE)
        found += [_turned_back(each, quarters, rgb, scale) for each in turned if each.score >= BESIDE]
    return sorted(found, key=lambda each: -each.score)


def _turned_back(detection: Detection, quarters: int, rgb: Rgb, scale: float) -> Detection:
    """A detection in the turned picture (quarter turns to the left) of this scale, in pixels of the picture itself."""
    height, width = rgb.shape[:2]
    x1, y1, x2, y2, score, points = detection
    x, y = np.array([(x1, y1), (x2, y2), *points]).T / scale
    for done in range(quarters):
        x, y = (width if (quarters - done) % 2 else height) - y, x
    return Detection(min(x[:2]), min(y[:2]), max(x[:2]), max(y[:2]), score, np.column_stack([x, y])[2:])


def _confirmed(networks: Networks, rgb: Rgb, detections: Sequence[Detection]) -> list[Detection]:
    """Those in which CenterFace also finds a face when it gets each one alone."""
    cuts, reach = Cuts(rgb), _CUT_SIDE / _DISTANCE / 2

    def is_face(seen: Detection) -> bool:
        return seen.score >= SECONDED and max(abs(seen.x1 + seen.x2 - _CUT_SIDE), abs(seen.y1 + seen.y2 - _CUT_SIDE)) / 2 <= reach

    return [
        each
        for each in detections
        if any(map(is_face, networks.centerface.detect(cuts.square(_upright(_expected(each)), _CUT_SIDE), _CUT_SIDE)))
    ]


def _is_alone(glimpsed: Sequence[Detection], opinions: Sequence[Detection], rgb: Rgb) -> bool:
    """Whether both networks find the same single face and no other possible one, and it is large and has a high score."""
    if len(glimpsed) != 1 or not opinions or not all(each.is_same(glimpsed[0]) for each in opinions):
        return False
    return glimpsed[0].score >= SURE and _is_large(glimpsed[0], rgb)


def _is_large(detection: Detection, rgb: Rgb) -> bool:
    return bool(min(detection.x2 - detection.x1, detection.y2 - detection.y1) >= LARGE * max(rgb.shape[:2]))


def _is_agreed(detection: Detection, opinions: Sequence[Detection]) -> bool:
    """Whether the sum of both scores is enough for a face."""
    seconded = max((other.score for other in opinions if other.is_same(detection)), default=0.0)
    return detection.score + seconded >= (AGREEMENT if detection.score >= LIKELY else FULL_AGREEMENT)


def _measured(networks: Networks, cuts: Cuts, detections: Sequence[Detection]) -> list[Sighting]:
    large = [each for each in detections if min(each.x2 - each.x1, each.y2 - each.y1) >= _MIN_SIDE]
    seen = (_look(networks, cuts, each) for each in large[:_MAX_FACES])
    return [each for each in seen if each is not None]


def _look(networks: Networks, cuts: Cuts, detection: Detection) -> Sighting | None:
    """The face as BlazeFace measures it in an upright, centred crop; None if it finds none."""
    expected = _expected(detection)
    to_cut = _upright(expected)
    cut, back = cuts.square(to_cut, _CUT_SIDE), load_cv2().invertAffineTransform(to_cut)
    place = expected._replace(x=_CUT_SIDE / 2, y=_CUT_SIDE / 2, side=_CUT_SIDE / _DISTANCE)
    sightings = map(_sighting, networks.blazeface.detect(cut))
    seen = [each for each in sightings if _shared_of_union(each, place) > _FOUND_AGAIN]
    if not seen:
        return None
    best = max(seen, key=lambda each: each.score)
    x, y = back @ (best.x, best.y, 1.0)
    keypoints = np.column_stack([best.keypoints, np.ones(len(best.keypoints))]) @ back.T
    covered = networks.covering.likelihood(networks.centerface, cuts, detection.points)
    return Sighting(x, y, best.side / place.side * expected.side, detection.score, keypoints, covered)


def _expected(detection: Detection) -> Sighting:
    """The square that BlazeFace is expected to return, with the five points as keypoints."""
    width, height = detection.x2 - detection.x1, detection.y2 - detection.y1
    x, y = (detection.x1 + detection.x2) / 2, (detection.y1 + detection.y2) / 2 + _LOWER * height
    return Sighting(x, y, _SIDE * (width + height) / 2, detection.score, detection.points)


def _upright(sighting: Sighting) -> Affine:
    """The matrix (2 x 3) to a square around a face, with the eyes level."""
    right_eye, left_eye = sighting.keypoints[0], sighting.keypoints[1]
    angle = degrees(atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))
    to_cut: Affine = load_cv2().getRotationMatrix2D((sighting.x, sighting.y), angle, _CUT_SIDE / (sighting.side * _DISTANCE))
    to_cut[:, 2] += _CUT_SIDE / 2 - sighting.x, _CUT_SIDE / 2 - sighting.y
    return to_cut


def _sighting(seen: Detection) -> Sighting:
    x, y = (seen.x1 + seen.x2) / 2, (seen.y1 + seen.y2) / 2
    return Sighting(x, y, max(seen.x2 - seen.x1, seen.y2 - seen.y1), seen.score, seen.points)


def _shared_of_union(one: Sighting, other: Sighting) -> float:
    """The overlap of two squares, as a share of their union."""
    reach, least = (one.side + other.side) / 2, min(one.side, other.side)
    width = min(reach - abs(one.x - other.x), least)
    height = min(reach - abs(one.y - other.y), least)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (one.side**2 + other.side**2 - shared)
