"""Profiles are judged by what they do to colours."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from mediapreflight.media.image.headers import Colors
from mediapreflight.media.image.profiles import Coding, Profile, read_profile

from .icc import ADOBE_RGB, BT2020, DISPLAY_P3, PROPHOTO_RGB, SRGB, gamma, parametric, profile, srgb_curve, table


def is_srgb(icc: bytes) -> bool:
    return known(icc).is_srgb


def space_of(icc: bytes) -> str | None:
    return known(icc).space


def known(icc: bytes) -> Profile:
    found = read_profile(icc)
    assert found is not None
    return found


LITTLE_CMS = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SPACES = {
    "display-p3": DISPLAY_P3,
    "adobe-rgb": ADOBE_RGB,
    "prophoto-rgb": PROPHOTO_RGB,
    "bt2020": BT2020,
    "srgb": SRGB,
}


def coded_to_linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


CURVES_OF_SRGB = {
    "parametric": srgb_curve(),
    "with offsets": parametric(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0),
    "table": table([coded_to_linear(index / 1023) for index in range(1024)]),
    "small table": table([coded_to_linear(index / 63) for index in range(64)]),
}
OTHER_CURVES = {
    "2.2": gamma(2.2),
    "1.8": gamma(1.8),
    "linear": gamma(1.0),
    "no values": b"curv" + bytes(8),
    "parametric": parametric(0, 1.8),
    "with a foot": parametric(1, 3.0, 1 / 1.16, 0.16 / 1.16),
    "raised": parametric(2, 2.4, 0.9, 0.1, 0.05),
    "no curve": b"text" + bytes(20),
    "unknown formula": parametric(9, 2.2),
    "cut off": b"curv" + bytes(4) + struct.pack(">I", 1024) + bytes(8),
}


@pytest.mark.parametrize("name", CURVES_OF_SRGB)
def test_what_does_as_srgb_does_is_srgb(name: str) -> None:
    icc = profile(SRGB, CURVES_OF_SRGB[name], name="Camera profile")
    assert is_srgb(icc)
    assert space_of(icc) == "srgb"


def test_the_profile_of_a_library_is_srgb() -> None:
    assert is_srgb(LITTLE_CMS)
    assert Colors(LITTLE_CMS).effective is None


DARK = (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "icc",
    [
        profile((DARK, DARK, DARK), srgb_curve()),
        profile((DARK, DARK, SRGB[2]), srgb_curve()),
        profile(SRGB, gamma(200)),
        profile(SRGB, gamma(0.005)),
        profile(SRGB, parametric(0, -2.2)),
        profile(SRGB, parametric(4, 32767, 32767, -32768, 32767, 0, 32767, -32768)),
        profile(DISPLAY_P3, table([1.0, 0.5, 0.0])),
        profile(ADOBE_RGB, table([0.0, 0.0])),
    ],
)
def test_what_makes_black_white_or_a_negative_of_a_picture_is_no_profile(icc: bytes) -> None:
    assert read_profile(icc) is None
    assert Colors(icc).effective is None


def test_primaries_that_were_not_adapted_still_count() -> None:
    gains = 0.9505 / 0.9642, 1.0, 1.089 / 0.8249
    red, green, blue = ((x * gains[0], y * gains[1], z * gains[2]) for x, y, z in SRGB)
    assert read_profile(profile((red, green, blue), gamma(2.2))) is not None


@pytest.mark.parametrize("name", OTHER_CURVES)
def test_a_name_makes_no_srgb(name: str) -> None:
    assert not is_srgb(profile(SRGB, OTHER_CURVES[name], name="sRGB IEC61966-2.1"))


@pytest.mark.parametrize(("name", "space"), [("2.2", "srgb"), ("linear", "other"), ("1.8", "other"), ("no curve", "other")])
def test_another_curve_makes_another_space_where_that_shows(name: str, space: str) -> None:
    assert space_of(profile(SRGB, OTHER_CURVES[name])) == space


@pytest.mark.parametrize("space", SPACES)
def test_spaces_are_known_by_their_primaries(space: str) -> None:
    icc = profile(SPACES[space], srgb_curve(), name="sRGB")
    assert space_of(icc) == space
    assert is_srgb(icc) == (space == "srgb")


def test_primaries_of_nobody_are_a_space_of_their_own() -> None:
    red, green, blue = SRGB
    assert space_of(profile((blue, green, red), srgb_curve())) == "other"


def test_tables_count_before_primaries() -> None:
    icc = profile(SRGB, srgb_curve(), more={b"A2B0": b"mft2" + bytes(60)})
    assert (is_srgb(icc), space_of(icc)) == (False, "other")


@pytest.mark.parametrize("space", [b"GRAY", b"CMYK", b"Lab "])
def test_profiles_of_no_rgb_name_no_space(space: bytes) -> None:
    assert space_of(profile(SRGB, srgb_curve()).replace(b"RGB XYZ ", space + b"XYZ ")) is None


@pytest.mark.parametrize("data", [b"", b"no profile at all", bytes(200), LITTLE_CMS[:140]])
def test_what_is_no_profile_is_none(data: bytes) -> None:
    assert read_profile(data) is None


def test_coding_points_in_a_profile() -> None:
    icc = profile(BT2020, gamma(2.2), more={b"cicp": b"cicp" + bytes(4) + bytes([9, 16, 0, 1])})
    assert known(icc).coding == Coding(9, 16)
    assert (Colors(icc).transfer, Colors(icc).color_space, Colors(icc).effective) == ("pq", "bt2020", Coding(9, 16))


P3 = profile(DISPLAY_P3, srgb_curve())


@pytest.mark.every(
    ("colors", "space", "transfer", "effective"),
    [
        (Colors(), None, None, None),
        (Colors(P3), "display-p3", "sdr", P3),
        (Colors(coding=Coding(1, 13)), "srgb", "sdr", None),
        (Colors(coding=Coding(2, 2)), "srgb", "sdr", None),
        (Colors(coding=Coding(6, 6)), "srgb", "sdr", None),
        (Colors(coding=Coding(12, 13)), "display-p3", "sdr", Coding(12, 13)),
        (Colors(coding=Coding(9, 14)), "bt2020", "sdr", Coding(9, 14)),
        (Colors(coding=Coding(9, 18)), "bt2020", "hlg", Coding(9, 18)),
        (Colors(coding=Coding(1, 8)), "other", "sdr", Coding(1, 8)),
        (Colors(coding=Coding(1, 4)), "srgb", "sdr", Coding(1, 4)),
        (Colors(coding=Coding(1, 200)), "srgb", "sdr", None),
        # A profile counts before the coding points, unless these are of high dynamic range.
        (Colors(P3, Coding(1, 13)), "display-p3", "sdr", P3),
        (Colors(P3, Coding(9, 16)), "bt2020", "pq", Coding(9, 16)),
    ],
)
def test_what_counts_of_all_that_is_said(colors: Colors, space: str, transfer: str, effective: object) -> None:
    assert (colors.color_space, colors.transfer, colors.effective) == (space, transfer, effective)


@given(st.data())
def test_damaged_profiles_never_raise(data: st.DataObject) -> None:
    curve = data.draw(st.sampled_from([*CURVES_OF_SRGB.values(), *OTHER_CURVES.values()]))
    damaged = bytearray(profile(SRGB, curve))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255)), max_size=12)):
        damaged[place] = value
    colors = Colors(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    assert colors.color_space in (None, "other", *SPACES)
    assert colors.transfer in (None, "sdr", "pq", "hlg")
    assert colors.effective is None or colors.effective


@given(st.lists(st.floats(-32_767, 32_767), min_size=7, max_size=7), st.integers(0, 4))
def test_formulas_with_any_numbers_never_raise(numbers: list[float], kind: int) -> None:
    read_profile(profile(SRGB, parametric(kind, *numbers)))
