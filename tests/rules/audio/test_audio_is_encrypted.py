import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

KEY = "0123456789abcdef0123456789abcdef"


def made(path: Path, *options: str) -> Path:
    source = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3", "-c:a", "aac")
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *options, str(path)], check=True)
    return path


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_encrypted_sound(found, tmp_path: Path, level: str) -> None:
    options = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", KEY, "-encryption_kid", KEY)
    path = made(tmp_path / "encrypted.mp4", *options)
    (finding,) = found("audio-is-encrypted", "emo-v1", level=level, audio=path)
    assert (finding["severity"], finding["fixable"]) == ("error", False)
    assert found("file-corrupt", "emo-v1", level=level, audio=path) == []
    assert found("audio-is-silent", "emo-v1", level=level, audio=path) == []


def test_open_sound(found, fixtures: Path, tmp_path: Path) -> None:
    assert found("audio-is-encrypted", "emo-v1", audio=made(tmp_path / "open.mp4")) == []
    assert found("audio-is-encrypted", "emo-v1", audio=fixtures / "voice.wav") == []
