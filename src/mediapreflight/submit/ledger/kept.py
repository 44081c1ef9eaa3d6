"""What the ledger keeps besides submissions: turns of rates, and cached answers such as uploads.

Calls of one kind are spaced evenly over all threads and processes that share a ledger. Wall-clock times are the only ones that
all processes share, and they can jump. A turn or a pause in the future was written before the clock was set back: it then
counts from now, so that nobody waits longer than at first.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from typing import Any, Literal, NamedTuple

from ...catalog import builtin_catalog
from ...language import say
from .store import DamagedRowError

# The time that remains for the task to fetch an upload, at the end of its validity.
_TO_FETCH_S = 3600.0
_DETECTION_LIFE_S, _KEY_IDS_LIFE_S = 24 * 3600.0, 365 * 24 * 3600.0
_FORMS = {"upload": str, "detection": dict, "key ids": list}

_THIS = "kind = ? AND account = ? AND model = ? AND base_url = ? AND sha256 = ? AND variant = ?"


class Key(NamedTuple):
    """The key of a kept value: a file, for a model, at a base URL. Only the hash of `account` is kept.

    `upload`: the temporary URL of a file that was uploaded less than 47 h ago. `detection`: what a detect call said less than
    24 h ago. `key ids`: how the task list names this account's key.
    """

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
    """The JSON value kept for this key; None if there is none, none of its kind, or it is too old."""
    found = connection.execute(f"SELECT value, kept_at FROM kept WHERE {_THIS}", _hidden(key)).fetchone()
    # A value from the future was kept before the clock jumped. Only an upload expires with its age, which is not known then.
    youngest = 0 if key.kind == "upload" else -math.inf
    if found is None or not youngest <= now - found[1] < _life_s(key):
        return None
    try:
        value = json.loads(found[0])
        return value if isinstance(value, _FORMS[key.kind]) else None
    except (ValueError, RecursionError) as error:
        raise DamagedRowError(say("{kind} of {sha256}: {error}", kind=key.kind, sha256=key.sha256, error=error)) from None


def keep(connection: sqlite3.Connection, key: Key, value: Any, now: float) -> None:
    """Keep a JSON value, and delete expired ones."""
    connection.execute("DELETE FROM kept WHERE kind = ? AND kept_at <= ?", (key.kind, now - _life_s(key)))
    connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*_hidden(key), json.dumps(value), now))


def forget(connection: sqlite3.Connection, key: Key) -> None:
    """Delete a value."""
    connection.execute(f"DELETE FROM kept WHERE {_THIS}", _hidden(key))


def _life_s(key: Key) -> float:
    if key.kind == "upload":
        return builtin_catalog().terms.upload_lifetime - _TO_FETCH_S
    return _DETECTION_LIFE_S if key.kind == "detection" else _KEY_IDS_LIFE_S


def _hidden(key: Key) -> Key:
    return key._replace(account=digest(key.account))


# --- turns

# If a service asks for a longer pause, it is called again after this one.
LONGEST_HOLD_S = 600.0


def take_turn(connection: sqlite3.Connection, bucket: str, per_second: float, now: float) -> float:
    """Take the next turn, inside a write transaction.

    Returns 0 if it was taken, else the seconds after which to ask again: at most 1/per_second or what is left of a pause.
    """
    taken_at, held_at, held_for = _turns(connection, bucket)
    if held_at > now or taken_at > now:
        held_at, taken_at = min(held_at, now), min(taken_at, now)
        _write(connection, bucket, taken_at, held_at, held_for)
    free_at = max(taken_at + 1 / per_second, held_at + held_for)
    if now < free_at:
        return free_at - now
    _write(connection, bucket, now, held_at, held_for)
    return 0.0


def hold(connection: sqlite3.Connection, bucket: str, seconds: float, now: float) -> None:
    """Stop all turns for some seconds. A longer pause that is already running stays."""
    # NaN and negative numbers are not a pause.
    wanted = min(seconds, LONGEST_HOLD_S) if seconds > 0 else 0.0
    taken_at, held_at, held_for = _turns(connection, bucket)
    if min(held_at, now) + held_for < now + wanted:
        _write(connection, bucket, taken_at, now, wanted)


def _turns(connection: sqlite3.Connection, bucket: str) -> tuple[float, float, float]:
    found = connection.execute("SELECT taken_at, held_at, held_for FROM turns WHERE bucket = ?", (bucket,)).fetchone()
    return found or (float("-inf"), float("-inf"), 0.0)


def _write(connection: sqlite3.Connection, bucket: str, taken_at: float, held_at: float, held_for: float) -> None:
    connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)", (bucket, taken_at, held_at, held_for))
