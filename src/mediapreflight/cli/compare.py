"""`mediapreflight models --compare`: the cards of two models side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ..language import say, tr, translated
from ..report.style import Style
from ..text import lines_of, padded, width_of

_WIDTH = 47
_NOTHING = "-"
_LAST = (say("Values"), say("Price"))
# Section titles, each with rows of name, text and sources.
Sections = list[tuple[str, list[tuple[str, str, str]]]]
# A section and a row in it. What a model adds in brackets to the section's name is ignored.
_Place = tuple[str, str]


def compared(names: list[str], cards: list[Sections], style: Style) -> Iterator[str]:
    """Every row of either card, with both texts; equal rows are dimmed."""
    first, second = map(_texts, cards)
    places = _places(first, second)
    widths = [max(width_of(name) for _, name in places), *map(_width, (first, second))]
    yield from (f"  {line}\n" for line in _lines(["", *names], widths))
    for section, rows in itertools.groupby(places, key=lambda place: place[0]):
        yield "\n" + style(section, "bold", "cyan") + "\n"
        for place in rows:
            texts = first.get(place, _NOTHING), second.get(place, _NOTHING)
            looks = ("dim",) if texts[0] == texts[1] else ()
            yield from (f"  {style(line, *looks)}\n" for line in _lines([place[1], *texts], widths))


def _width(texts: dict[_Place, str]) -> int:
    """The width of a column that breaks no word: paths are to be copied."""
    return max(_WIDTH, *(width_of(word) for text in texts.values() for word in lines_of(text, 1)))


def _lines(texts: list[str], widths: list[int]) -> Iterator[str]:
    columns = [lines_of(text, width) for text, width in zip(texts, widths, strict=True)]
    for parts in itertools.zip_longest(*columns, fillvalue=""):
        yield "  ".join(map(padded, parts, widths)).rstrip()


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
