from pathlib import Path

import pytest

CORRUPT = {
    "code": "FILE011",
    "name": "file-corrupt",
    "severity": "error",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}
DAMAGED = [
    ("ref_image", "faults/corrupt-scan.jpg"),
    ("ref_image", "faults/corrupt-scan-slightly.jpg"),
    ("ref_image", "faults/wrong-crc.png"),
    ("ref_image", "faults/wrong-data.png"),
    ("video", "faults/corrupt-frames.mp4"),
]


@pytest.mark.parametrize(("role", "name"), DAMAGED)
def test_damage(found, fixtures: Path, role: str, name: str) -> None:
    path = fixtures / name
    assert found("file-corrupt", "videoretalk", **{role: path}) == [CORRUPT | {"role": role, "path": str(path)}]


@pytest.mark.parametrize(("role", "name"), DAMAGED)
def test_headers_do_not_tell(found, fixtures: Path, role: str, name: str) -> None:
    assert found("file-corrupt", "videoretalk", level="metadata", **{role: fixtures / name}) == []


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("ref_image", "portrait-3x4.jpg"),
        ("ref_image", "formats/progressive.jpg"),
        ("ref_image", "formats/rgb.png"),
        ("ref_image", "formats/interlaced.png"),
        ("audio", "voice.mp3"),
        ("video", "formats/h264.mp4"),
        ("video", "formats/vp9.webm"),
        ("video", "formats/h265.mp4"),
    ],
)
def test_sound_data(found, fixtures: Path, role: str, name: str) -> None:
    assert found("file-corrupt", "videoretalk", **{role: fixtures / name}) == []


def test_data_nobody_can_decode_is_encrypted_rather_than_damaged(found, fixtures: Path) -> None:
    assert found("file-corrupt", "videoretalk", video=fixtures / "video/encrypted.mp4") == []
