"""VideoRetalk: from 2 s on, by one page; from above 2 s, by another."""

from fractions import Fraction
from pathlib import Path

import pytest

SHORT = {
    "code": "VID009",
    "name": "video-too-short",
    "role": "video",
    "unit": "s",
    "service_code": "InvalidFile.Duration",
    "fixable": True,
}
ERROR = {"severity": "error", "limit": ">= 2", "source": "videoretalk-api, en, undated; platform.qianwenai.com API docs, 2026"}
WARNING = {"severity": "warning", "limit": "> 2", "source": "videoretalk-api, 2026"}


@pytest.mark.parametrize(("frames", "seconds", "terms"), [(49, 1.96, ERROR), (50, 2, WARNING)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_below_and_on_the_limit(found, make, frames: int, seconds: float, terms: dict, level: str) -> None:
    path = make.video(64, 64, frames)
    expected = SHORT | terms | {"path": path, "measured": pytest.approx(seconds)}
    assert found("video-too-short", "videoretalk", level=level, video=path) == [expected]


def test_inside_every_document(found, make) -> None:
    assert found("video-too-short", "videoretalk", video=make.video(64, 64, 51)) == []


def test_closed_end_without_conflict(found, make) -> None:
    assert found("video-too-short", "wan2.7-i2v", first_clip=make.video(64, 64, 50)) == []
    (finding,) = found("video-too-short", "wan2.7-i2v", first_clip=make.video(64, 64, 49))
    assert finding["severity"] == "error"


def test_picture_shorter_than_its_header_says(found, fixtures: Path) -> None:
    path = fixtures / "faults/false-duration.mp4"
    assert found("video-too-short", "videoretalk", level="metadata", video=path) == []
    (finding,) = found("video-too-short", "videoretalk", video=path)
    assert finding["measured"] == 1


def test_no_shortest_length_documented(found, make) -> None:
    assert found("video-too-short", "video-style-transform", video=make.video(64, 64, 2, Fraction(25))) == []
