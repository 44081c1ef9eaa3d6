"""Read a configuration file into a project: parse it, validate it, and look up every name in it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from msgspec import Struct
from msgspec.structs import fields

from ..catalog import Catalog, Model, builtin_catalog
from ..catalog.loading import Key, convert, dotted, line_of, not_in_json, read_table
from ..errors import ConfigError, UnknownModelError, UnknownRuleError, did_you_mean
from ..job import is_local
from ..language import say
from ..media.source import is_remote, local_path
from ..rules import matching
from ..text import enumerated
from .discovery import CONFIG_NAME, TABLE, shown_path, table_of
from .patterns import Patterns, has_wildcard
from .project import AssetSet, Ignored, PairSet, Project
from .schema import Assets, Config, Pairs

_OWN_PAIR_KEYS = frozenset(Pairs.__struct_fields__) - {"inputs"}


def load(path: str, catalog_files: Sequence[str] = ()) -> Project:
    """The project that a configuration describes.

    `catalog_files`: used in addition to those that it names.

    Raises ConfigError, naming file, line and key, for what cannot be parsed, is not known or has the wrong type; CatalogError for
    a catalog file it names.
    """
    file = _File(path)
    config = file.config()
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120
    files: list[str | Path] = [*(Path(shown_path(folder), name) for name in config.catalog), *catalog_files]
    catalog = Catalog(files) if files else builtin_catalog()
    file.codes(("select",), config.select)
    file.codes(("ignore",), config.ignore)
    return Project(
        path=str(file.path),
        folder=folder,
        config=config,
        catalog=catalog,
        assets=tuple(file.asset_set(("assets", str(index)), each, catalog) for index, each in enumerate(config.assets)),
        pairs=tuple(file.pair_set(("pairs", str(index)), each, catalog) for index, each in enumerate(config.pairs)),
        excluded=file.patterns(("exclude",), config.exclude),
        ignored=tuple(file.ignored(glob, rules) for glob, rules in config.per_file_ignores.items()),
    )


class _File:
    """A configuration file, for errors that name key and line."""

    def __init__(self, path: str) -> None:
        self.path = Path(shown_path(path))
        self._top: Key = () if self.path.name == CONFIG_NAME else TABLE

    def config(self) -> Config:
        """The keys and their values, of the right types."""
        document = read_table(self.path, ConfigError)
        table = table_of(document) if self._top else document
        if not isinstance(table, dict):
            self._fail((), say("must be a table"))
        if not self._top and "tool" in table:
            self._fail(TABLE, say("in {config_name} the keys stand at the top level", config_name=CONFIG_NAME))
        self._refuse_unknown(Config, table, ())
        for index, item in enumerate(_tables(table.get("assets"))):
            self._refuse_unknown(Assets, item, ("assets", str(index)))
        for key, fault in not_in_json(table):
            self._fail(key, fault)
        if isinstance(table.get("pairs"), list):
            table = {**table, "pairs": [_with_inputs(item) for item in table["pairs"]]}
        return convert(table, Config, (self.path,), self._top, ConfigError)

    def asset_set(self, key: Key, assets: Assets, catalog: Catalog) -> AssetSet:
        """The files of one model and role."""
        model = self._model((*key, "model"), assets.model, catalog)
        if assets.role is not None and assets.role not in model.roles:
            self._fail((*key, "role"), _no_input(model, assets.role, model.roles))
        return AssetSet(model, assets.role, assets.parameters, self.patterns((*key, "files"), _listed(assets.files)))

    def pair_set(self, key: Key, pairs: Pairs, catalog: Catalog) -> PairSet:
        """The files that are joined into jobs of one model."""
        model = self._model((*key, "model"), pairs.model, catalog)
        patterns: dict[str, Patterns] = {}
        paths: dict[str, str] = {}
        values: dict[str, Any] = {}
        for name, value in pairs.inputs.items():
            path = local_path(value) if isinstance(value, str) else ""
            if name not in model.roles:
                if name not in model.fields:
                    self._fail((*key, name), _no_input(model, name, [*_OWN_PAIR_KEYS, *model.roles, *model.fields]))
                values[name] = value
            elif path and not is_local(path) and not is_remote(path):
                values[name] = path
            elif path and (path is not value or not has_wildcard(path)):
                paths[name] = path
            elif isinstance(value, str | list) and value and all(isinstance(glob, str) and glob for glob in value):
                patterns[name] = self.patterns((*key, name), _listed(value))
            else:
                self._fail((*key, name), say("must be a glob, a list of globs, a path or a URL, not {value!r}", value=value))
        return PairSet(model, pairs.parameters, pairs.by, patterns, paths, values)

    def ignored(self, glob: str, rules: Iterable[str]) -> Ignored:
        """The rules that are not applied to some files."""
        key = ("per-file-ignores", glob)
        return Ignored(self.patterns(key, [glob]), self.codes(key, rules))

    def codes(self, key: Key, rules: Iterable[str]) -> frozenset[str]:
        """The codes of all the rules that are named."""
        try:
            return frozenset(rule.code for selector in rules for rule in matching(selector))
        except UnknownRuleError as error:
            self._fail(key, str(error))

    def patterns(self, key: Key, globs: Iterable[str]) -> Patterns:
        """The globs, compiled."""
        try:
            return Patterns(globs)
        except ValueError as error:
            self._fail(key, say("contains a glob that is not valid: {error}", error=error))

    def _model(self, key: Key, name: str, catalog: Catalog) -> Model:
        try:
            return catalog.model(name)
        except UnknownModelError as error:
            self._fail(key, str(error))

    def _refuse_unknown(self, kind: type[Struct], table: Mapping[str, Any], key: Key) -> None:
        known = [field.encode_name for field in fields(kind)]
        for name in table:
            if name not in known:
                close = difflib.get_close_matches(name.replace("_", "-"), known, n=1)
                self._fail((*key, name), say("there is no such key{close}", close=did_you_mean(tuple(close))))

    def _fail(self, key: Key, message: str) -> NoReturn:
        key = (*self._top, *key)
        raise ConfigError(str(self.path), message, key=dotted(key) or None, line=line_of(self.path, key))


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _with_inputs(item: object) -> object:
    """An item of `pairs` with all unknown keys collected as `inputs`."""
    if not isinstance(item, dict):
        return item
    own = {name: value for name, value in item.items() if name in _OWN_PAIR_KEYS}
    return {**own, "inputs": {name: value for name, value in item.items() if name not in _OWN_PAIR_KEYS}}


def _listed(globs: str | Iterable[str]) -> tuple[str, ...]:
    return (globs,) if isinstance(globs, str) else tuple(globs)


def _no_input(model: Model, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    nearest = did_you_mean(tuple(close)) or say("; its inputs are {names}", names=enumerated(model.roles))
    return say("{model} has no input {name!r}{close}", model=model.id, name=name, close=nearest)
