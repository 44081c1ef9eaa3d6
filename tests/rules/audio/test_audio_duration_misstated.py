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
    ("name", "stated", "measured"),
    [
        ("faults/false-length.mp3", 161.208, "== 3.96"),
        ("faults/false-data-size.wav", 6, "== 0.6"),
        ("faults/truncated.mp3", 3.96, "== 1.95"),
    ],
)
def test_header_and_sound_differ(found, fixtures: Path, name: str, stated: float, measured: str) -> None:
    path = fixtures / name
    expected = MISSTATED | {"path": str(path), "measured": pytest.approx(stated), "limit": measured}
    assert found("audio-duration-misstated", "emo-v1", audio=path) == [expected]


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
