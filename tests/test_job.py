import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight import Job, UnknownModelError, UsageError
from mediapreflight.catalog import builtin_catalog
from mediapreflight.catalog.schema import Condition
from mediapreflight.job import (
    is_at_hand,
    is_local,
    is_url,
    parse_settings,
    parsed,
    revised,
    roles_for_kind,
    with_local_paths,
    with_values,
)

TYPES = ("string", "integer", "number", "boolean", "box")
EMO = {"image": "a.png", "audio": "b.mp3"}


def test_repr_shows_all_there_is() -> None:
    job = Job("emo-v1", image="a.png", parameters={"style_level": "calm"}, region="beijing", whole=False)
    for part in ("emo-v1", "'image': 'a.png'", "'style_level': 'calm'", "beijing", "whole=False"):
        assert part in repr(job)


def test_equality_goes_by_contents() -> None:
    assert Job("emo-v1", **EMO) == Job("emo-v1", **EMO)
    for other in (Job("liveportrait", **EMO), Job("emo-v1", image="a.png"), Job("emo-v1", **EMO, whole=False)):
        assert Job("emo-v1", **EMO) != other
    assert Job("emo-v1", **EMO, parameters={"a": 1}) != Job("emo-v1", **EMO, region="beijing")


def test_pickle_round_trip() -> None:
    job = Job("emo-v1", **EMO, face_bbox=[1, 2, 3, 4], parameters={"style_level": "calm"}, region="beijing", whole=False)
    assert pickle.loads(pickle.dumps(job)) == job


def test_attributes_are_fixed() -> None:
    with pytest.raises(AttributeError):
        Job("emo-v1").model = "liveportrait"


def test_parameters_given_are_not_shared() -> None:
    parameters = {"style_level": "calm"}
    job = Job("emo-v1", parameters=parameters)
    parameters["style_level"] = "active"
    assert job.parameters == {"style_level": "calm"}


@pytest.mark.parametrize("path", [Path("a/b.png"), b"a/b.png", "a/b.png"])
def test_paths_of_every_sort_become_text(path: object) -> None:
    assert Job("emo-v1", image=path).inputs["image"] == "a/b.png"


def test_bytes_that_are_no_utf8_come_through() -> None:
    name = Job("emo-v1", image=b"\xff.png").inputs["image"]
    assert isinstance(name, str)
    assert name.encode("utf-8", "surrogateescape") == b"\xff.png"


def test_values_that_are_no_paths_stay_as_they_are() -> None:
    assert Job("emo-v1", face_bbox=[1, 2, 3, 4], image=None).inputs == {"face_bbox": [1, 2, 3, 4], "image": None}


