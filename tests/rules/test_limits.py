"""A value against an interval: judged and worded the same way by every rule that has a limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import Choices, Limit, builtin_catalog
from mediapreflight.probe.facts import ImageFacts
from mediapreflight.rules.base import InputCase
from mediapreflight.rules.limits import Measure, highest, listed, lowest, not_among, shown, too_high, too_low

MODEL = builtin_catalog().model("emo-v1")
CASE = InputCase(MODEL, "image", MODEL.roles["image"], "a.png", ImageFacts(path="a.png"))
SECONDS = Measure("duration", "s")
CONFLICT = Limit(documented="[2, 120]", source="EMO", safe="(2, 120)", safe_source="ERR", error="Code")
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**6), 10**6)


def judge(limit: Limit, value: float | None) -> list[str]:
    """The severities of both ends, the lower one first."""
    faults = (too_low(CASE, limit, value, SECONDS, "help"), too_high(CASE, limit, value, SECONDS, "help"))
    return [fault.severity for fault in faults if fault]


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
    assert too_low(CASE, None, 1.0, SECONDS, "help") is None
    assert too_high(CASE, None, 1e9, SECONDS, "help") is None


def test_fault_carries_the_end_that_is_broken_and_where_it_stands() -> None:
    error, warning = too_high(CASE, CONFLICT, 121, SECONDS, "trim it"), too_high(CASE, CONFLICT, 120, SECONDS, "trim it")
    assert (error.limit, error.source) == ("<= 120", "emo-api, 2026-03-15")
    assert (warning.limit, warning.source) == ("< 120", "error-code, 2025-12-26")
    for fault, value in ((error, 121), (warning, 120)):
        assert (fault.measured, fault.unit, fault.service_code, fault.help) == (value, "s", "Code", "trim it")


def test_words_of_a_conflict_name_both_pages() -> None:
    fault = too_low(CASE, CONFLICT, 2, SECONDS, "help")
    assert "emo-api, 2026-03-15" in fault.message
    assert "error-code, 2025-12-26" in fault.message


def test_measure_without_a_unit() -> None:
    fault = too_high(CASE, Limit(documented="<= 2", source="EMO"), 2.5, Measure("ratio", ""), "help")
    assert fault.unit is None
    assert fault.message == "ratio is 2.5; emo-v1 takes up to 2"


def test_names() -> None:
    choices = Choices(documented=("jpeg", "png", "webp"), source="EMO", safe=("jpeg", "png"), safe_source="ERR", error="Code")
    assert not_among(CASE, choices, "jpeg", "the format", "help") is None
    assert not_among(CASE, choices, None, "the format", "help") is None
    assert not_among(CASE, None, "gif", "the format", "help") is None
    doubtful, refused = (not_among(CASE, choices, name, "the format", "help") for name in ("webp", "gif"))
    assert (doubtful.severity, doubtful.limit, doubtful.source) == ("warning", "jpeg, png", "error-code, 2025-12-26")
    assert (refused.severity, refused.limit, refused.source) == ("error", "jpeg, png, webp", "emo-api, 2026-03-15")
    assert doubtful.service_code == refused.service_code == "Code"


@pytest.mark.parametrize(
    ("value", "text"),
    [(5000, "5000"), (99_999, "99999"), (100_000, "100,000"), (24.0, "24"), (0.1 + 0.2, "0.3"), (60.000125, "60.000125")],
)
def test_numbers_as_a_reader_wants_them(value: float, text: str) -> None:
    assert shown(value) == text


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_lowest_and_highest_of_what_is_known(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    assert lowest(*values) == (min(known) if known else None)
    assert highest(*values) == (max(known) if known else None)


def test_enumerations() -> None:
    assert listed(("jpeg",)) == "jpeg"
    assert listed(("jpeg", "png")) == "jpeg and png"
    assert listed(("jpeg", "png", "bmp")) == "jpeg, png and bmp"
