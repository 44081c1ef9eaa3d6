"""What a rule over a whole job can ask of it."""

import pytest

from mediapreflight import Job
from mediapreflight.catalog import builtin_catalog
from mediapreflight.catalog.schema import Condition
from mediapreflight.rules.base import JobCase


def case(model: str, **given: object) -> JobCase:
    return JobCase(builtin_catalog().model(model), Job(model, **given), {})


def test_value_is_what_is_given_else_the_default_else_nothing() -> None:
    assert case("liveportrait", parameters={"video_fps": 30}).value("video_fps") == 30
    assert case("liveportrait").value("video_fps") == 24
    assert case("wan2.6-i2v").value("seed") is None
    assert case("liveportrait").value("no_such_parameter") is None


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
    assert case("videoretalk", **given).holds(condition) is holds


def test_condition_on_a_field() -> None:
    condition = Condition(field="template", given=True)
    assert case("wan2.6-i2v", template="squish").holds(condition)
    assert not case("wan2.6-i2v").holds(condition)
