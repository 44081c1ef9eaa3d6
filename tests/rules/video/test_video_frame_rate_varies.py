from pathlib import Path

import pytest

VARIES = {
    "code": "VID008",
    "name": "video-frame-rate-varies",
    "severity": "warning",
    "role": "video",
    "measured": 25,
    "unit": "fps",
    "limit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


def test_slow_then_fast(found, said, fixtures: Path) -> None:
    path = fixtures / "video/variable-frame-rate.mp4"
    (finding,) = found("video-frame-rate-varies", "videoretalk", video=path)
    assert finding == VARIES | {"path": str(path)}
    assert "8.33 to 25 fps" in said("video-frame-rate-varies", "videoretalk", video=path)[0]


def test_headers_do_not_tell(found, fixtures: Path) -> None:
    path = fixtures / "video/variable-frame-rate.mp4"
    assert found("video-frame-rate-varies", "videoretalk", level="metadata", video=path) == []


@pytest.mark.parametrize("name", ["h264.mp4", "h264.mov", "h264.mkv", "vp9.webm", "h264.flv", "h264.ts", "motion-jpeg.avi"])
def test_constant_rate_in_every_container(found, fixtures: Path, name: str) -> None:
    assert found("video-frame-rate-varies", "videoretalk", video=fixtures / "formats" / name) == []