@pytest.mark.parametrize("text", ["http://a.b/c", "https://a.b/c", "HTTPS://A.B/C", "https://"])
def test_urls(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize(
    "value", ["a.png", "https:/a", "https:a", "ftp://a.b", "file:///a", " https://a.b", "", None, 5, ["https://a"]]
)
def test_what_is_no_url(value: object) -> None:
    assert not is_url(value)


def test_revised_changes_only_what_is_named() -> None:
    job = Job("emo-v1", **EMO, parameters={"style_level": "calm"}, region="beijing", whole=False)
    assert revised(job) == job
    assert revised(job, region="singapore").region == "singapore"
    assert revised(job, parameters={}).parameters == {}
    assert revised(job, inputs={"image": "c.png"}).inputs == {"image": "c.png"}
    assert not revised(job, inputs={}).whole
    assert revised(job, face=2).face == 2
    assert revised(revised(job, face=2), inputs={}).face == 2


@pytest.mark.parametrize("face", [0, -1, True, 1.0, "1", [1]])
def test_number_that_no_face_has(face: object) -> None:
    with pytest.raises(UsageError, match="face must be a whole number from 1"):
        Job("emo-v1", face=face)


def test_boxes_say_which_face_is_meant() -> None:
    model = builtin_catalog().model("emo-v1")
    assert Job("emo-v1", face=2).chosen_face(model) == 2
    assert Job("emo-v1", face=2, face_bbox=None).chosen_face(model) == 2
    assert Job("emo-v1", face=2, face_bbox=[1, 2, 3, 4]).chosen_face(model) is None


@pytest.mark.every(
    ("text", "type", "value"),
    [
        ("24", "integer", 24),
        ("-3", "integer", -3),
        ("24.5", "integer", "24.5"),
        ("many", "integer", "many"),
        ("", "integer", ""),
        ("0.5", "number", 0.5),
        ("24", "number", 24.0),
        ("half", "number", "half"),
        ("true", "boolean", True),
        ("False", "boolean", False),
        ("TRUE", "boolean", True),
        ("1", "boolean", "1"),
        ("yes", "boolean", "yes"),
        ("302,286,610,593", "box", [302, 286, 610, 593]),
        ("[302, 286, 610, 593]", "box", [302, 286, 610, 593]),
        ("1,2,3", "box", [1, 2, 3]),
        ("1,2,x,4", "box", "1,2,x,4"),
        ("", "box", ""),
        ("calm", "string", "calm"),
        ("24", "string", "24"),
        (" a=b ", "string", " a=b "),
    ],
)
def test_text_as_a_catalog_type(text: str, type: str, value: object) -> None:
    assert parsed(text, type) == value
    assert isinstance(parsed(text, type), value.__class__)


@given(st.text(), st.sampled_from(TYPES))
def test_any_text_is_read_or_stays_text(text: str, type: str) -> None:
    kinds = {"string": str, "integer": int, "number": float, "boolean": bool, "box": list}
    assert type == "string" or isinstance(parsed(text, type), kinds[type]) or parsed(text, type) == text


@given(st.integers())
def test_written_integers_read_back(value: int) -> None:
    assert parsed(str(value), "integer") == value


@given(st.floats(allow_nan=False))
def test_written_numbers_read_back(value: float) -> None:
    assert parsed(repr(value), "number") == value


@given(st.lists(st.integers(), min_size=1))
def test_written_boxes_read_back(corners: list[int]) -> None:
    assert parsed(",".join(map(str, corners)), "box") == corners
    assert parsed(str(corners), "box") == corners


def test_settings_go_where_the_catalog_says() -> None:
    job = with_values(Job("emo-v1", **EMO), {"style_level": "calm", "face_bbox": "1,2,3,4", "other": "5"})
    assert job.inputs == {**EMO, "face_bbox": [1, 2, 3, 4]}
    assert job.parameters == {"style_level": "calm", "other": "5"}


def test_settings_take_the_type_of_their_parameter() -> None:
    job = with_values(Job("liveportrait"), {"video_fps": "30", "eye_move_freq": "1", "paste_back": "false"})
    assert job.parameters == {"video_fps": 30, "eye_move_freq": 1.0, "paste_back": False}
    assert isinstance(job.parameters["video_fps"], int)
    assert job.parameters["paste_back"] is False


def test_settings_override_and_keep_the_rest() -> None:
    job = Job("liveportrait", parameters={"video_fps": 15, "eye_move_freq": 0.1}, region="beijing", whole=False)
    revised_job = with_values(job, {"video_fps": "30"})
    assert revised_job.parameters == {"video_fps": 30, "eye_move_freq": 0.1}
    assert (revised_job.region, revised_job.whole) == ("beijing", False)


def test_parameter_comes_before_a_role_of_the_same_name() -> None:
    assert with_values(Job("wan2.6-i2v-flash"), {"audio": "false"}).parameters == {"audio": False}


def test_file_is_no_setting() -> None:
    with pytest.raises(UsageError, match=r"image of emo-v1 is a file: write image=FILE without --set"):
        with_values(Job("emo-v1"), {"image": "a.png"})


def test_settings_of_an_unknown_model() -> None:
    with pytest.raises(UnknownModelError):
        with_values(Job("emo-v9"), {"style_level": "calm"})


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert parse_settings(["a=1", "prompt=x=y z", "empty="]) == {"a": "1", "prompt": "x=y z", "empty": ""}
    assert parse_settings([]) == {}


@pytest.mark.parametrize("pair", ["", "a", "=1", "="])
def test_setting_without_a_name_or_a_sign(pair: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        parse_settings([pair])


def test_roles_of_a_lone_file() -> None:
    catalog = builtin_catalog()
    assert roles_for_kind(catalog.model("emo-v1"), "image") == ("image",)
    assert roles_for_kind(catalog.model("videoretalk"), "image") == ("ref_image",)
    assert roles_for_kind(catalog.model("wan2.7-i2v"), "image") == ("first_frame", "last_frame")
    assert roles_for_kind(catalog.model("emo-v1"), "video") == ()
    assert roles_for_kind(catalog.model("emo-v1"), "") == ()


@pytest.mark.parametrize("value", ["a.png", "./a.png", "-", "a:b.png", "C:\\a.png", "with space.png"])
def test_paths_are_local(value: str) -> None:
    assert is_local(value)


@pytest.mark.parametrize("value", ["", None, 5, "https://example.org/a.png", "oss://x/a.png", "s3://bucket/a.png"])
def test_urls_and_stores_are_not(value: object) -> None:
    assert not is_local(value)


URLS = ["http://a/b", "HTTPS://a/b", "oss://bucket/a.png", "OSS://bucket/a.png"]


@pytest.mark.parametrize("url", URLS)
def test_urls_that_the_service_fetches(url: str) -> None:
    assert (is_url(url), is_local(url), is_at_hand(url)) == (True, False, False)


@pytest.mark.parametrize("url", ["data:;base64,AAAA", "DATA:image/png,x"])
def test_files_that_are_their_own_text(url: str) -> None:
    assert (is_url(url), is_local(url), is_at_hand(url)) == (False, False, True)


def test_file_urls_become_paths_once_and_only_where_files_stand() -> None:
    model, url = builtin_catalog().model("wan2.6-i2v"), "file:///a/b%20c.png"
    job = Job("wan2.6-i2v", image=url, prompt=url, parameters={"x": url}, region="beijing", whole=False)
    located = with_local_paths(job, model)
    assert located.inputs["image"] == "/a/b c.png"
    assert (located.inputs["prompt"], located.parameters, located.region, located.whole) == (url, {"x": url}, "beijing", False)
    assert with_local_paths(located, model) is located
    elsewhere = Job("wan2.6-i2v", image="file://server/a.png", audio="https://a/b.mp3")
    assert with_local_paths(elsewhere, model) is elsewhere


def test_repr_holds_no_file() -> None:
    url = "data:image/png;base64," + "A" * 10_000
    assert "data:image/png;base64,… (7.5 kB)" in repr(Job("wan2.6-i2v", image=url))
    assert len(repr(Job("wan2.6-i2v", image=url))) < 200


@pytest.mark.parametrize(
    ("job", "parameter", "value"),
    [
        (Job("liveportrait", parameters={"video_fps": 30}), "video_fps", 30),
        (Job("liveportrait"), "video_fps", 24),
        (Job("wan2.6-i2v"), "seed", None),
        (Job("liveportrait"), "no_such_parameter", None),
    ],
)
def test_value_is_what_is_given_else_the_default_else_nothing(job: Job, parameter: str, value: object) -> None:
    assert job.value(parameter, builtin_catalog().model(job.model)) == value


@pytest.mark.parametrize(
    ("condition", "given", "holds"),
    [
        (Condition(parameter="video_extension", equals=True), {}, False),
        (Condition(parameter="video_extension", equals=False), {}, True),
        (Condition(parameter="video_extension", equals=True), {"parameters": {"video_extension": True}}, True),
        (Condition(parameter="video_extension", given=True), {}, False),
        (Condition(parameter="video_extension", given=True), {"parameters": {"video_extension": False}}, True),
        (Condition(role="ref_image", given=False), {}, True),
        (Condition(role="ref_image", given=False), {"ref_image": ""}, True),
        (Condition(role="ref_image", given=False), {"ref_image": None}, True),
        (Condition(role="ref_image", given=False), {"ref_image": "a.png"}, False),
        (Condition(role="ref_image", given=True), {"ref_image": "https://a.b/c.png"}, True),
    ],
)
def test_conditions(condition: Condition, given: dict, holds: bool) -> None:
    assert Job("videoretalk", **given).holds(condition, builtin_catalog().model("videoretalk")) is holds


def test_condition_on_a_field() -> None:
    condition, model = Condition(field="template", given=True), builtin_catalog().model("wan2.6-i2v")
    assert Job("wan2.6-i2v", template="squish").holds(condition, model)
    assert not Job("wan2.6-i2v").holds(condition, model)
