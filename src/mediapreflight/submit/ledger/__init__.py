"""The local record of submitted jobs. It makes sure that neither a crash nor a second call pays twice.

A submission is recorded before anything is sent for it and after every answer, each time in one transaction:

    ready ──► sending ──► created ──► succeeded ──► delivered
      ▲        │   │         ▲
      └────────┘   └► unclear ┘   and from each that is not delivered: ──► failed

`sending` says that the create call may have reached the service: only the service's task list shows it. One submission of a model
and an account is `sending` at any time, so that tasks in that list cannot be confused. `unclear` says that the
list did not show it: the list is read again, and the call is never sent again automatically.

Whoever works on a submission owns it. Owners are distinguished by a lock that ends with their process, so what a killed process
leaves can be taken over, and submissions of a running process cannot. API keys and signed URLs are never recorded.

May import: catalog, errors, language, media, output_folder, system.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from ...catalog import builtin_catalog
from ...errors import LedgerError
from ...language import say
from . import kept
from .kept import Key
from .records import (
    OPEN_STAGES,
    NewSubmission,
    Stage,
    Submission,
    added,
    change,
    failure,
    fingerprint,
    readable,
    selected,
    without_secrets,
)
from .store import DamagedRowError, Owners, Store

__all__ = ["Key", "Ledger", "NewSubmission", "Submission", "default_path", "fingerprint"]

# For each step: the stages it can start from, and the stage it leads to.
STEPS: Mapping[str, tuple[tuple[Stage, ...], Stage]] = {
    "filled": (("ready",), "ready"),
    "begin_sending": (("ready",), "sending"),
    "not_created": (("sending",), "ready"),
    "unclear": (("sending", "unclear", "created"), "unclear"),
    "created": (("sending", "unclear"), "created"),
    "adopted": (("sending", "unclear", "created", "failed"), "created"),
    "polled": (("created",), "created"),
    "succeeded": (("created",), "succeeded"),
    "delivered": (("succeeded", "delivered"), "delivered"),
    "failed": ((*OPEN_STAGES, "delivered"), "failed"),
}

_ASKED_BY = "asked by"
_NOBODY = ""
_OPEN = f"stage IN ({', '.join(repr(stage) for stage in OPEN_STAGES)})"


def default_path() -> Path:
    """The ledger's path: in MEDIAPREFLIGHT_STATE_DIR, else in the platform's folder for program state."""
    folder = os.environ.get("MEDIAPREFLIGHT_STATE_DIR")
    if not folder:
        from platformdirs import user_state_path

        folder = str(user_state_path("mediapreflight", appauthor=False))
    return Path(folder) / "ledger.sqlite3"


class Ledger:
    """The record of submitted jobs, in one SQLite file, for several threads and processes at once.

    Nothing is opened or created before the first use. A forked child opens the file itself and owns nothing of its parent's.

    Args:
        path: the file; None takes `default_path()`.
        clock: seconds since the epoch.

    Every method raises LedgerError if the file cannot be read or written, or if a step is not allowed: a submission that is
    unknown, owned by somebody else, or in a stage from which the step does not lead on. Nothing was changed then.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, clock: Callable[[], float] = time.time) -> None:
        place = (default_path() if path is None else Path(path)).absolute()
        self._assemble(Store(place), Owners(place.with_name(f"{place.name}-owners")), clock)

    def _assemble(self, store: Store, owners: Owners, clock: Callable[[], float]) -> None:
        self._store, self._owners, self._clock = store, owners, clock
        # The file's record of our own claims can be late: a full disk prevents a release from being written.
        self._claimed: set[int] = set()
        # Running detect calls of this process.
        # One entry for each running call: an earlier one ends only its own.
        self._asked: list[Key] = []
        self._finalizer = weakref.finalize(self, _close, store, owners)

    @property
    def path(self) -> Path | None:
        """The file; None for a copy in memory."""
        return self._store.path

    def copied(self) -> Ledger:
        """A copy in memory, for dry runs: it starts with the records of this ledger, and is never written to disk."""
        copy = Ledger.__new__(Ledger)
        copy._assemble(self._store.copied(), Owners(self._owners.folder, writes=False), self._clock)
        return copy

    def close(self) -> None:
        """Release everything owned, and close the file. The next use opens it again."""
        _close(self._store, self._owners)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what is recorded

    def submission(self, id: int) -> Submission:
        """One submission. Raises LedgerError if there is none of this number."""
        with self._store.reading() as connection:
            return self._found(connection, id)

    def by_task(self, task_id: str) -> Submission | None:
        """The submission a task was made for."""
        with self._store.reading() as connection:
            found = selected(connection, "WHERE task_id = ? ORDER BY id DESC LIMIT 1", (task_id,))
        return found[0] if found else None

    def open(self) -> tuple[Submission, ...]:
        """All submissions that are neither delivered nor failed, oldest first; without those that cannot be read."""
        return self._readable(f"WHERE {_OPEN} ORDER BY id")[0]

    def all(self, limit: int | None = None) -> tuple[Submission, ...]:
        """The latest submissions, newest first; without those that cannot be read."""
        return self._readable("ORDER BY id DESC LIMIT ?", (-1 if limit is None else limit,))[0]

    def damaged(self) -> tuple[str, ...]:
        """A line for each open submission that cannot be read."""
        _, damaged = self._readable(f"WHERE {_OPEN} ORDER BY id")
        return tuple(f"{self._store.name}: {error}" for error in damaged)

    def last_id(self) -> int:
        """The highest number so far; 0 if there is none."""
        with self._store.reading() as connection:
            return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM submissions").fetchone()[0])

    def known_tasks(self, task_ids: Iterable[str]) -> dict[str, str | None]:
        """The accounts of those of the tasks that are recorded."""
        query = "SELECT task_id, account FROM submissions WHERE task_id = ?"
        with self._store.reading() as connection:
            return dict(row for task in task_ids for row in connection.execute(query, (task,)).fetchall())

    # --- registering and owning

    def register(self, entries: Sequence[NewSubmission], *, again: bool = False) -> list[Submission]:
        """Record jobs before anything is sent for them, all or none.

        A job that is already open, or whose result was delivered, is not recorded twice: its submission is returned instead,
        and belongs to the key of this entry from now on, if nothing was sent for it yet.
        How long ago that was does not count, since the clock may be wrong. Failed ones do not count.

        Args:
            again: make a new submission in any case.
        """
        with self._store.writing() as connection:
            return [self._registered(connection, entry, again) for entry in entries]

    def claim(self, id: int) -> Submission | None:
        """Become the owner of a submission, until `release`. None while a living owner has it, this process included."""
        with self._store.writing() as connection:
            row = self._found(connection, id)
            if self._has_living_owner(row):
                return None
            change(connection, id, {"owner": self._owners.token()})
            # Under the write lock, here and in `release`: another thread needs both to know who owns it.
            self._claimed.add(id)
            return self._found(connection, id)

    def release(self, id: int) -> None:
        """Release a submission. Nothing happens if somebody else owns it."""
        try:
            with self._store.writing() as connection:
                connection.execute("UPDATE submissions SET owner = NULL WHERE id = ? AND owner = ?", (id, self._owners.own))
                self._claimed.discard(id)
        except LedgerError:
            # Nobody works on it any more, whatever the file still says.
            self._claimed.discard(id)
            raise

    def is_idle(self, submission: Submission) -> bool:
        """Whether nobody works on it: its owner released it, or has ended."""
        with self._store.writing(durable=False):
            return not self._has_living_owner(submission)

    # --- steps of a submission this process owns

    def filled(self, id: int, fields: Mapping[str, Any]) -> Submission:
        """The detect call has answered."""
        return self._step(id, "filled", fields=without_secrets(dict(fields)))

    def begin_sending(
        self, id: int, concurrent: int | None, before: Mapping[str, Any] | None = None, at: float | None = None
    ) -> tuple[Submission, ...]:
        """Announce the create call, if it can be sent now.

        Args:
            concurrent: how many tasks of the model may run at once at this base URL; None if that has no limit.
            before: the service's tasks just before, as `settling.Before` reads them; None if they could not be had.
            at: the service's time; None if it is not known.

        Returns nothing if the stage now is `sending`; else, with nothing changed, the submissions that block it: one
        whose own create call is on its way, or those whose tasks run. Tasks older than the service keeps any,
        and tasks it does not know, do not count.
        """
        with self._store.writing() as connection:
            row = self._owned(connection, id, "begin_sending")
            in_the_way = _in_the_way(connection, row, concurrent, self._clock())
            if not in_the_way:
                change(connection, id, {"stage": "sending", "sent_at": at, "before": before})
            return in_the_way

    def dated(self, id: int, at: float) -> Submission:
        """When the create call was sent, by the service's time, which was not known before its answer."""
        with self._store.writing() as connection:
            self._owned(connection, id, "unclear")
            change(connection, id, {"sent_at": at})
            return self._found(connection, id)

    def in_the_way(self, id: int, concurrent: int | None) -> tuple[Submission, ...]:
        """What `begin_sending` would return now."""
        with self._store.reading() as connection:
            return _in_the_way(connection, self._found(connection, id), concurrent, self._clock())

    def not_created(self, id: int) -> Submission:
        """The create call certainly made no task: it can be sent again."""
        return self._step(id, "not_created", sent_at=None, before=None)

    def unclear(self, id: int, message: str, before: Mapping[str, Any] | None = None) -> Submission:
        """The task list does not tell whether the create call made a task. The message says why.

        Args:
            before: the tasks that are not its own, if a task that was used turned out not to be; None keeps the recorded ones.
        """
        no_task = {} if before is None else {"before": before, "task_id": None, "request_id": None, "created_at": None}
        return self._step(id, "unclear", **failure(None, "Unclear", message), **no_task)

    def created(
        self,
        id: int,
        task_id: str,
        request_id: str | None,
        status: str | None,
        at: float | None = None,
        *,
        is_found: bool = False,
    ) -> Submission:
        """The create call has made a task.

        Args:
            at: the service's time; None takes this machine's.
            is_found: whether it was found in the task list, and not answered.
        """
        task = self._task(task_id, request_id, status, at)
        return self._step(id, "created", **task, **({} if is_found else {"before": None}))

    def adopted(self, id: int, account: str, task_id: str, status: str | None, at: float | None = None) -> Submission:
        """The user says that this task is the submission's own, and which account it belongs to."""
        task = self._task(task_id, None, status, at)
        return self._step(id, "adopted", account=account, ended_at=None, before=None, **task)

    def _task(self, task_id: str, request_id: str | None, status: str | None, at: float | None) -> dict[str, Any]:
        made = self._clock() if at is None else at
        return {"task_id": task_id, "request_id": request_id, "created_at": made} | failure(status, None, None)

    def polled(self, id: int, status: str | None) -> Submission:
        """The task continues."""
        return self._step(id, "polled", status=status, polled_at=self._clock())

    def succeeded(
        self,
        id: int,
        seconds: float | None = None,
        amount: float | None = None,
        currency: str | None = None,
        answer: Mapping[str, Any] | None = None,
    ) -> Submission:
        """The task has succeeded; its result is yet to be fetched.

        Args:
            seconds: as billed. amount, currency: what they cost; None keeps the estimate.
            answer: what the service said about it. It is kept unchanged: signed URLs in it are kept on purpose.
        """
        now = self._clock()
        costs = {"amount": amount} if currency is None else {"amount": amount, "currency": currency}
        ended = {"status": "SUCCEEDED", "polled_at": now, "ended_at": now, "answer": answer}
        return self._step(id, "succeeded", seconds_billed=seconds, **ended, **costs)

    def delivered(self, id: int, result: str | None) -> Submission:
        """The result is delivered: the video's absolute path, or a template id."""
        return self._step(id, "delivered", result=without_secrets(result))

    def failed(self, id: int, status: str | None, code: str | None, message: str | None) -> Submission:
        """It was refused, failed, or has expired. The job can be registered again."""
        return self._step(id, "failed", **failure(status, code, message), ended_at=self._clock())

    # --- cached answers

    def kept(self, key: Key) -> Any:
        """The kept value; None if there is none, no valid one, or the answer has not arrived yet."""
        with self._store.reading() as connection:
            value = kept.value_of(connection, key, self._clock())
        return value if _asked_by(value) is None else None

    def keep(self, key: Key, value: Any) -> None:
        """Keep a JSON value, with URLs without their signatures. Signed URLs of uploads are not kept."""
        safe = without_secrets(value)
        if key.kind != "upload" or safe == value:
            with self._store.writing(durable=False) as connection:
                kept.keep(connection, key, safe, self._clock())

    def forget(self, key: Key) -> None:
        """Delete it: for an upload that may be gone, or a detect call that was not billed or whose answer must not be used."""
        with self._store.writing() as connection:
            kept.forget(connection, key)

    def begin_detection(self, key: Key, *, again: bool = False) -> Literal["begun", "known", "under way", "lost"]:
        """Announce a detect call, which may cost money.

        Args:
            again: also if the answer to an earlier one was lost.

        Returns `begun` if it may be sent now; `known` if its answer has arrived meanwhile; `under way` while a running process
        waits for the answer to the same call; `lost` if it was sent and its answer never arrived.
        """
        with self._store.writing() as connection:
            said = kept.value_of(connection, key, self._clock())
            asked_by = _asked_by(said)
            if said is not None and asked_by is None:
                return "known"
            if asked_by is not None and self._is_waiting(asked_by, key):
                return "under way"
            if asked_by is not None and not again:
                return "lost"
            kept.keep(connection, key, {_ASKED_BY: self._owners.token()}, self._clock())
            self._asked.append(key)
            return "begun"

    def end_detection(self, key: Key) -> None:
        """This process's detect call has ended, with or without an answer; without one it is lost, to other processes too."""
        self._asked.remove(key)
        if key in self._asked:
            return
        with self._store.writing() as connection:
            if _asked_by(kept.value_of(connection, key, self._clock())) == self._owners.own:
                kept.keep(connection, key, {_ASKED_BY: _NOBODY}, self._clock())

    def _is_waiting(self, token: str, key: Key) -> bool:
        if token == self._owners.own:
            return key in self._asked
        return token != _NOBODY and self._owners.is_alive(token)

    # --- rates

    def wait_before(self, bucket: str, per_second: float) -> float:
        """Take a turn among all who share the ledger and this bucket.

        Returns 0 if it is taken, else the seconds after which to ask again.
        """
        with self._store.writing(durable=False) as connection:
            return kept.take_turn(connection, kept.digest(bucket), per_second, self._clock())

    def hold(self, bucket: str, seconds: float) -> None:
        """Stop all turns for some seconds, at most `kept.LONGEST_HOLD_S`."""
        with self._store.writing(durable=False) as connection:
            kept.hold(connection, kept.digest(bucket), seconds, self._clock())

    # --- inside

    def _readable(self, rest: str, values: Sequence[Any] = ()) -> tuple[tuple[Submission, ...], tuple[DamagedRowError, ...]]:
        with self._store.reading() as connection:
            return readable(connection, rest, values)

    def _found(self, connection: sqlite3.Connection, id: int) -> Submission:
        found = selected(connection, "WHERE id = ?", (id,))
        if not found:
            raise LedgerError(say("{name}: there is no submission {id}", name=self._store.name, id=id))
        return found[0]

    def _has_living_owner(self, row: Submission) -> bool:
        if row.owner is not None and row.owner == self._owners.own:
            return row.id in self._claimed
        return row.owner is not None and self._owners.is_alive(row.owner)

    def _owned(self, connection: sqlite3.Connection, id: int, step: str) -> Submission:
        row = self._found(connection, id)
        if row.owner is None or row.owner != self._owners.own:
            raise LedgerError(say("{name}: submission {id} is not owned by this process", name=self._store.name, id=id))
        if row.stage not in STEPS[step][0]:
            raise LedgerError(
                say(
                    "{name}: submission {id} is {stage}; it cannot become {step!r}",
                    name=self._store.name,
                    id=id,
                    stage=row.stage,
                    step=step.replace("_", " "),
                )
            )
        return row

    def _step(self, id: int, step: str, **values: Any) -> Submission:
        with self._store.writing() as connection:
            self._owned(connection, id, step)
            change(connection, id, {"stage": STEPS[step][1], **values})
            return self._found(connection, id)

    def _registered(self, connection: sqlite3.Connection, entry: NewSubmission, again: bool) -> Submission:
        if not again and (standing := _standing(connection, entry.fingerprint)):
            if standing.stage != "ready" or standing.account == entry.account or self._has_living_owner(standing):
                return standing
            # Nothing was sent with the other key, which may have been a wrong one.
            change(connection, standing.id, {"account": entry.account})
            return self._found(connection, standing.id)
        job = without_secrets(entry.job)
        own = {"job": job, "resumable": job == entry.job, "fields": {}, "stage": "ready", "again": again}
        values = msgspec.structs.asdict(entry) | own | {"registered_at": self._clock()}
        return self._found(connection, added(connection, values))


