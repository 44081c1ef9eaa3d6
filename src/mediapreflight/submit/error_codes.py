"""What the service's error codes mean: whose fault it is, whether trying again helps, which local rule would have found it.

The codes stand in `catalog/error_codes.toml`, with the pages they were read from.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from .. import catalog
from ..catalog.loading import convert, read_table
from ..catalog.schema import Source
from ..errors import (
    AccessRefusedError,
    KeyRefusedError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
    ServiceFaultError,
    ThrottledError,
)

# `yes`: soon. `later`: after the minute or so in which a throttled account recovers.
Retry = Literal["no", "yes", "later"]
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
_RETRIES: dict[Sort, Retry] = {"throttled": "later", "fault": "yes"}


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A wording of a code's message that says more than the code does.

    `has`: what stands in the message, in any case of letters. `retry` and `rules` replace those of the code.
    """

    has: str
    retry: Retry | None = None
    rules: tuple[str, ...] | None = None


class ErrorCode(Struct, frozen=True, forbid_unknown_fields=True):
    """A documented error code.

    `status`: the HTTP status it comes with, where it does not come as the end of a task. `sort`: whose fault it is, where the
    status does not say it. `rules`: the local rules that would have found it. `also`: other spellings. `texts`: the first that
    the message has counts.
    """

    status: int
    source: str
    sort: Sort | None = None
    retry: Retry = "no"
    rules: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    note: str | None = None


class Meaning(NamedTuple):
    """What an error code says, with what its message adds."""

    sort: Sort
    retry: Retry
    rules: tuple[str, ...]

    @property
    def retry_helps(self) -> bool:
        """Whether the same request can succeed later."""
        return self.retry != "no"


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `sources`: the pages that only the error codes were read from; the others are those of the catalog."""

    codes: dict[str, ErrorCode]
    sources: dict[str, Source] = {}


def meaning_of(code: str, message: str = "", *, status: int = 200) -> Meaning:
    """What an error code means. One that is not documented means what its HTTP status means."""
    known = _by_spelling().get(code)
    if known is None:
        sort = _sort_of(status)
        return Meaning(sort, _RETRIES.get(sort, "no"), ())
    text = next((text for text in known.texts if text.has.lower() in message.lower()), Text(""))
    rules = known.rules if text.rules is None else text.rules
    return Meaning(known.sort or _sort_of(known.status), text.retry or known.retry, rules)


def error_for(status: int, code: str, message: str, request_id: str = "", retry_after: float | None = None) -> ServiceError:
    """The error of an answer, of the class its code belongs to, else its HTTP status.

    Args:
        retry_after: seconds the service asks to wait.
    """
    meaning = meaning_of(code, message, status=status)
    return _CLASSES[meaning.sort](
        code,
        message,
        status=status,
        request_id=request_id,
        retry_helps=meaning.retry_helps,
        rules=meaning.rules,
        retry_after=retry_after,
    )


def _sort_of(status: int) -> Sort:
    if status in _SORTS:
        return _SORTS[status]
    if 400 <= status < 500:
        return "request"
    return "fault" if 500 <= status < 600 else "unclear"


@functools.cache
def _by_spelling() -> dict[str, ErrorCode]:
    path = Path(catalog.__file__).parent / "error_codes.toml"
    return dict(_spellings(convert(read_table(path), _Table, (path,))))


def _spellings(table: _Table) -> Iterator[tuple[str, ErrorCode]]:
    for name, known in table.codes.items():
        yield name, known
        yield from ((other, known) for other in known.also)
