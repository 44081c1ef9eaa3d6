"""`mediapreflight probe`: print the facts of files, without judging them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import msgspec

from ..check.containment import TIME_LIMIT_S, contained
from ..language import tr, translated
from ..media.facts import Facts, Level
from ..media.probe import probe
from ..report.style import Style
from ..text import plain
from . import FINDINGS, OK
from .output import add_output_arguments, style_of, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `probe`."""
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument(
        "--level",
        choices=("metadata", "decode"),
        default="decode",
        help=tr("read headers only, or all data; default: decode"),
    )
    add_output_arguments(parser, ("text", "concise", "json"))


def run(options: argparse.Namespace) -> int:
    """Print the facts of each file; status 1 if one is not a readable media file."""
    facts = _facts(options.files, options.level)
    write(options, _FORMATS[options.output_format](facts, style_of(options)))
    return FINDINGS if any(one.kind == "unknown" for one in facts) else OK


def _facts(paths: Sequence[str], level: Level) -> list[Facts]:
    if level == "metadata":
        return [probe(path, level) for path in paths]
    with contained(TIME_LIMIT_S) as containment:
        return [containment.facts(path, level) for path in paths]


def _json(facts: list[Facts], style: Style) -> Iterator[str]:
    yield msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n"


def _text(facts: list[Facts], style: Style) -> Iterator[str]:
    for one in facts:
        yield style(plain(one.path), "bold") + "\n"
        known = _values(one)
        width = max(map(len, known), default=0)
        for name, value in known.items():
            yield f"  {style(f'{name:<{width}}', 'dim')}  {plain(_shown(value))}\n"


def _concise(facts: list[Facts], style: Style) -> Iterator[str]:
    for one in facts:
        known = " ".join(f"{name}={_shown(value)}" for name, value in _values(one).items())
        yield plain(f"{one.path}: {known}") + "\n"


_FORMATS = {"text": _text, "concise": _concise, "json": _json}


def _values(facts: Facts) -> dict[str, object]:
    """What is known, as table rows: kind first, problems last if there are any, without the path."""
    values = {name: getattr(facts, name) for name in facts.__struct_fields__ if name not in ("path", "problems")}
    fields = {name: value for name, value in values.items() if value is not None and value != ()}
    problems = {"problems": "; ".join(map(_in_words, facts.problems))} if facts.problems else {}
    return {"kind": facts.kind, **fields, **problems}


def _in_words(problem: str) -> str:
    """A problem with its detail in the reader's language; its kind is a name."""
    kind, colon, detail = problem.partition(": ")
    return f"{kind}{colon}{translated(detail)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(map(_shown, value))
    if isinstance(value, msgspec.Struct):
        return ", ".join(f"{name} {_shown(getattr(value, name))}" for name in value.__struct_fields__)
    return f"{value:.9g}" if isinstance(value, float) else str(value)
