"""Foreign JSON, read with care: values of use, or none. Nothing here but `Reader.unclear` makes an error."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ...catalog import builtin_catalog
from ...errors import ProtocolError
from ...text import plain

MOST_OF_A_NAME = 128

_MOST_WORDS = 500
_MOST_COUNTED = 2**63
_URL = re.compile(r"https?://[^\s\"'<>\\^`{|}]+")


@dataclass(frozen=True)
class Reader:
    """A JSON table, read by dotted paths. What has to be there and is of no use is a ProtocolError."""

    document: Mapping[str, Any]
    status: int
    request_id: str

    def unclear(self, reason: str) -> ProtocolError:
        """The error for an answer that cannot be understood, to be raised."""
        message = f"the answer of the service cannot be understood: {reason}"
        return ProtocolError("", message, status=self.status, request_id=self.request_id)

    def useless(self, path: str) -> ProtocolError:
        """The error for a value that has to be there."""
        return self.unclear(f"there is no {path} in it, or none of use")

    def value(self, path: str) -> Any:
        """What stands at a dotted path; None where nothing does."""
        found: Any = self.document
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def table(self, path: str) -> dict[str, Any]:
        """The object at a path; empty where there is none."""
        found = self.value(path)
        return found if isinstance(found, dict) else {}

    def words(self, path: str, most: int = _MOST_WORDS) -> str:
        """Text for people at a path, on one line; empty where there is none."""
        return words(self.value(path), most)

    def text(self, path: str) -> str:
        """Text for the protocol at a path: printable, and not empty."""
        found = self.value(path)
        text = str(found).lower() if isinstance(found, bool) else found
        if not isinstance(text, str) or not text or not text.isprintable():
            raise self.useless(path)
        return text

    def number(self, path: str) -> float | None:
        """A number of zero or more at a path, also where it is written as text; None where there is none."""
        return number(self.value(path))

    def amount(self, path: str) -> float:
        """A number of zero or more that has to be there."""
        found = self.number(path)
        if found is None:
            raise self.useless(path)
        return found

    def count(self, path: str) -> int | None:
        """A whole number of zero or more at a path, also where it is written as text; None where there is none."""
        found = self.number(path)
        return int(found) if found is not None and found.is_integer() and found <= _MOST_COUNTED else None

    def name(self, path: str) -> str:
        """An identifier at a path, as text; empty where there is none."""
        return name(self.value(path))

    def matching(self, pattern: re.Pattern[str], *paths: str) -> str:
        """The first text at these paths that a pattern describes whole; empty where there is none."""
        texts = (self.value(path) for path in paths)
        return next((text for text in texts if isinstance(text, str) and pattern.fullmatch(text)), "")


def json_table(body: bytes | str) -> dict[str, Any]:
    """The JSON object of a body; empty where it is none. Halves of surrogate pairs and NaN are no JSON here."""
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def leaves(value: Any, *, skip: re.Pattern[str] | None = None) -> Iterator[tuple[str, Any]]:
    """Every value in a JSON document that is no table or list, with its name, those nearest to the top first.

    Args:
        skip: tables, lists and values are left out whose name begins so. What stands in a list goes by the list's name.
    """
    level: list[tuple[str, Any]] = [("", value)]
    while level:
        deeper: list[tuple[str, Any]] = []
        for key, inner in level:
            if isinstance(inner, dict):
                deeper += ((below, item) for below, item in inner.items() if skip is None or not skip.match(below))
            elif isinstance(inner, list):
                deeper += ((key, item) for item in inner)
            else:
                yield key, inner
        level = deeper


def urls_in(value: Any) -> tuple[str, ...]:
    """Every http(s) URL in a JSON document, whole, each once."""
    texts = (text for _, text in leaves(value) if isinstance(text, str))
    return tuple(dict.fromkeys(url for text in texts for url in _URL.findall(text) if is_web_url(url)))


def is_web_url(value: Any) -> bool:
    """Whether a value is an http(s) URL that can be fetched, and nothing else."""
    if not isinstance(value, str) or " " in value or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def words(value: Any, most: int = _MOST_WORDS) -> str:
    """Text for people, on one line; empty where the value is none."""
    return plain(" ".join(value[: 4 * most].split()))[:most] if isinstance(value, str) else ""


def name(value: Any) -> str:
    """An identifier: text, or a whole number; empty where the value is none."""
    return words(str(value) if type(value) is int and abs(value) < _MOST_COUNTED else value, MOST_OF_A_NAME)


def number(value: Any) -> float | None:
    """A number of zero or more, also where it is written as text; None where the value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def moment(value: Any) -> datetime | None:
    """A time of the service: `2026-03-15 10:20:30.123`, of its own zone where it names none, or milliseconds since 1970."""
    try:
        milliseconds = number(value)
        if milliseconds is not None:
            return datetime.fromtimestamp(milliseconds / 1000, builtin_catalog().provider.clock)
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=builtin_catalog().provider.clock)
        # Times near the ends of the calendar have no place on the clock.
        found.timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found
