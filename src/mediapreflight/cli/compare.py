"""`mediapreflight models --compare`: the cards of two models side by side."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

from ..language import say, tr, translated

_WIDTH = 120
_NOTHING = "-"
_LAST = (say("Values"), say("Price"))
# Section titles, each with rows of name, text and sources.
Sections = list[tuple[str, list[tuple[str, str, str]]]]
# A section and a row in it. What a model adds in brackets to the section's name is ignored.
_Place = tuple[str, str]


def compared(names: list[str], cards: list[Sections], *, color: bool) -> Iterator[str]:
    """Every row of either card, with both texts; equal rows are dimmed."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    first, second = map(_texts, cards)
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(Text(name), ratio=1, overflow="fold")
    for section, places in itertools.groupby(_places(first, second), key=lambda place: place[0]):
        table.add_row(Text(f"\n{section}", "bold cyan"))
        for place in places:
            texts = first.get(place, _NOTHING), second.get(place, _NOTHING)
            table.add_row(Text(f"  {place[1]}"), *map(Text, texts), style="dim" if texts[0] == texts[1] else "")
    output = io.StringIO()
    console = Console(file=output, width=_WIDTH, force_terminal=color, no_color=not color, highlight=False)
    console.print(table)
    yield from (f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


def _texts(card: Sections) -> dict[_Place, str]:
    found: dict[_Place, str] = {}
    for title, rows in card:
        section, _, more = title.partition("  (")
        if more:
            found[section, tr("is")] = more.removesuffix(")")
        for name, text, _ in rows:
            place = section, name
            found[place] = f"{found[place]}; {text}" if place in found else text
    return found


def _places(first: dict[_Place, str], second: dict[_Place, str]) -> list[_Place]:
    """The rows of both cards: in the order of the first, with the second's own rows at the end of each section."""
    places = [*first, *(place for place in second if place not in first)]
    names = list(dict.fromkeys(section for section, _ in places))
    last = tuple(map(translated, _LAST))
    return sorted(places, key=lambda place: (place[0] in last and last.index(place[0]) + 1, names.index(place[0])))
