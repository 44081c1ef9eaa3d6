"""Submissions as rows of the ledger: read whole or not at all, and written as SQLite keeps them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .records import Submission, without_secrets
from .store import DamagedRowError

_COLUMNS = ", ".join(Submission.__struct_fields__)
# JSON also keeps file names that are no text.
_IN_JSON = ("job", "hashes", "fields", "out", "before", "result", "answer")
_KEY = re.compile(r"\bsk-[\w-]{6,}")


def selected(connection: sqlite3.Connection, rest: str, values: Sequence[Any] = ()) -> tuple[Submission, ...]:
    """The submissions that `rest`, the end of a query, chooses. Raises DamagedRowError."""
    rows, damaged = readable(connection, rest, values)
    if damaged:
        raise damaged[0]
    return rows


def readable(
    connection: sqlite3.Connection, rest: str, values: Sequence[Any] = ()
) -> tuple[tuple[Submission, ...], tuple[DamagedRowError, ...]]:
    """The submissions that `rest` chooses, and what is wrong with the rows among them that cannot be read."""
    rows: list[Submission] = []
    damaged: list[DamagedRowError] = []
    for row in connection.execute(f"SELECT {_COLUMNS} FROM submissions {rest}", values).fetchall():
        try:
            rows.append(_submission(row))
        except DamagedRowError as error:
            damaged.append(error)
    return tuple(rows), tuple(damaged)


def added(connection: sqlite3.Connection, values: Mapping[str, Any]) -> int:
    """Write a new row, and return its number."""
    query = f"INSERT INTO submissions ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
    number = connection.execute(query, _stored(values)).lastrowid
    assert number is not None
    return number


def change(connection: sqlite3.Connection, number: int, values: Mapping[str, Any]) -> None:
    """Write some columns of a row."""
    names = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE submissions SET {names} WHERE id = ?", (*_stored(values), number))


def failure(status: str | None, code: str | None, message: str | None) -> dict[str, Any]:
    """The columns that say why a submission failed."""
    # A service may repeat a URL or a key that was wrong.
    text = None if message is None else _KEY.sub("sk-…", without_secrets(message))
    return {"status": status, "error_code": code, "error_message": text}


def _stored(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(_in_json(value) if name in _IN_JSON else _as_text(value) for name, value in values.items())


def _in_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _as_text(value: Any) -> Any:
    # Half characters, which JSON can hold, are no text to SQLite.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _submission(row: Sequence[Any]) -> Submission:
    values = dict(zip(Submission.__struct_fields__, row, strict=True))
    try:
        for name in _IN_JSON:
            values[name] = None if values[name] is None else json.loads(values[name])
        flags = {name: bool(values[name]) for name in ("again", "resumable")}
        return msgspec.convert({**values, **flags}, Submission)
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedRowError(f"submission {values['id']}: {error}") from None
