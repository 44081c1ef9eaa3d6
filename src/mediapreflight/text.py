"""Numbers and lists as text, and text made safe for a terminal and for the logs of a GitHub runner."""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Iterable

from .language import say
from .media.data_url import shortened

# What a GitHub runner reads as a command: the first at the start of a line, the second anywhere (source: ActionCommand.cs).
_ORDER = re.compile(r"^ *::|##\[")

# A unit that is never broken across lines: a word or a Chinese character, with the punctuation after it.
# Compiled on first use, because that takes 5 ms.
_PIECE = r"(?:[^\s\u2e80-\uffef]+|[\u2e80-\uffef])[\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*\s*"

# In advice: a command, perhaps with an option and its value; a value that is set; and any other option.
_COMMAND = r"`(?:mediapreflight )?(prepare|faces)(?: --([a-z-]+)(?: ([^`]+))?)?`"
_OPTION = r"--set (\w+=\S+)|--([a-z-]+) "

# Numbers from here on have their digits grouped.
_LONG = 100_000
_MOST_DIGITS = 9


def shown(value: float, *limits: float) -> str:
    """A number for people: two decimals, two significant digits below 0.1, no trailing zeros.

    It gets more digits if it would otherwise seem to be equal to a limit, or on the other side of it.
    """
    if isinstance(value, int):
        return f"{value:,}" if value >= _LONG else str(value)
    if not math.isfinite(value):
        return str(value)
    first = 1 if not value or abs(value) >= 0.1 else -math.floor(math.log10(abs(value)))
    rounded = (round(value, digits) for digits in range(first + 1, first + _MOST_DIGITS))
    fitting = (each for each in rounded if all(_order(each, limit) == _order(value, limit) for limit in limits))
    places = max(1, min(_MOST_DIGITS, sys.float_info.dig - len(f"{abs(value):.0f}")))
    return f"{next(fitting, value) + 0.0:.{places}f}".rstrip("0").rstrip(".")


def exact(value: float) -> str:
    """A number that was set, not measured, with all its digits."""
    return shown(value) if isinstance(value, int) else f"{value:.9g}"


def quoted(value: object) -> str:
    """A value that somebody set, for a message: text in quotes, everything else as JSON."""
    import json

    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)


def _order(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


def listed(names: tuple[str, ...]) -> str:
    """Names as an enumeration: `jpeg, png and bmp`."""
    return names[0] if len(names) == 1 else say("{names} and {last}", names=enumerated(names[:-1]), last=names[-1])


def readdressed(advice: str, command: Callable[[str, str, str], str]) -> str:
    """Advice for somebody who has no command line.

    Args:
        command: says in other words what a command in it does, by its name, an option without its dashes, and the option's
            value; empty where there is none.
    """
    others = re.sub(_COMMAND, lambda found: command(*(part or "" for part in found.groups())), advice)
    return re.sub(_OPTION, lambda found: found[1] or f"{found[2]} ", others)


def clauses(sentences: Iterable[str]) -> str:
    """Sentences joined as `this; that`; empty if there is none."""
    said = [sentence for sentence in sentences if sentence]
    if not said:
        return ""
    return functools.reduce(lambda before, sentence: say("{before}; {sentence}", before=before, sentence=sentence), said)


def padded(text: str, columns: int) -> str:
    """The text padded with spaces to this many terminal columns; Chinese characters take two."""
    return text + " " * (columns - width_of(text))


def width_of(text: str) -> int:
    """The width of a text in terminal columns."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def filled(text: str, columns: int, indent: str = "") -> str:
    """The text wrapped to this many terminal columns, at spaces and between Chinese characters."""
    return "\n".join(indent + line for line in lines_of(text, columns - len(indent)))


def lines_of(text: str, columns: int) -> list[str]:
    """The lines of a one-paragraph text, each at most this many terminal columns wide."""
    lines, taken = [""], 0
    for piece in re.findall(_PIECE, text):
        if taken and taken + width_of(piece.rstrip()) > columns:
            lines.append("")
            taken = 0
        lines[-1] += piece
        taken += width_of(piece)
    return [line.rstrip() for line in lines]


def alternatives(names: tuple[str, ...]) -> str:
    """Names to choose from: `jpeg, png or bmp`."""
    return names[0] if len(names) == 1 else say("{names} or {last}", names=enumerated(names[:-1]), last=names[-1])


def enumerated(names: Iterable[str]) -> str:
    """Names one after another: `jpeg, png, bmp`."""
    return functools.reduce(lambda before, name: say("{before}, {name}", before=before, name=name), names)


def plain(text: str) -> str:
    """The text on one line, with every control, escape and direction character shown as an escape: file names are hostile input.

    Files in `data:` URLs are left out, and nothing in it is a command to a GitHub runner, wherever the text
    is printed, even at the start of a line.
    """
    text = shortened(text)
    if not text.isprintable():
        text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return _ORDER.sub(lambda found: f"{found[0][:-1]}\\x{ord(found[0][-1]):02x}", text)


def plain_json(text: str) -> str:
    """The same JSON, with every character that `plain` escapes written as `\\uNNNN`: it is printed on terminals too."""
    # No line of JSON begins with `::`.
    text = text.replace("##[", r"##\u005b")
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub("[^\n -~]", lambda found: found[0] if found[0].isprintable() else _json_escape(found[0]), text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
