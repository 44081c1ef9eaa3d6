from pathlib import Path

import pytest

MISSING = {
    "code": "VID001",
    "name": "video-stream-missing",
    "severity": "error",
    "role": "video",
    "measured": "audio",
    "limit": "video",
    "unit": None,
    "service_code": "InvalidFile.Format",
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize("name", ["audio-only.mp4", "cover-only.mp4", "windows-media.wma"])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_container_for_video_without_a_picture(found, said, fixtures: Path, name: str, level: str) -> None:
    path = fixtures / "formats" / name
    assert found("video-stream-missing", "videoretalk", level=level, video=path) == [MISSING | {"path": str(path)}]
    assert "container has no moving picture" in said("video-stream-missing", "videoretalk", level=level, video=path)[0]


@pytest.mark.parametrize("name", ["h264.mp4", "h264-silent.mp4", "h264-with-cover.mp4", "two-videos.mp4", "vp9.webm"])
def test_picture_there(found, fixtures: Path, name: str) -> None:
    assert found("video-stream-missing", "videoretalk", video=fixtures / "formats" / name) == []


def test_sound_file_has_a_rule_of_its_own(found, fixtures: Path) -> None:
    assert found("video-stream-missing", "videoretalk", video=fixtures / "voice.wav") == []


def test_no_picture_needed_where_a_recording_is_wanted(found, fixtures: Path) -> None:
    assert found("video-stream-missing", "videoretalk", audio=fixtures / "formats/audio-only.mp4") == []
