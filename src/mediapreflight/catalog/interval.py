"""Intervals of numbers with open or closed ends, written as the documents write them."""

from __future__ import annotations

import functools
import math
import re
from typing import NamedTuple

from ..language import say

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_ONE_SIDED = re.compile(rf"(<=|<|>=|>)\s*{_NUMBER}", re.ASCII)
_TWO_SIDED = re.compile(rf"([\[(])\s*{_NUMBER}\s*,\s*{_NUMBER}\s*([\])])", re.ASCII)


class Interval(NamedTuple):
    """A range of numbers. An infinite end is not a limit.

    Written as `[400, 7000]`, `(2, 120)`, `>= 400`, `< 60`: square brackets and `<=` include the end. `str` gives that form
    back; an interval without ends reads `any`.
    """

    lower: float = -math.inf
    upper: float = math.inf
    lower_open: bool = False
    upper_open: bool = False

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read the written form. Raises ValueError if the text is not one, or the interval is empty."""
        return _parse(text)

    def is_below(self, value: float) -> bool:
        """Whether `value` is below the lower end. True for NaN, which never meets a limit."""
        return not (value > self.lower if self.lower_open else value >= self.lower)

    def is_above(self, value: float) -> bool:
        """Whether `value` is above the upper end. True for NaN, which never meets a limit."""
        return not (value < self.upper if self.upper_open else value <= self.upper)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not self.is_below(value) and not self.is_above(value)

    def covers(self, other: Interval) -> bool:
        """Whether every number of `other` is in this interval."""
        low = self.lower < other.lower or (self.lower == other.lower and (other.lower_open or not self.lower_open))
        high = self.upper > other.upper or (self.upper == other.upper and (other.upper_open or not self.upper_open))
        return low and high

    def scaled(self, factor: float) -> Interval:
        """The same interval in a unit `factor` times smaller."""
        return self._replace(lower=self.lower * factor, upper=self.upper * factor)

    @property
    def lower_text(self) -> str:
        """The lower end as a comparison: `>= 400`."""
        return f"{'>' if self.lower_open else '>='} {_number_text(self.lower)}"

    @property
    def upper_text(self) -> str:
        """The upper end as a comparison: `<= 7000`."""
        return f"{'<' if self.upper_open else '<='} {_number_text(self.upper)}"

    @property
    def lower_words(self) -> str:
        """The lower end in words: `at least 400`."""
        number = _number_text(self.lower)
        return say("more than {number}", number=number) if self.lower_open else say("at least {number}", number=number)

    @property
    def upper_words(self) -> str:
        """The upper end in words: `up to 7000`."""
        number = _number_text(self.upper)
        return say("less than {number}", number=number) if self.upper_open else say("up to {number}", number=number)

    @property
    def in_words(self) -> str:
        """The whole in words: `2 to 15`, `more than 2 and less than 120`, `at least 400`."""
        if math.isinf(self.lower):
            return say("anything") if math.isinf(self.upper) else self.upper_words
        if math.isinf(self.upper):
            return self.lower_words
        if self.lower_open or self.upper_open:
            return say("{lower} and {upper}", lower=self.lower_words, upper=self.upper_words)
        return say("{lower} to {upper}", lower=_number_text(self.lower), upper=_number_text(self.upper))

    def __str__(self) -> str:
        if math.isinf(self.lower) and math.isinf(self.upper):
            return "any"
        if math.isinf(self.lower):
            return self.upper_text
        if math.isinf(self.upper):
            return self.lower_text
        opening, closing = "(" if self.lower_open else "[", ")" if self.upper_open else "]"
        return f"{opening}{_number_text(self.lower)}, {_number_text(self.upper)}{closing}"


def _number_text(number: float) -> str:
    """The shortest text that gives exactly this number again, without a trailing `.0`."""
    short = f"{number:.12g}"
    return short if float(short) == number else repr(float(number))


@functools.lru_cache(maxsize=1024)
def _parse(text: str) -> Interval:
    interval = _read(text.strip())
    if interval is None:
        raise ValueError(f"{text!r} is no interval; write it like '[400, 7000]', '(2, 120)', '>= 400' or '< 60'")
    lower, upper = interval.lower, interval.upper
    if lower > upper or (lower == upper and (interval.lower_open or interval.upper_open)):
        raise ValueError(f"{text!r} is an empty interval")
    return interval


def _read(text: str) -> Interval | None:
    if match := _ONE_SIDED.fullmatch(text):
        sign, number = match[1], float(match[2])
        if math.isinf(number):
            return None
        if sign[0] == "<":
            return Interval(upper=number, upper_open=sign == "<")
        return Interval(lower=number, lower_open=sign == ">")
    if match := _TWO_SIDED.fullmatch(text):
        lower, upper = float(match[2]), float(match[3])
        return None if math.isinf(lower) or math.isinf(upper) else Interval(lower, upper, match[1] == "(", match[4] == ")")
    return None
