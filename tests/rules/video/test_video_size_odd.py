from pathlib import Path

import pytest

ODD = {
    "code": "VID020",
    "name": "video-size-odd",
    "severity": "warning",
    "role": "video",
    "measured": "95x127",
    "limit": "even",
    "unit": "px",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_both_sides_odd(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/odd-size.mp4"
    assert found("video-size-odd", "videoretalk", level=level, video=path) == [ODD | {"path": str(path)}]


def test_even_sides(found, fixtures: Path, make) -> None:
    assert found("video-size-odd", "videoretalk", video=fixtures / "formats/h264.mp4") == []
    assert found("video-size-odd", "videoretalk", video=make.video(66, 70, 2)) == []


def test_size_counts_as_stored(found, fixtures: Path) -> None:
    assert found("video-size-odd", "videoretalk", video=fixtures / "orientation/pixels-4-3.mp4") == []
