"""Coloured output."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple, TextIO

ColorChoice = Literal["auto", "always", "never"]
_CODES = {"red": "31", "yellow": "33", "cyan": "36", "magenta": "35", "green": "32", "bold": "1", "dim": "2"}


class Style(NamedTuple):
    """How text is coloured. `color` false: not at all."""

    color: bool = False

    def __call__(self, text: str, *names: str) -> str:
        """The text in these styles (`red`, `bold`, …); unchanged without any."""
        if not self.color or not text or not names:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def style_for(stream: TextIO, choice: ColorChoice) -> Style:
    """The style a stream should get: colour on terminals only, unless chosen; NO_COLOR is honoured (https://no-color.org)."""
    if choice != "auto":
        return Style(choice == "always")
    return Style(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
