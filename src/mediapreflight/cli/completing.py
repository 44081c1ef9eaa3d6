"""Shell completion: argparse gives commands and options; this module gives models, roles, parameters, rules and files.

The shell starts the command for every TAB, so only what the answer needs is imported.
"""

from __future__ import annotations

import argparse
import locale
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import MediaPreflightError
from .arguments import home_expanded

if TYPE_CHECKING:
    from ..catalog import Catalog, Model

Completer = Callable[..., Iterable[str]]


def command_line() -> list[str]:
    """The words before the one being completed, without the program's name."""
    from argcomplete.lexers import split_line

    _, _, _, words, _ = split_line(os.environ.get("COMP_LINE", ""), int(os.environ.get("COMP_POINT", "0")))
    return list(words[1:])


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Print the possible completions for the shell, and end the process.

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
    """The completers by argument name. Each gets the typed `prefix` and returns whole words."""

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
    """The catalog of the current folder's configuration and of `--catalog`; the built-in one if neither loads."""
    from ..catalog import builtin_catalog
    from .catalogs import catalog_here

    try:
        return catalog_here([home_expanded(file) for file in _values_of("--catalog", words)])
    except MediaPreflightError:
        return builtin_catalog()


def _named(words: Sequence[str], names_of: Callable[[Model], Iterable[str]]) -> Iterator[str]:
    """The input names of the model on the line, each with `=`; those of all models if the line names none, or an unknown one."""
    catalog, chosen = _catalog(words), next(iter(_values_of("--model", words)), None)
    try:
        models = (catalog.model(chosen),) if chosen else catalog.models()
    except MediaPreflightError:
        models = catalog.models()
    yield from (f"{name}=" for name in dict.fromkeys(name for model in models for name in names_of(model)))


def _values_of(option: str, words: Sequence[str]) -> list[str]:
    """The values of an option on the line, one for each time it is given."""
    values = []
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, separator, value = word.partition("=")
        if name == option:
            values.append(value if separator else following)
    return [value for value in values if value]


def _files(prefix: str, **_: Any) -> Iterator[str]:
    """Files and folders that begin with the prefix and that a shell can pass on; hidden ones only if the prefix asks for them."""
    folder, start = os.path.split(prefix)
    try:
        with os.scandir(os.path.expanduser(folder) or os.curdir) as entries:  # noqa: PTH111
            for entry in entries:
                if entry.name.startswith(start or ".") != (not start) and _can_be_written(entry.name):
                    yield os.path.join(folder, entry.name) + (os.sep if entry.is_dir() else "")  # noqa: PTH118
    except OSError:
        return


def _can_be_written(name: str) -> bool:
    """Whether the answer, which is in the encoding of the system, can hold a name."""
    try:
        name.encode(locale.getpreferredencoding(False))
    except UnicodeEncodeError:
        return False
    return True
