from pathlib import Path

import pytest

INTERLACED = {
    "code": "VID019",
    "name": "video-is-interlaced",
    "severity": "warning",
    "role": "video",
    "measured": "interlaced",
    "limit": "progressive",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_two_fields_a_frame(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/interlaced.mp4"
    assert found("video-is-interlaced", "videoretalk", level=level, video=path) == [INTERLACED | {"path": str(path)}]


@pytest.mark.parametrize("name", ["h264.mp4", "h265.mp4", "mpeg2.mpg", "vp9.webm", "motion-jpeg.avi"])
def test_whole_frames(found, fixtures: Path, name: str) -> None:
    assert found("video-is-interlaced", "videoretalk", video=fixtures / "formats" / name) == []
