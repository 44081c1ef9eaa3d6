"""The table of results by model, at the end of a report on several models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..findings import Summary
from ..language import say, translated
from ..text import padded, width_of
from .style import Style

# The same word as on the page. Not `model`: a parameter can have that name, and names are not translated.
_MODEL = say("Model")
_COUNTS = {
    "jobs": say("jobs"),
    "files": say("files"),
    "errors": say("errors"),
    "unchecked": say("unchecked"),
    "warnings": say("warnings"),
    "infos": say("notes"),
}


def table(summaries: Mapping[str, Summary], style: Style) -> Iterator[str]:
    """A heading, and a line per model, sorted by name.

    Args:
        summaries: of the jobs of each model.
    """
    rows = [(translated(_MODEL).lower(), *map(translated, _COUNTS.values()))]
    rows += [(model, *(str(getattr(summaries[model], count)) for count in _COUNTS)) for model in sorted(summaries)]
    first, *others = (max(map(width_of, column)) for column in zip(*rows, strict=True))
    for number, (model, *counts) in enumerate(rows):
        cells = (" " * (width - width_of(count)) + count for count, width in zip(counts, others, strict=True))
        yield style("  ".join((padded(model, first), *cells)), "bold" if number == 0 else "dim") + "\n"
    yield "\n"
