from pathlib import Path

import pytest

CMYK = {
    "code": "IMG004",
    "name": "image-is-cmyk",
    "severity": "warning",
    "role": "image",
    "measured": "cmyk",
    "limit": "rgb",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_print_colours(found, fixtures: Path, level: str) -> None:
    path = fixtures / "formats/cmyk.jpg"
    assert found("image-is-cmyk", "emo-v1", level=level, image=path) == [CMYK | {"path": str(path)}]


@pytest.mark.parametrize("name", ["baseline.jpg", "grey.jpg", "rgb.png", "rgba.png", "palette.png"])
def test_other_colours(found, fixtures: Path, name: str) -> None:
    assert found("image-is-cmyk", "emo-v1", image=fixtures / "formats" / name) == []
