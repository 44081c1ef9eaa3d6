"""The size and the rate of a video's new frames: arithmetic over the current and the accepted values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from ...catalog.interval import Interval
from ...catalog.schema import Role
from ..aims import like, whole_above, whole_below
from ..steps import Size

# The largest side the H.264 encoder takes.
_MOST_SIDE = 16384
# Rates that cameras and players use. A new rate is chosen from these.
_USUAL_RATES = (15, 20, 24, 25, 30, 48, 50, 60)
# Time stamps in milliseconds let the average rate differ by so much from the true one.
_RATE_TOLERANCE = 0.005
_NTSC_TOLERANCE = 0.002
# The shortest gap in whole milliseconds is up to so many times shorter than the true one, at 60 fps.
_ROUNDED_GAP = 1.1
_MOST_REPEATS = 100


class Framing(NamedTuple):
    """How a frame is changed: the middle of size `kept` is scaled to `scaled` and put in the middle of a frame of `size`."""

    kept: Size
    scaled: Size
    size: Size


class Sides(NamedTuple):
    """What sides are accepted: even numbers from `least` to `most`, the longer at most `ratio` times the shorter."""

    least: int
    most: int
    ratio: Fraction

    @classmethod
    def of(cls, role: Role) -> Sides:
        """The safe limits of a role."""
        sides = role.side.safe_interval if role.side else Interval()
        least = whole_above(max(sides.lower, 2), is_open=sides.lower_open)
        most = whole_below(min(sides.upper, _MOST_SIDE), is_open=sides.upper_open)
        ratios = role.aspect_ratio.safe_interval if role.aspect_ratio else Interval()
        ratio = Fraction(min(ratios.upper, _MOST_SIDE)).limit_denominator(10_000)
        if ratios.upper_open:
            ratio -= Fraction(1, 10_000)
        return cls(least + least % 2, most - most % 2, max(ratio, Fraction(1)))

    def takes(self, size: Size) -> bool:
        """Whether a frame of this size is accepted, and can be encoded."""
        long, short = max(size), min(size)
        return self.least <= short and long <= self.most and long <= self.ratio * short and not (long % 2 or short % 2)


def framed(size: Size, sides: Sides, *, crop: bool) -> Framing:
    """Bring a frame within the limits with the smallest change: drop a line, else scale, pad or crop.

    Args:
        crop: reach the ratio by cutting off the ends of the long side; else by padding the short one.
    """
    if sides.takes(size):
        return Framing(size, size, size)
    even = size[0] - size[0] % 2, size[1] - size[1] % 2
    if sides.takes(even):
        return Framing(even, even, even)
    long, short = max(size), min(size)
    steepest = min(sides.ratio, Fraction(sides.most, sides.least))
    kept_long = min(long, max(_even_below(short * steepest), 2)) if crop else long
    new_short = max(Fraction(short), kept_long / steepest)
    factor = min(max(Fraction(1), sides.least / new_short), Fraction(sides.most, kept_long))
    is_padded = new_short > short
    # Padding is rounded up, so that the long side need not change.
    frame_short = -_even_below(-new_short * factor) if is_padded else _even(new_short * factor)
    frame_short = min(max(frame_short, sides.least), sides.most)
    frame_long = max(min(_even(kept_long * factor), _even_below(sides.ratio * frame_short), sides.most), frame_short)
    scaled_short = min(max(_even(short * factor), 2), frame_short) if is_padded else frame_short
    return Framing(like(size, kept_long, short), like(size, frame_long, scaled_short), like(size, frame_long, frame_short))


class Spacing(NamedTuple):
    """Rates in frames per second: frames over length, what the stream states, and those of the longest and the shortest frame.

    `varies`: whether the two last differ by more than a clock rounds.
    """

    average: float
    nominal: float | None
    slowest: float | None
    fastest: float | None
    varies: bool

    @property
    def true_rate(self) -> Fraction | None:
        """The rate of evenly spaced frames; None if they are not."""
        if self.varies:
            return None
        if self.nominal is not None and abs(self.nominal - self.average) <= _RATE_TOLERANCE * self.average:
            return _fraction(self.nominal)
        low = (self.slowest or self.average) * (1 - _RATE_TOLERANCE)
        high = (self.fastest or self.average) * (1 + _RATE_TOLERANCE)
        usual = [rate for rate in _USUAL_RATES if low <= rate <= high]
        return Fraction(min(usual, key=lambda rate: abs(rate - self.average))) if usual else _fraction(self.average)

    @property
    def steady_rate(self) -> Fraction:
        """The rate that shows all, or nearly all, of unevenly spaced frames."""
        nominal, usual = self.nominal, _USUAL_RATES[-1]
        if nominal is not None and self.average <= nominal <= min(usual, _ROUNDED_GAP * (self.fastest or nominal)):
            return _fraction(nominal)
        above = [rate for rate in _USUAL_RATES if rate >= self.average * (1 - _RATE_TOLERANCE)]
        return Fraction(above[0] if above else usual)


def constant_rate(spacing: Spacing, interval: Interval) -> Fraction:
    """The constant rate for the frames, within an interval: the current one, if it is inside.

    Above the interval, every second, third, … frame is kept; below it, each is shown twice, three times, …; where neither leads
    inside, the nearest usual rate is taken.
    """
    rate = spacing.true_rate or spacing.steady_rate
    if float(rate) in interval:
        return rate
    for count in range(2, _MOST_REPEATS):
        other = rate / count if interval.is_above(float(rate)) else rate * count
        if float(other) in interval:
            return other
    usual = [Fraction(known) for known in _USUAL_RATES if known in interval]
    return min(usual, key=lambda known: abs(known - rate)) if usual else _middle(interval)


def _fraction(rate: float) -> Fraction:
    """A rate as standards define it: whole, or 1000/1001 of that."""
    whole = round(rate)
    if whole and abs(rate - whole) <= _NTSC_TOLERANCE:
        return Fraction(whole)
    thousand = round(rate * 1.001)
    if thousand and abs(rate - thousand / 1.001) <= _NTSC_TOLERANCE:
        return Fraction(thousand * 1000, 1001)
    return Fraction(rate).limit_denominator(1000)


def _middle(interval: Interval) -> Fraction:
    low = interval.lower if math.isfinite(interval.lower) else interval.upper / 2
    high = interval.upper if math.isfinite(interval.upper) else interval.lower * 2
    return Fraction((low + high) / 2).limit_denominator(1000)


def _even(number: Fraction) -> int:
    return 2 * round(number / 2)


def _even_below(number: Fraction) -> int:
    return 2 * math.floor(number / 2)
