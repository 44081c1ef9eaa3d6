"""The logic that the side and ratio rules of pictures and videos share: which side is judged, and how it is worded."""

import msgspec
import pytest

from mediapreflight.catalog import Limit, builtin_catalog
from mediapreflight.probe.facts import AudioFacts, Facts, ImageFacts, UnknownFacts, VideoFacts
from mediapreflight.rules.base import InputCase
from mediapreflight.rules.sides import ratio_too_extreme, side_too_long, side_too_short

MODEL = builtin_catalog().model("emo-v1")
ROLE = msgspec.structs.replace(
    MODEL.roles["image"],
    side=Limit(documented="[400, 7000]", source="EMO"),
    aspect_ratio=Limit(documented="<= 2", source="EMO"),
)
RULES = (side_too_short, side_too_long, ratio_too_extreme)


def case(facts: Facts) -> InputCase:
    return InputCase(MODEL, "image", ROLE, "a.png", facts)


def both_kinds(width: int | None, height: int | None) -> list[InputCase]:
    return [
        case(ImageFacts(path="a.png", width=width, height=height)),
        case(VideoFacts(path="a.mp4", width=width, height=height)),
    ]


@pytest.mark.parametrize(("width", "height"), [(300, 500), (500, 300)])
def test_the_shorter_side_is_too_short(width: int, height: int) -> None:
    for given in both_kinds(width, height):
        (fault,) = side_too_short(given)
        assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 300, ">= 400", "px")
        assert fault.message == "shortest side is 300 px; emo-v1 takes at least 400 px"
        assert fault.help == "use a larger original, or scale it up"
        assert not [*side_too_long(given), *ratio_too_extreme(given)]


@pytest.mark.parametrize(("width", "height"), [(7200, 3700), (3700, 7200)])
def test_the_longer_side_is_too_long(width: int, height: int) -> None:
    for given in both_kinds(width, height):
        (fault,) = side_too_long(given)
        assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 7200, "<= 7000", "px")
        assert fault.message == "longest side is 7200 px; emo-v1 takes up to 7000 px"
        assert fault.help == "scale it down"
        assert not [*side_too_short(given), *ratio_too_extreme(given)]


@pytest.mark.parametrize(("width", "height"), [(1500, 500), (500, 1500)])
def test_the_ratio_is_that_of_the_long_side_to_the_short_one(width: int, height: int) -> None:
    for given in both_kinds(width, height):
        (fault,) = ratio_too_extreme(given)
        assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 3.0, "<= 2", None)
        assert fault.message == "long side over short side is 3; emo-v1 takes up to 2"
        assert fault.help == "crop it around the person, or pad its short side"
        assert not [*side_too_short(given), *side_too_long(given)]


@pytest.mark.parametrize(("width", "height"), [(None, 300), (300, None), (0, 300), (300, 0), (None, None)])
def test_sides_that_are_not_known_are_not_judged(width: int | None, height: int | None) -> None:
    for given in both_kinds(width, height):
        assert not [fault for rule in RULES for fault in rule(given)]


@pytest.mark.parametrize("facts", [AudioFacts(path="a.wav"), UnknownFacts(path="a.bin")])
def test_what_has_no_sides_is_not_judged(facts: Facts) -> None:
    assert not [fault for rule in RULES for fault in rule(case(facts))]
