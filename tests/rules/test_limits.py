"""A value against an interval: judged and worded the same way by every rule that has a limit."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import Choices, Limit, builtin_catalog
from mediapreflight.media.facts import ImageFacts
from mediapreflight.rules.base import Fault, InputCase
from mediapreflight.rules.limits import Measure, highest, lowest, not_among, too_high, too_low

MODEL = builtin_catalog().model("emo-v1")
CASE = InputCase(MODEL, "image", MODEL.roles["image"], "a.png", ImageFacts(path="a.png"))
SECONDS = Measure(lambda amount: f"duration is {amount}", "s")
CONFLICT = Limit(documented="[2, 120]", source="EMO", safe="(2, 120)", safe_source="ERR", error="Code")
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**6), 10**6)


def judge(limit: Limit, value: float | None) -> list[str]:
    """The severities of both ends, the lower one first."""
    faults = (*too_low(CASE, limit, value, SECONDS, "help"), *too_high(CASE, limit, value, SECONDS, "help"))
    return [fault.severity for fault in faults]


@pytest.mark.parametrize(
    ("value", "severities"),
    [(1.999, ["error"]), (2, ["warning"]), (2.001, []), (60, []), (119.999, []), (120, ["warning"]), (120.001, ["error"])],
)
def test_ends_of_a_limit_whose_documents_disagree(value: float, severities: list[str]) -> None:
    assert judge(CONFLICT, value) == severities


@given(numbers)
def test_error_is_exactly_outside_the_documented_interval(value: float) -> None:
    assert ("error" in judge(CONFLICT, value)) == (value not in CONFLICT.documented_interval)


@given(numbers)
def test_nothing_is_said_exactly_inside_the_safe_interval(value: float) -> None:
    assert (not judge(CONFLICT, value)) == (value in CONFLICT.safe_interval)


def test_unknown_values_and_absent_limits_are_no_faults() -> None:
    assert judge(CONFLICT, None) == []
    assert not [*too_low(CASE, None, 1.0, SECONDS, "help")]
    assert not [*too_high(CASE, None, 1e9, SECONDS, "help")]


def test_fault_carries_the_end_that_is_broken_and_where_it_stands() -> None:
    (error,), (warning,) = (too_high(CASE, CONFLICT, value, SECONDS, "trim it") for value in (121, 120))
    assert (error.limit, error.source) == ("<= 120", "EMO")
    assert (warning.limit, warning.source) == ("< 120", "ERR")
    for fault, value in ((error, 121), (warning, 120)):
        assert (fault.measured, fault.unit, fault.service_code, fault.help) == (value, "s", "Code", "trim it")


def test_words_of_a_conflict_name_both_pages() -> None:
    (fault,) = too_low(CASE, CONFLICT, 2, SECONDS, "help")
    assert "emo-api, 2026-03-15" in fault.message
    assert "error-code, 2025-12-26" in fault.message


def test_measure_without_a_unit() -> None:
    (fault,) = too_high(
        CASE, Limit(documented="<= 2", source="EMO"), 2.5, Measure(lambda amount: f"ratio is {amount}", ""), "help"
    )
    assert fault.unit is None
    assert fault.message == "ratio is 2.5; emo-v1 takes up to 2"


def test_names() -> None:
    choices = Choices(documented=("jpeg", "png", "webp"), source="EMO", safe=("jpeg", "png"), safe_source="ERR", error="Code")
    assert not [*not_among(CASE, choices, "jpeg", "the format", "help")]
    assert not [*not_among(CASE, choices, None, "the format", "help")]
    assert not [*not_among(CASE, None, "gif", "the format", "help")]
    (doubtful,), (refused,) = (not_among(CASE, choices, name, "the format", "help") for name in ("webp", "gif"))
    assert (doubtful.severity, doubtful.limit, doubtful.source) == ("warning", "jpeg, png", "ERR")
    assert (refused.severity, refused.limit, refused.source) == ("error", "jpeg, png, webp", "EMO")
    assert doubtful.service_code == refused.service_code == "Code"


def test_a_name_that_no_document_takes_is_worded_with_those_that_are() -> None:
    choices = Choices(documented=("jpeg", "png", "webp"), source="EMO", safe=("jpeg", "png"), safe_source="ERR", error="Code")
    (fault,) = not_among(CASE, choices, "gif", "the format", "convert it")
    assert fault == Fault(
        severity="error",
        message="the format is gif; emo-v1 takes jpeg, png and webp",
        help="convert it",
        measured="gif",
        limit="jpeg, png, webp",
        service_code="Code",
        source="EMO",
    )


def test_a_name_that_one_document_leaves_out_is_worded_with_both_readings() -> None:
    choices = Choices(documented=("jpeg", "png", "webp"), source="EMO", safe=("jpeg", "png"), safe_source="ERR", error="Code")
    (fault,) = not_among(CASE, choices, "webp", "the format", "convert it")
    assert fault == Fault(
        severity="warning",
        message=(
            "the format is webp; emo-v1 takes jpeg, png and webp, "
            "but one document (error-code, 2025-12-26) names only jpeg and png"
        ),
        help="convert it",
        measured="webp",
        limit="jpeg, png",
        service_code="Code",
        source="ERR",
    )


def test_a_refused_name_stands_with_the_source_of_the_documented_ones_only() -> None:
    alone = Choices(documented=("jpeg",), source="EMO")
    assert next(not_among(CASE, alone, "gif", "the format", "help")).source == "EMO"


@pytest.mark.parametrize(
    ("judged", "value", "message"),
    [
        (too_low, 1.5, "duration is 1.5 s; emo-v1 takes at least 2 s"),
        (too_high, 121, "duration is 121 s; emo-v1 takes up to 120 s"),
        (
            too_low,
            2,
            "duration is 2 s; the documents of emo-v1 disagree: "
            "at least 2 s (emo-api, 2026-03-15) or more than 2 s (error-code, 2025-12-26)",
        ),
        (
            too_high,
            120,
            "duration is 120 s; the documents of emo-v1 disagree: "
            "up to 120 s (emo-api, 2026-03-15) or less than 120 s (error-code, 2025-12-26)",
        ),
    ],
)
def test_words(judged: Callable[..., Iterator[Fault]], value: float, message: str) -> None:
    assert next(judged(CASE, CONFLICT, value, SECONDS, "help")).message == message


def test_ends_are_the_lower_one_where_a_value_is_too_low() -> None:
    (error,), (warning,) = (too_low(CASE, CONFLICT, value, SECONDS, "slow it down") for value in (1, 2))
    assert (error.limit, error.source, error.help) == (">= 2", "EMO", "slow it down")
    assert (warning.limit, warning.source, warning.help) == ("> 2", "ERR", "slow it down")


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_lowest_and_highest_of_what_is_known(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    assert lowest(*values) == (min(known) if known else None)
    assert highest(*values) == (max(known) if known else None)
