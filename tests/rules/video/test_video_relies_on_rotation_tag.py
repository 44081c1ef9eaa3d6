from pathlib import Path

import pytest

TURNED = {
    "code": "VID015",
    "name": "video-relies-on-rotation-tag",
    "severity": "warning",
    "role": "video",
    "limit": "0",
    "unit": "degrees",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_stored_turned(found, fixtures: Path, degrees: int, level: str) -> None:
    path = fixtures / f"orientation/rotation-{degrees}.mp4"
    expected = TURNED | {"path": str(path), "measured": degrees}
    assert found("video-relies-on-rotation-tag", "videoretalk", level=level, video=path) == [expected]


def test_words_name_both_sizes(said, fixtures: Path) -> None:
    (words,) = said("video-relies-on-rotation-tag", "videoretalk", video=fixtures / "orientation/rotation-90.mp4")
    assert "stored 128 x 96 px" in words
    assert "shown 96 x 128 px" in words


@pytest.mark.parametrize("name", ["formats/h264.mp4", "formats/h264.mov", "orientation/pixels-4-3.mp4"])
def test_upright(found, fixtures: Path, name: str) -> None:
    assert found("video-relies-on-rotation-tag", "videoretalk", video=fixtures / name) == []
