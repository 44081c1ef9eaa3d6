from pathlib import Path

import pytest

ALPHA = {
    "code": "IMG001",
    "name": "image-has-alpha",
    "severity": "error",
    "role": "image",
    "measured": True,
    "limit": "no alpha channel",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": "legacy-image-to-video-api-reference, 2026-10-12",
}


@pytest.mark.parametrize(
    "name",
    ["rgba.png", "rgba-opaque.png", "grey-alpha.png", "palette-transparent.png", "rgb-transparent-colour.png"],
)
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_every_way_to_be_transparent(found, fixtures: Path, name: str, level: str) -> None:
    path = fixtures / "formats" / name
    assert found("image-has-alpha", "wan2.6-i2v", level=level, image=path) == [ALPHA | {"path": str(path)}]


@pytest.mark.parametrize("name", ["rgb.png", "palette.png", "grey.png", "sixteen-bit.png", "baseline.jpg"])
def test_no_alpha(found, fixtures: Path, name: str) -> None:
    assert found("image-has-alpha", "wan2.6-i2v", image=fixtures / "formats" / name) == []


def test_format_that_may_have_it(found, fixtures: Path) -> None:
    assert found("image-has-alpha", "wan2.6-i2v", image=fixtures / "formats/alpha.webp") == []


def test_model_that_says_nothing_of_alpha(found, fixtures: Path) -> None:
    assert found("image-has-alpha", "emo-v1", image=fixtures / "formats/rgba.png") == []