def _asked_by(value: Any) -> str | None:
    """Who waits for the answer to a detect call that was announced; None if a value is not an announcement."""
    return value.get(_ASKED_BY) if isinstance(value, dict) else None


def _standing(connection: sqlite3.Connection, fingerprint: str) -> Submission | None:
    """The submission that replaces a new one of the same job: an open one, else the newest.

    One that is unclear does not count as open: it may have been sent again since.
    """
    standing = selected(connection, "WHERE fingerprint = ? AND stage != 'failed' ORDER BY id DESC", (fingerprint,))
    goes_on = (row for row in standing if row.stage in OPEN_STAGES and row.stage != "unclear")
    return next(goes_on, standing[0] if standing else None)


def _in_the_way(connection: sqlite3.Connection, row: Submission, concurrent: int | None, now: float) -> tuple[Submission, ...]:
    others = "WHERE base_url = ? AND model = ? AND account IS ? AND id != ? AND stage = "
    place = (row.base_url, row.model, row.account, row.id)
    # Nobody can settle a row that cannot be read: it must not block others for ever.
    sending, _ = readable(connection, f"{others}'sending'", place)
    if sending:
        return sending
    if concurrent is None:
        return ()
    oldest = now - builtin_catalog().terms.task_lifetime
    running, _ = readable(
        connection, f"{others}'created' AND status IS NOT 'UNKNOWN' AND created_at > ? ORDER BY id", (*place, oldest)
    )
    return running if len(running) >= concurrent else ()


def _close(store: Store, owners: Owners) -> None:
    with store.lock:
        owners.close()
        store.close()
