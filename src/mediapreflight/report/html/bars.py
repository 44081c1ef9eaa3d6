"""Limits as bars: the positions of the accepted ranges and of the file. No I/O; positions are shares of the bar, 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ...catalog.interval import Interval
from ...catalog.schema import MEGABYTE, Limit, Model, Role
from ...language import tr, translated
from ...media.facts import AudioFacts, Facts, ImageFacts, VideoFacts

State = Literal["inside", "between", "outside"]
# From this ratio of the ends on, a bar is logarithmic, so that both ends are visible.
_WIDE = 4
# The room beyond the accepted range for files outside it.
_ROOM = 1.3
_MOST_ROOM = 2.2


class Value(NamedTuple):
    """One measured value. `what` distinguishes it from others of the same limit; empty if there is only one."""

    number: float
    what: str = ""


class Mark(NamedTuple):
    """A value on a bar. `beyond`: it is outside the bar, and shown at its end."""

    at: float
    text: str
    state: State
    beyond: bool


class Bar(NamedTuple):
    """One limit of one file. `documented` and `safe` are ranges on the bar; `safe` is None if the documents agree."""

    name: str
    unit: str
    marks: tuple[Mark, ...]
    documented: tuple[float, float]
    safe: tuple[float, float] | None
    accepted: str
    advised: str | None
    source: str

    @property
    def state(self) -> State:
        """The worst of the values' states."""
        found = {mark.state for mark in self.marks}
        return "outside" if "outside" in found else "between" if "between" in found else "inside"


def bars(facts: Facts, role: Role, model: Model) -> Iterator[Bar]:
    """A bar for every limit of a role for which the file has a value."""
    if facts.bytes and role.megabytes and role.byte_intervals:
        documented, safe = (interval.scaled(1 / MEGABYTE) for interval in role.byte_intervals)
        size = _bar(tr("File size"), "MB", (Value(facts.bytes / MEGABYTE),), (documented, safe), role.megabytes, model)
        accepted, advised = _megabytes_in_words(role.megabytes)
        yield size._replace(accepted=accepted, advised=advised)
    if facts.kind != role.kind:
        return
    known = (
        (tr("Sides"), "px", _sides(facts), role.side),
        (tr("Long side over short side"), "", _ratio(facts), role.aspect_ratio),
        (tr("Duration"), "s", _durations(facts), role.duration),
        (tr("Frame rate"), "fps", _rates(facts), role.fps),
    )
    for name, unit, values, limit in known:
        if limit and values:
            yield _bar(name, unit, values, (limit.documented_interval, limit.safe_interval), limit, model)


def _megabytes_in_words(limit: Limit) -> tuple[str, str]:
    """The two readings of a unit that the provider does not define."""
    return (
        tr("{size} MB of 2²⁰ bytes", size=limit.documented_interval.in_words),
        tr("{size} MB of 10⁶ bytes", size=limit.safe_interval.in_words),
    )


def _sides(facts: Facts) -> tuple[Value, ...]:
    if not isinstance(facts, ImageFacts | VideoFacts) or not facts.width or not facts.height:
        return ()
    if facts.width == facts.height:
        return (Value(facts.width, tr("both")),)
    return Value(facts.width, tr("width")), Value(facts.height, tr("height"))


def _ratio(facts: Facts) -> tuple[Value, ...]:
    sides = [value.number for value in _sides(facts)]
    return (Value(max(sides) / min(sides)),) if sides else ()


def _durations(facts: Facts) -> tuple[Value, ...]:
    if not isinstance(facts, AudioFacts | VideoFacts):
        return ()
    return _measured_and_stated(facts.duration_s, facts.stated_duration_s)


def _rates(facts: Facts) -> tuple[Value, ...]:
    return _measured_and_stated(facts.fps, facts.stated_fps) if isinstance(facts, VideoFacts) else ()


def _measured_and_stated(measured: float | None, stated: float | None) -> tuple[Value, ...]:
    """One value if they look the same, else both."""
    if measured is None or stated is None:
        return tuple(Value(number) for number in (measured, stated) if number is not None)
    if math.isclose(measured, stated, rel_tol=0.01):
        return (Value(measured),)
    return Value(measured, tr("measured")), Value(stated, tr("stated"))


def _bar(name: str, unit: str, values: tuple[Value, ...], ranges: tuple[Interval, Interval], limit: Limit, model: Model) -> Bar:
    documented, safe = ranges
    scale = _Scale.over(documented, [value.number for value in values if math.isfinite(value.number)])
    differs = safe != documented
    return Bar(
        name=name,
        unit=unit,
        marks=tuple(_mark(value, unit, documented, safe, scale) for value in values),
        documented=scale.range(documented),
        safe=scale.range(safe) if differs else None,
        accepted=f"{_in_words(documented)} {unit}".rstrip(),
        advised=f"{_in_words(safe)} {unit}".rstrip() if differs else None,
        source="; ".join(dict.fromkeys(model.source(tag) for tag in (limit.source, limit.safe_source) if tag)),
    )


def _mark(value: Value, unit: str, documented: Interval, safe: Interval, scale: _Scale) -> Mark:
    state: State = "inside" if value.number in safe else "between" if value.number in documented else "outside"
    at = scale.at(value.number)
    text = " ".join(part for part in (value.what, number_text(value.number), unit) if part)
    return Mark(min(max(at, 0.0), 1.0), text, state, not 0 <= at <= 1)


def number_text(number: float) -> str:
    """A number for people: two decimals, or two digits below 1, without trailing zeros."""
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:,.2f}".rstrip("0").rstrip(".") if abs(number) >= 1 else f"{number:.2g}"


def _in_words(interval: Interval) -> str:
    rounded = Interval(round(interval.lower, 3), round(interval.upper, 3), interval.lower_open, interval.upper_open)
    return translated(rounded.in_words)


class _Scale(NamedTuple):
    """The range of a bar: from `low` to `high`, linear, or logarithmic if `by_factors`."""

    low: float
    high: float
    by_factors: bool

    @classmethod
    def over(cls, accepted: Interval, numbers: list[float]) -> _Scale:
        """Both ends of the accepted range with room beyond them, and the values that are not too far away."""
        most = max(numbers, default=0.0)
        if math.isinf(accepted.upper):
            low_end = max(accepted.lower, 0.0)
            return cls(0.0, max(low_end * _MOST_ROOM, most * _ROOM, 1.0), False)
        if accepted.lower > 0 and accepted.upper / accepted.lower >= _WIDE:
            room = (accepted.upper / accepted.lower) ** 0.25
            return cls(accepted.lower / room, accepted.upper * room, True)
        high = min(max(accepted.upper * _ROOM, most * 1.1), accepted.upper * _MOST_ROOM)
        return cls(0.0, high, False)

    def at(self, number: float) -> float:
        """The position of a number; below 0 or above 1 if it is outside the bar."""
        if math.isnan(number) or (self.by_factors and number <= 0):
            return -math.inf
        if self.by_factors:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def range(self, interval: Interval) -> tuple[float, float]:
        """The places of both ends, within the bar."""
        first = 0.0 if math.isinf(interval.lower) else self.at(interval.lower)
        last = 1.0 if math.isinf(interval.upper) else self.at(interval.upper)
        return max(first, 0.0), min(max(last, 0.0), 1.0)
