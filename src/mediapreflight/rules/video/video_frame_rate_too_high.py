"""The frame rate is above what the model takes.

Judged by the average over all frames and by what the header states; both must fit, because which of them the
service reads is unknown. Level `metadata` knows the header only.

Why it matters: the service refuses the video.

Cure: convert to a constant rate within the range, dropping frames evenly.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase
from ..limits import Measure, highest, too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "fps"
BOUND = "upper"

_MEASURE = Measure("frame rate", "fps")
_HELP = "convert it to a constant frame rate within the range"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated rate is too high."""
    facts = case.facts
    if not isinstance(facts, VideoFacts):
        return
    if fault := too_high(case, case.role.fps, highest(facts.fps, facts.stated_fps), _MEASURE, _HELP):
        yield fault
