"""Where recordings are cut: promises over all timelines."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.prepare.av.cuts import QUIET_S, REACH_S, SPOKEN, Cut, Timeline, cuts, last_cut

STEP_S = 0.032
probabilities = st.sampled_from([0.0, 0.1, 0.29, 0.3, 0.5, 1.0])


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Runs of speech and silence, as long as words and pauses are."""
    runs = draw(st.lists(st.tuples(probabilities, st.integers(1, 120)), min_size=1, max_size=40))
    return Timeline(STEP_S, tuple(itertools.chain.from_iterable([value] * length for value, length in runs)))


def spoken_near(timeline: Timeline, at: float, clearance: float) -> bool:
    """Whether any frame that touches the surroundings of a time is speech, frame by frame."""
    frames = enumerate(timeline.voice)
    return any(
        value >= SPOKEN for number, value in frames if number * STEP_S < at + clearance and (number + 1) * STEP_S > at - clearance
    )


@given(timelines(), st.floats(1, 100), st.floats(0, 1))
def test_a_cut_is_in_reach_of_the_limit_and_nobody_speaks_where_it_says_so(
    timeline: Timeline, limit: float, share: float
) -> None:
    earliest = limit * share
    cut = last_cut(timeline, limit, earliest)

    assert max(limit - REACH_S, earliest) - 1e-6 <= cut.at_s <= limit
    if cut.at_pause:
        assert not spoken_near(timeline, cut.at_s, QUIET_S / 4 - 1e-6)
    else:
        assert cut.at_s == limit


@given(timelines(), st.floats(1, 100), st.integers(0, 300))
def test_a_pause_that_is_there_is_found(timeline: Timeline, limit: float, back: int) -> None:
    place = limit - back * STEP_S / 2
    heard_s = len(timeline.voice) * STEP_S
    cut = last_cut(timeline, limit)

    is_pause = limit - REACH_S <= place <= heard_s - QUIET_S and not spoken_near(timeline, place, QUIET_S + STEP_S)
    if is_pause and place > 0:
        assert cut.at_pause
        assert cut.at_s >= place - 1e-6
        assert not spoken_near(timeline, cut.at_s, QUIET_S - 1e-6)


def test_the_latest_pause_is_taken_even_if_an_earlier_one_is_longer() -> None:
    voice = [1.0] * 1000
    voice[800:830] = [0.0] * 30
    voice[900:910] = [0.0] * 10

    cut = last_cut(Timeline(STEP_S, tuple(voice)), 30.0)

    assert cut == Cut(pytest.approx(910 * STEP_S - QUIET_S, abs=STEP_S), True)


@pytest.mark.parametrize(("steps", "clearance"), [(5, QUIET_S / 2), (2, QUIET_S / 4)])
def test_a_short_pause_does_where_there_is_no_longer_one(steps: int, clearance: float) -> None:
    """Two steps is what the pause of a third of a second between two sentences leaves of itself."""
    voice = [1.0] * 1000
    voice[900 : 900 + steps] = [0.0] * steps

    cut = last_cut(Timeline(STEP_S, tuple(voice)), 30.0)

    assert cut.at_pause
    assert 900 * STEP_S + clearance <= cut.at_s <= (900 + steps) * STEP_S - clearance


def test_a_single_quiet_step_is_no_pause() -> None:
    voice = [1.0] * 1000
    voice[900] = 0.0
    assert last_cut(Timeline(STEP_S, tuple(voice)), 30.0) == Cut(30.0, False)


def test_without_a_pause_or_a_timeline_the_cut_is_at_the_limit() -> None:
    assert last_cut(Timeline(STEP_S, (1.0,) * 1000), 30.0) == Cut(30.0, False)
    assert last_cut(None, 30.0) == Cut(30.0, False)


def test_what_nobody_listened_to_is_no_pause() -> None:
    assert last_cut(Timeline(STEP_S, (0.0,) * 100), 30.0) == Cut(30.0, False)


@given(timelines() | st.none(), st.floats(0.5, 400), st.floats(1, 120), st.floats(0, 1))
def test_parts_are_within_the_limit_and_follow_each_other(
    timeline: Timeline | None, length: float, most: float, share: float
) -> None:
    least = most * share / 2
    ends = [0.0, *(cut.at_s for cut in cuts(timeline, length, most, least)), length]
    parts = [end - start for start, end in itertools.pairwise(ends)]

    assert all(0 < part <= most + 1e-6 for part in parts)
    # Half of the limit is the most that a part can be asked to have: any length above it can be split so.
    assert length < least or all(part >= least - 1e-6 for part in parts)


@given(timelines(), st.floats(20, 60))
def test_no_part_is_cut_off_long_before_the_limit(timeline: Timeline, most: float) -> None:
    length = 4 * most
    ends = [0.0, *(cut.at_s for cut in cuts(timeline, length, most)), length]

    # The last cut makes room for a rest that is worth a task.
    assert all(end - start >= most - REACH_S - 1e-6 for start, end in itertools.pairwise(ends[:-2]))


@given(timelines(), st.floats(20, 60), st.floats(1.0, 4.0))
def test_no_part_is_a_moment(timeline: Timeline, most: float, share: float) -> None:
    length = most * share
    ends = [0.0, *(cut.at_s for cut in cuts(timeline, length, most)), length]
    assert all(end - start >= min(most / 4, length) - 1e-6 for start, end in itertools.pairwise(ends))


def test_what_is_hardly_too_long_is_cut_well_before_its_end() -> None:
    (cut,) = cuts(None, 60.0, 59.9)
    assert cut.at_s == pytest.approx(60 - 59.9 / 4)
