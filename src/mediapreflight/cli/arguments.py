"""Types of arguments that more than one command takes."""

from __future__ import annotations

import argparse
import os

from ..language import tr


def count(text: str) -> int:
    """A whole number, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(tr("{text!r} is not a whole number of 1 or more", text=text))
    return int(text)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(tr("{text!r} is not a number above 0", text=text))
    return value


def port(text: str) -> int:
    """A port number; 0 means any free port."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(tr("{text!r} is not a port (0 to 65535)", text=text))
    return int(text)


def home_expanded(text: str) -> str:
    """A path with `~` expanded: shells do not expand it in `--out=~/x` and `image=~/x`."""
    return os.path.expanduser(text) if text == "~" or text.startswith(("~/", f"~{os.sep}")) else text  # noqa: PTH111


def parted(words: list[str] | None) -> tuple[str, ...]:
    """The values of a repeatable option; each may contain several, separated by commas."""
    return tuple(part.strip() for word in words or () for part in word.split(",") if part.strip())
