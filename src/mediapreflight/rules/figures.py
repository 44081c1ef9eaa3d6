"""The figures that limits hold for: sides, frame rates, lengths. Shared by the rules of both ends and of both kinds."""

from __future__ import annotations

from collections.abc import Iterator

from ..media.facts import AudioFacts, ImageFacts, VideoFacts, differ
from ..text import shown
from .base import Fault, InputCase
from .limits import Measure, highest, lowest, too_high, too_low

_SHORTEST, _LONGEST = Measure("shortest side", "px"), Measure("longest side", "px")
_RATIO = Measure("long side over short side", "")
_RATE = Measure("frame rate", "fps")
_DURATION = Measure("duration", "s")
_CONSTANT_RATE = "convert it to a constant frame rate within the range"


def side_too_short(case: InputCase) -> Iterator[Fault]:
    """A fault where the shorter displayed side is too short."""
    return too_low(case, case.role.side, lowest(*_sides(case)), _SHORTEST, "use a larger original, or scale it up")


def side_too_long(case: InputCase) -> Iterator[Fault]:
    """A fault where the longer displayed side is too long."""
    return too_high(case, case.role.side, highest(*_sides(case)), _LONGEST, "scale it down")


def ratio_too_extreme(case: InputCase) -> Iterator[Fault]:
    """A fault where the ratio of the displayed sides is too extreme."""
    sides = _sides(case)
    ratio = max(sides) / min(sides) if sides else None
    return too_high(case, case.role.aspect_ratio, ratio, _RATIO, "crop it around the person, or pad its short side")


def frame_rate_too_low(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated rate is too low."""
    return too_low(case, case.role.fps, lowest(*_rates(case)), _RATE, _CONSTANT_RATE)


def frame_rate_too_high(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated rate is too high."""
    return too_high(case, case.role.fps, highest(*_rates(case)), _RATE, _CONSTANT_RATE)


def duration_too_short(case: InputCase, help: str) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too short."""
    return too_low(case, case.role.duration, lowest(*_durations(case)), _DURATION, help)


def duration_too_long(case: InputCase, help: str) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too long."""
    return too_high(case, case.role.duration, highest(*_durations(case)), _DURATION, help)


def duration_misstated(measured: float | None, stated: float | None, subject: str) -> Iterator[Fault]:
    """A fault where a header's length and the measured one, in seconds, differ; none where either is unknown."""
    if measured and stated is not None and differ(measured, stated):
        yield Fault(
            severity="warning",
            message=f"its header says {shown(round(stated, 2))} s, its {subject} lasts {shown(round(measured, 2))} s",
            help="rewrite its header",
            measured=stated,
            limit=f"== {shown(round(measured, 2))}",
            unit="s",
        )


def stored_and_shown(facts: ImageFacts | VideoFacts) -> str:
    """Both sizes in words, for what makes them differ."""
    return f"stored {facts.stored_width} x {facts.stored_height} px, shown {facts.width} x {facts.height} px"


def _sides(case: InputCase) -> tuple[int, ...]:
    facts = case.facts
    if not isinstance(facts, ImageFacts | VideoFacts) or not facts.width or not facts.height:
        return ()
    return facts.width, facts.height


def _rates(case: InputCase) -> tuple[float | None, ...]:
    """Measured and stated."""
    facts = case.facts
    return (facts.fps, facts.stated_fps) if isinstance(facts, VideoFacts) else ()


def _durations(case: InputCase) -> tuple[float | None, ...]:
    """Measured and stated; neither of a file of another kind than the input takes."""
    facts = case.facts
    if not isinstance(facts, AudioFacts | VideoFacts) or facts.kind != case.role.kind:
        return ()
    return facts.duration_s, facts.stated_duration_s
