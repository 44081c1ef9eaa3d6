"""What the ledger keeps so that it need not be asked for again: uploads, answers of detect calls, key ids, each for its time."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from typing import Any, Literal, NamedTuple

from ...catalog import builtin_catalog
from .store import DamagedRowError

# What time an upload leaves for the task to fetch the file, at the end of its life.
_TO_FETCH_S = 3600.0
_DETECTION_LIFE_S, _KEY_IDS_LIFE_S = 24 * 3600.0, 365 * 24 * 3600.0

_THIS = "kind = ? AND account = ? AND model = ? AND base_url = ? AND sha256 = ? AND variant = ?"


class Key(NamedTuple):
    """What a value is kept for: a file, for a model, at a base URL."""

    kind: Literal["upload", "detection", "key ids"]
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
    # What was kept in the future was kept before the clock jumped. Only an upload goes bad with its age, which is not known then.
    youngest = 0 if key.kind == "upload" else -math.inf
    if found is None or not youngest <= now - found[1] < _life_s(key):
        return None
    try:
        return json.loads(found[0])
    except (ValueError, RecursionError) as error:
        raise DamagedRowError(f"{key.kind} of {key.sha256}: {error}") from None


def keep(connection: sqlite3.Connection, key: Key, value: Any, now: float) -> None:
    """Keep a JSON value, and let go of those whose time is over."""
    connection.execute("DELETE FROM kept WHERE kind = ? AND kept_at <= ?", (key.kind, now - _life_s(key)))
    connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*_hidden(key), json.dumps(value), now))


def forget(connection: sqlite3.Connection, key: Key) -> None:
    """Let go of a value."""
    connection.execute(f"DELETE FROM kept WHERE {_THIS}", _hidden(key))


def _life_s(key: Key) -> float:
    if key.kind == "upload":
        return builtin_catalog().provider.upload_lifetime - _TO_FETCH_S
    return _DETECTION_LIFE_S if key.kind == "detection" else _KEY_IDS_LIFE_S


def _hidden(key: Key) -> Key:
    return key._replace(account=digest(key.account))
