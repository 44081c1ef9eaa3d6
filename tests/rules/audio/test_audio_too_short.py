"""LivePortrait: from 1 s on, by one page; from above 1 s, by another."""

from pathlib import Path

import pytest

SHORT = {
    "code": "AUD002",
    "name": "audio-too-short",
    "role": "audio",
    "unit": "s",
    "service_code": "InvalidFile.AudioLengthError",
    "fixable": True,
}
ERROR = {"severity": "error", "limit": ">= 1", "source": "liveportrait-api, 2026-03-15; liveportrait-api, 2026-09-09"}
WARNING = {"severity": "warning", "limit": "> 1", "source": "liveportrait-api, zh, undated"}


@pytest.mark.parametrize(("samples", "terms"), [(7999, ERROR), (8000, WARNING)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_below_and_on_the_limit(found, make, samples: int, terms: dict, level: str) -> None:
    path = make.sound(samples)
    expected = SHORT | terms | {"path": path, "measured": pytest.approx(samples / 8000)}
    assert found("audio-too-short", "liveportrait", level=level, audio=path) == [expected]


def test_inside_every_document(found, make) -> None:
    assert found("audio-too-short", "liveportrait", audio=make.sound(8001)) == []


def test_closed_end_without_conflict(found, make) -> None:
    assert found("audio-too-short", "wan2.6-i2v", audio=make.sound(24000)) == []
    (finding,) = found("audio-too-short", "wan2.6-i2v", audio=make.sound(23999))
    assert (finding["severity"], finding["limit"]) == ("error", ">= 3")


def test_recording_shorter_than_its_header_says(found, fixtures: Path) -> None:
    (finding,) = found("audio-too-short", "liveportrait", audio=fixtures / "faults/false-data-size.wav")
    assert finding["measured"] == pytest.approx(0.6)


def test_no_shortest_length_documented(found, make) -> None:
    assert found("audio-too-short", "emo-v1", audio=make.sound(80)) == []
