"""A report in the formats people and programs read: one module each, a pure function from job reports to pieces of text.

To add a format: a module here with `render(jobs, style) -> Iterator[str]`, and a line in `FORMATS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from ..findings import JobReport
from .style import Style

Renderer = Callable[[Iterable[JobReport], Style], Iterator[str]]

FORMATS = ("text", "concise", "json", "jsonl", "github")


def renderer(name: str) -> Renderer:
    """The function that writes a report in this format (one of FORMATS)."""
    module = importlib.import_module(f"{__name__}.{name}")
    return cast(Renderer, module.render)
