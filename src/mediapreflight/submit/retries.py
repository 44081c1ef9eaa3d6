"""Whether a request is worth sending again, and how long to wait before it is."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_WAIT_S = 60.0
# A throttled account recovers in about a minute; what asks for more than twice that is not worth waiting for in place.
LONGEST_RETRY_AFTER_S = 120.0
_MAX_DOUBLINGS = 32
_PASSING = frozenset({408, 425, 429})


def can_pass(status: int) -> bool:
    """Whether an HTTP status says that the same request may be answered better later."""
    return status in _PASSING or status >= 500


def backoff(attempt: int, retry_after: float | None, random: Callable[[], float], *, first: float = 1.0) -> float:
    """Seconds to wait after an attempt that failed.

    Args:
        attempt: how many failed before this one; 0 for the first.
        retry_after: what the server asked for, in seconds; it is waited out, up to a bound.
        random: a number from 0 to 1. The wait is drawn evenly from 0 to its ceiling, which doubles with every attempt: clients
            that failed together do not come back together.
        first: the ceiling of the first wait, in seconds.
    """
    drawn = random() * min(first * 2.0 ** min(attempt, _MAX_DOUBLINGS), LONGEST_WAIT_S)
    if retry_after is None or not retry_after > 0:
        return drawn
    # What is drawn comes on top: everybody who was turned away was given the same figure.
    return min(retry_after, LONGEST_RETRY_AFTER_S) + min(drawn, first)
