"""A report in the formats people and programs read: one module each, a function from job reports to pieces of text.

They open no file, but for the page, which shows the files themselves. To add a format: a module here with
`render(jobs, style) -> Iterator[str]`, and a line in `FORMATS`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, cast

from ..findings import JobReport
from .style import Style

if TYPE_CHECKING:
    from ..catalog import Catalog

Renderer = Callable[[Iterable[JobReport], Style], Iterator[str]]

FORMATS = ("text", "concise", "json", "jsonl", "sarif", "junit", "github", "markdown", "html")


# Formats that show what a model accepts, and not only what was found.
_WITH_LIMITS = ("html",)


def renderer(name: str, catalog: Catalog | None = None) -> Renderer:
    """The function that writes a report in this format (one of FORMATS).

    Args:
        catalog: what the jobs were checked against, for formats that show limits; None: the one that comes with the package.
    """
    module = importlib.import_module(f"{__name__}.{name}")
    if name in _WITH_LIMITS:
        return functools.partial(module.render, catalog=catalog)
    return cast(Renderer, module.render)
