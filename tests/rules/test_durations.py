import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.probe.facts import AudioFacts, Facts, ImageFacts, UnknownFacts, VideoFacts
from mediapreflight.rules.base import Fault, InputCase
from mediapreflight.rules.durations import differ, duration_too_long, duration_too_short, misstated

MODEL = builtin_catalog().model("videoretalk")
lengths = st.floats(0.01, 10_000)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (10, 10, False),
        (10, 10.29, False),
        (10, 10.31, True),
        (0.5, 0.6, False),
        (0.5, 0.62, True),
        (100, 102, False),
        (100, 103, True),
    ],
)
def test_tenth_of_a_second_and_two_hundredths_of_the_shorter(first: float, second: float, expected: bool) -> None:
    assert differ(first, second) is expected


@given(lengths, lengths)
def test_order_does_not_matter(first: float, second: float) -> None:
    assert differ(first, second) == differ(second, first)


@given(lengths, lengths)
def test_header_is_misstated_exactly_where_the_lengths_differ(measured: float, stated: float) -> None:
    assert bool(misstated(measured, stated, "picture")) == differ(measured, stated)


@pytest.mark.parametrize(("measured", "stated"), [(None, 5.0), (5.0, None), (0.0, 5.0), (None, None)])
def test_what_is_not_known_is_not_misstated(measured: float | None, stated: float | None) -> None:
    assert misstated(measured, stated, "picture") is None


def test_words() -> None:
    assert misstated(11.7, 20.0, "picture") == Fault(
        severity="warning",
        message="its header says 20 s, its picture lasts 11.7 s",
        help="rewrite its header",
        measured=20.0,
        limit="== 11.7",
        unit="s",
    )


def test_lengths_are_shown_to_the_hundredth_and_kept_in_full() -> None:
    fault = misstated(11.70449, 20.00651, "sound")
    assert (fault.message, fault.limit) == ("its header says 20.01 s, its sound lasts 11.7 s", "== 11.7")
    assert fault.measured == 20.00651
    assert misstated(11.709, 20.0, "sound").limit == "== 11.71"


def test_what_differs_by_just_as_much_as_honest_files_do_is_the_same() -> None:
    # Binary fractions, so that the sums are exact where the tolerance is: 0.1 s and a fiftieth of nothing.
    assert not differ(0.0, 0.1)
    assert differ(0.0, 0.1000001)


def faults(facts: Facts, role: str) -> list[Fault]:
    case = InputCase(MODEL, role, MODEL.roles[role], "a", facts)
    return [*duration_too_short(case, "make it longer"), *duration_too_long(case, "make it shorter")]


@pytest.mark.parametrize("kind", [AudioFacts, VideoFacts])
@pytest.mark.parametrize(("measured", "stated"), [(1.5, 10.0), (10.0, 1.5), (1.5, None), (None, 1.5)])
def test_measured_and_stated_length_must_both_be_long_enough(kind: type, measured: float | None, stated: float | None) -> None:
    facts = kind(path="a", duration_s=measured, stated_duration_s=stated)
    (fault,) = faults(facts, facts.kind)
    assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("error", 1.5, ">= 2", "s")
    assert fault.message == "duration is 1.5 s; videoretalk takes at least 2 s"
    assert fault.help == "make it longer"


@pytest.mark.parametrize("kind", [AudioFacts, VideoFacts])
@pytest.mark.parametrize(("measured", "stated"), [(500.0, 10.0), (10.0, 500.0), (500.0, None), (None, 500.0)])
def test_measured_and_stated_length_must_both_be_short_enough(kind: type, measured: float | None, stated: float | None) -> None:
    facts = kind(path="a", duration_s=measured, stated_duration_s=stated)
    (fault,) = faults(facts, facts.kind)
    assert (fault.severity, fault.measured, fault.unit, fault.help) == ("error", 500, "s", "make it shorter")


@pytest.mark.parametrize("facts", [AudioFacts(path="a", duration_s=1.0), ImageFacts(path="a"), UnknownFacts(path="a")])
def test_length_of_what_is_no_video_is_not_that_of_a_video(facts: Facts) -> None:
    assert faults(facts, "video") == []


@pytest.mark.parametrize("kind", [AudioFacts, VideoFacts])
def test_length_that_is_not_known_is_not_judged(kind: type) -> None:
    facts = kind(path="a")
    assert faults(facts, facts.kind) == []
