import struct
from pathlib import Path

import pytest


def rewritten(fixtures: Path, folder: Path, size: int) -> Path:
    """A whole recording of 0.6 s whose data chunk claims so many bytes."""
    data = (fixtures / "faults/unknown-data-size.wav").read_bytes()
    path = folder / "streamed.wav"
    path.write_bytes(data[:40] + struct.pack("<I", size) + data[44:])
    return path


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFF9B, 2_000_000_000, 9608])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_sizes_that_are_none(found, fixtures: Path, tmp_path: Path, size: int, level: str) -> None:
    path = rewritten(fixtures, tmp_path, size)
    (finding,) = found("file-header-false", "emo-v1", level=level, audio=path)
    assert (finding["severity"], finding["fixable"]) == ("warning", True)
    assert found("file-truncated", "emo-v1", level=level, audio=path) == []
    assert found("audio-too-long", "emo-v1", level=level, audio=path) == []


@pytest.mark.parametrize("name", ["formats/pcm-s16.wav", "faults/truncated.wav", "faults/false-data-size.wav", "voice.mp3"])
def test_other_files(found, fixtures: Path, name: str) -> None:
    assert found("file-header-false", "emo-v1", audio=fixtures / name) == []


def test_a_video_of_which_only_what_stands_behind_its_frames_is_cut(found, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "index-cut.avi"
    path.write_bytes((fixtures / "formats/h264.avi").read_bytes()[:-100])
    for level in ("metadata", "decode"):
        (finding,) = found("file-header-false", "videoretalk", level=level, video=path)
        assert (finding["severity"], finding["fixable"]) == ("warning", True)
        assert found("file-truncated", "videoretalk", level=level, video=path) == []


def test_a_picture_without_its_end_mark(found, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "endless.jpg"
    path.write_bytes((fixtures / "portrait.jpg").read_bytes()[:-2])
    (finding,) = found("file-header-false", "emo-v1", level="decode", image=path)
    assert (finding["severity"], finding["fixable"]) == ("warning", True)


def test_a_last_frame_that_is_cut(found, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "excerpt.mp3"
    path.write_bytes((fixtures / "voice.mp3").read_bytes()[:-10])
    (finding,) = found("file-header-false", "emo-v1", audio=path)
    assert (finding["severity"], finding["fixable"]) == ("warning", True)
    assert found("file-truncated", "emo-v1", audio=path) == []
