"""How long to wait before another try."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.submit.calls import LONGEST_RETRY_AFTER_S, LONGEST_WAIT_S, backoff, can_pass

SHARES = st.floats(0, 1, exclude_max=True)
ATTEMPTS = st.integers(0, 10**6)


@given(ATTEMPTS, SHARES, st.floats(0.001, 10))
def test_a_wait_is_drawn_from_below_a_ceiling_that_doubles(attempt: int, share: float, first: float) -> None:
    ceiling = min(first * 2 ** min(attempt, 60), LONGEST_WAIT_S)
    assert backoff(attempt, None, lambda: share, first=first) == share * ceiling


@given(ATTEMPTS, SHARES, st.floats(0.001, LONGEST_RETRY_AFTER_S))
def test_what_the_server_asks_for_is_waited_out(attempt: int, share: float, asked: float) -> None:
    wait = backoff(attempt, asked, lambda: share)
    assert asked <= wait <= asked + 1


@given(ATTEMPTS, SHARES, st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)))
def test_no_wait_is_negative_or_without_end(attempt: int, share: float, asked: float | None) -> None:
    assert 0 <= backoff(attempt, asked, lambda: share) <= max(LONGEST_WAIT_S, LONGEST_RETRY_AFTER_S + 1)


def test_which_statuses_pass() -> None:
    assert [status for status in (200, 206, 301, 400, 401, 403, 404, 408, 410, 416, 425, 429, 500, 503) if can_pass(status)] == [
        408,
        425,
        429,
        500,
        503,
    ]
