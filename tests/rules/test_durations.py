import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    fault = misstated(11.7, 20.0, "picture")
    assert fault.message == "its header says 20 s, its picture lasts 11.7 s"
    assert (fault.severity, fault.measured, fault.limit, fault.unit) == ("warning", 20.0, "== 11.7", "s")
