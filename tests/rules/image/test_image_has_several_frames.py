from pathlib import Path

import pytest

SEVERAL = {
    "code": "IMG002",
    "name": "image-has-several-frames",
    "severity": "warning",
    "role": "image",
    "measured": 2,
    "limit": "<= 1",
    "unit": "pictures",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("name", ["animated.png", "animated.webp", "animated.gif", "two-pictures.mpo"])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_more_than_one_picture(found, fixtures: Path, name: str, level: str) -> None:
    path = fixtures / "formats" / name
    assert found("image-has-several-frames", "emo-v1", level=level, image=path) == [SEVERAL | {"path": str(path)}]


@pytest.mark.parametrize("name", ["rgb.png", "lossy.webp", "still.gif", "baseline.jpg", "progressive.jpg"])
def test_one_picture(found, fixtures: Path, name: str) -> None:
    assert found("image-has-several-frames", "emo-v1", image=fixtures / "formats" / name) == []
