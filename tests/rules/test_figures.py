"""The logic that rules of both ends and both kinds share: what is judged, and how it is worded."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import Limit, builtin_catalog
from mediapreflight.media.facts import AudioFacts, Facts, ImageFacts, UnknownFacts, VideoFacts, differ
from mediapreflight.rules.base import Fault, InputCase
from mediapreflight.rules.figures import (
    duration_misstated,
    duration_too_long,
    duration_too_short,
    frame_rate_too_high,
    frame_rate_too_low,
    ratio_too_extreme,
    side_too_long,
    side_too_short,
)

MODEL = builtin_catalog().model("videoretalk")
lengths = st.floats(0.01, 10_000)


def lasting(measured: float | None, stated: float | None, format: str = "wav") -> AudioFacts:
    return AudioFacts(path="a", format=format, duration_s=measured, stated_duration_s=stated)


@given(lengths, lengths)
def test_header_is_misstated_exactly_where_the_lengths_differ(measured: float, stated: float) -> None:
    assert bool([*duration_misstated(lasting(measured, stated), "picture")]) == differ(measured, stated)


@pytest.mark.parametrize(("measured", "stated"), [(None, 5.0), (5.0, None), (0.0, 5.0), (None, None)])
def test_what_is_not_known_is_not_misstated(measured: float | None, stated: float | None) -> None:
    assert not [*duration_misstated(lasting(measured, stated), "picture")]


def test_words() -> None:
    assert [*duration_misstated(lasting(11.7, 20.0), "picture")] == [
        Fault(
            severity="warning",
            message="its header says 20 s, but its picture lasts 11.7 s",
            help="rewrite its header",
            measured=20.0,
            unit="s",
        )
    ]


def test_lengths_are_shown_to_the_hundredth_and_kept_in_full() -> None:
    (fault,) = duration_misstated(lasting(11.70449, 20.00651), "recording")
    assert (fault.message, fault.measured, fault.limit) == (
        "its header says 20.01 s, but the recording lasts 11.7 s",
        20.00651,
        None,
    )


def test_a_stream_without_a_header_is_not_said_to_have_one() -> None:
    (fault,) = duration_misstated(lasting(14.08, 171.674, "aac"), "recording")
    assert fault.message == "readers guess 171.67 s from its first frames, but the recording lasts 14.08 s"
    assert fault.help == "convert it to a format that states its length"


def test_a_guessed_length_is_named_as_one() -> None:
    (fault,) = faults(lasting(None, 171.674, "aac"), "audio")
    assert fault.message == "duration guessed from its first frames is 171.67 s; videoretalk takes up to 120 s"
    assert fault.help == "convert it to a format that states its length"


def test_a_guessed_length_breaks_no_limit_if_the_true_one_is_known() -> None:
    assert faults(lasting(14.08, 171.674, "aac"), "audio") == []
    (fault,) = faults(lasting(121.0, 14.0, "aac"), "audio")
    assert fault.message == "duration is 121 s; videoretalk takes up to 120 s"


def faults(facts: Facts, role: str) -> list[Fault]:
    case = InputCase(MODEL, role, MODEL.roles[role], "a", facts)
    return [*duration_too_short(case, "make it longer"), *duration_too_long(case, "make it shorter")]


@pytest.mark.parametrize("kind", [AudioFacts, VideoFacts])
@pytest.mark.parametrize(("measured", "stated"), [(1.5, 10.0), (10.0, 1.5), (1.5, None), (None, 1.5)])
def test_measured_and_stated_length_must_both_be_long_enough(kind: type, measured: float | None, stated: float | None) -> None:
    facts = kind(path="a", duration_s=measured, stated_duration_s=stated)
    (fault,) = faults(facts, facts.kind)
    assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 1.5, ">= 2", "s")
    whose = " in its header" if measured == 10.0 else ""
    assert fault.message == f"duration{whose} is 1.5 s; videoretalk takes at least 2 s"
    assert fault.help == ("rewrite its header" if measured == 10.0 else "make it longer")


@pytest.mark.parametrize("kind", [AudioFacts, VideoFacts])
@pytest.mark.parametrize(("measured", "stated"), [(500.0, 10.0), (10.0, 500.0), (500.0, None), (None, 500.0)])
def test_measured_and_stated_length_must_both_be_short_enough(kind: type, measured: float | None, stated: float | None) -> None:
    facts = kind(path="a", duration_s=measured, stated_duration_s=stated)
    (fault,) = faults(facts, facts.kind)
    help = "rewrite its header" if measured == 10.0 else "make it shorter"
    assert (fault.severity, fault.measured, fault.unit, fault.help) == ("error", 500, "s", help)


@pytest.mark.parametrize("facts", [AudioFacts(path="a", duration_s=1.0), ImageFacts(path="a"), UnknownFacts(path="a")])
def test_length_of_what_is_no_video_is_not_that_of_a_video(facts: Facts) -> None:
    assert faults(facts, "video") == []


@pytest.mark.parametrize("kind", [AudioFacts, VideoFacts])
def test_length_that_is_not_known_is_not_judged(kind: type) -> None:
    facts = kind(path="a")
    assert faults(facts, facts.kind) == []


@pytest.mark.parametrize(
    ("measured", "stated", "ends"),
    [
        (14.0, 30.0, [14.0]),
        (30.0, 14.0, [14.0]),
        (None, 14.0, [14.0]),
        (61.0, 30.0, [61.0]),
        (30.0, 61.0, [61.0]),
        (14.0, 61.0, [14.0]),
        (61.0, 14.0, [61.0]),
        (15.0, 60.0, []),
        (None, None, []),
    ],
)
def test_measured_and_stated_rate_must_both_be_within_the_limit(
    measured: float | None, stated: float | None, ends: list[float]
) -> None:
    case = InputCase(MODEL, "video", MODEL.roles["video"], "a", VideoFacts(path="a", fps=measured, stated_fps=stated))
    found = [*frame_rate_too_low(case), *frame_rate_too_high(case)]
    assert [fault.measured for fault in found] == ends
    assert {fault.help for fault in found} <= {"convert it to a constant frame rate within the limits"}


EMO = builtin_catalog().model("emo-v1")
ROLE = msgspec.structs.replace(
    EMO.roles["image"],
    side=Limit(documented="[400, 7000]", source="EMO"),
    aspect_ratio=Limit(documented="<= 2", source="EMO"),
)
RULES = (side_too_short, side_too_long, ratio_too_extreme)


def case(facts: Facts) -> InputCase:
    return InputCase(EMO, "image", ROLE, "a.png", facts)


def both_kinds(width: int | None, height: int | None) -> list[InputCase]:
    return [
        case(ImageFacts(path="a.png", width=width, height=height)),
        case(VideoFacts(path="a.mp4", width=width, height=height)),
    ]


@pytest.mark.parametrize(("width", "height"), [(300, 500), (500, 300)])
def test_the_shorter_side_is_too_short(width: int, height: int) -> None:
    for seen in both_kinds(width, height):
        (fault,) = side_too_short(seen)
        assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 300, ">= 400", "px")
        assert fault.message == "shortest side is 300 px; emo-v1 takes at least 400 px"
        assert fault.help == "use a larger original, or scale it up"
        assert not [*side_too_long(seen), *ratio_too_extreme(seen)]


@pytest.mark.parametrize(("width", "height"), [(7200, 3700), (3700, 7200)])
def test_the_longer_side_is_too_long(width: int, height: int) -> None:
    for seen in both_kinds(width, height):
        (fault,) = side_too_long(seen)
        assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 7200, "<= 7000", "px")
        assert fault.message == "longest side is 7200 px; emo-v1 takes up to 7000 px"
        assert fault.help == "scale it down"
        assert not [*side_too_short(seen), *ratio_too_extreme(seen)]


@pytest.mark.parametrize(("width", "height"), [(1500, 500), (500, 1500)])
def test_the_ratio_is_that_of_the_long_side_to_the_short_one(width: int, height: int) -> None:
    for seen in both_kinds(width, height):
        (fault,) = ratio_too_extreme(seen)
        assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 3.0, "<= 2", None)
        assert fault.message == "longer side over shorter side is 3; emo-v1 takes up to 2"
        assert fault.help == "crop it around the person, or pad its shorter side"
        assert not [*side_too_short(seen), *side_too_long(seen)]


@pytest.mark.parametrize(("width", "height"), [(None, 300), (300, None), (0, 300), (300, 0), (None, None)])
def test_sides_that_are_not_known_are_not_judged(width: int | None, height: int | None) -> None:
    for seen in both_kinds(width, height):
        assert not [fault for rule in RULES for fault in rule(seen)]


@pytest.mark.parametrize("facts", [AudioFacts(path="a.wav"), UnknownFacts(path="a.bin")])
def test_what_has_no_sides_is_not_judged(facts: Facts) -> None:
    assert not [fault for rule in RULES for fault in rule(case(facts))]
