"""The sides that are shown."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from mediapreflight.media.display import displayed, oriented

from .make import exif

SIDES = st.integers(1, 10_000)
RATIOS = st.fractions(min_value=Fraction(1, 10), max_value=10)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_turn_sides_as_pillow_turns_pixels(orientation: int) -> None:
    image = Image.new("L", (3, 5))
    image.getexif().update(exif(orientation))
    assert oriented(3, 5, orientation) == ImageOps.exif_transpose(image).size


@given(SIDES, SIDES, st.integers(-10, 20).filter(lambda value: value not in range(5, 9)))
def test_any_other_orientation_leaves_them(width: int, height: int, orientation: int) -> None:
    assert oriented(width, height, orientation) == (width, height)


@given(SIDES, SIDES, st.sampled_from([0, 90, 180, 270]))
def test_square_pixels_are_only_turned(width: int, height: int, rotation: int) -> None:
    expected = (height, width) if rotation in (90, 270) else (width, height)
    for square in (None, Fraction(0), Fraction(1)):
        assert displayed(width, height, rotation, square) == expected


@given(SIDES, SIDES, RATIOS)
def test_pixels_become_square_by_width_alone(width: int, height: int, ratio: Fraction) -> None:
    wide, high = displayed(width, height, 0, ratio)
    assert high == height
    assert wide >= 1
    assert abs(wide - width * ratio) <= Fraction(1, 2) or wide == 1


@given(SIDES, SIDES, RATIOS)
def test_pixels_are_made_square_before_they_are_turned(width: int, height: int, ratio: Fraction) -> None:
    assert displayed(width, height, 90, ratio) == displayed(width, height, 0, ratio)[::-1]


def test_the_size_of_a_pal_dvd() -> None:
    assert displayed(720, 576, 0, Fraction(16, 15)) == (768, 576)
