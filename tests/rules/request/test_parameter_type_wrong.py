import pytest

WRONG = {
    "code": "REQ004",
    "name": "parameter-type-wrong",
    "severity": "error",
    "role": None,
    "path": None,
    "unit": None,
    "service_code": "InvalidParamter.OutOfDefinition",
    "fixable": False,
    "source": "liveportrait-api, 2026-03-15",
}


@pytest.mark.parametrize(
    ("name", "value", "type"),
    [
        ("video_fps", "24", "integer"),
        ("video_fps", 24.5, "integer"),
        ("video_fps", True, "integer"),
        ("eye_move_freq", "half", "number"),
        ("eye_move_freq", False, "number"),
        ("paste_back", 1, "boolean"),
        ("paste_back", "true", "boolean"),
        ("template_id", 3, "string"),
        ("template_id", ["calm"], "string"),
    ],
)
def test_other_type(found, name: str, value: object, type: str) -> None:
    expected = WRONG | {"measured": value, "limit": type}
    assert found("parameter-type-wrong", "liveportrait", parameters={name: value}) == [expected]


@pytest.mark.parametrize(
    ("name", "value"),
    [("video_fps", 24), ("eye_move_freq", 0.5), ("eye_move_freq", 1), ("paste_back", False), ("template_id", "calm")],
)
def test_right_type(found, name: str, value: object) -> None:
    assert found("parameter-type-wrong", "liveportrait", parameters={name: value}) == []


def test_input_field(found) -> None:
    (finding,) = found("parameter-type-wrong", "wan2.6-i2v", prompt=5)
    assert (finding["role"], finding["measured"], finding["limit"]) == ("prompt", 5, "string")
    assert found("parameter-type-wrong", "wan2.6-i2v", prompt="a cat") == []


def test_boxes_have_a_rule_of_their_own(found) -> None:
    assert found("parameter-type-wrong", "emo-v1", face_bbox="nonsense") == []


def test_what_is_out_of_range_has_the_right_type(found) -> None:
    assert found("parameter-type-wrong", "liveportrait", parameters={"video_fps": 1000}) == []


def test_values_are_shown_as_the_request_has_them(said) -> None:
    for value, shown in ((True, "true"), (["a", None], '["a", null]'), ("24", "'24'")):
        assert f"video_fps is {shown}; " in said("parameter-type-wrong", "liveportrait", parameters={"video_fps": value})[0]


def test_words_fit_the_type(said) -> None:
    assert "as an integer" in said("parameter-type-wrong", "liveportrait", parameters={"video_fps": "24"})[0]
    assert "as a boolean" in said("parameter-type-wrong", "liveportrait", parameters={"paste_back": 1})[0]
