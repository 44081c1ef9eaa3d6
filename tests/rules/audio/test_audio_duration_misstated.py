from pathlib import Path

import pytest

MISSTATED = {
    "code": "AUD004",
    "name": "audio-duration-misstated",
    "severity": "warning",
    "role": "audio",
    "unit": "s",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize(
    ("name", "stated", "lasts"),
    [
        ("faults/false-length.mp3", 161.208, "lasts 3.96 s"),
        ("faults/false-data-size.wav", 6, "lasts 0.6 s"),
        ("faults/truncated.mp3", 3.96, "lasts 1.95 s"),
    ],
)
def test_header_and_sound_differ(found, said, fixtures: Path, name: str, stated: float, lasts: str) -> None:
    path = fixtures / name
    expected = MISSTATED | {"path": str(path), "measured": pytest.approx(stated), "limit": None}
    assert found("audio-duration-misstated", "emo-v1", audio=path) == [expected]
    assert lasts in said("audio-duration-misstated", "emo-v1", audio=path)[0]


def test_header_a_pipe_left_open(found, fixtures: Path) -> None:
    """It states no length at all: that is another finding."""
    assert found("audio-duration-misstated", "emo-v1", audio=fixtures / "faults/unknown-data-size.wav") == []


def test_headers_alone_do_not_tell(found, fixtures: Path) -> None:
    path = fixtures / "faults/false-length.mp3"
    assert found("audio-duration-misstated", "emo-v1", level="metadata", audio=path) == []


@pytest.mark.parametrize(
    "name",
    ["voice.wav", "voice.mp3", "voice.aac", "formats/cbr.mp3", "formats/vbr.mp3", "formats/aac.m4a", "formats/voice.flac"],
)
def test_honest_files(found, fixtures: Path, name: str) -> None:
    assert found("audio-duration-misstated", "emo-v1", audio=fixtures / name) == []
