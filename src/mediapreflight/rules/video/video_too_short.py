"""The video is shorter than the model takes.

Judged by the picture's measured length and by what the container states; both must fit, because which of them
the service reads is unknown. Level `metadata` knows the container's word only.

Why it matters: the service refuses the video.

Cure: a longer take; or play it backward and forward until it is long enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase
from ..limits import Measure, lowest, too_low

LEVEL = "metadata"
FIXABLE = True
LIMIT = "duration"
BOUND = "lower"

_MEASURE = Measure("duration", "s")
_HELP = "give a longer take"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too short."""
    facts = case.facts
    if not isinstance(facts, VideoFacts):
        return
    if fault := too_low(case, case.role.duration, lowest(facts.duration_s, facts.stated_duration_s), _MEASURE, _HELP):
        yield fault
