"""YuNet, the second detector that decides what is a face. The code is in OpenCV, the weights are in the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .centerface import Detection, resized
from .opencv import load_cv2
from .runtime import model_array

if TYPE_CHECKING:
    from ..media.image.pixels import Rgb

_LONGEST_SIDE = 640
_ENLARGED = 2.0
_MIN_SCORE = 0.2
_OF_UNION = 0.3
_MAX_FOUND = 256
# A row of its output: x, y, width and height of the box, five points, the score.
_POINTS = slice(4, 14)


class YuNet:
    """The network, loaded from the package. For one thread at a time."""

    def __init__(self) -> None:
        cv2 = load_cv2()
        model, nothing = model_array("yunet_2023mar.onnx"), np.empty(0, np.uint8)
        log = cv2.utils.logging
        level = log.setLogLevel(log.LOG_LEVEL_ERROR)
        # It requests a target that OpenCV's new engine does not know, and OpenCV warns on stderr.
        try:
            self._network = cv2.FaceDetectorYN.create(
                "onnx", model, nothing, (_LONGEST_SIDE, _LONGEST_SIDE), _MIN_SCORE, _OF_UNION, _MAX_FOUND
            )
        finally:
            log.setLogLevel(level)

    def detect(self, rgb: Rgb, longest_side: int = _LONGEST_SIDE) -> list[Detection]:
        """Possible faces in a picture of height x width x 3, uint8, scaled to this longest side; highest score first."""
        cv2 = load_cv2()
        shown, scale = resized(rgb, longest_side, _ENLARGED)
        self._network.setInputSize((shown.shape[1], shown.shape[0]))
        rows = self._network.detect(cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))[1]
        return [] if rows is None else [_read(row, scale) for row in rows.astype(np.float64)]


def _read(row: np.ndarray, scale: float) -> Detection:
    x, y, width, height = row[:4] / scale
    return Detection(x, y, x + width, y + height, float(row[-1]), row[_POINTS].reshape(5, 2) / scale)
