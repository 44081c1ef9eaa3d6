"""The strings of an entry: what they may contain, because they are used in requests, on terminals and in commands; and what they
name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from .schema import Condition, split_tags

Key = tuple[str, ...]
What = Literal["source", "region", "model", "role", "field", "parameter", "input"]
_SHOWN = 80


class Sort(NamedTuple):
    """A kind of string: a pattern for the whole string, its name in words, and what it names."""

    pattern: str
    words: str
    names: What | None = None

    def takes(self, text: str) -> bool:
        """Whether the text is of this kind."""
        return re.fullmatch(self.pattern, text) is not None

    def refusal(self, text: str) -> str:
        """Why the text is not of this kind, with unprintable characters shown as escapes."""
        shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}…"
        return f"{shown} is no {self.words}"

    def named(self, text: str) -> tuple[str, ...]:
        """The names in the text: several sources, or an input that can be left out, which ends with a question mark."""
        return split_tags(text) if self.names == "source" else (text.removesuffix("?"),)


MODEL_ID = Sort(
    r"(?=.{1,128}$)[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?",
    "model id: up to 128 letters, digits, `.`, `_` and `-`, with one `/` at most",
)
_PATH = Sort(
    r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", "path of a service: words of letters, digits, `.`, `_` and `-`, with a `/` before each"
)
_PLACE = Sort(
    r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", "place in an answer: words of letters, digits, `_` and `-`, with a `.` between them"
)
_NAME = Sort(r"[A-Za-z0-9_][A-Za-z0-9._-]*", "name: letters, digits, `.`, `_` and `-`")
_TEXT = Sort(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*", "text on one line")

# By the string's key, or by the table or list that contains it.
_SORTS = {
    **dict.fromkeys(("id", "aliases", "region_ids", "extends"), MODEL_ID),
    **dict.fromkeys(("successor", "detect", "template", "filled_by"), MODEL_ID._replace(names="model")),
    **dict.fromkeys(("result", "other_results", "verdict", "reason", "returns", "other_facts", "usage_seconds"), _PLACE),
    **dict.fromkeys(("field", "error", "errors", "extra_states", "container", "video_codec", "item_key"), _NAME),
    **dict.fromkeys(("source", "safe_source"), _TEXT._replace(names="source")),
    **dict.fromkeys(("region", "regions", "unconfirmed_regions"), _TEXT._replace(names="region")),
    **dict.fromkeys(("role", "roles", "key_of", "counts", "size_of"), _TEXT._replace(names="role")),
    **dict.fromkeys(("parameter", "and_parameter", "fps_parameter"), _TEXT._replace(names="parameter")),
    "sets": _TEXT._replace(names="input"),
    "path": _PATH,
}
_SORTS_OF_A_CONDITION = {**_SORTS, "field": _TEXT._replace(names="field")}
# Of the keys of a table, by its own key.
_KEYS = {
    **dict.fromkeys(("roles", "fields", "parameters", "returns", "keys"), _NAME),
    "region_ids": _TEXT._replace(names="region"),
    "when": _TEXT._replace(names="parameter"),
}
# A price can depend on it, although no parameter has its name.
_RATIO = "ratio"


def strings(value: Any, key: Key = (), sort: Sort = _TEXT) -> Iterator[tuple[Key, str, Sort]]:
    """Every string of a catalog value, at any depth, also keys of tables: its key, and the sort it must be of.

    List items count from 0.
    """
    if isinstance(value, str):
        yield key, value, sort
    elif isinstance(value, Struct):
        sorts = _SORTS_OF_A_CONDITION if isinstance(value, Condition) else _SORTS
        for name in value.__struct_fields__:
            yield from strings(getattr(value, name), (*key, name), sorts.get(name, _TEXT))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (*key, name), name, _TEXT if name == _RATIO else _KEYS.get(key[-1], _TEXT)
            yield from strings(inner, (*key, name), sort)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from strings(inner, (*key, str(index)), sort)


def sources_named(value: Any) -> Iterator[tuple[Key, str]]:
    """Every source tag in a catalog value, at any depth, with its key."""
    for key, text, sort in strings(value):
        if sort.names == "source":
            yield from ((key, tag) for tag in sort.named(text))
