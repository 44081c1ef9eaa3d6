from pathlib import Path

import pytest

EXTREME = {
    "code": "VID005",
    "name": "video-aspect-ratio-too-extreme",
    "severity": "error",
    "role": "video",
    "limit": "<= 3",
    "unit": None,
    "service_code": "InvalidFile.AspectRatio",
    "fixable": True,
    "source": "animate-anyone-template-api, 2026",
}


@pytest.mark.parametrize(("width", "height"), [(602, 200), (200, 602)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_long_side_over_short_side_in_both_directions(found, make, width: int, height: int, level: str) -> None:
    path = make.video(width, height, 2)
    expected = EXTREME | {"path": path, "measured": pytest.approx(3.01)}
    assert found("video-aspect-ratio-too-extreme", "animate-anyone-template-gen2", level=level, video=path) == [expected]


@pytest.mark.parametrize(("width", "height"), [(600, 200), (200, 600), (200, 200)])
def test_on_the_limit_and_inside(found, make, width: int, height: int) -> None:
    path = make.video(width, height, 2)
    assert found("video-aspect-ratio-too-extreme", "animate-anyone-template-gen2", video=path) == []


def test_pixels_that_are_not_square_count_as_displayed(found, fixtures: Path) -> None:
    path = fixtures / "orientation/pixels-4-3.mp4"
    assert found("video-aspect-ratio-too-extreme", "animate-anyone-template-gen2", video=path) == []


def test_no_ratio_documented(found, make) -> None:
    assert found("video-aspect-ratio-too-extreme", "videoretalk", video=make.video(602, 64, 2)) == []
