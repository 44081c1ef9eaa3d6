from pathlib import Path

import pytest

NOT_SQUARE = {
    "code": "VID016",
    "name": "video-pixels-not-square",
    "severity": "warning",
    "role": "video",
    "measured": "4:3",
    "limit": "1:1",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_wider_than_stored(found, said, fixtures: Path, level: str) -> None:
    path = fixtures / "orientation/pixels-4-3.mp4"
    assert found("video-pixels-not-square", "videoretalk", level=level, video=path) == [NOT_SQUARE | {"path": str(path)}]
    (words,) = said("video-pixels-not-square", "videoretalk", level=level, video=path)
    assert "stored 96 x 128 px" in words
    assert "shown 128 x 128 px" in words


@pytest.mark.parametrize("name", ["h264.mp4", "h264.avi", "vp9.webm", "motion-jpeg.avi", "h264.ts"])
def test_square_or_not_stated(found, fixtures: Path, name: str) -> None:
    assert found("video-pixels-not-square", "videoretalk", video=fixtures / "formats" / name) == []
