"""Report formats for people and programs: one module for each, with a function from job reports to pieces of text.

They open no files: the page gets previews as arguments. To add a format: a module here with
`render(jobs, style) -> Iterator[str]`, and a line in `FORMATS`.

May import: _version, catalog, errors, findings, job, language, media, people, prepare, rules, text.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from ..findings import JobReport
from .style import Style

Renderer = Callable[[Iterable[JobReport], Style], Iterator[str]]

FORMATS = ("text", "concise", "json", "jsonl", "sarif", "junit", "github", "markdown", "html")


def renderer(name: str) -> Renderer:
    """The function that writes a report in this format (one of FORMATS)."""
    return cast(Renderer, importlib.import_module(f"{__name__}.{name}").render)
