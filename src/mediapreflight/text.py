"""Plain words: numbers and lists as a reader wants them, and text made safe for a terminal and for the logs of a runner."""

from __future__ import annotations

import math
import re

from .media.data_url import shortened

# What a runner of GitHub takes for an order: the one at the start of a line, the other anywhere (its source, ActionCommand.cs).
_ORDER = re.compile(r"^ *::|##\[")

# From here on, the digits of whole numbers are grouped.
_LONG = 100_000
_MOST_DIGITS = 9


def shown(value: float, *limits: float) -> str:
    """A number as a reader wants it: two digits behind the point, two that count below 0.1, no zeros behind them.

    It has more digits where it would else look as if it lay on the other side of one of the limits beside it, or on it.
    """
    if isinstance(value, int):
        return f"{value:,}" if value >= _LONG else str(value)
    if not math.isfinite(value):
        return str(value)
    first = 1 if not value or abs(value) >= 0.1 else -math.floor(math.log10(abs(value)))
    rounded = (round(value, digits) for digits in range(first + 1, first + _MOST_DIGITS))
    fitting = (each for each in rounded if all(_order(each, limit) == _order(value, limit) for limit in limits))
    return f"{next(fitting, value) + 0.0:.{_MOST_DIGITS}f}".rstrip("0").rstrip(".")


def exact(value: float) -> str:
    """A figure that was set, not measured, with all its digits."""
    return shown(value) if isinstance(value, int) else f"{value:.9g}"


def _order(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


def listed(names: tuple[str, ...]) -> str:
    """Names as an enumeration: `jpeg, png and bmp`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def plain(text: str) -> str:
    """The text on one line, with every control, escape and direction character written out: file names are hostile input.

    Files that stand in it as `data:` URLs are left out, and what a runner would take for an order is none, wherever the text
    stands, even at the start of a line.
    """
    text = shortened(text)
    if not text.isprintable():
        text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return _ORDER.sub(lambda found: f"{found[0][:-1]}\\x{ord(found[0][-1]):02x}", text)


def plain_json(text: str) -> str:
    """JSON that says the same, with every character that `plain` would write out spelled `\\uNNNN`: it goes to terminals, too."""
    # No line of JSON begins with `::`.
    text = text.replace("##[", r"##\u005b")
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub("[^\n -~]", lambda found: found[0] if found[0].isprintable() else _json_escape(found[0]), text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
