from pathlib import Path

import pytest
from PIL import Image

from ...media.image.icc import ADOBE_RGB, BT2020, DISPLAY_P3, PROPHOTO_RGB, SRGB, gamma, profile, srgb_curve
from ...media.make import encoded, patched, picture, png_chunk, png_with

FINDING = {
    "code": "IMG011",
    "name": "image-relies-on-color-profile",
    "role": "first_frame",
    "limit": "srgb",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}
WIDE = {
    "display-p3": (profile(DISPLAY_P3, srgb_curve()), "info"),
    "adobe-rgb": (profile(ADOBE_RGB, gamma(2.2)), "warning"),
    "prophoto-rgb": (profile(PROPHOTO_RGB, gamma(1.8)), "warning"),
    "bt2020": (profile(BT2020, srgb_curve()), "warning"),
    # Its name is the whole of what is sRGB in it.
    "other": (profile(SRGB, gamma(1.0), name="sRGB IEC61966-2.1"), "warning"),
}


@pytest.mark.parametrize("space", WIDE)
@pytest.mark.parametrize("level", ["metadata", "decode"])
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif", "tiff"])
def test_profiles(found, tmp_path: Path, format: str, level: str, space: str) -> None:
    path = tmp_path / f"p.{format}"
    icc, severity = WIDE[space]
    path.write_bytes(encoded(picture(), format.upper(), icc_profile=icc))
    measured = {"path": str(path), "measured": space, "severity": severity}
    assert found("image-relies-on-color-profile", "wan2.7-i2v", level=level, first_frame=path) == [FINDING | measured]


def test_a_profile_in_several_segments(found, tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(encoded(picture(), "JPEG", icc_profile=profile(DISPLAY_P3, srgb_curve(), name="P3" + "." * 100_000)))
    assert path.read_bytes().count(b"ICC_PROFILE\0") == 2
    (finding,) = found("image-relies-on-color-profile", "wan2.7-i2v", first_frame=path)
    assert finding["measured"] == "display-p3"


@pytest.mark.parametrize("primaries", [11, 12])
def test_coding_points(found, tmp_path: Path, primaries: int) -> None:
    data, path = encoded(picture(), "AVIF"), tmp_path / "p.avif"
    path.write_bytes(patched(data, data.index(b"nclx") + 4, bytes([0, primaries, 0, 13])))
    (finding,) = found("image-relies-on-color-profile", "wan2.7-i2v", first_frame=path)
    assert finding["measured"] == "display-p3"


def test_coding_points_count_before_the_profile_of_a_png(found, tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    chunk = png_chunk(b"cICP", bytes([1, 13, 0, 1]))
    path.write_bytes(png_with(encoded(picture(), "PNG", icc_profile=WIDE["adobe-rgb"][0]), b"iCCP", chunk))
    assert found("image-relies-on-color-profile", "wan2.7-i2v", first_frame=path) == []


@pytest.mark.parametrize(
    "icc",
    [profile(SRGB, srgb_curve(), name="Camera"), profile(SRGB, gamma(2.2)), b"no profile at all"],
    ids=["sRGB", "2.2", "bad"],
)
def test_profiles_without_consequence(found, tmp_path: Path, icc: bytes) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(encoded(picture(), "JPEG", icc_profile=icc))
    assert found("image-relies-on-color-profile", "wan2.7-i2v", first_frame=path) == []


def test_a_profile_of_colours_says_nothing_of_grey(found, tmp_path: Path) -> None:
    Image.new("L", (400, 400)).save(tmp_path / "p.png", icc_profile=WIDE["adobe-rgb"][0])
    assert found("image-relies-on-color-profile", "wan2.7-i2v", first_frame=tmp_path / "p.png") == []


@pytest.mark.parametrize("name", ["baseline.jpg", "rgb.png", "rgb.avif", "cmyk.jpg"])
def test_pictures_without_a_profile(found, fixtures: Path, name: str) -> None:
    assert found("image-relies-on-color-profile", "emo-v1", image=fixtures / "formats" / name) == []
