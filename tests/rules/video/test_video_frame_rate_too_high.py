from fractions import Fraction
from pathlib import Path

import pytest

HIGH = {
    "code": "VID007",
    "name": "video-frame-rate-too-high",
    "severity": "error",
    "role": "video",
    "limit": "<= 60",
    "unit": "fps",
    "service_code": "InvalidFile.FPS",
    "fixable": True,
    "source": "videoretalk-api, en, undated",
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_above(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/fps-75.mp4"
    expected = HIGH | {"path": str(path), "measured": 75}
    assert found("video-frame-rate-too-high", "videoretalk", level=level, video=path) == [expected]


def test_just_above(found, make) -> None:
    path = make.video(64, 64, 61, Fraction(61))
    assert found("video-frame-rate-too-high", "videoretalk", video=path) == [HIGH | {"path": path, "measured": 61}]


def test_on_the_limit_and_inside(found, make) -> None:
    for rate in (15, Fraction(60000, 1001), 60):
        assert found("video-frame-rate-too-high", "videoretalk", video=make.video(64, 64, 60, Fraction(rate))) == []


def test_header_that_claims_too_much(found, fixtures: Path) -> None:
    (finding,) = found("video-frame-rate-too-high", "videoretalk", video=fixtures / "video/false-frame-rate.webm")
    assert finding["measured"] == 600


def test_no_highest_rate_documented(found, fixtures: Path) -> None:
    path = fixtures / "video/fps-75.mp4"
    assert found("video-frame-rate-too-high", "animate-anyone-template-gen2", video=path) == []
