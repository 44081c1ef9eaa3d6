"""Coding points to sRGB. The coded values come from the formulas of BT.2100, written out the other way round."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from mediapreflight.media.image.coded_colours import rendering
from mediapreflight.media.image.profiles import Coding

from .icc import DISPLAY_P3, profile, srgb_curve

Floats = NDArray[np.float64]
SRGB_TO_P3 = np.array(((0.82246, 0.17754, 0.0), (0.03319, 0.96681, 0.0), (0.01708, 0.07240, 0.91052)))
SRGB_TO_2020 = np.array(((0.62740, 0.32928, 0.04331), (0.06910, 0.91954, 0.01136), (0.01639, 0.08801, 0.89560)))


def linear(rgb: NDArray[np.uint8]) -> Floats:
    coded = rgb / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def pq(light: Floats) -> Floats:
    """Of light in whites of a page, which has 203 cd/m2."""
    power = np.clip(light * 203 / 10_000, 0, 1) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(light: Floats) -> Floats:
    """Of the same: the white of a page is 75 % of the signal, which a scene has at 0.265 of its brightest light."""
    scene = np.clip(light * 0.265, 0, 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def srgb(light: Floats) -> Floats:
    """Of the same."""
    shown = np.clip(light, 0, 1)
    return np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055)


HDR_CURVES: dict[int, Callable[[Floats], Floats]] = {16: pq, 18: hlg}
CURVES = {**HDR_CURVES, 13: srgb}


def stored(values: Floats, depth: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    most = 255 if depth == 8 else 65_535
    return np.round(values * most).astype(np.uint8 if depth == 8 else np.uint16)


@pytest.fixture(scope="module")
def colours() -> NDArray[np.uint8]:
    """Every sixteenth value of each channel with all others."""
    steps = np.arange(0, 256, 15, np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)


@pytest.mark.parametrize("transfer", HDR_CURVES)
@pytest.mark.parametrize("depth", [8, 16])
def test_what_is_not_brighter_than_a_page_comes_back(transfer: int, depth: int, colours: NDArray[np.uint8]) -> None:
    coded = stored(CURVES[transfer](linear(colours) @ SRGB_TO_2020.T), depth)
    coding = Coding(9, transfer)
    off = np.abs(rendering(coded, coding).of(coded).astype(int) - colours)
    # Eight bits are few for the darkest of three channels.
    assert off.mean() <= (2 if depth == 8 else 0.2)
    assert depth == 8 or off.max() <= 2


@pytest.mark.parametrize("transfer", HDR_CURVES)
def test_highlights_are_rolled_off_and_keep_their_order(transfer: int) -> None:
    light = np.repeat(np.linspace(0, 3, 301), 3).reshape(1, -1, 3)
    coded = stored(CURVES[transfer](light), 16)
    shown = rendering(coded, Coding(1, transfer)).of(coded)[0, :, 0].astype(int)
    # A tenth of white is as bright as it was.
    assert abs(shown[10] - 89) <= 1
    assert shown[100] < shown[150] < shown[200] < shown[290]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] >= 254


def test_a_few_very_bright_pixels_darken_nothing(colours: NDArray[np.uint8]) -> None:
    light = linear(np.tile(colours, (10, 1, 1)))
    light[0, 0] = 40
    coded = stored(pq(light), 16)
    shown = rendering(coded, Coding(1, 16)).of(coded)
    assert np.abs(shown[1:].astype(int) - np.tile(colours, (10, 1, 1))[1:]).max() <= 2
    assert shown[0, 0].tolist() == [255, 255, 255]


def test_colours_of_standard_range_are_those_of_the_same_profile(colours: NDArray[np.uint8]) -> None:
    p3, srgb = ImageCms.ImageCmsProfile(BytesIO(profile(DISPLAY_P3, srgb_curve()))), ImageCms.createProfile("sRGB")
    wanted = ImageCms.profileToProfile(Image.fromarray(colours), p3, srgb, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC)
    assert wanted is not None
    shown = rendering(colours, Coding(12, 13)).of(colours)
    assert np.abs(shown.astype(int) - np.asarray(wanted)).max() <= 2


@pytest.mark.parametrize(("transfer", "value", "shown"), [(8, 55, 127), (4, 127, 127), (13, 127, 127), (1, 127, 127)])
def test_curves_of_standard_range(transfer: int, value: int, shown: int) -> None:
    grey = np.full((1, 1, 3), value, np.uint8)
    assert abs(int(rendering(grey, Coding(9, transfer)).of(grey)[0, 0, 1]) - shown) <= 2


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_the_brightest_there_is_stay_finite(value: int) -> None:
    flat = np.full((4, 4, 3), value, np.uint8)
    for transfer in HDR_CURVES:
        assert rendering(flat, Coding(9, transfer)).of(flat).tolist() == np.full((4, 4, 3), value).tolist()
