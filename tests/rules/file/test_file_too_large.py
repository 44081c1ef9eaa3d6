"""`15 MB` is 15,728,640 bytes by the loosest reading and 15,000,000 by the strictest."""

from pathlib import Path

import pytest

LARGE = {"code": "FILE008", "name": "file-too-large", "unit": "bytes", "fixable": True}
EMO = {"role": "audio", "service_code": "InvalidURL"}
OLD_PAGE = "emo-video-generation-api-details, zh, undated"
PAGE = "emo-api, 2026-03-15"


@pytest.mark.parametrize(
    ("size", "severity", "limit", "source"),
    [
        (15 * 2**20 + 2, "error", "<= 15728640", PAGE),
        (15 * 2**20, "warning", "< 15000000", OLD_PAGE),
        (15 * 10**6, "warning", "< 15000000", OLD_PAGE),
    ],
)
def test_above_one_reading_or_all(found, make, size: int, severity: str, limit: str, source: str) -> None:
    path = make.sound_of_bytes(size)
    expected = LARGE | EMO | {"path": path, "severity": severity, "measured": size, "limit": limit, "source": source}
    assert found("file-too-large", "emo-v1", level="metadata", audio=path) == [expected]


def test_below_every_reading(found, make) -> None:
    path = make.sound_of_bytes(15 * 10**6 - 2)
    assert found("file-too-large", "emo-v1", level="metadata", audio=path) == []


@pytest.mark.parametrize(
    ("size", "severities"),
    [(20 * 2**20 + 1, ["error"]), (20 * 2**20, ["warning"]), (20 * 10**6 + 1, ["warning"]), (20 * 10**6, [])],
)
def test_closed_end_without_conflict(found, make, fixtures: Path, size: int, severities: list[str]) -> None:
    path = make.picture_of_bytes(fixtures / "portrait.jpg", size)
    findings = found("file-too-large", "wan2.6-i2v", level="metadata", image=path)
    assert [finding["severity"] for finding in findings] == severities


def test_open_end(found, said, make) -> None:
    path = make.sound_of_bytes(15 * 2**20)
    (finding,) = found("file-too-large", "wan2.2-s2v", level="metadata", audio=path)
    assert (finding["severity"], finding["limit"]) == ("error", "< 15728640")
    assert "less than 15 MB" in said("file-too-large", "wan2.2-s2v", level="metadata", audio=path)[0]


def test_words_name_both_readings(said, make) -> None:
    (words,) = said("file-too-large", "emo-v1", level="metadata", audio=make.sound_of_bytes(15_300_000))
    assert "15,300,000 bytes" in words
    assert "15,000,000" in words
    assert "15,728,640" in words


def test_no_limit_documented(found, make, fixtures: Path) -> None:
    path = make.picture_of_bytes(fixtures / "portrait.jpg", 300 * 2**20)
    assert found("file-too-large", "emo-v1", level="metadata", image=path) == []


def test_missing_file_has_no_size(found, tmp_path: Path) -> None:
    assert found("file-too-large", "emo-v1", audio=tmp_path / "nothing.wav") == []
