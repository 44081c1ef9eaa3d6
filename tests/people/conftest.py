"""The portrait that comes with the project, at the sizes and places the tests need."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Rgb = NDArray[np.uint8]


@pytest.fixture(scope="session")
def portrait(fixtures: Path) -> Rgb:
    """640 x 640, one face looking at the camera."""
    with Image.open(fixtures / "portrait.jpg") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.fixture(scope="session")
def group(portrait: Rgb) -> Rgb:
    """1600 x 900: six people beside each other, their faces about 40 px."""
    canvas = np.full((900, 1600, 3), 90, np.uint8)
    small = cv2.resize(portrait, (130, 130), interpolation=cv2.INTER_AREA)
    for number in range(6):
        y, x = 200 + 300 * (number % 2), 120 + 240 * number
        canvas[y : y + 130, x : x + 130] = small
    return canvas
