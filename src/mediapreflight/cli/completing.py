"""What a shell offers at TAB: commands and options by argparse; models, roles, parameters, rules and files by what is here.

The shell starts the command for every TAB, so nothing is loaded here that the answer does not need.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import MediaPreflightError
from .arguments import home_expanded

if TYPE_CHECKING:
    from ..catalog import Catalog, Model

Completer = Callable[..., Iterable[str]]


def command_line() -> list[str]:
    """The words before the one that is being completed, without the program's name."""
    from argcomplete.lexers import split_line

    _, _, _, words, _ = split_line(os.environ.get("COMP_LINE", ""), int(os.environ.get("COMP_POINT", "0")))
    return list(words[1:])


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Tell the shell what can stand there, and end the process.

    Args:
        words: see `command_line`.
    """
    import argcomplete

    completers = _completers(words)
    for action in _actions(parser):
        if action.choices is None:
            action.completer = completers.get(action.dest, _files)  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)


def _completers(words: Sequence[str]) -> Mapping[str, Completer]:
    """What completes an argument, by its name. Each is given the `prefix` that stands there, and answers whole words."""

    def models(**_: Any) -> Iterable[str]:
        return _catalog(words).ids()

    def targets(prefix: str, **_: Any) -> Iterator[str]:
        role, separator, path = prefix.partition("=")
        if separator:
            yield from (f"{role}={file}" for file in _files(path))
        else:
            yield from _named(words, lambda model: [name for name, role in model.roles.items() if role.follows is None])
            yield from _files(prefix)

    def settings(**_: Any) -> Iterator[str]:
        yield from _named(words, lambda model: (*model.parameters, *model.fields))

    def rules(prefix: str, **_: Any) -> Iterator[str]:
        from ..rules import RULES

        *before, _last = prefix.split(",")
        for rule in RULES.values():
            yield from (",".join((*before, name)) for name in (rule.code, rule.name))

    def regions(**_: Any) -> Iterable[str]:
        return _catalog(words).terms.hosts

    return {
        "model": models,
        "id": models,
        "ids": lambda **_: (),
        "compare": models,
        "targets": targets,
        "set": settings,
        "rule": rules,
        "select": rules,
        "ignore": rules,
        "region": regions,
    }


def _catalog(words: Sequence[str]) -> Catalog:
    """The catalog of the current folder's configuration and of `--catalog`; ours where there is none, or it does not load."""
    from ..catalog import builtin_catalog
    from .catalogs import catalog_here

    try:
        return catalog_here([home_expanded(file) for file in _values_of("--catalog", words)])
    except MediaPreflightError:
        return builtin_catalog()


def _named(words: Sequence[str], names_of: Callable[[Model], Iterable[str]]) -> Iterator[str]:
    """Names of the model on the line, each with its `=`; those of all models where there is none, or one that is not known."""
    catalog, chosen = _catalog(words), next(iter(_values_of("--model", words)), None)
    try:
        models = (catalog.model(chosen),) if chosen else catalog.models()
    except MediaPreflightError:
        models = catalog.models()
    yield from (f"{name}=" for name in dict.fromkeys(name for model in models for name in names_of(model)))


def _values_of(option: str, words: Sequence[str]) -> list[str]:
    """What an option has on the line, each time it stands there."""
    values = []
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, separator, value = word.partition("=")
        if name == option:
            values.append(value if separator else following)
    return [value for value in values if value]


def _files(prefix: str, **_: Any) -> Iterator[str]:
    """Files and folders whose paths begin so; hidden ones only where that is asked for."""
    folder, start = os.path.split(prefix)
    try:
        with os.scandir(os.path.expanduser(folder) or os.curdir) as entries:  # noqa: PTH111
            for entry in entries:
                if entry.name.startswith(start or ".") != (not start):
                    yield os.path.join(folder, entry.name) + (os.sep if entry.is_dir() else "")  # noqa: PTH118
    except OSError:
        return
