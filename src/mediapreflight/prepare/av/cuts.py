"""Where to cut a recording: at pauses between words, by a timeline of voice probabilities. No I/O.

A cut is where nobody speaks for `QUIET_S` on both sides; if there is no such place, half or a quarter of that is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

SPOKEN = 0.3
QUIET_S = 0.1
# How far before a limit a pause is searched.
REACH_S = 5.0
# Probabilities fall about 0.2 s after a voice does: where they are low for two steps, it has been silent for longer.
_CLEARANCES = (QUIET_S, QUIET_S / 2, QUIET_S / 4)
# No very short last part: each part is a separate task.
_LEAST_SHARE = 1 / 4


class Timeline(NamedTuple):
    """How likely it is that somebody speaks, 0 to 1, in each stretch of `step_s` seconds from the start of a recording."""

    step_s: float
    voice: tuple[float, ...]

    def moved(self, seconds: float) -> Timeline:
        """The same with so much silence before it; if negative, without so much of its start."""
        steps = round(seconds / self.step_s)
        return self._replace(voice=(0.0,) * steps + self.voice[max(-steps, 0) :])

    def is_quiet(self, start_s: float, end_s: float) -> bool:
        """Whether nobody speaks between two times. Before the start nobody does; after the end it is not known."""
        first, last = max(0, math.floor(start_s / self.step_s)), math.ceil(end_s / self.step_s)
        return last <= len(self.voice) and all(probability < SPOKEN for probability in self.voice[first:last])


class Cut(NamedTuple):
    """A time to cut at, in seconds. `at_pause`: whether nobody speaks there."""

    at_s: float
    at_pause: bool


def last_cut(timeline: Timeline | None, limit_s: float, earliest_s: float = 0.0) -> Cut:
    """The latest pause no later than a limit, within the last `REACH_S` before it and no earlier than `earliest_s`.

    The limit itself if there is no pause or no timeline.
    """
    if timeline is not None:
        times = tuple(_times(limit_s, max(limit_s - REACH_S, earliest_s), timeline.step_s))
        for clearance in _CLEARANCES:
            for at in times:
                if timeline.is_quiet(at - clearance, at + clearance):
                    return Cut(at, True)
    return Cut(limit_s, False)


def cuts(timeline: Timeline | None, length_s: float, most_s: float, least_s: float = 0.0) -> tuple[Cut, ...]:
    """The cuts that split a recording into parts of at most `most_s`, each as long as the pauses allow.

    No part is shorter than `least_s` or a quarter of `most_s`, if possible: a last part that would be too short is made longer
    by an earlier cut before it.
    """
    least_s = max(least_s, most_s * _LEAST_SHARE)
    found: list[Cut] = []
    start = 0.0
    while length_s - start > most_s:
        limit = min(start + most_s, max(length_s - least_s, start + most_s / 2))
        # Never before the middle: a cut at the start of a part would make no progress.
        cut = last_cut(timeline, limit, max(start + min(least_s, limit - start), (start + limit) / 2))
        found.append(cut)
        start = cut.at_s
    return tuple(found)


def _times(latest: float, earliest: float, step: float) -> Iterator[float]:
    for count in range(int(max(latest - earliest, 0.0) / step * 2) + 1):
        yield min(round(latest - count * step / 2, 6), latest)
