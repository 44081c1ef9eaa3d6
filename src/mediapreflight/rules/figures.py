"""The values that limits apply to: sides, frame rates, lengths; and dynamic range. Shared by the rules for both ends and both
kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from ..catalog.schema import Limit
from ..language import say
from ..media.facts import AudioFacts, ImageFacts, VideoFacts, differ
from ..text import shown
from .base import Fault, InputCase
from .limits import Measure, highest, lowest, not_among, too_high, too_low

_SHORTEST = Measure(lambda amount: say("shortest side is {amount}", amount=amount), "px")
_LONGEST = Measure(lambda amount: say("longest side is {amount}", amount=amount), "px")
_PIXELS = Measure(lambda amount: say("width times height is {amount}", amount=amount), "px")
_RATIO = Measure(lambda amount: say("longer side over shorter side is {amount}", amount=amount), "")
_RATE = Measure(lambda amount: say("frame rate is {amount}", amount=amount), "fps")
_STATED_RATE = Measure(lambda amount: say("frame rate in its header is {amount}", amount=amount), "fps")
_DURATION = Measure(lambda amount: say("duration is {amount}", amount=amount), "s")
_STATED_DURATION = Measure(lambda amount: say("duration in its header is {amount}", amount=amount), "s")
_GUESSED_DURATION = Measure(lambda amount: say("duration guessed from its first frames is {amount}", amount=amount), "s")
_CONSTANT_RATE = say("convert it to a constant frame rate within the limits")
_TRUE_HEADER, _WITH_HEADER = say("rewrite its header"), say("convert it to a format that states its length")
# Streams of frames state no length: readers guess it from the size and the bit rate of the first frames.
_WITHOUT_LENGTH = frozenset({"aac", "ac3", "amr", "eac3"})


def side_too_short(case: InputCase) -> Iterator[Fault]:
    """A fault where the shorter displayed side is too short."""
    return too_low(case, case.role.side, lowest(*_sides(case)), _SHORTEST, say("use a larger original, or scale it up"))


def size_not_accepted(case: InputCase) -> Iterator[Fault]:
    """A fault where the displayed size is not accepted: by the list of sizes, by the number of pixels, or by the shorter side."""
    sides = _sides(case)
    size = f"{sides[0]}x{sides[1]}" if sides else None
    pixels = sides[0] * sides[1] if sides else None
    yield from not_among(case, case.role.sizes, size, say("the size"), say("crop and scale it to one of these sizes"))
    yield from too_low(case, case.role.pixels, pixels, _PIXELS, say("use a larger original, or scale it up"))
    yield from too_high(case, case.role.pixels, pixels, _PIXELS, say("scale it down"))
    yield from too_low(case, case.role.short_side, lowest(*sides), _SHORTEST, say("use a larger original, or scale it up"))
    yield from too_high(case, case.role.short_side, lowest(*sides), _SHORTEST, say("scale it down"))


def side_too_long(case: InputCase) -> Iterator[Fault]:
    """A fault where the longer displayed side is too long."""
    return too_high(case, case.role.side, highest(*_sides(case)), _LONGEST, say("scale it down"))


def ratio_too_extreme(case: InputCase) -> Iterator[Fault]:
    """A fault where the ratio of the displayed sides is too extreme."""
    sides = _sides(case)
    ratio = max(sides) / min(sides) if sides else None
    return too_high(case, case.role.aspect_ratio, ratio, _RATIO, say("crop it around the person, or pad its shorter side"))


def frame_rate_too_low(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated rate is too low."""
    if rates := _rates(case):
        yield from too_low(case, case.role.fps, *min(rates, key=_value))


