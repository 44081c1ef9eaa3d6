from pathlib import Path

import pytest

SHORT = {
    "code": "VID003",
    "name": "video-side-too-short",
    "severity": "error",
    "role": "video",
    "limit": ">= 640",
    "unit": "px",
    "service_code": "InvalidFile.Resolution",
    "fixable": True,
    "source": "videoretalk-api, en, undated",
}


@pytest.mark.parametrize(("width", "height", "side"), [(638, 720, 638), (720, 638, 638), (64, 64, 64)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_shorter_side_decides(found, make, width: int, height: int, side: int, level: str) -> None:
    path = make.video(width, height, 2)
    assert found("video-side-too-short", "videoretalk", level=level, video=path) == [SHORT | {"path": path, "measured": side}]


@pytest.mark.parametrize(("width", "height"), [(640, 720), (720, 640), (640, 640)])
def test_on_the_limit(found, make, width: int, height: int) -> None:
    assert found("video-side-too-short", "videoretalk", video=make.video(width, height, 2)) == []


def test_pixels_that_are_not_square_count_as_displayed(found, fixtures: Path) -> None:
    (finding,) = found("video-side-too-short", "videoretalk", video=fixtures / "orientation/pixels-4-3.mp4")
    assert finding["measured"] == 128


def test_no_smallest_side_for_a_recording(found, fixtures: Path) -> None:
    assert found("video-side-too-short", "videoretalk", audio=fixtures / "formats/h264.mp4") == []
