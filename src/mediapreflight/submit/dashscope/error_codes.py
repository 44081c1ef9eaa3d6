"""What the service's error codes mean: whose fault it is, whether a retry helps, which local rule would have found it.

The codes are in `catalog/error_codes.toml`, with the pages they were read from.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ... import catalog
from ...catalog.loading import convert, read_table
from ...catalog.schema import Source
from ...errors import (
    AccessRefusedError,
    KeyRefusedError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
    ServiceFaultError,
    ThrottledError,
)

Sort = Literal["request", "key", "access", "throttled", "fault", "unclear"]

_CLASSES: dict[Sort, type[ServiceError]] = {
    "request": RequestRefusedError,
    "key": KeyRefusedError,
    "access": AccessRefusedError,
    "throttled": ThrottledError,
    "fault": ServiceFaultError,
    "unclear": ProtocolError,
}
_SORTS: dict[int, Sort] = {401: "key", 403: "access", 429: "throttled"}
_RETRY_HELPS: dict[Sort, bool] = {"throttled": True, "fault": True, "request": False, "key": False, "access": False}


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A wording of a message that says more than its code does.

    `has`: regular expressions, one of which is found in the message, in any case of letters. `sort`, `retry` and `rules` replace
    those of the code. `cause`: what the message can mean, for the user, if it says too little.
    """

    has: tuple[str, ...]
    sort: Sort | None = None
    retry: bool | None = None
    rules: tuple[str, ...] | None = None
    cause: str = ""

    def fits(self, message: str) -> bool:
        """Whether a message has this wording."""
        return any(re.search(pattern, message, re.IGNORECASE) for pattern in self.has)


class ErrorCode(Struct, frozen=True, forbid_unknown_fields=True):
    """A documented error code.

    `status`: its HTTP status, unless it is the end of a task. `sort`: whose fault it is, if the
    status does not say so. `rules`: the local rules that would have found it. `also`: other spellings. `texts`: the first that
    matches the message counts, before those of all codes.
    """

    status: int
    source: str
    sort: Sort | None = None
    retry: bool = False
    rules: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    note: str | None = None


class Family(Struct, frozen=True, forbid_unknown_fields=True):
    """Codes with a prefix that mean the same as codes with another prefix. `without`: groups of rules that do not apply."""

    like: str
    without: tuple[str, ...]
    source: str


class Meaning(NamedTuple):
    """The meaning of an error code and its message.

    `retry_helps`: whether the same request can succeed later; None if that is not known.
    """

    sort: Sort
    retry_helps: bool | None
    rules: tuple[str, ...]
    cause: str = ""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `texts`: those of all codes. `sources`: the pages that only this file was read from."""

    codes: dict[str, ErrorCode]
    texts: tuple[Text, ...] = ()
    families: dict[str, Family] = {}
    sources: dict[str, Source] = {}


def meaning_of(code: str, message: str = "", *, status: int = 200) -> Meaning:
    """What an error code means. For an undocumented code, its family, its message and its HTTP status decide.

    `status`: of the answer; 200 for the end of a task, and for a picture that does not pass.
    """
    known = _known(code)
    texts = (*(known.texts if known else ()), *_table().texts)
    text = next((text for text in texts if text.fits(message)), None)
    sort = _sort_of(status)
    # With a status of 5xx a task may have been made, whatever the code.
    if sort != "fault":
        sort = (text and text.sort) or (known and (known.sort or _sort_of(known.status))) or sort
    retry_helps = text.retry if text and text.retry is not None else known.retry if known else _RETRY_HELPS.get(sort)
    rules = text.rules if text and text.rules is not None else known.rules if known else ()
    return Meaning(sort, retry_helps, rules, text.cause if text else "")


def error_for(status: int, code: str, message: str, request_id: str = "", retry_after: float | None = None) -> ServiceError:
    """The error of an answer, of the class its code belongs to, else its HTTP status."""
    meaning = meaning_of(code, message, status=status)
    return _CLASSES[meaning.sort](
        code,
        message,
        status=status,
        request_id=request_id,
        retry_helps=meaning.retry_helps,
        rules=meaning.rules,
        retry_after=retry_after,
        cause=meaning.cause,
    )


def _sort_of(status: int) -> Sort:
    if status in _SORTS:
        return _SORTS[status]
    if 400 <= status < 500:
        return "request"
    return "fault" if 500 <= status < 600 else "unclear"


def _known(code: str) -> ErrorCode | None:
    """The entry of a code, in any case and with any separators between its words.

    Else the entry of its family: of another prefix, such as `InvalidFile` for `InvalidImage`, without the rules that
    check other media; or of the code above it, such as `Throttling` for `Throttling.User`, without its rules.
    """
    known = _by_spelling()
    if found := known.get(_spelling(code)):
        return found
    above, _, last = code.rpartition(".")
    family = _table().families.get(above)
    if family and (like := known.get(_spelling(f"{family.like}.{last}"))):
        return replace(like, rules=tuple(rule for rule in like.rules if not rule.startswith(family.without)))
    upper = _known(above) if above else None
    return upper and replace(upper, rules=(), texts=())


def _spelling(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "", code.lower())


@functools.cache
def _table() -> _Table:
    path = Path(catalog.__file__).parent / "error_codes.toml"
    return convert(read_table(path), _Table, (path,))


@functools.cache
def _by_spelling() -> dict[str, ErrorCode]:
    entries = _table().codes.items()
    return {_spelling(spelling): known for name, known in entries for spelling in (name, *known.also)}
