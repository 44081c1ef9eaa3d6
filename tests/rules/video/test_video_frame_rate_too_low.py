from fractions import Fraction
from pathlib import Path

import pytest

LOW = {
    "code": "VID006",
    "name": "video-frame-rate-too-low",
    "severity": "error",
    "role": "video",
    "limit": ">= 15",
    "unit": "fps",
    "service_code": "InvalidFile.FPS",
    "fixable": True,
    "source": "videoretalk-api, en, undated",
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_below(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/fps-12.mp4"
    expected = LOW | {"path": str(path), "measured": 12}
    assert found("video-frame-rate-too-low", "videoretalk", level=level, video=path) == [expected]


def test_just_below(found, make) -> None:
    path = make.video(64, 64, 30, Fraction(1499, 100))
    (finding,) = found("video-frame-rate-too-low", "videoretalk", video=path)
    assert finding["measured"] == pytest.approx(14.99, abs=0.005)


def test_on_the_limit_and_inside(found, make) -> None:
    for rate in (15, 25, 60):
        assert found("video-frame-rate-too-low", "videoretalk", video=make.video(64, 64, 30, Fraction(rate))) == []


def test_ntsc_rate_is_below_the_film_rate(found, make) -> None:
    path = make.video(64, 64, 30, Fraction(24000, 1001))
    (finding,) = found("video-frame-rate-too-low", "animate-anyone-template-gen2", video=path)
    assert (finding["severity"], finding["limit"]) == ("error", ">= 24")


def test_no_rate_documented(found, fixtures: Path) -> None:
    assert found("video-frame-rate-too-low", "wan2.7-i2v", first_clip=fixtures / "video/fps-12.mp4") == []
