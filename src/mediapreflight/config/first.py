"""Make the text of a first configuration from groups of files. No I/O."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..catalog import Catalog, Model
from ..job import roles_for_kind
from ..language import tr, tr_many
from ..media.formats import Kind
from .survey import Group

# How many further models are named.
_NAMED = 7
# The schema that editors use. It is `docs/schemas/config.json`, which a test compares with the schema.
_SCHEMA = "https://raw.githubusercontent.com/mediapreflight/mediapreflight/main/docs/schemas/config.json"
# Characters with a meaning in a glob or in TOML; they are replaced by `?`.
_SPECIAL = re.compile(r"""[^\w\-. +@,;=&()%~$^{}]""")
_EXAMPLE = Group("portraits", "image", False, (".png",), frozenset(), 0, (0, 0))


class Joined(NamedTuple):
    """Groups whose files make jobs of a model by their names, by role."""

    model: Model
    groups: Mapping[str, Group]

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the files of complete jobs."""
        return frozenset.intersection(*(group.stems for group in self.groups.values()))


def takers(kind: Kind, catalog: Catalog) -> tuple[Model, ...]:
    """The models that make videos and take a kind of file; those that need a person in it come first."""
    found = (model for model in catalog.models() if _makes_videos(model) and roles_for_kind(model, kind))
    return tuple(sorted(found, key=lambda model: not any(model.roles[role].content for role in model.roles_of_kind(kind))))


def _makes_videos(model: Model) -> bool:
    """Whether jobs of the model are tasks, and not detect calls."""
    return model.service is not None and model.service.mode == "asynchronous"


def joined(groups: Sequence[Group], model: Model) -> Joined | None:
    """The groups whose files form whole jobs of a model, because most of their names agree; None if there are none."""
    required = _required(model)
    choices = [
        [group for group in groups if group.kind == kind and not _SPECIAL.search(group.folder)] for kind in required.values()
    ]
    for chosen in itertools.product(*choices) if len(required) > 1 else ():
        found = Joined(model, dict(zip(required, chosen, strict=True)))
        if 2 * len(found.stems) > max(len(group.stems) for group in chosen):
            return found
    return None


def first_config(
    groups: Sequence[Group], models: Sequence[Model], *, table: str = "", candidates: Callable[[Kind], Sequence[Model]]
) -> str:
    """The text of a configuration.

    Args:
        models: the models of the files; if empty, the entries are comments to fill in.
        table: the table for the keys, such as `tool.mediapreflight`; empty at the top level.
        candidates: models to suggest for files of a kind if `models` is empty; at least one.
    """
    entries = [entry for model in models for entry in _entries(groups, model, table)]
    if not entries:
        entries = [_commented(_unassigned(groups or [_EXAMPLE], candidates, table))]
    return "\n".join([_head(table), *entries])


def globs(group: Group) -> tuple[str, ...]:
    """The globs that match the files of a group."""
    folder = _SPECIAL.sub("?", group.folder)
    place = f"{folder}/**/" if folder and group.is_deep else f"{folder}/"
    return tuple(f"{place}*{_SPECIAL.sub('?', extension)}" for extension in group.extensions)


def _required(model: Model) -> dict[str, Kind]:
    return {name: role.kind for name, role in model.roles.items() if role.required}


def _head(table: str) -> str:
    # `pyproject.toml` has its own schema.
    header, schema = (f"[{table}]\n", "") if table else ("", f"#:schema {_SCHEMA}\n\n")
    whole = tr("What `mediapreflight check` checks here, and how. Globs are written as in .gitignore and count from this folder.")
    keys = tr("`mediapreflight schema config` describes every key.")
    level = tr(
        'How much is read of each file: "metadata" (headers), "decode" (all data) or "content" (also faces, bodies and speech).'
    )
    ignore = tr("Rules that are not applied, by code, prefix of codes, or name; `mediapreflight rule` lists them.")
    exclude = tr("Files and folders that are never assets. What .gitignore names is left out already.")
    return f"""\
{schema}# {whole}
# {keys}
{header}
# {level}
level = "content"
# {ignore}
ignore = []
# {exclude}
exclude = []
"""


def _entries(groups: Sequence[Group], model: Model, table: str) -> Iterator[str]:
    pairs = joined(groups, model)
    if pairs:
        yield _pairs(pairs, table)
    for group in groups:
        roles = roles_for_kind(model, group.kind)
        if roles and not (pairs and group in pairs.groups.values()):
            yield _assets(group, model.id, roles, table)


def _pairs(pairs: Joined, table: str) -> str:
    lines = [
        "# "
        + tr_many(
            "Files of the same name make one job: {count} is complete.",
            "Files of the same name make one job: {count} are complete.",
            len(pairs.stems),
        ),
        _header("pairs", table),
        f'model = "{pairs.model.id}"',
    ]
    return "\n".join([*lines, *(f"{role} = {_toml(globs(group))}" for role, group in pairs.groups.items()), ""])


def _assets(group: Group, model: str, roles: Sequence[str], table: str) -> str:
    others = f"  # {_or(roles[1:])}" if len(roles) > 1 else ""
    lines = [
        "# " + tr("Each of these files is checked by itself."),
        _header("assets", table),
        f"files = {_toml(globs(group))}",
        f'model = "{model}"',
        f'role = "{roles[0]}"{others}',
    ]
    return "\n".join([*lines, ""])


def _unassigned(groups: Sequence[Group], candidates: Callable[[Kind], Sequence[Model]], table: str) -> str:
    lines = [tr("Say which model the files are for, and take the # away. `mediapreflight models` lists them.")]
    for group in groups:
        first, *others = (model.id for model in candidates(group.kind))
        named = f"  # {_or(others[:_NAMED])}" if others else ""
        lines += ["", _header("assets", table), f"files = {_toml(globs(group))}", f'model = "{first}"{named}']
    return "\n".join([*lines, ""])


def _or(others: Sequence[str]) -> str:
    return tr("or {values}", values=", ".join(others))


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.removesuffix("\n").split("\n"))


def _header(name: str, table: str) -> str:
    return f"[[{table}.{name}]]" if table else f"[[{name}]]"


def _toml(values: Sequence[str]) -> str:
    return json.dumps(values[0] if len(values) == 1 else list(values), ensure_ascii=False)
