"""What each model accepts: one TOML file per model, loaded when asked for.

    catalog = Catalog()                       # the entries this package ships
    catalog = Catalog(["our-models.toml"])    # with additions and overrides
    catalog.model("emo-v1").roles["image"].side

`models/` contains the limits, by provider; `providers/` contains what applies to all models of a provider, and the source pages.

May import: errors, language, media, named_files, text.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import CatalogError, UnknownModelError
from ..language import say
from .interval import Interval
from .loading import line_of, merged, model_from, provider_from, read_table
from .schema import DASHSCOPE, Choices, Limit, Model, Parameter, Provider, Role, Source, Terms
from .strings import MODEL_ID

__all__ = [
    "Catalog",
    "Choices",
    "Interval",
    "Limit",
    "Model",
    "Parameter",
    "Provider",
    "Role",
    "Source",
    "Terms",
    "builtin_catalog",
]

_HERE = Path(__file__).parent
_MOST_SUGGESTIONS = 3


class Catalog:
    """The models this package knows, with the user's own entries applied on top.

    Args:
        files: TOML files of one model each. A new `id` adds a model; a known `id` replaces that entry, and with
            `extends = "<the same id>"` changes only what it names. Later files override earlier ones. An `id` that starts
            with `_` is only a base for other entries.

    Raises CatalogError for a file that breaks the schema, at once.
    """

    def __init__(self, files: Iterable[str | Path] = ()) -> None:
        self._models: dict[str, Model] = {}
        self._layers = {model_id: (path,) for model_id, path in _shipped().items()}
        own = {self._add(Path(file)): None for file in files}
        for model_id in filter(_is_model, own):
            self._models[model_id] = self._load(model_id)

    def ids(self) -> tuple[str, ...]:
        """The ids of all models, sorted; aliases are not listed."""
        return tuple(sorted(filter(_is_model, self._layers)))

    def model(self, name: str) -> Model:
        """The model with this id or alias. Raises UnknownModelError with the nearest names."""
        if name in self._models:
            return self._models[name]
        if name in self._layers and _is_model(name):
            self._models[name] = self._load(name)
            return self._models[name]
        for model in self.models():
            if name in model.aliases:
                return model
        raise UnknownModelError(name, self._nearest(name))

    def _nearest(self, name: str) -> tuple[str, ...]:
        """Similar ids and aliases: those that begin with the name, ignoring case; else similar spellings."""
        import difflib

        known = [*self.ids(), *(alias for model in self.models() for alias in model.aliases)]
        begun = sorted((each for each in known if name and each.casefold().startswith(name.casefold())), key=len)
        return tuple(begun[:_MOST_SUGGESTIONS] or difflib.get_close_matches(name.lower(), known, _MOST_SUGGESTIONS, cutoff=0.5))

    def models(self) -> tuple[Model, ...]:
        """All models, in the order of their ids."""
        return tuple(self.model(model_id) for model_id in self.ids())

    def detector_of(self, model: Model) -> Model | None:
        """The model of the detect call that checks a job's picture; None if there is none."""
        detect = model.service.detect if model.service else None
        return self.model(detect) if detect else None

    def provider(self, name: str) -> Provider:
        """A provider of models. A user's entry may name a provider that is not in the catalog."""
        return _provider(name)

    @property
    def terms(self) -> Terms:
        """What applies to every call to the provider that jobs are sent to: hosts, task states, lifetimes, polling."""
        terms = self.provider(DASHSCOPE).terms
        assert terms is not None
        return terms

    def _add(self, path: Path) -> str:
        model_id = read_table(path).get("id")
        if not isinstance(model_id, str) or not MODEL_ID.takes(model_id):
            fault = (
                MODEL_ID.refusal(model_id)
                if isinstance(model_id, str) and model_id
                else say(
                    "must be the model's id",
                )
            )
            raise CatalogError(str(path), fault, key="id", line=line_of(path, ("id",)))
        self._layers[model_id] = (*self._layers.get(model_id, ()), path)
        return model_id

    def _load(self, model_id: str) -> Model:
        table, paths = self._inherited(self._layers[model_id][-1])
        return model_from(table, paths, self.provider(str(table.get("provider", DASHSCOPE))), self.ids())

    def _inherited(self, path: Path, above: tuple[Path, ...] = ()) -> tuple[Mapping[str, Any], tuple[Path, ...]]:
        """The entry merged with all it extends, and the files it came from, nearest first."""
        table = read_table(path)
        if "extends" not in table:
            return table, (path,)
        base_path = self._base_of(table["extends"], path)
        if base_path in (*above, path):
            raise CatalogError(
                str(path),
                say("{table!r} extends itself", table=table["extends"]),
                key="extends",
                line=line_of(path, ("extends",)),
            )
        base, paths = self._inherited(base_path, (*above, path))
        provider = base.get("provider", DASHSCOPE)
        if table.get("provider", provider) != provider:
            fault = say(
                "an entry of another provider cannot extend {base!r} of {provider}", base=table["extends"], provider=provider
            )
            raise CatalogError(str(path), fault, key="provider", line=line_of(path, ("provider",)))
        if base.get("id") != table.get("id"):
            # The other ids of a model are not inherited.
            base = {key: value for key, value in base.items() if key not in ("aliases", "region_ids")}
        return merged(base, table), (path, *paths)

    def _base_of(self, model_id: object, asking: Path) -> Path:
        layers = self._layers.get(model_id, ()) if isinstance(model_id, str) else ()
        below = layers[: layers.index(asking)] if asking in layers else layers
        if not below:
            message = say("no entry {model_id!r} to start from", model_id=model_id)
            raise CatalogError(str(asking), message, key="extends", line=line_of(asking, ("extends",)))
        return below[-1]


@functools.cache
def builtin_catalog() -> Catalog:
    """The catalog this package ships, loaded once per process."""
    return Catalog()


def _is_model(model_id: str) -> bool:
    return not model_id.startswith("_")


@functools.cache
def _shipped() -> dict[str, Path]:
    """The entries of this package by id, which is the path below the provider's folder."""
    folders = (path for path in (_HERE / "models").iterdir() if path.is_dir())
    return {path.relative_to(folder).with_suffix("").as_posix(): path for folder in folders for path in folder.rglob("*.toml")}


@functools.cache
def _provider(name: str) -> Provider:
    path = _HERE / "providers" / f"{name}.toml"
    return provider_from(read_table(path), path) if name in _providers() else Provider(title=name, source="")


@functools.cache
def _providers() -> frozenset[str]:
    return frozenset(path.stem for path in (_HERE / "providers").glob("*.toml"))
