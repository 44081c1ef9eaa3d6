"""Promises of `Interval` over all inputs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import Interval

finite = st.floats(allow_nan=False, allow_infinity=False)
numbers = finite | st.integers(-(10**12), 10**12)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Every interval that can be written: with one end or two, and not empty."""
    shape = draw(st.sampled_from(["lower", "upper", "both"]))
    if shape == "lower":
        return Interval(lower=draw(finite), lower_open=draw(st.booleans()))
    if shape == "upper":
        return Interval(upper=draw(finite), upper_open=draw(st.booleans()))
    lower, upper = sorted((draw(finite), draw(finite)))
    closed = lower == upper
    return Interval(lower, upper, not closed and draw(st.booleans()), not closed and draw(st.booleans()))


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("[400, 7000]", Interval(400, 7000)),
        ("(2, 120)", Interval(2, 120, True, True)),
        ("[2,120)", Interval(2, 120, False, True)),
        ("( 2 , 120 ]", Interval(2, 120, True, False)),
        (">= 400", Interval(lower=400)),
        (">400", Interval(lower=400, lower_open=True)),
        ("<= 1.8", Interval(upper=1.8)),
        (" < 60 ", Interval(upper=60, upper_open=True)),
        ("[-1.5, 0]", Interval(-1.5, 0)),
        ("[5, 5]", Interval(5, 5)),
    ],
)
def test_parse_reads_the_written_form(text: str, interval: Interval) -> None:
    assert Interval.parse(text) == interval


@pytest.mark.every(
    "text",
    [
        "",
        "any",
        "400",
        "= 400",
        "< 60 s",
        "<",
        "[400 7000]",
        "[400, 7000",
        "[,]",
        "[1, 2, 3]",
        "<= inf",
        ">= nan",
        "< 1e999",
        "[0, 1e999]",
        "< 6\N{ARABIC-INDIC DIGIT ZERO}",
    ],
)
def test_parse_refuses_what_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match="is no interval"):
        Interval.parse(text)


@pytest.mark.parametrize("text", ["[7000, 400]", "(5, 5)", "[5, 5)", "(5, 5]"])
def test_parse_refuses_an_empty_interval(text: str) -> None:
    with pytest.raises(ValueError, match="is an empty interval"):
        Interval.parse(text)


@given(st.text())
def test_parse_of_any_text_gives_an_interval_or_a_value_error(text: str) -> None:
    try:
        interval = Interval.parse(text)
    except ValueError:
        return
    assert interval.lower <= interval.upper


@given(intervals())
def test_what_str_prints_parse_reads(interval: Interval) -> None:
    assert Interval.parse(str(interval)) == interval


@given(intervals(), numbers)
def test_a_number_is_below_or_inside_or_above(interval: Interval, number: float) -> None:
    assert [interval.is_below(number), number in interval, interval.is_above(number)].count(True) == 1


@given(intervals())
def test_an_end_belongs_to_the_interval_only_when_closed(interval: Interval) -> None:
    if math.isfinite(interval.lower):
        assert (interval.lower in interval) is not interval.lower_open
    if math.isfinite(interval.upper):
        assert (interval.upper in interval) is not interval.upper_open


@given(intervals(), intervals(), numbers)
def test_an_interval_holds_every_number_of_those_it_covers(outer: Interval, inner: Interval, number: float) -> None:
    if outer.covers(inner):
        assert number not in inner or number in outer


@given(intervals(), numbers)
def test_an_interval_covers_a_point_exactly_when_it_holds_it(interval: Interval, number: float) -> None:
    assert interval.covers(Interval(number, number)) is (number in interval)


@given(intervals())
def test_an_interval_covers_itself(interval: Interval) -> None:
    assert interval.covers(interval)


def test_an_open_end_does_not_cover_the_closed_one() -> None:
    assert not Interval.parse("(2, 120)").covers(Interval.parse("[2, 120]"))
    assert Interval.parse("[2, 120]").covers(Interval.parse("(2, 120)"))


def test_nan_meets_no_limit() -> None:
    not_a_number = math.nan
    assert not_a_number not in Interval.parse("[400, 7000]")
    assert not_a_number not in Interval.parse("< 60")


def test_an_interval_without_ends_holds_every_number_and_reads_any() -> None:
    assert 10**400 in Interval()
    assert str(Interval()) == "any"


def test_what_is_no_number_is_in_no_interval() -> None:
    text: object = "5"
    assert text not in Interval()


@given(intervals(), st.integers(-(10**9), 10**9), st.sampled_from([1024, 2**20, 10**6]))
def test_scaling_keeps_what_is_inside(interval: Interval, number: int, factor: int) -> None:
    # Ends that are whole numbers, so that the scaled ones are exact.
    whole = interval._replace(lower=_whole(interval.lower), upper=_whole(interval.upper))
    assert (number * factor in whole.scaled(factor)) is (number in whole)


def _whole(end: float) -> float:
    return end if math.isinf(end) else float(int(end) % 10**9)


@pytest.mark.parametrize(("text", "lower", "upper"), [("(2, 120]", "> 2", "<= 120"), ("[0.5, 1.5)", ">= 0.5", "< 1.5")])
def test_each_end_reads_as_a_comparison(text: str, lower: str, upper: str) -> None:
    interval = Interval.parse(text)
    assert (interval.lower_text, interval.upper_text) == (lower, upper)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval.parse("[2, 15]"), "2 to 15"),
        (Interval.parse("(2, 120)"), "more than 2 and less than 120"),
        (Interval.parse("[2, 120)"), "at least 2 and less than 120"),
        (Interval.parse("(2, 120]"), "more than 2 and up to 120"),
        (Interval.parse(">= 400"), "at least 400"),
        (Interval.parse("> 400"), "more than 400"),
        (Interval.parse("<= 1.8"), "up to 1.8"),
        (Interval.parse("< 60"), "less than 60"),
        (Interval(), "anything"),
    ],
)
def test_the_whole_reads_as_a_clause(interval: Interval, words: str) -> None:
    assert interval.in_words == words


@pytest.mark.parametrize(
    ("text", "lower", "upper"), [("(2, 120]", "more than 2", "up to 120"), ("[0.5, 1.5)", "at least 0.5", "less than 1.5")]
)
def test_each_end_reads_as_words(text: str, lower: str, upper: str) -> None:
    interval = Interval.parse(text)
    assert (interval.lower_words, interval.upper_words) == (lower, upper)


def test_a_refusal_quotes_the_text_and_shows_how_it_is_written() -> None:
    with pytest.raises(
        ValueError, match=r"^' 400 ' is no interval; write it like '\[400, 7000\]', '\(2, 120\)', '>= 400' or '< 60'$"
    ):
        Interval.parse(" 400 ")
    with pytest.raises(ValueError, match=r"^'\[7, 4\]' is an empty interval$"):
        Interval.parse("[7, 4]")


@pytest.mark.parametrize(
    ("outer", "inner", "covered"),
    [
        (">= 400", "[400, 7000]", True),
        ("<= 7000", "[400, 7000]", True),
        ("[400, 7000]", ">= 400", False),
        ("[400, 7000]", "<= 7000", False),
        ("[0, 10]", "[-1, 5]", False),
        ("[0, 10]", "[5, 11]", False),
        ("[0, 10]", "[1, 9]", True),
        ("(0, 10]", "(0, 10]", True),
        ("[0, 10)", "[0, 10]", False),
        ("(0, 10]", "[0, 10]", False),
    ],
)
def test_what_covers_what(outer: str, inner: str, covered: bool) -> None:
    assert Interval.parse(outer).covers(Interval.parse(inner)) is covered
