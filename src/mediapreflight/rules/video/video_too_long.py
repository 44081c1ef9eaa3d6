"""The video is longer than the model takes.

Judged by the picture's measured length and by what the container states; both must fit, because which of them
the service reads is unknown. Level `metadata` knows the container's word only.

Why it matters: the service refuses the video after the upload.

Cure: trim it, by stream copy where that is exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase
from ..limits import Measure, highest, too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "duration"
BOUND = "upper"

_MEASURE = Measure("duration", "s")
_HELP = "trim it"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too long."""
    facts = case.facts
    if not isinstance(facts, VideoFacts):
        return
    if fault := too_high(case, case.role.duration, highest(facts.duration_s, facts.stated_duration_s), _MEASURE, _HELP):
        yield fault
