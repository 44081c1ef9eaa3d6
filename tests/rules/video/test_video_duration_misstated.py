from pathlib import Path

import pytest

MISSTATED = {
    "code": "VID011",
    "name": "video-duration-misstated",
    "severity": "warning",
    "role": "video",
    "measured": 20,
    "limit": None,
    "unit": "s",
    "service_code": None,
    "fixable": True,
    "source": None,
}


def test_header_that_claims_too_much(found, said, fixtures: Path) -> None:
    path = fixtures / "faults/false-duration.mp4"
    assert found("video-duration-misstated", "videoretalk", video=path) == [MISSTATED | {"path": str(path)}]
    assert "header says 20 s" in said("video-duration-misstated", "videoretalk", video=path)[0]


def test_headers_alone_do_not_tell(found, fixtures: Path) -> None:
    path = fixtures / "faults/false-duration.mp4"
    assert found("video-duration-misstated", "videoretalk", level="metadata", video=path) == []


@pytest.mark.parametrize(
    "name",
    ["talking-head.mp4", "dance.mp4", "formats/h264.mp4", "formats/h264-fragmented.mp4", "formats/h264.mov", "formats/vp9.webm"],
)
def test_honest_files(found, fixtures: Path, name: str) -> None:
    assert found("video-duration-misstated", "videoretalk", video=fixtures / name) == []
