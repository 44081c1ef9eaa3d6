"""How the jobs of each model did, as a table: what closes a report on several models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..findings import Summary
from .style import Style

_COUNTS = {
    "jobs": "jobs",
    "files": "files",
    "errors": "errors",
    "unchecked": "unchecked",
    "warnings": "warnings",
    "infos": "notes",
}


def table(summaries: Mapping[str, Summary], style: Style) -> Iterator[str]:
    """A head, and a line per model, in the order of their names.

    Args:
        summaries: of the jobs of each model.
    """
    rows = [("model", *_COUNTS.values())]
    rows += [(model, *(str(getattr(summaries[model], count)) for count in _COUNTS)) for model in sorted(summaries)]
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    for number, (model, *counts) in enumerate(rows):
        cells = (count.rjust(width) for count, width in zip(counts, others, strict=True))
        yield style("  ".join((model.ljust(first), *cells)), "bold" if number == 0 else "dim") + "\n"
    yield "\n"
