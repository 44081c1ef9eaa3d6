from pathlib import Path

import pytest

COVER = {
    "code": "AUD006",
    "name": "audio-has-large-cover-art",
    "severity": "warning",
    "role": "audio",
    "measured": 120_364,
    "limit": "<= 100000",
    "unit": "bytes",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_picture_larger_than_the_sound(found, said, fixtures: Path, level: str) -> None:
    path = fixtures / "formats/large-cover-art.mp3"
    assert found("audio-has-large-cover-art", "emo-v1", level=level, audio=path) == [COVER | {"path": str(path)}]
    assert "120,364 of its 122,639 bytes" in said("audio-has-large-cover-art", "emo-v1", level=level, audio=path)[0]


@pytest.mark.parametrize("name", ["formats/cover-art.mp3", "formats/cbr.mp3", "voice.mp3", "voice.wav"])
def test_small_picture_or_none(found, fixtures: Path, name: str) -> None:
    assert found("audio-has-large-cover-art", "emo-v1", audio=fixtures / name) == []
