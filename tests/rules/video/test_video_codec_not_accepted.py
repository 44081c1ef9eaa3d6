from pathlib import Path

import pytest

CODEC = {
    "code": "VID002",
    "name": "video-codec-not-accepted",
    "role": "video",
    "limit": "h264, hevc",
    "unit": None,
    "service_code": None,
    "fixable": True,
}
SOURCES = {"animate-anyone-template-gen2": "animate-anyone-template-api, 2026", "videoretalk": "videoretalk-api, en, undated"}
OTHERS = [
    ("formats/av1.mp4", "av1"),
    ("formats/vp9.webm", "vp9"),
    ("formats/mpeg4-part-2.mp4", "mpeg4"),
    ("formats/motion-jpeg.avi", "mjpeg"),
    ("formats/mpeg2.mpg", "mpeg2video"),
]


@pytest.mark.every(("name", "codec"), OTHERS)
@pytest.mark.every("level", ["metadata", "decode"])
@pytest.mark.every("model", SOURCES)
def test_codec_of_no_document(found, fixtures: Path, name: str, codec: str, level: str, model: str) -> None:
    path = fixtures / name
    expected = CODEC | {"severity": "error", "source": SOURCES[model], "path": str(path), "measured": codec}
    assert found("video-codec-not-accepted", model, level=level, video=path) == [expected]


@pytest.mark.parametrize("name", ["formats/h264.mp4", "formats/h265.mp4", "formats/h264.avi", "video/ten-bit-h265.mp4"])
@pytest.mark.parametrize("model", SOURCES)
def test_documented_codecs(found, fixtures: Path, name: str, model: str) -> None:
    assert found("video-codec-not-accepted", model, video=fixtures / name) == []


def test_no_codec_documented(found, fixtures: Path) -> None:
    assert found("video-codec-not-accepted", "wan2.7-i2v", first_clip=fixtures / "formats/av1.mp4") == []
