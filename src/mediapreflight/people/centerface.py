"""CenterFace, which decides what is a face. OpenCV runs the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .opencv import load_cv2
from .runtime import model_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..media.image.pixels import Rgb
    from .cuts import Points

    Map = NDArray[np.float32]

# The longest side of its input. At 640 px it found the right number of faces in 713 of 727 pictures; smaller sides miss faces of
# groups.
LONGEST_SIDE = 640
# Small pictures are enlarged up to this factor; beyond it, parts of a face are taken for faces.
_ENLARGED = 2.0
# The network halves the sides five times, so they must be multiples of this.
_MULTIPLE = 32
# Input pixels for each cell of the output.
_STRIDE = 4
_MIN_SCORE = 0.15
# Texture gives hundreds of answers; only those with the highest scores are used.
_MAX_FOUND = 256
# Presence, size, offset in the cell, and landmarks.
_ANSWERS = ("537", "538", "539", "540")
# 96 features for each 16 x 16 px, from an inner layer.
_FEATURES = ("474",)
# Two boxes are the same face if they share this much of their union, or of the smaller box: close-ups give boxes for parts of a
# face.
_OF_UNION = 0.3
_OF_SMALLER = 0.6


class Detection(NamedTuple):
    """What a network finds as a face, in pixels of the array; the box may extend beyond it.

    `score`: 0 to 1. `points`: the person's right eye, left eye, nose tip, right and left corner of the mouth (5 x 2).
    """

    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    points: Points

    @property
    def area(self) -> float:
        return (self.x2 - self.x1) * (self.y2 - self.y1)

    def overlap(self, other: Detection) -> tuple[float, float]:
        """The overlap of two boxes, as a share of their union and of the smaller box."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        if width <= 0 or height <= 0:
            return 0.0, 0.0
        shared = width * height
        return shared / (self.area + other.area - shared), shared / min(self.area, other.area)

    def is_same(self, other: Detection) -> bool:
        """Whether both are boxes of the same face."""
        of_union, of_smaller = self.overlap(other)
        return of_union >= _OF_UNION or of_smaller >= _OF_SMALLER


class CenterFace:
    """The network, loaded from the package. For one thread at a time."""

    def __init__(self) -> None:
        self._network = load_cv2().dnn.readNetFromONNX(model_source("centerface.onnx"))

    def detect(self, rgb: Rgb, longest_side: int = LONGEST_SIDE) -> list[Detection]:
        """Possible faces in a picture of height x width x 3, uint8, scaled to this longest side; highest score first."""
        cv2 = load_cv2()
        shown, scale = resized(rgb, longest_side, _ENLARGED)
        height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in shown.shape[:2])
        padded = np.zeros((height, width, 3), np.uint8)
        padded[: shown.shape[0], : shown.shape[1]] = shown
        self._network.setInput(cv2.dnn.blobFromImage(padded))
        presence, size, offset, landmarks = (answer[0] for answer in self._network.forward(_ANSWERS))
        return distinct(_read(presence[0], size, offset, landmarks, scale))

    def features(self, rgb: Rgb) -> Map:
        """The features of a picture whose sides are multiples of 32: 96 x height / 16 x width / 16."""
        self._network.setInput(load_cv2().dnn.blobFromImage(rgb))
        (features,) = self._network.forward(_FEATURES)
        answer: Map = features[0]
        return answer


def resized(rgb: Rgb, longest_side: int, most: float) -> tuple[Rgb, float]:
    """A picture at this longest side, enlarged at most `most` times; and the factor."""
    cv2 = load_cv2()
    height, width = rgb.shape[:2]
    scale = min(longest_side / max(height, width), most)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), scale


def distinct(found: list[Detection]) -> list[Detection]:
    """The box with the highest score for each face; highest score first."""
    kept: list[Detection] = []
    for each in sorted(found, key=lambda detection: -detection.score):
        if not any(each.is_same(other) for other in kept):
            kept.append(each)
    return kept


def _read(presence: Map, size: Map, offset: Map, landmarks: Map, scale: float) -> list[Detection]:
    """The detections in the outputs, in pixels of the picture before it was enlarged `scale` times.

    In each pair the vertical value comes first.
    """
    rows, columns = np.nonzero(presence >= _MIN_SCORE)
    if not len(rows):
        return []
    surest = np.argsort(-presence[rows, columns], kind="stable")[:_MAX_FOUND]
    rows, columns = rows[surest], columns[surest]
    height, width = np.exp(size[:, rows, columns].astype(np.float64)) * _STRIDE / scale
    y = (rows + offset[0, rows, columns] + 0.5) * _STRIDE / scale
    x = (columns + offset[1, rows, columns] + 0.5) * _STRIDE / scale
    left, top = x - width / 2, y - height / 2
    pairs = landmarks[:, rows, columns].astype(np.float64).reshape(-1, 2, len(rows))
    # Landmarks are relative to the corner of the box; in its training data, boxes end at the border.
    points = np.stack([pairs[:, 1] * width + np.maximum(left, 0), pairs[:, 0] * height + np.maximum(top, 0)], axis=-1)
    boxes = np.stack([left, top, left + width, top + height, presence[rows, columns]], axis=1).tolist()
    return [Detection(x1, y1, x2, y2, score, points[:, number]) for number, (x1, y1, x2, y2, score) in enumerate(boxes)]
