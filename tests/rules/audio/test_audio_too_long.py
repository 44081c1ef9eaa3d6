"""EMO: up to 60 s, by one page; below 60 s, by another."""

from pathlib import Path

import pytest

LONG = {
    "code": "AUD003",
    "name": "audio-too-long",
    "role": "audio",
    "unit": "s",
    "service_code": "InvalidURL",
    "fixable": True,
}
ERROR = {"severity": "error", "limit": "<= 60", "source": "emo-api, 2026-03-15"}
WARNING = {"severity": "warning", "limit": "< 60", "source": "emo-video-generation-api-details, zh, undated"}


@pytest.mark.parametrize(("samples", "terms"), [(480_001, ERROR), (480_000, WARNING)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_above_and_on_the_limit(found, make, samples: int, terms: dict, level: str) -> None:
    path = make.sound(samples)
    expected = LONG | terms | {"path": path, "measured": pytest.approx(samples / 8000)}
    assert found("audio-too-long", "emo-v1", level=level, audio=path) == [expected]


def test_inside_every_document(found, make) -> None:
    assert found("audio-too-long", "emo-v1", audio=make.sound(479_999)) == []


def test_open_end_without_conflict(found, make) -> None:
    (finding,) = found("audio-too-long", "wan2.2-s2v", audio=make.sound(160_000))
    assert (finding["severity"], finding["limit"]) == ("error", "< 20")
    assert found("audio-too-long", "wan2.2-s2v", audio=make.sound(159_999)) == []


def test_header_that_claims_too_much(found, fixtures: Path) -> None:
    (finding,) = found("audio-too-long", "videoretalk", audio=fixtures / "faults/false-length.mp3")
    assert finding["measured"] == pytest.approx(161.208)


def test_words_tell_the_length_from_the_limit(said, make) -> None:
    assert "duration is 60.0001 s; " in said("audio-too-long", "emo-v1", audio=make.sound(480_001))[0]
