from pathlib import Path

import pytest

SHORTER = {
    "code": "PAIR003",
    "name": "audio-shorter-than-video",
    "severity": "info",
    "role": "audio",
    "measured": pytest.approx(3.96, abs=0.01),
    "limit": ">= 5",
    "unit": "s",
    "service_code": None,
    "fixable": False,
    "source": "legacy-image-to-video-api-reference, 2026-10-12",
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_end_of_the_video_is_silent(found, said, fixtures: Path, level: str) -> None:
    path = fixtures / "voice.wav"
    given = {"level": level, "audio": path, "parameters": {"duration": 5}}
    assert found("audio-shorter-than-video", "wan2.6-i2v", **given) == [SHORTER | {"path": str(path)}]
    assert "choose a shorter duration" in said("audio-shorter-than-video", "wan2.6-i2v", **given)[0]


def test_default_duration_counts_in_a_whole_job(found, fixtures: Path) -> None:
    given = {"image": fixtures / "portrait.jpg", "audio": fixtures / "voice.wav"}
    assert len(found("audio-shorter-than-video", "wan2.6-i2v", whole=True, **given)) == 1


def test_lone_file_is_not_held_against_a_default(found, fixtures: Path) -> None:
    assert found("audio-shorter-than-video", "wan2.6-i2v", whole=False, audio=fixtures / "voice.wav") == []


@pytest.mark.parametrize("duration", [2, 3, 4])
def test_short_enough(found, fixtures: Path, duration: int) -> None:
    given = {"audio": fixtures / "voice.wav", "parameters": {"duration": duration}}
    assert found("audio-shorter-than-video", "wan2.6-i2v", **given) == []


def test_sound_that_is_not_used(found, fixtures: Path) -> None:
    given = {"audio": fixtures / "voice.wav", "parameters": {"duration": 15, "audio": False}}
    assert found("audio-shorter-than-video", "wan2.6-i2v-flash", **given) == []
