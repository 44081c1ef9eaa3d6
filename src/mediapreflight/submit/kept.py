"""What the ledger keeps so that it need not be asked for again: uploads and answers of detect calls, each for its time."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Any, Literal, NamedTuple

from .ledger_store import DamagedRowError

# The service keeps uploads for 48 h; the last one leaves time for the task to fetch the file.
LIVES_S = {"upload": 47 * 3600.0, "detection": 24 * 3600.0}

_THIS = "kind = ? AND account = ? AND model = ? AND base_url = ? AND sha256 = ? AND variant = ?"


class Key(NamedTuple):
    """What a value is kept for: a file, for a model, at a base URL."""

    kind: Literal["upload", "detection"]
    account: str
    model: str
    base_url: str
    sha256: str
    variant: str = ""


def digest(text: str) -> str:
    """Names that could hold a secret are kept as their hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def value_of(connection: sqlite3.Connection, key: Key, now: float) -> Any:
    """The JSON value kept for this key; None where there is none, or it is too old."""
    found = connection.execute(f"SELECT value, kept_at FROM kept WHERE {_THIS}", _hidden(key)).fetchone()
    # What was kept in the future was kept before the clock jumped: its age is not known.
    if found is None or not 0 <= now - found[1] < LIVES_S[key.kind]:
        return None
    try:
        return json.loads(found[0])
    except (ValueError, RecursionError) as error:
        raise DamagedRowError(f"{key.kind} of {key.sha256}: {error}") from None


def keep(connection: sqlite3.Connection, key: Key, value: Any, now: float) -> None:
    """Keep a JSON value, and let go of those whose time is over."""
    connection.execute("DELETE FROM kept WHERE kind = ? AND kept_at <= ?", (key.kind, now - LIVES_S[key.kind]))
    connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*_hidden(key), json.dumps(value), now))


def forget(connection: sqlite3.Connection, key: Key) -> None:
    """Let go of a value."""
    connection.execute(f"DELETE FROM kept WHERE {_THIS}", _hidden(key))


def _hidden(key: Key) -> Key:
    return key._replace(account=digest(key.account))
