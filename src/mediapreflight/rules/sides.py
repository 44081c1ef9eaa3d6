"""Rules over the displayed sides of pictures and videos: one logic, two sets of names and help pages."""

from __future__ import annotations

from collections.abc import Iterator

from ..probe.facts import ImageFacts, VideoFacts
from .base import Fault, InputCase
from .limits import Measure, too_high, too_low

_SHORTEST = Measure("shortest side", "px")
_LONGEST = Measure("longest side", "px")
_RATIO = Measure("long side over short side", "")


def side_too_short(case: InputCase) -> Iterator[Fault]:
    """A fault where the shorter side is too short."""
    if sides := _sides(case):
        fault = too_low(case, case.role.side, min(sides), _SHORTEST, "use a larger original, or scale it up")
        yield from (fault,) if fault else ()


def side_too_long(case: InputCase) -> Iterator[Fault]:
    """A fault where the longer side is too long."""
    if sides := _sides(case):
        fault = too_high(case, case.role.side, max(sides), _LONGEST, "scale it down")
        yield from (fault,) if fault else ()


def ratio_too_extreme(case: InputCase) -> Iterator[Fault]:
    """A fault where the ratio of the sides is too extreme."""
    if sides := _sides(case):
        ratio = max(sides) / min(sides)
        fault = too_high(case, case.role.aspect_ratio, ratio, _RATIO, "crop it around the person, or pad its short side")
        yield from (fault,) if fault else ()


def _sides(case: InputCase) -> tuple[int, int] | None:
    facts = case.facts
    if not isinstance(facts, ImageFacts | VideoFacts) or not facts.width or not facts.height:
        return None
    return facts.width, facts.height
