from pathlib import Path

import pytest

CUT = {
    "code": "FILE010",
    "name": "file-truncated",
    "severity": "error",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


@pytest.mark.every(
    ("role", "name"),
    [
        ("ref_image", "faults/truncated.png"),
        ("ref_image", "faults/truncated.webp"),
        ("ref_image", "faults/truncated.gif"),
        ("ref_image", "faults/truncated.bmp"),
        ("audio", "faults/truncated.wav"),
        ("video", "faults/truncated.mp4"),
        ("video", "faults/truncated.mkv"),
    ],
)
@pytest.mark.every("level", ["metadata", "decode"])
def test_headers_tell(found, fixtures: Path, role: str, name: str, level: str) -> None:
    path = fixtures / name
    assert found("file-truncated", "videoretalk", level=level, **{role: path}) == [CUT | {"role": role, "path": str(path)}]


@pytest.mark.parametrize(("role", "name"), [("ref_image", "faults/truncated.jpg"), ("video", "faults/truncated-after-index.mp4")])
def test_only_the_data_tells(found, fixtures: Path, role: str, name: str) -> None:
    path = fixtures / name
    assert found("file-truncated", "videoretalk", level="decode", **{role: path}) == [CUT | {"role": role, "path": str(path)}]


@pytest.mark.every(
    ("role", "name"),
    [
        ("ref_image", "portrait-3x4.jpg"),
        ("ref_image", "formats/rgb.png"),
        ("ref_image", "formats/lossless.webp"),
        ("ref_image", "formats/still.gif"),
        ("ref_image", "formats/rgb.bmp"),
        ("audio", "formats/pcm-s16.wav"),
        ("audio", "faults/unknown-data-size.wav"),
        ("video", "formats/h264.mp4"),
        ("video", "formats/h264-moov-first.mp4"),
        ("video", "formats/h264-fragmented.mp4"),
        ("video", "formats/h264.mkv"),
        ("video", "formats/h264.avi"),
    ],
)
def test_whole_files(found, fixtures: Path, role: str, name: str) -> None:
    assert found("file-truncated", "videoretalk", **{role: fixtures / name}) == []
