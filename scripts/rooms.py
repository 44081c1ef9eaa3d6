#!/usr/bin/env python3
"""The rooms of the package and who imports whom, read from the sources: `docs/rooms.svg` and the table in `docs/architecture.md`.

Run it after a change of imports: `python scripts/rooms.py`. `tests/test_architecture.py` fails while the two are stale.
A room is a folder or a module at the top of the package, or whatever else `LAYERS` names, such as `submit.ledger`.
Imports in functions and under `TYPE_CHECKING` count: they tie rooms together as much as the others.
"""

from __future__ import annotations

import ast
import html
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "mediapreflight"
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "rooms.svg"
BEGIN, END = "<!-- written by scripts/rooms.py: begin -->", "<!-- end -->"

# From the top to the ground. An arrow goes from a layer to one below it, never sideways or up.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("__init__", "cli", "ray"),
    ("agents", "emulator", "engines", "schemas", "studio"),
    ("config", "job_files", "report", "submit"),
    ("prepare",),
    ("check",),
    ("rules", "submit.dashscope"),
    ("findings", "job", "submit.http", "submit.ledger"),
    ("catalog", "people"),
    ("loopback", "named_files", "text"),
    ("media",),
    ("output_folder", "workers"),
    ("errors",),
    ("_version", "language", "system"),
)

BOX, HEIGHT, GAP, RISE, MARGIN = 128, 32, 32, 56, 64


class Import(NamedTuple):
    """One import across rooms: who asks for it, and the module it names, both without the name of the package."""

    room: str
    module: str
    target_room: str
    target: str


Arrows = Mapping[str, Set[str]]
"""By room, the rooms it imports."""

Point = tuple[int, int]
Places = Mapping[str, Point]
"""By room, the left upper corner of its box."""


def imports(package: Path = PACKAGE, layers: Iterable[Iterable[str]] = LAYERS) -> list[Import]:
    """Every import of one room from another, in order. Raises SyntaxError for a source that is none."""
    modules = {_name(path, package): path for path in package.rglob("*.py")}
    rooms = {room for layer in layers for room in layer}
    found = set()
    for module, path in modules.items():
        for target in _targets(ast.parse(path.read_bytes()), module, path, modules.keys(), package.name):
            here, there = room_of(module, rooms), room_of(target, rooms)
            if here != there:
                found.add(Import(here, module, there, target))
    return sorted(found)


def room_of(module: str, rooms: Set[str]) -> str:
    """The innermost room a module lies in; where none is named, the top of its path."""
    parts = module.split(".")
    known = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in known if name in rooms), parts[0])


def arrows(found: Iterable[Import]) -> dict[str, set[str]]:
    """The rooms each room imports."""
    drawn: dict[str, set[str]] = {}
    for each in found:
        drawn.setdefault(each.room, set()).add(each.target_room)
    return drawn


def depths(layers: Iterable[Iterable[str]] = LAYERS) -> dict[str, int]:
    """The layer of each room, counted from the top."""
    return {room: depth for depth, layer in enumerate(layers) for room in layer}


