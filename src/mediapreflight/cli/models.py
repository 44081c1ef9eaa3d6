"""`mediapreflight models`: print what each model accepts, with sources."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import msgspec

from ..catalog import Catalog, Model
from ..catalog.card import inputs, notes, offered, sections
from ..catalog.schema import DASHSCOPE
from ..language import tr, translated
from ..report.style import Style
from ..text import filled, padded, width_of
from . import OK
from .catalogs import add_catalog_argument, catalog_here
from .output import add_output_arguments, style_of, write

_WIDTH = 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `models`."""
    parser.add_argument("id", nargs="?", metavar="ID", help=tr("id or alias of a model; default: all models"))
    parser.add_argument("--provider", metavar="NAME", help=tr("only the models of this provider"))
    parser.add_argument("--compare", nargs=2, metavar="ID", help=tr("two models side by side"))
    add_catalog_argument(parser)
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print one card, or the list of models."""
    catalog = catalog_here(options.catalog)
    named = options.compare or ([options.id] if options.id else ())
    models = tuple(map(catalog.model, named)) or offered(catalog, options.provider)
    style = style_of(options)
    if options.output_format == "json":
        pieces = iter([msgspec.json.format(msgspec.json.encode(models), indent=2).decode() + "\n"])
    elif options.compare:
        from .compare import compared

        pieces = compared([model.id for model in models], [sections(model, catalog) for model in models], style)
    elif options.id is None:
        pieces = _list(models, catalog, style)
    else:
        pieces = _card(models[0], catalog, style)
    write(options, pieces)
    return OK


def _list(models: tuple[Model, ...], catalog: Catalog, style: Style) -> Iterator[str]:
    """The models by provider; the provider that jobs are sent to comes first."""
    providers = sorted({model.provider for model in models}, key=lambda name: (name != DASHSCOPE, name))
    width = max(len(model.id) for model in models)
    for provider in providers:
        yield style(catalog.provider(provider).title, "bold", "cyan") + "\n"
        yield from _rows_of([model for model in models if model.provider == provider], width, style)


def _rows_of(models: list[Model], width: int, style: Style) -> Iterator[str]:
    for model in models:
        takes = style(tr("takes {inputs}", inputs=inputs(model)), "dim")
        yield f"{style(f'{model.id:<{width}}', 'bold')}  {translated(model.summary)}\n{'':<{width}}  {takes}\n"


def _card(model: Model, catalog: Catalog, style: Style) -> Iterator[str]:
    yield f"{style(model.id, 'bold')}  {model.title}\n{translated(model.summary)}\n"
    for title, rows in sections(model, catalog):
        yield from _rows(title, rows, style)
    for note in notes(model):
        yield "\n" + filled(tr("Note: {text}", text=note), _WIDTH) + "\n"


def _rows(title: str, rows: list[tuple[str, str, str]], style: Style) -> Iterator[str]:
    """A titled table of name, text and source."""
    yield "\n" + style(title, "bold", "cyan") + "\n"
    width = max(width_of(name) for name, _, _ in rows)
    for name, text, source in rows:
        hanging = " " * (width + 4)
        wrapped = filled(text, _WIDTH, hanging).removeprefix(hanging)
        tail = f"  {style(f'[{source}]', 'dim')}" if source else ""
        yield f"  {padded(name, width)}  {wrapped}{tail}\n"
