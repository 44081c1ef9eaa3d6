"""The frame rate is below what the model takes.

Judged by the average over all frames and by what the header states; both must fit, because which of them the
service reads is unknown. Level `metadata` knows the header only.

Why it matters: the service refuses the video; a low rate also makes lips lag.

Cure: convert to a constant rate within the range. Frames are repeated, none invented.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase
from ..limits import Measure, lowest, too_low

LEVEL = "metadata"
FIXABLE = True
LIMIT = "fps"
BOUND = "lower"

_MEASURE = Measure("frame rate", "fps")
_HELP = "convert it to a constant frame rate within the range"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated rate is too low."""
    facts = case.facts
    if not isinstance(facts, VideoFacts):
        return
    if fault := too_low(case, case.role.fps, lowest(facts.fps, facts.stated_fps), _MEASURE, _HELP):
        yield fault
