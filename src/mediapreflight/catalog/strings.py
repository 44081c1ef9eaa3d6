"""The strings that an entry may contain. They are used in requests, on terminals and in commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct

Key = tuple[str, ...]
_SHOWN = 80


class Sort(NamedTuple):
    """A kind of string: a pattern for the whole string, and its name in words."""

    pattern: str
    words: str

    def takes(self, text: str) -> bool:
        """Whether the text is of this kind."""
        return re.fullmatch(self.pattern, text) is not None

    def refusal(self, text: str) -> str:
        """Why the text is not of this kind, with unprintable characters shown as escapes."""
        shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}…"
        return f"{shown} is no {self.words}"


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
    **dict.fromkeys(("id", "aliases", "region_ids", "successor", "detect", "template", "filled_by", "extends"), MODEL_ID),
    **dict.fromkeys(("result", "other_results", "verdict", "reason", "returns", "tells", "usage_seconds"), _PLACE),
    **dict.fromkeys(("field", "error", "errors", "extra_states", "container", "video_codec", "item_key"), _NAME),
    "path": _PATH,
}
_TABLES_OF_NAMES = ("roles", "fields", "parameters", "returns", "keys")


def strings(value: Any, key: Key = (), sort: Sort = _TEXT) -> Iterator[tuple[Key, str, Sort]]:
    """Every string of a catalog value, at any depth, also keys of tables: its key, and the sort it must be of."""
    if isinstance(value, str):
        yield key, value, sort
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from strings(getattr(value, name), (*key, name), _SORTS.get(name, _TEXT))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (*key, name), name, _NAME if key[-1] in _TABLES_OF_NAMES else _TEXT
            yield from strings(inner, (*key, name), sort)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from strings(inner, (*key, str(index)), sort)
