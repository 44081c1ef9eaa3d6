from pathlib import Path

import pytest

BROKEN = {
    "code": "FILE009",
    "name": "file-header-broken",
    "severity": "error",
    "measured": None,
    "limit": None,
    "unit": None,
    "fixable": False,
    "source": None,
}
PNG_OF_NO_WIDTH = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d494844520000000000000010080200000000000000")


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_size_of_zero(found, tmp_path: Path, level: str) -> None:
    path = tmp_path / "no-width.png"
    path.write_bytes(PNG_OF_NO_WIDTH + bytes(1000))
    expected = BROKEN | {"role": "image", "path": str(path), "service_code": "InvalidParameter.UnsupportedFileFormat"}
    assert found("file-header-broken", "liveportrait", level=level, image=path) == [expected]


def test_signature_and_nothing_behind_it(found, tmp_path: Path) -> None:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(b"\xff\xd8\xff\xd9" + bytes(1000))
    assert [finding["code"] for finding in found("file-header-broken", "emo-v1", image=path)] == ["FILE009"]


def test_container_without_a_stream(found, tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(1000))
    expected = BROKEN | {"role": "video", "path": str(path), "service_code": "InvalidFile.Format"}
    assert found("file-header-broken", "videoretalk", video=path) == [expected]


def test_sound_headers(found, fixtures: Path) -> None:
    for name in ("portrait.jpg", "formats/rgb.png", "formats/rgb.bmp", "formats/lossy.webp", "formats/still.gif"):
        assert found("file-header-broken", "emo-v1", image=fixtures / name) == []
    assert found("file-header-broken", "videoretalk", video=fixtures / "talking-head.mp4") == []
