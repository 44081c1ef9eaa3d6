import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import AudioFacts, Facts, ImageFacts, VideoFacts, differ, length_of

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


def test_what_differs_by_just_as_much_as_honest_files_do_is_the_same() -> None:
    # Binary fractions, so that the sums are exact where the tolerance is: 0.1 s and a fiftieth of nothing.
    assert not differ(0.0, 0.1)
    assert differ(0.0, 0.1000001)


@pytest.mark.parametrize(
    ("facts", "length"),
    [
        (AudioFacts(path="a", duration_s=4.0, stated_duration_s=5.0), 4.0),
        (VideoFacts(path="a", stated_duration_s=5.0), 5.0),
        (AudioFacts(path="a"), None),
        (ImageFacts(path="a"), None),
        (None, None),
    ],
)
def test_length_is_the_measured_one_else_the_stated_one(facts: Facts | None, length: float | None) -> None:
    assert length_of(facts) == length
