from pathlib import Path

import pytest

LATE = {
    "code": "VID013",
    "name": "video-starts-late",
    "severity": "warning",
    "role": "video",
    "measured": 1,
    "limit": "<= 0.1",
    "unit": "s",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_sound_before_the_picture(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/late-picture.mp4"
    assert found("video-starts-late", "videoretalk", level=level, video=path) == [LATE | {"path": str(path)}]


@pytest.mark.parametrize(
    "name",
    ["talking-head.mp4", "formats/h264.mp4", "formats/h264.mov", "formats/h264.ts", "formats/mpeg2.mpg", "video/fps-12.mp4"],
)
def test_picture_from_the_start(found, fixtures: Path, name: str) -> None:
    assert found("video-starts-late", "videoretalk", video=fixtures / name) == []
