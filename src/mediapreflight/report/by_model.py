"""How the jobs of each model did, as a table: what closes a report on several models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..findings import Summary
from ..language import say, translated
from ..text import padded, width_of
from .style import Style

# As the page says it: a parameter can be called `model`, and no name is translated.
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
    """A head, and a line per model, in the order of their names.

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
