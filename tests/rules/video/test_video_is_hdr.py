from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", ["formats/h264.mp4", "video/ten-bit.mp4", "video/ten-bit-h265.mp4"])
def test_standard_range(found, fixtures: Path, name: str) -> None:
    assert found("video-is-hdr", "videoretalk", video=fixtures / name) == []
