"""The picture's longer side is above what the model takes.

Sides are display sides: after EXIF orientation.

Why it matters: the service refuses the picture after the upload.

Cure: scale it down, keeping its aspect ratio.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import ImageFacts
from ..base import Fault, InputCase
from ..limits import Measure, too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "side"
BOUND = "upper"

_MEASURE = Measure("longest side", "px")
_HELP = "scale it down"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the longer side is too long."""
    facts = case.facts
    if not isinstance(facts, ImageFacts) or facts.width is None or facts.height is None:
        return
    if fault := too_high(case, case.role.side, max(facts.width, facts.height), _MEASURE, _HELP):
        yield fault
