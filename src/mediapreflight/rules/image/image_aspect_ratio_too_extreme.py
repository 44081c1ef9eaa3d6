"""The picture is too narrow or too wide.

Measured as the long side over the short one, which covers both directions: "1:3 to 3:1" in the documents is 3
at most.

Why it matters: the service refuses the picture.

Cure: crop it around the person, or pad the short side.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import ImageFacts
from ..base import Fault, InputCase
from ..limits import Measure, too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "aspect_ratio"
BOUND = "upper"

_MEASURE = Measure("long side over short side", "")
_HELP = "crop it around the person, or pad its short side"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the ratio of the sides is too extreme."""
    facts = case.facts
    if not isinstance(facts, ImageFacts) or not facts.width or not facts.height:
        return
    if fault := too_high(
        case, case.role.aspect_ratio, max(facts.width, facts.height) / min(facts.width, facts.height), _MEASURE, _HELP
    ):
        yield fault
