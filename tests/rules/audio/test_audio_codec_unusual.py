from pathlib import Path

import pytest

UNUSUAL = {
    "code": "AUD001",
    "name": "audio-codec-unusual",
    "severity": "warning",
    "role": "audio",
    "limit": "pcm_s16le, pcm_s24le, pcm_s32le, pcm_u8",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize(("name", "codec"), [("mulaw.wav", "pcm_mulaw"), ("pcm-f32.wav", "pcm_f32le")])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_wav_of_something_else_than_pcm(found, fixtures: Path, name: str, codec: str, level: str) -> None:
    path = fixtures / "formats" / name
    expected = UNUSUAL | {"path": str(path), "measured": codec}
    assert found("audio-codec-unusual", "emo-v1", level=level, audio=path) == [expected]


@pytest.mark.parametrize("name", ["pcm-s16.wav", "pcm-s24.wav", "pcm-u8.wav", "cbr.mp3", "vbr.mp3", "adts.aac"])
def test_usual_codecs(found, fixtures: Path, name: str) -> None:
    assert found("audio-codec-unusual", "emo-v1", audio=fixtures / "formats" / name) == []


@pytest.mark.parametrize("name", ["alac.m4a", "opus.opus", "voice.flac"])
def test_formats_that_are_judged_as_formats(found, fixtures: Path, name: str) -> None:
    assert found("audio-codec-unusual", "emo-v1", audio=fixtures / "formats" / name) == []
