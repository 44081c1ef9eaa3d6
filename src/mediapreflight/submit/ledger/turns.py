"""Taking turns: calls of one kind are spaced evenly over all threads and processes that share a ledger.

Wall-clock times are the only ones that all processes share, and they can jump. A turn or a pause that lies in the future was
written before a jump backwards: it then counts from now, so that nobody ever waits longer than he would have at first.
"""

from __future__ import annotations

import sqlite3

# A service that asks for a longer pause is asked again after this one.
LONGEST_HOLD_S = 600.0


def take_turn(connection: sqlite3.Connection, bucket: str, per_second: float, now: float) -> float:
    """Take the next turn, inside a write transaction.

    Returns 0 where it was taken, else the seconds after which to ask again: at most 1/per_second or what is left of a pause.
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
    """Let nobody take a turn for some seconds. A longer pause that is under way stays."""
    # Not a number, and less than nothing, are no pause.
    wanted = min(seconds, LONGEST_HOLD_S) if seconds > 0 else 0.0
    taken_at, held_at, held_for = _turns(connection, bucket)
    if min(held_at, now) + held_for < now + wanted:
        _write(connection, bucket, taken_at, now, wanted)


def _turns(connection: sqlite3.Connection, bucket: str) -> tuple[float, float, float]:
    found = connection.execute("SELECT taken_at, held_at, held_for FROM turns WHERE bucket = ?", (bucket,)).fetchone()
    return found or (float("-inf"), float("-inf"), 0.0)


def _write(connection: sqlite3.Connection, bucket: str, taken_at: float, held_at: float, held_for: float) -> None:
    connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)", (bucket, taken_at, held_at, held_for))
