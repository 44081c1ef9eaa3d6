"""The video's shorter side is below what the model takes.

Sides are display sides: after rotation metadata and with square pixels. Both width and height must reach the
minimum.

Why it matters: the service refuses the video, or finds no usable face in it.

Cure: scale it up. That adds no detail: a larger original is better.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase
from ..limits import Measure, too_low

LEVEL = "metadata"
FIXABLE = True
LIMIT = "side"
BOUND = "lower"

_MEASURE = Measure("shortest side", "px")
_HELP = "use a larger original, or scale it up"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the shorter side is too short."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or facts.width is None or facts.height is None:
        return
    if fault := too_low(case, case.role.side, min(facts.width, facts.height), _MEASURE, _HELP):
        yield fault
