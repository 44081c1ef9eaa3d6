"""Lengths of recordings and videos: against their limit, and against each other, with one tolerance and one wording."""

from __future__ import annotations

from collections.abc import Iterator

from ..probe.facts import AudioFacts, VideoFacts
from .base import Fault, InputCase
from .limits import Measure, highest, lowest, shown, too_high, too_low

# Encoder padding, priming and the last frame's length make honest files differ by up to two frames.
_TOLERANCE_S = 0.1
_TOLERANCE_SHARE = 0.02
_DURATION = Measure("duration", "s")


def differ(first: float, second: float) -> bool:
    """Whether two lengths in seconds differ by more than honest files do."""
    return abs(first - second) > _TOLERANCE_S + _TOLERANCE_SHARE * min(first, second)


def misstated(measured: float | None, stated: float | None, subject: str) -> Fault | None:
    """A fault where a header's length and the measured one differ; None where they agree, or either is unknown."""
    if not measured or stated is None or not differ(measured, stated):
        return None
    return Fault(
        severity="warning",
        message=f"its header says {shown(round(stated, 2))} s, its {subject} lasts {shown(round(measured, 2))} s",
        help="rewrite its header",
        measured=stated,
        limit=f"== {shown(round(measured, 2))}",
        unit="s",
    )


def duration_too_short(case: InputCase, help: str) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too short."""
    fault = too_low(case, case.role.duration, lowest(*_durations(case)), _DURATION, help)
    yield from (fault,) if fault else ()


def duration_too_long(case: InputCase, help: str) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too long."""
    fault = too_high(case, case.role.duration, highest(*_durations(case)), _DURATION, help)
    yield from (fault,) if fault else ()


def _durations(case: InputCase) -> tuple[float | None, float | None]:
    """Measured and stated; neither of a file of another kind than the input takes."""
    facts = case.facts
    if not isinstance(facts, AudioFacts | VideoFacts) or facts.kind != case.role.kind:
        return None, None
    return facts.duration_s, facts.stated_duration_s
