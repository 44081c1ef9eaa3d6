"""Colour where it is wanted, and text made safe for a terminal."""

from __future__ import annotations

import os
import re
from typing import Literal, NamedTuple, TextIO

ColorChoice = Literal["auto", "always", "never"]
_CODES = {"red": "31", "yellow": "33", "cyan": "36", "magenta": "35", "green": "32", "bold": "1", "dim": "2"}


class Style(NamedTuple):
    """How text is decorated. `color` false: not at all."""

    color: bool = False

    def __call__(self, text: str, *names: str) -> str:
        """The text in these styles (`red`, `bold`, …)."""
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def style_for(stream: TextIO, choice: ColorChoice) -> Style:
    """The style a stream should get: colour on terminals only, unless chosen; NO_COLOR is honoured (https://no-color.org)."""
    if choice != "auto":
        return Style(choice == "always")
    return Style(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def plain(text: str) -> str:
    """The text on one line, with every control, escape and direction character written out: file names are hostile input."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)


def plain_json(text: str) -> str:
    """JSON that says the same, with every character that `plain` would write out spelled `\\uNNNN`: it goes to terminals, too."""
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub("[^\n -~]", lambda found: found[0] if found[0].isprintable() else _json_escape(found[0]), text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