def frame_rate_too_high(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated rate is too high."""
    if rates := _rates(case):
        yield from too_high(case, case.role.fps, *max(rates, key=_value))


def duration_too_short(case: InputCase, help: str) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too short."""
    if durations := _durations(case, help):
        yield from too_low(case, case.role.duration, *min(durations, key=_value))


def duration_too_long(case: InputCase, help: str) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too long."""
    if durations := _durations(case, help):
        yield from too_high(case, case.role.duration, *max(durations, key=_value))


def duration_misstated(facts: AudioFacts | VideoFacts, subject: Literal["recording", "picture"]) -> Iterator[Fault]:
    """A fault where the length in the header, or the one that readers guess, differs from the measured one; none if either is
    unknown."""
    measured, stated = facts.duration_s, facts.stated_duration_s
    if measured and stated is not None and differ(measured, stated):
        is_guess = facts.format in _WITHOUT_LENGTH
        lengths = {"stated": shown(stated), "measured": shown(measured)}
        if is_guess:
            message = say("readers guess {stated} s from its first frames, but the recording lasts {measured} s", **lengths)
        elif subject == "picture":
            message = say("its header says {stated} s, but its picture lasts {measured} s", **lengths)
        else:
            message = say("its header says {stated} s, but the recording lasts {measured} s", **lengths)
        yield Fault(
            severity="warning",
            message=message,
            help=_WITH_HEADER if is_guess else _TRUE_HEADER,
            measured=stated,
            unit="s",
        )


def high_dynamic_range(facts: ImageFacts | VideoFacts) -> Iterator[Fault]:
    """A fault where the transfer function is one of the HDR ones."""
    if facts.transfer in ("pq", "hlg"):
        yield Fault(
            severity="warning",
            message=say(
                "is high dynamic range ({transfer}); readers that expect standard range show it grey and flat",
                transfer=facts.transfer.upper(),
            ),
            help=say("tone-map it to standard range"),
            measured=facts.transfer,
            limit="sdr",
        )


def stored_and_shown(facts: ImageFacts | VideoFacts) -> str:
    """Both sizes in words, for what makes them differ."""
    return say(
        "stored {stored_width} x {stored_height} px, shown {width} x {height} px",
        stored_width=facts.stored_width,
        stored_height=facts.stored_height,
        width=facts.width,
        height=facts.height,
    )


def _sides(case: InputCase) -> tuple[int, ...]:
    facts = case.facts
    if not isinstance(facts, ImageFacts | VideoFacts) or not facts.width or not facts.height:
        return ()
    return facts.width, facts.height


class _Figure(NamedTuple):
    """The value that is compared with a limit, and the advice if it is outside."""

    value: float
    measure: Measure
    help: str


def _value(figure: _Figure) -> float:
    return figure.value


def _rates(case: InputCase) -> list[_Figure]:
    facts = case.facts
    if not isinstance(facts, VideoFacts):
        return []
    return _figures(case.role.fps, facts.fps, facts.stated_fps, (_RATE, _STATED_RATE), (_CONSTANT_RATE, _CONSTANT_RATE))


def _durations(case: InputCase, help: str) -> list[_Figure]:
    """Nothing for a file of another kind than the input takes. A length that readers guess counts only if no other is known."""
    facts = case.facts
    if not isinstance(facts, AudioFacts | VideoFacts) or facts.kind != case.role.kind:
        return []
    measured, stated = facts.duration_s, facts.stated_duration_s
    if facts.format not in _WITHOUT_LENGTH:
        return _figures(case.role.duration, measured, stated, (_DURATION, _STATED_DURATION), (help, _TRUE_HEADER))
    if measured is not None:
        return [_Figure(measured, _DURATION, help)]
    return [] if stated is None else [_Figure(stated, _GUESSED_DURATION, _WITH_HEADER)]


def _figures(
    limit: Limit | None, measured: float | None, stated: float | None, measures: tuple[Measure, Measure], helps: tuple[str, str]
) -> list[_Figure]:
    """The measured and the stated figure, as the service may read either; `measures`, `helps`: of the one and of the other.

    If the measured figure breaks the limit, the stated one is not reported: a file cannot be both too short and too long.
    """
    if measured is None:
        return [] if stated is None else [_Figure(stated, measures[0], helps[0])]
    found = [_Figure(measured, measures[0], helps[0])]
    if stated is not None and (limit is None or measured in limit.safe_interval):
        found.append(_Figure(stated, measures[1], helps[1]))
    return found
