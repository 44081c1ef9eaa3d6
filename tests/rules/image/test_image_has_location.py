from pathlib import Path

import pytest

LOCATION = {
    "code": "IMG009",
    "name": "image-has-location",
    "severity": "info",
    "role": "image",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_gps_position(found, fixtures: Path, level: str) -> None:
    path = fixtures / "orientation/location.jpg"
    assert found("image-has-location", "emo-v1", level=level, image=path) == [LOCATION | {"path": str(path)}]


def test_the_position_itself_is_not_printed(said, fixtures: Path) -> None:
    (words,) = said("image-has-location", "emo-v1", image=fixtures / "orientation/location.jpg")
    assert not any(character.isdigit() for character in words)


@pytest.mark.parametrize("name", ["exif-1.jpg", "xmp-6.png"])
def test_metadata_without_a_position(found, fixtures: Path, name: str) -> None:
    assert found("image-has-location", "emo-v1", image=fixtures / "orientation" / name) == []