def _name(path: Path, package: Path) -> str:
    """A module's name below the package, such as `media.image`. A folder's `__init__` has the name of the folder."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _targets(tree: ast.AST, module: str, path: Path, modules: Set[str], package: str) -> Iterator[str]:
    """The modules of this package that a source names, wherever in it the import stands."""
    is_folder = path.stem == "__init__"
    folder = [] if module == "__init__" else module.split(".")[: None if is_folder else -1]
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                named = [alias.name.split(".") for alias in node.names]
            case ast.ImportFrom(level=0, module=str(name)):
                named = [[*name.split("."), alias.name] for alias in node.names]
            case ast.ImportFrom():
                base = [package, *folder[: len(folder) + 1 - node.level], *(node.module or "").split(".")]
                named = [[*filter(None, base), alias.name] for alias in node.names]
            case _:
                continue
        yield from (_module(parts[1:], modules) for parts in named if parts[0] == package)


def _module(parts: list[str], modules: Set[str]) -> str:
    """The module in which a dotted name lies; a name that is no module lies in the package itself."""
    while parts and ".".join(parts) not in modules:
        parts = parts[:-1]
    return ".".join(parts) or "__init__"


def direct(drawn: Arrows, depth: Mapping[str, int]) -> dict[str, set[str]]:
    """The arrows down that no other path of arrows down stands for."""
    down = {room: {each for each in drawn.get(room, ()) if depth[each] > depth[room]} for room in depth}
    below: dict[str, set[str]] = {}
    for room in sorted(depth, key=depth.__getitem__, reverse=True):
        below[room] = down[room].union(*(below[each] for each in down[room]))
    return {room: {each for each in down[room] if not any(each in below[other] for other in down[room])} for room in down}


def picture(drawn: Arrows, layers: tuple[tuple[str, ...], ...] = LAYERS) -> str:
    """The rooms as an SVG: one row a layer; red and dashed are the arrows that point sideways or up."""
    depth = depths(layers)
    widest = max(map(len, layers))
    width = widest * (BOX + GAP) - GAP + 2 * MARGIN
    place = {
        room: ((width - len(layer) * (BOX + GAP) + GAP) // 2 + column * (BOX + GAP), MARGIN + row * (HEIGHT + RISE))
        for row, layer in enumerate(layers)
        for column, room in enumerate(layer)
    }
    height = len(layers) * (HEIGHT + RISE) - RISE + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="13">',
        "<title>The rooms of mediapreflight and their imports</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="context-stroke"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    down = [(room, other) for room, others in direct(drawn, depth).items() for other in others]
    lines += [_down(place, down, *arrow) for arrow in sorted(down)]
    up = [(room, other) for room in depth for other in drawn.get(room, ()) if depth[other] <= depth[room]]
    lines += [_up(place, *arrow) for arrow in sorted(up)]
    for room, (x, y) in place.items():
        lines += [
            f'<rect x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="4" fill="#eef" stroke="#446"/>',
            f'<text x="{x + BOX // 2}" y="{y + HEIGHT // 2 + 5}" text-anchor="middle">{html.escape(room)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def _down(place: Places, arrows: Iterable[tuple[str, str]], room: str, other: str) -> str:
    """A curve from the lower edge of one box to the upper edge of another; what meets at an edge stands side by side."""
    (x1, y1), (x2, y2) = place[room], place[other]
    x1 += _share(place, {end for start, end in arrows if start == room}, other)
    x2 += _share(place, {start for start, end in arrows if end == other}, room)
    y1 += HEIGHT
    bend = (y2 - y1) // 2
    return _curve((x1, y1), (x1, y1 + bend), (x2, y2 - bend), (x2, y2), 'stroke="#778"')


def _share(place: Places, rooms: Set[str], room: str) -> int:
    """Where on the edge of a box the arrow of one of several rooms stands, which are in order from left to right."""
    ordered = sorted(rooms, key=lambda each: (place[each], each))
    return BOX * (ordered.index(room) + 1) // (len(ordered) + 1)


def _up(place: Places, room: str, other: str) -> str:
    """A curve that goes round what lies between: over the boxes of a layer, or to the right of those of several."""
    (x1, y1), (x2, y2) = place[room], place[other]
    style = 'stroke="#c22" stroke-dasharray="5 4"'
    if y1 == y2:
        x1, x2, over = x1 + BOX // 2, x2 + BOX // 2, y1 - HEIGHT
        return _curve((x1, y1), (x1, over), (x2, over), (x2, y2), style)
    x1, x2, out = x1 + BOX, x2 + BOX, max(x1, x2) + BOX * 3 // 2
    y1, y2 = y1 + HEIGHT // 2, y2 + HEIGHT // 2
    return _curve((x1, y1), (out, y1), (out, y2), (x2, y2), style)


def _curve(start: Point, bend: Point, other_bend: Point, end: Point, style: str) -> str:
    points = " ".join(f"{x} {y}" for x, y in (bend, other_bend, end))
    return f'<path d="M{start[0]} {start[1]} C{points}" fill="none" {style} marker-end="url(#head)"/>'


def table(drawn: Arrows, layers: Iterable[Iterable[str]] = LAYERS) -> str:
    """All arrows as Markdown, between the marks that stand around it; an arrow that points sideways or up is bold."""
    depth = depths(layers)
    rows = ["| layer | room | imports |", "|---|---|---|"]
    for room, row in depth.items():
        named = sorted(drawn.get(room, ()), key=lambda other: (depth[other], other))
        cells = [f"`{other}`" if depth[other] > row else f"**`{other}`**" for other in named]
        rows.append(f"| {row + 1} | `{room}` | {', '.join(cells)} |")
    return "\n".join([BEGIN, "", *rows, "", END])


def page(text: str, drawn: Arrows) -> str:
    """The page with its table replaced."""
    before, rest = text.split(BEGIN)
    return before + table(drawn) + rest.partition(END)[2]


def main() -> None:
    drawn = arrows(imports())
    if unknown := {*drawn, *(room for rooms in drawn.values() for room in rooms)} - depths().keys():
        sys.exit(f"give these rooms a layer in scripts/rooms.py: {', '.join(sorted(unknown))}")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), drawn), encoding="utf-8", newline="\n")
    PICTURE.write_text(picture(drawn), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
