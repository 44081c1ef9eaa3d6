"""VideoRetalk: up to 120 s, by one page; below 120 s, by another."""

from fractions import Fraction
from pathlib import Path

import pytest

LONG = {
    "code": "VID010",
    "name": "video-too-long",
    "role": "video",
    "unit": "s",
    "service_code": "InvalidFile.Duration",
    "fixable": True,
}
ERROR = {"severity": "error", "limit": "<= 120", "source": "videoretalk-api, en, undated; platform.qianwenai.com API docs, 2026"}
WARNING = {"severity": "warning", "limit": "< 120", "source": "videoretalk-api, 2026"}


@pytest.mark.parametrize(("frames", "terms"), [(121, ERROR), (120, WARNING)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_above_and_on_the_limit(found, make, frames: int, terms: dict, level: str) -> None:
    path = make.video(64, 64, frames, Fraction(1))
    assert found("video-too-long", "videoretalk", level=level, video=path) == [LONG | terms | {"path": path, "measured": frames}]


def test_inside_every_document(found, make) -> None:
    assert found("video-too-long", "videoretalk", video=make.video(64, 64, 119, Fraction(1))) == []


def test_closed_end_without_conflict(found, make) -> None:
    assert found("video-too-long", "wan2.7-i2v", first_clip=make.video(64, 64, 10, Fraction(1))) == []
    (finding,) = found("video-too-long", "wan2.7-i2v", first_clip=make.video(64, 64, 11, Fraction(1)))
    assert (finding["severity"], finding["limit"]) == ("error", "<= 10")


def test_header_that_claims_too_much(found, fixtures: Path) -> None:
    # What is there is too short, and one file is not too short and too long.
    clip = fixtures / "faults/false-duration.mp4"
    assert found("video-too-long", "wan2.7-i2v", first_clip=clip) == []
    assert [finding["measured"] for finding in found("video-too-short", "wan2.7-i2v", first_clip=clip)] == [1]
