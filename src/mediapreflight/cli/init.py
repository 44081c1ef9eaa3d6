"""`mediapreflight init`: write a first configuration for the files in a folder."""

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
from ..language import say, say_many, tr, translated
from ..named_files import MOST_TABLE_BYTES, NotReadError, read_bytes
from ..text import listed, plain
from . import OK
from .catalogs import add_catalog_argument, catalog_at
from .output import put, write_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `init`."""
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help=tr("default: the current folder"))
    parser.add_argument("--model", action="append", default=[], help=tr("model that the files are for; may be repeated"))
    add_catalog_argument(parser)
    parser.add_argument(
        "--pyproject", action="store_true", help=tr("add it to the folder's {pyproject_name}", pyproject_name=PYPROJECT_NAME)
    )


def run(options: argparse.Namespace) -> int:
    """Write the configuration, and print the groups of files that it is made from."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(say("{folder}: no such folder", folder=options.folder))
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
    """The text that the configuration is added to. Raises UsageError if there is one already, or no file to add to."""
    found = config_in(str(folder.absolute()))
    if found or (not add and os.path.lexists(target)):
        raise UsageError(say("{found}: there is a configuration already", found=shown_path(found or str(target.absolute()))))
    if not add:
        return ""
    try:
        return read_bytes(target, MOST_TABLE_BYTES).decode("utf-8")
    except NotReadError as error:
        raise UsageError(f"{target}: {error}") from None
    except UnicodeDecodeError:
        raise UsageError(say("{target}: is not UTF-8 text", target=target)) from None


def _added(before: str, text: str, target: Path) -> str:
    whole = f"{before.rstrip()}\n\n{text}".lstrip()
    try:
        toml_table(whole)
    except TomlError as error:
        why = say("{error} (line {line})", error=error, line=error.line) if error.line else str(error)
        raise UsageError(say("{target}: cannot be extended: {error}", target=target, error=why)) from None
    return whole


def _refuse_useless(models: Sequence[Model], groups: Sequence[Group]) -> None:
    kinds = {group.kind for group in groups}
    for model in models:
        if kinds and not any(role.kind in kinds for role in model.roles.values()):
            raise UsageError(say("{model} takes none of the files that were found", model=model.id))


def _said(groups: Sequence[Group], models: Sequence[Model], target: str) -> Iterator[str]:
    for group in groups:
        place = say("in {folder}/", folder=group.folder) if group.folder else say("here")
        extensions = ", ".join(sorted({extension.removeprefix(".").lower() for extension in group.extensions}))
        count = _counted(group)
        found = tr(
            "found {count} {place} ({extensions}; {sizes})", count=count, place=place, extensions=extensions, sizes=_sizes(group)
        )
        yield plain(found) + "\n"
    if not groups:
        yield tr("found no pictures, videos or recordings") + "\n"
    for model in models:
        if pairs := joined(groups, model):
            count = say_many("{count} complete job", "{count} complete jobs", len(pairs.stems))
            yield tr("found {count} for {model}, by the names of the files", count=count, model=model.id) + "\n"
    wrote = say("wrote {file}", file=target)
    if models:
        wrote = say("{wrote} for {models}", wrote=wrote, models=listed(tuple(model.id for model in models)))
    yield plain(translated(wrote)) + "\n"
    yield _next(models) + "\n"


def _next(models: Sequence[Model]) -> str:
    if models:
        return tr("next: `mediapreflight check`")
    return tr("next: remove the # from the entries that are right, and choose their model; then run `mediapreflight check`")


def _counted(group: Group) -> str:
    match group.kind:
        case "image":
            return say_many("{count} picture", "{count} pictures", group.count)
        case "video":
            return say_many("{count} video", "{count} videos", group.count)
    return say_many("{count} recording", "{count} recordings", group.count)


def _sizes(group: Group) -> str:
    smallest, largest = (_size(number) for number in group.sizes)
    return smallest if smallest == largest else say("{lower} to {upper}", lower=smallest, upper=largest)


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"
