"""Pictures in another size: the same whatever the bands, at its place, and as bright as before."""

import numpy as np
import pytest
from PIL import Image

from mediapreflight.media.image import scaling
from mediapreflight.media.image.scaling import scaled


def soft(width: int, height: int) -> np.ndarray:
    small = np.random.default_rng(3).integers(0, 255, (height // 7 + 2, width // 7 + 2, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size", [(211, 160), (97, 73), (31, 23), (450, 341), (900, 682), (299, 227)])
def test_bands_leave_no_trace(size, monkeypatch):
    picture = soft(300, 227)
    whole = scaled(picture, size)
    monkeypatch.setattr(scaling, "_BAND_PIXELS", 5000)
    assert whole.shape == (size[1], size[0], 3)
    # Pillow chooses by the size of a part whether it scales rows or columns first, and rounds between.
    apart = np.abs(scaled(picture, size).astype(int) - whole)
    assert apart.max() <= 2
    assert apart.mean() < 0.3


@pytest.mark.parametrize(("size", "new"), [((400, 300), (200, 150)), ((400, 300), (133, 100)), ((100, 80), (300, 240))])
def test_nothing_moves_and_nothing_gets_brighter(size, new):
    picture = soft(*size)
    result = scaled(picture, new)
    assert result.mean(axis=(0, 1)) == pytest.approx(picture.mean(axis=(0, 1)), abs=0.5)
    back = np.asarray(Image.fromarray(result).resize(size, Image.Resampling.BICUBIC)).astype(int)
    assert 10 * np.log10(255**2 / np.mean((back - picture) ** 2.0)) > 30


def test_a_part_of_another_array_is_scaled_like_a_copy_of_it():
    picture = soft(200, 120)
    assert np.array_equal(scaled(picture[:, ::-1], (90, 54)), scaled(picture[:, ::-1].copy(), (90, 54)))
