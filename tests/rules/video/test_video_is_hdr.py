from pathlib import Path

import pytest

from mediapreflight.catalog import builtin_catalog
from mediapreflight.media.facts import VideoFacts
from mediapreflight.rules.base import InputCase
from mediapreflight.rules.video import video_is_hdr

HDR = {
    "code": "VID018",
    "name": "video-is-hdr",
    "severity": "warning",
    "role": "video",
    "limit": "sdr",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_pq(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/hdr-pq.mp4"
    assert found("video-is-hdr", "videoretalk", level=level, video=path) == [HDR | {"path": str(path), "measured": "pq"}]


def test_hlg(found, make) -> None:
    path = make.video(64, 64, 2, options="transfer=arib-std-b67:colorprim=bt2020:colormatrix=bt2020nc")
    assert found("video-is-hdr", "videoretalk", video=path) == [HDR | {"path": path, "measured": "hlg"}]


def test_dolby_vision_that_nothing_else_can_show() -> None:
    facts = VideoFacts(path="v.mp4", format="mp4", transfer="ipt-pq", video_codec="hevc")
    model = builtin_catalog().model("videoretalk")
    (fault,) = video_is_hdr.check(InputCase(model, "video", model.roles["video"], "v.mp4", facts))
    assert (fault.severity, fault.measured, fault.fixable) == ("warning", "ipt-pq", False)
    assert "Dolby Vision profile 5" in fault.message


@pytest.mark.parametrize("name", ["formats/h264.mp4", "video/ten-bit.mp4", "video/ten-bit-h265.mp4"])
def test_standard_range(found, fixtures: Path, name: str) -> None:
    assert found("video-is-hdr", "videoretalk", video=fixtures / name) == []
