import wave
from pathlib import Path

import pytest

SILENT = {
    "code": "AUD005",
    "name": "audio-is-silent",
    "role": "audio",
    "measured": -200,
    "limit": "> -80",
    "unit": "dBFS",
    "service_code": None,
    "fixable": False,
}


def test_model_that_needs_a_voice(found, fixtures: Path) -> None:
    path = fixtures / "faults/silent.wav"
    expected = SILENT | {"path": str(path), "severity": "warning", "source": "emo-api, 2026-03-15"}
    assert found("audio-is-silent", "emo-v1", audio=path) == [expected]


def test_model_that_lays_the_sound_under_a_video(found, fixtures: Path) -> None:
    path = fixtures / "faults/silent.wav"
    expected = SILENT | {"path": str(path), "severity": "warning", "source": None}
    assert found("audio-is-silent", "wan2.6-i2v", audio=path) == [expected]


def test_headers_alone_do_not_tell(found, fixtures: Path) -> None:
    assert found("audio-is-silent", "emo-v1", level="metadata", audio=fixtures / "faults/silent.wav") == []


@pytest.mark.parametrize(("loudest", "fires"), [(3, True), (4, False)])
def test_threshold(found, tmp_path: Path, loudest: int, fires: bool) -> None:
    """Of 32,768 steps, -80 dB is 3.3."""
    path = tmp_path / "whisper.wav"
    with wave.open(str(path), "wb") as output:
        output.setparams((1, 2, 8000, 0, "NONE", ""))
        output.writeframes(b"".join(value.to_bytes(2, "little", signed=True) for value in (loudest, 0, -1, 0) * 4000))
    assert bool(found("audio-is-silent", "emo-v1", audio=path)) is fires


def test_speech(found, fixtures: Path) -> None:
    for name in ("voice.wav", "voice.mp3", "voice.aac", "formats/pcm-f32.wav", "formats/pcm-u8.wav"):
        assert found("audio-is-silent", "emo-v1", audio=fixtures / name) == []
