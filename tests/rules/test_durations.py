import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.rules.base import Fault
from mediapreflight.rules.durations import differ, misstated

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
