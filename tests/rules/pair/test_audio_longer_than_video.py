from pathlib import Path

import pytest

LONGER = {
    "code": "PAIR002",
    "name": "audio-longer-than-video",
    "severity": "warning",
    "role": "audio",
    "measured": pytest.approx(3.96, abs=0.01),
    "limit": "<= 3",
    "unit": "s",
    "service_code": None,
    "fixable": True,
    "source": "legacy-image-to-video-api-reference, 2026-10-12",
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_end_of_the_sound_is_cut_off(found, said, fixtures: Path, level: str) -> None:
    path = fixtures / "voice.wav"
    given = {"level": level, "audio": path, "parameters": {"duration": 3}}
    assert found("audio-longer-than-video", "wan2.6-i2v", **given) == [LONGER | {"path": str(path)}]
    assert "choose a longer duration" in said("audio-longer-than-video", "wan2.6-i2v", **given)[0]


def test_default_duration_counts_in_a_whole_job(found, make) -> None:
    path = make.sound(48_000)
    (finding,) = found("audio-longer-than-video", "wan2.6-i2v", whole=True, image="https://a.b/c.png", audio=path)
    assert (finding["measured"], finding["limit"]) == (6, "<= 5")


def test_lone_file_is_not_held_against_a_default(found, make) -> None:
    assert found("audio-longer-than-video", "wan2.6-i2v", whole=False, audio=make.sound(48_000)) == []


@pytest.mark.parametrize("duration", [4, 5, 15])
def test_long_enough(found, fixtures: Path, duration: int) -> None:
    given = {"audio": fixtures / "voice.wav", "parameters": {"duration": duration}}
    assert found("audio-longer-than-video", "wan2.6-i2v", **given) == []


def test_sound_that_is_not_used(found, fixtures: Path) -> None:
    given = {"audio": fixtures / "voice.wav", "parameters": {"duration": 3, "audio": False}}
    assert found("audio-longer-than-video", "wan2.6-i2v-flash", **given) == []


@pytest.mark.parametrize("duration", ["3", True, None])
def test_duration_that_is_no_number(found, fixtures: Path, duration: object) -> None:
    given = {"audio": fixtures / "voice.wav", "parameters": {"duration": duration}}
    assert found("audio-longer-than-video", "wan2.6-i2v", **given) == []
