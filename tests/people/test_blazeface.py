"""The network that measures faces, read as mediapipe reads it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mediapreflight.media.image.pixels import load_picture
from mediapreflight.people.blazeface import SIDE, BlazeFace
from mediapreflight.people.cuts import Cuts
from mediapreflight.people.runtime import Task


@pytest.fixture(scope="module")
def mediapipe() -> Iterator[Task]:
    task = Task("FaceDetector", "blaze_face_short_range.tflite", "detections", min_detection_confidence=0.1)
    yield task
    task.close()


@pytest.mark.parametrize(
    ("name", "scale"), [("portrait.jpg", 0.4), ("portrait.jpg", 0.8), ("half-body.jpg", 0.5), ("full-body.jpg", 1)]
)
def test_the_answer_is_that_of_mediapipe(fixtures: Path, mediapipe: Task, name: str, scale: float) -> None:
    rgb = load_picture(fixtures / name, 1280).rgb
    # The middle of the upper half of the picture, where the faces are.
    to_cut = np.array([(scale, 0, SIDE / 2 - scale * rgb.shape[1] / 2), (0, scale, SIDE / 2 - scale * rgb.shape[0] / 3)])
    cut = Cuts(rgb).square(to_cut, SIDE)
    ours, theirs = BlazeFace().detect(cut), mediapipe.detect(cut).detections
    assert ours
    for one, other in zip(ours, theirs, strict=True):
        box = other.bounding_box
        assert (max(one.x1, 0), max(one.y1, 0)) == (box.origin_x, box.origin_y)
        assert (one.x2 - one.x1, one.y2 - one.y1) == (box.width, box.height)
        assert one.score == pytest.approx(other.categories[0].score, abs=1e-5)
        assert one.points == pytest.approx(np.array([(point.x, point.y) for point in other.keypoints]) * SIDE, abs=1e-3)


def test_nothing_is_found_in_nothing() -> None:
    assert BlazeFace().detect(np.zeros((SIDE, SIDE, 3), np.uint8)) == []
