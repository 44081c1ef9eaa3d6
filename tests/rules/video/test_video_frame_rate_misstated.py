from pathlib import Path

import pytest

MISSTATED = {
    "code": "VID012",
    "name": "video-frame-rate-misstated",
    "severity": "warning",
    "role": "video",
    "measured": 600,
    "unit": "fps",
    "limit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


def test_header_that_claims_too_much(found, said, fixtures: Path) -> None:
    path = fixtures / "video/false-frame-rate.webm"
    (finding,) = found("video-frame-rate-misstated", "videoretalk", video=path)
    assert finding == MISSTATED | {"path": str(path)}
    assert "header says 600 fps" in said("video-frame-rate-misstated", "videoretalk", video=path)[0]


def test_headers_alone_do_not_tell(found, fixtures: Path) -> None:
    path = fixtures / "video/false-frame-rate.webm"
    assert found("video-frame-rate-misstated", "videoretalk", level="metadata", video=path) == []


@pytest.mark.parametrize(
    "name",
    ["talking-head.mp4", "formats/h264.mp4", "formats/vp9.webm", "formats/h264.ts", "video/fps-12.mp4", "video/fps-75.mp4"],
)
def test_honest_files(found, fixtures: Path, name: str) -> None:
    assert found("video-frame-rate-misstated", "videoretalk", video=fixtures / name) == []
