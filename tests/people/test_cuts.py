"""Parts of a picture, turned and scaled."""

import numpy as np
import pytest

from mediapreflight.people.cuts import Cuts


def scaled(scale, x, y):
    """The matrix that scales by `scale` and then moves."""
    return np.array([[scale, 0.0, x], [0.0, scale, y]])


def test_pixels_lie_where_the_matrix_leads():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[40, 30] = 255
    cut = Cuts(picture).square(scaled(1, -20, -35), 32)
    assert np.argwhere(cut[..., 0]).tolist() == [[5, 10]]


def test_shrinking_averages_instead_of_skipping():
    stripes = np.zeros((2048, 2048, 3), np.uint8)
    stripes[:, ::2] = 200
    cut = Cuts(stripes).square(scaled(1 / 8, 0, 0), 256)
    assert cut[100:150, 100:150].std() < 5
    assert cut[100:150, 100:150].mean() == pytest.approx(100, abs=3)


def test_outside_the_picture_is_black():
    cut = Cuts(np.full((50, 50, 3), 255, np.uint8)).square(scaled(4, 128, 128), 256)
    assert cut[:100].max() == cut[:, :100].max() == 0
    assert cut[140:, 140:].min() == 255


@pytest.mark.every("shape", [(1, 1), (1, 900), (900, 1)])
@pytest.mark.every("scale", [0.0, 1e-9, 1.0, 1000.0])
def test_no_scale_is_too_much(shape, scale):
    assert Cuts(np.full((*shape, 3), 9, np.uint8)).square(scaled(scale, 0, 0), 16).shape == (16, 16, 3)
