from pathlib import Path

import pytest

MISSING = {
    "code": "REQ001",
    "name": "input-missing",
    "severity": "error",
    "path": None,
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": "InvalidParameter",
    "fixable": False,
}
EMO = "emo-api, 2026-03-15"
ANYONE = "animateanyone-video-generation-api, 2026-01-26"


def test_missing_file(found, said, fixtures: Path) -> None:
    given = {"whole": True, "image": fixtures / "portrait.jpg"}
    assert found("input-missing", "emo-v1", **given) == [MISSING | {"role": "audio", "source": EMO}]
    (words,) = said("input-missing", "emo-v1", **given)
    assert "audio_url" in words
    assert "audio=FILE" in words


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_given_in_its_place(found, fixtures: Path, nothing: str | None) -> None:
    findings = found("input-missing", "emo-v1", whole=True, image=fixtures / "portrait.jpg", audio=nothing)
    assert [finding["role"] for finding in findings] == ["audio"]


def test_missing_value(found, said, fixtures: Path) -> None:
    given = {"whole": True, "image": fixtures / "full-body.jpg"}
    assert found("input-missing", "animate-anyone-gen2", **given) == [MISSING | {"role": "template_id", "source": ANYONE}]
    assert "--set template_id=VALUE" in said("input-missing", "animate-anyone-gen2", **given)[0]


def test_everything_missing(found) -> None:
    assert [finding["role"] for finding in found("input-missing", "emoji-v1", whole=True)] == ["image", "driven_id"]


def test_url_counts(found) -> None:
    assert found("input-missing", "emo-v1", whole=True, image="https://a.b/c.png", audio="https://a.b/c.mp3") == []


def test_missing_file_is_given_all_the_same(found) -> None:
    assert found("input-missing", "emo-v1", whole=True, image="nowhere.png", audio="nowhere.mp3") == []


def test_boxes_are_filled_by_the_detect_call(found, fixtures: Path) -> None:
    given = {"image": fixtures / "portrait.jpg", "audio": fixtures / "voice.wav"}
    assert found("input-missing", "emo-v1", whole=True, **given) == []


def test_required_parameter_with_a_default_is_filled(found, fixtures: Path) -> None:
    assert found("input-missing", "emo-detect-v1", whole=True, image=fixtures / "portrait.jpg") == []


def test_optional_inputs(found, fixtures: Path) -> None:
    assert found("input-missing", "wan2.6-i2v", whole=True, image=fixtures / "portrait.jpg") == []


def test_file_checked_by_itself_misses_nothing(found, fixtures: Path) -> None:
    assert found("input-missing", "emo-v1", whole=False, image=fixtures / "portrait.jpg") == []
