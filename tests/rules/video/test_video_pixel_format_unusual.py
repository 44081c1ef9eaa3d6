from pathlib import Path

import pytest

UNUSUAL = {
    "code": "VID017",
    "name": "video-pixel-format-unusual",
    "severity": "warning",
    "role": "video",
    "limit": "yuv420p",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize(
    ("name", "pixels", "words"),
    [
        ("ten-bit.mp4", "yuv420p10le", "10-bit 4:2:0"),
        ("ten-bit-h265.mp4", "yuv420p10le", "10-bit 4:2:0"),
        ("chroma-4-4-4.mp4", "yuv444p", "8-bit 4:4:4"),
    ],
)
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_deeper_or_finer(found, said, fixtures: Path, name: str, pixels: str, words: str, level: str) -> None:
    path = fixtures / "video" / name
    expected = UNUSUAL | {"path": str(path), "measured": pixels}
    assert found("video-pixel-format-unusual", "videoretalk", level=level, video=path) == [expected]
    assert words in said("video-pixel-format-unusual", "videoretalk", level=level, video=path)[0]


@pytest.mark.parametrize("name", ["formats/h264.mp4", "formats/h265.mp4", "formats/motion-jpeg.avi", "video/interlaced.mp4"])
def test_eight_bit_four_two_zero(found, fixtures: Path, name: str) -> None:
    assert found("video-pixel-format-unusual", "videoretalk", video=fixtures / name) == []
