from pathlib import Path

import pytest

ENCRYPTED = {
    "code": "VID014",
    "name": "video-is-encrypted",
    "severity": "error",
    "role": "video",
    "measured": True,
    "limit": "not encrypted",
    "unit": None,
    "service_code": "InvalidFile.Format",
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_common_encryption(found, fixtures: Path, level: str) -> None:
    path = fixtures / "video/encrypted.mp4"
    assert found("video-is-encrypted", "videoretalk", level=level, video=path) == [ENCRYPTED | {"path": str(path)}]


def test_encrypted_sound(found, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes((fixtures / "talking-head.mp4").read_bytes().replace(b"mp4a", b"enca", 1))
    assert found("video-is-encrypted", "videoretalk", video=path) == [ENCRYPTED | {"path": str(path)}]


def test_in_the_clear(found, fixtures: Path) -> None:
    for name in ("h264.mp4", "h265.mp4", "h264-fragmented.mp4", "h264.mov", "vp9.webm"):
        assert found("video-is-encrypted", "videoretalk", video=fixtures / "formats" / name) == []
