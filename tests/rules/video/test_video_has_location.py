from pathlib import Path

import pytest

LOCATION = {
    "code": "VID021",
    "name": "video-has-location",
    "severity": "info",
    "role": "video",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_position_of_the_recording(found, fixtures: Path, level: str) -> None:
    path = fixtures / "orientation/location.mov"
    assert found("video-has-location", "videoretalk", level=level, video=path) == [LOCATION | {"path": str(path)}]


def test_the_position_itself_is_not_printed(said, fixtures: Path) -> None:
    (words,) = said("video-has-location", "videoretalk", video=fixtures / "orientation/location.mov")
    assert not any(character.isdigit() for character in words)


@pytest.mark.parametrize("name", ["formats/h264.mov", "formats/h264.mp4", "orientation/rotation-90.mp4"])
def test_metadata_without_a_position(found, fixtures: Path, name: str) -> None:
    assert found("video-has-location", "videoretalk", video=fixtures / name) == []
