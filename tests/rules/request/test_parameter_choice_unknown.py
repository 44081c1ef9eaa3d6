import pytest

UNKNOWN = {
    "code": "REQ006",
    "name": "parameter-choice-unknown",
    "severity": "error",
    "role": None,
    "path": None,
    "limit": "normal, calm, active",
    "unit": None,
    "service_code": "InvalidParamter.OutOfDefinition",
    "fixable": False,
    "source": "liveportrait-api, 2026-03-15",
}


@pytest.mark.parametrize("value", ["clam", "Calm", "", "lively"])
def test_none_of_the_choices(found, value: str) -> None:
    expected = UNKNOWN | {"measured": value}
    assert found("parameter-choice-unknown", "liveportrait", parameters={"template_id": value}) == [expected]


def test_words_name_the_nearest(said) -> None:
    (words,) = said("parameter-choice-unknown", "liveportrait", parameters={"template_id": "clam"})
    assert "did you mean calm?" in words
    assert "give one of normal, calm and active" in words


def test_long_lists_are_not_spelt_out(found, said) -> None:
    (words,) = said("parameter-choice-unknown", "emoji-v1", driven_id="mengwa_kaixi")
    assert "did you mean mengwa_kaixin?" in words
    assert "mediapreflight models emoji-v1" in words
    assert len(words) < 200
    (finding,) = found("parameter-choice-unknown", "emoji-v1", driven_id="mengwa_kaixi")
    assert (finding["role"], finding["limit"].count(",")) == ("driven_id", 19)


@pytest.mark.parametrize("value", ["normal", "calm", "active"])
def test_every_choice(found, value: str) -> None:
    assert found("parameter-choice-unknown", "liveportrait", parameters={"template_id": value}) == []


def test_numbers(found) -> None:
    (finding,) = found("parameter-choice-unknown", "wan2.2-i2v-flash", parameters={"duration": 6})
    assert (finding["measured"], finding["limit"]) == (6, "5")
    assert found("parameter-choice-unknown", "wan2.2-i2v-flash", parameters={"duration": 5}) == []


def test_value_of_another_type_has_a_rule_of_its_own(found) -> None:
    assert found("parameter-choice-unknown", "liveportrait", parameters={"template_id": 3}) == []
