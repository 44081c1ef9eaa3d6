import math

import pytest

OUTSIDE = {
    "code": "REQ005",
    "name": "parameter-out-of-range",
    "severity": "error",
    "role": None,
    "path": None,
    "unit": None,
    "service_code": "InvalidParamter.OutOfDefinition",
    "fixable": False,
    "source": "liveportrait-api, 2026-03-15",
}


@pytest.mark.parametrize(
    ("name", "value", "limit"),
    [
        ("video_fps", 14, "[15, 30]"),
        ("video_fps", 31, "[15, 30]"),
        ("video_fps", 10**30, "[15, 30]"),
        ("eye_move_freq", -0.001, "[0, 1]"),
        ("eye_move_freq", 1.001, "[0, 1]"),
        ("eye_move_freq", math.inf, "[0, 1]"),
        ("mouth_move_strength", 1.5001, "[0, 1.5]"),
        ("head_move_strength", 2, "[0, 1]"),
    ],
)
def test_outside(found, name: str, value: float, limit: str) -> None:
    expected = OUTSIDE | {"measured": value, "limit": limit}
    assert found("parameter-out-of-range", "liveportrait", parameters={name: value}) == [expected]


def test_what_is_no_number_is_in_no_range(found) -> None:
    (finding,) = found("parameter-out-of-range", "liveportrait", parameters={"eye_move_freq": math.nan})
    assert math.isnan(finding["measured"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("video_fps", 15), ("video_fps", 30), ("eye_move_freq", 0), ("eye_move_freq", 1), ("mouth_move_strength", 1.5)],
)
def test_on_the_ends(found, name: str, value: float) -> None:
    assert found("parameter-out-of-range", "liveportrait", parameters={name: value}) == []


def test_value_of_another_type_has_a_rule_of_its_own(found) -> None:
    assert found("parameter-out-of-range", "liveportrait", parameters={"video_fps": "1000"}) == []


def test_words_name_both_ends(said) -> None:
    (words,) = said("parameter-out-of-range", "liveportrait", parameters={"video_fps": 31})
    assert "video_fps is 31" in words
    assert "15" in words
    assert "30" in words
