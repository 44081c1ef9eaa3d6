from pathlib import Path

import pytest

LONG = {
    "code": "REQ008",
    "name": "text-too-long",
    "severity": "warning",
    "role": "prompt",
    "path": None,
    "measured": 1501,
    "limit": "<= 1500",
    "unit": "characters",
    "service_code": None,
    "fixable": False,
    "source": "legacy-image-to-video-api-reference, 2026-10-12",
}


@pytest.mark.parametrize("character", ["x", "汉", "🙂"])
def test_one_character_more(found, character: str) -> None:
    assert found("text-too-long", "wan2.6-i2v", prompt=character * 1501) == [LONG]


def test_on_the_limit(found) -> None:
    assert found("text-too-long", "wan2.6-i2v", prompt="汉" * 1500, negative_prompt="x" * 500) == []


def test_the_text_itself_is_not_repeated(said) -> None:
    (words,) = said("text-too-long", "wan2.6-i2v", prompt="x" * 100_000)
    assert len(words) < 200


def test_negative_prompt_has_a_limit_of_its_own(found) -> None:
    (finding,) = found("text-too-long", "wan2.6-i2v", negative_prompt="x" * 501)
    assert (finding["role"], finding["measured"], finding["limit"]) == ("negative_prompt", 501, "<= 500")


def test_no_text(found, fixtures: Path) -> None:
    assert found("text-too-long", "wan2.6-i2v", image=fixtures / "portrait.jpg") == []
    assert found("text-too-long", "wan2.6-i2v", prompt=5) == []
