"""`mediapreflight init`: a first configuration from what the folder holds."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..catalog import Model
from ..catalog.loading import TomlError, toml_table
from ..config.discovery import CONFIG_NAME, PYPROJECT_NAME, TABLE, config_in, shown_path
from ..config.first import first_config, joined, takers
from ..config.survey import Group, survey
from ..errors import UsageError
from ..named_files import MOST_TABLE_BYTES, NotReadError, read_bytes
from ..report.closing import counted
from ..text import listed, plain
from . import OK
from .catalogs import add_catalog_argument, catalog_at
from .output import put, write_file

_NOUNS = {"image": "picture", "video": "video", "audio": "recording"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `init`."""
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="default: the current folder")
    parser.add_argument("--model", action="append", default=[], help="a model the files are for; may be repeated")
    add_catalog_argument(parser)
    parser.add_argument("--pyproject", action="store_true", help=f"add it to the {PYPROJECT_NAME} of the folder")


def run(options: argparse.Namespace) -> int:
    """Write the configuration, and print what it was made from."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"{options.folder}: no such folder")
    target = folder / (PYPROJECT_NAME if options.pyproject else CONFIG_NAME)
    before = _before(folder, target, add=options.pyproject)
    catalog = catalog_at(None, options.catalog)
    groups = survey(options.folder)
    models = [catalog.model(name) for name in dict.fromkeys(options.model)]
    _refuse_useless(models, groups)
    text = first_config(
        groups,
        models,
        table=".".join(TABLE) if options.pyproject else "",
        candidates=lambda kind: takers(kind, catalog),
    )
    write_file(str(target), [_added(before, text, target) if options.pyproject else text])
    put(_said(groups, models, shown_path(str(target.absolute()))))
    return OK


def _before(folder: Path, target: Path, *, add: bool) -> str:
    """The text that the configuration is added to. Raises UsageError where there is a configuration, or nothing to add to."""
    found = config_in(str(folder.absolute()))
    if found or (not add and os.path.lexists(target)):
        raise UsageError(f"{shown_path(found or str(target.absolute()))}: there is a configuration already")
    if not add:
        return ""
    try:
        return read_bytes(target, MOST_TABLE_BYTES).decode("utf-8")
    except NotReadError as error:
        raise UsageError(f"{target}: {error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{target}: is not UTF-8 text") from None


def _added(before: str, text: str, target: Path) -> str:
    whole = f"{before.rstrip()}\n\n{text}".lstrip()
    try:
        toml_table(whole)
    except TomlError as error:
        place = f" (line {error.line})" if error.line else ""
        raise UsageError(f"{target}: no table can be added to it: {error}{place}") from None
    return whole


def _refuse_useless(models: Sequence[Model], groups: Sequence[Group]) -> None:
    kinds = {group.kind for group in groups}
    for model in models:
        if kinds and not any(role.kind in kinds for role in model.roles.values()):
            raise UsageError(f"{model.id} takes none of the files that were found")


def _said(groups: Sequence[Group], models: Sequence[Model], target: str) -> Iterator[str]:
    for group in groups:
        place = f"in {group.folder}/" if group.folder else "here"
        extensions = ", ".join(sorted({extension.removeprefix(".").lower() for extension in group.extensions}))
        yield plain(f"found {counted(group.count, _NOUNS[group.kind])} {place} ({extensions}; {_sizes(group)})") + "\n"
    if not groups:
        yield "found no pictures, videos or recordings\n"
    for model in models:
        if pairs := joined(groups, model):
            yield f"found {counted(len(pairs.stems), 'complete job')} for {model.id}, by the names of the files\n"
    yield plain(f"wrote {target}") + (f" for {listed(tuple(model.id for model in models))}\n" if models else "\n")
    if models:
        yield "next: `mediapreflight check`\n"
    else:
        yield "next: take the # away in it from the entries that are right, and choose their model; then `mediapreflight check`\n"


def _sizes(group: Group) -> str:
    smallest, largest = (_size(number) for number in group.sizes)
    return smallest if smallest == largest else f"{smallest} to {largest}"


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"
