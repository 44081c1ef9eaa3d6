"""The ledger's SQLite file: one transaction at a time, never shared across a fork; and the owners of its submissions.

It prevents paying twice. So a file that is damaged, not ours, or newer than this program is never rebuilt or overwritten:
an error names it, and the user decides.

A process that owns submissions holds a lock on its own file. The operating system releases it when the process ends,
however it ends, so that its submissions can be taken over. Process ids would not work: they are used again.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from pathlib import Path

# Its hooks for forks have to be registered before those of this file.
from filelock import BaseFileLock, FileLock, Timeout

from ...errors import LedgerError
from ...language import say
from ...output_folder import move_to_free_name
from ...system import at_fork, flush_folder

# The longest wait for other writers.
_BUSY_S = 30.0
_APPLICATION_ID = 0x4D504C44
_SCHEMA_VERSION = 2
_SCHEMA = (
    """CREATE TABLE submissions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL, again INTEGER NOT NULL,
        model TEXT NOT NULL, region TEXT NOT NULL, base_url TEXT NOT NULL, account TEXT,
        job TEXT NOT NULL, resumable INTEGER NOT NULL, hashes TEXT NOT NULL, boxes TEXT NOT NULL, fields TEXT NOT NULL, out TEXT,
        stage TEXT NOT NULL CHECK (stage IN ('ready', 'sending', 'unclear', 'created', 'succeeded', 'delivered', 'failed')),
        before TEXT, status TEXT, task_id TEXT, request_id TEXT,
        registered_at REAL NOT NULL, sent_at REAL, created_at REAL, polled_at REAL, ended_at REAL,
        result TEXT, answer TEXT, error_code TEXT, error_message TEXT,
        seconds_billed REAL, estimated_amount REAL, amount REAL, currency TEXT, owner TEXT)""",
    # Guarantees that the file itself enforces: no job is open twice unless the user asked for that, and no two create
    # calls of a model and an account run at once.
    """CREATE UNIQUE INDEX open_once ON submissions (fingerprint)
        WHERE again = 0 AND stage IN ('ready', 'sending', 'unclear', 'created', 'succeeded')""",
    "CREATE UNIQUE INDEX sending_once ON submissions (base_url, model, account) WHERE stage = 'sending'",
    "CREATE INDEX submissions_by_fingerprint ON submissions (fingerprint)",
    "CREATE INDEX submissions_by_task ON submissions (task_id)",
    "CREATE INDEX submissions_by_stage ON submissions (stage, base_url, model)",
    "CREATE TABLE IF NOT EXISTS turns (bucket TEXT PRIMARY KEY, taken_at REAL, held_at REAL, held_for REAL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS kept (
        kind TEXT NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL, base_url TEXT NOT NULL, sha256 TEXT NOT NULL,
        variant TEXT NOT NULL, value TEXT NOT NULL, kept_at REAL NOT NULL,
        PRIMARY KEY (kind, account, model, base_url, sha256, variant)) WITHOUT ROWID""",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
)
_INDICES = ("open_once", "sending_once", "submissions_by_fingerprint", "submissions_by_task", "submissions_by_stage")
_REASONS = {
    sqlite3.SQLITE_FULL: say(
        "the disk is full; what was recorded before is intact: free some space and run the same again",
    ),
    sqlite3.SQLITE_READONLY: say("the ledger cannot be written to; nothing is sent without it"),
    sqlite3.SQLITE_CANTOPEN: say("the ledger cannot be opened for writing; nothing is sent without it"),
    sqlite3.SQLITE_PERM: say("the ledger cannot be opened without permission; nothing is sent without it"),
    sqlite3.SQLITE_BUSY: say("another program has kept the ledger locked for {busy_s:.0f} s", busy_s=_BUSY_S),
    sqlite3.SQLITE_NOTADB: say("is not a ledger; set another folder with MEDIAPREFLIGHT_STATE_DIR, or move the file away"),
    sqlite3.SQLITE_CORRUPT: say("the ledger is damaged; restore a copy, or move it away once no job in it is open"),
}


class DamagedRowError(Exception):
    """A row that the ledger cannot have written."""


class Store:
    """One ledger file, or the same tables in memory. For threads; each process opens the file for itself.

    Attributes:
        path: None if it is in memory.
        lock: held by the thread that uses the connection.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        _STORES.add(self)

    @property
    def name(self) -> str:
        """Its name in messages."""
        return str(self.path or "the copy of the ledger")

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction, alone among all threads and processes. Raises LedgerError, after which nothing of it remains.

        Args:
            durable: whether it must survive a power failure.
        """
        with self.reading() as connection:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for single statements that change nothing. Raises LedgerError."""
        with _FORKING:
            pass  # a thread that is about to fork goes first
        with self.lock, self._errors():
            if self._connection is None:
                self._connection = self._open()
            self._ensure_still_there()
            yield self._connection

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def copied(self) -> Store:
        """The same rows in memory. Nothing is written to disk, and a file that is not there stays so."""
        copy = Store(None)
        target = copy._connection = copy._open()
        try:
            self._copy_to(target)
        except BaseException:
            copy.close()
            raise
        return copy

    def _copy_to(self, target: sqlite3.Connection) -> None:
        if self.path is None:
            with self.reading() as source:
                source.backup(target)
            return
        with self._errors():
            if self.path.exists():
                with contextlib.closing(_opened_for_reading(self.path)) as source:
                    self._ensure_ours(source)
                    source.backup(target)
                _upgrade(target)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            known = None if code is None else _REASONS.get(code & 0xFF)
            raise LedgerError(
                say(
                    "{place}: {message}", place=self.name, message=known or say("the ledger cannot be used: {error}", error=error)
                )
            ) from None
        except OSError as error:
            raise LedgerError(
                say(
                    "{name}: the ledger cannot be used: {strerror}",
                    name=self.name,
                    strerror=(error.strerror or str(error)).lower(),
                )
            ) from None
        except DamagedRowError as error:
            raise LedgerError(f"{self.name}: {_REASONS[sqlite3.SQLITE_CORRUPT]} ({error})") from None
        except (OverflowError, UnicodeError) as error:
            raise LedgerError(say("{name}: the ledger cannot hold this: {error}", name=self.name, error=error)) from None

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            connection = _connected(":memory:")
            _create_tables(connection)
            return connection
        if not self.path.exists():
            self._ensure_no_log()
            _make_file(self.path)
        connection = _connected(self.path)
        try:
            self._ensure_ours(connection)
            _upgrade(connection)
            self._identity = _identity(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _ensure_no_log(self) -> None:
        # The log of a deleted ledger has its last rows, and would be read as a new ledger's.
        assert self.path is not None
        log = _log_of(self.path)
        if log.exists() and not self.path.exists():
            raise LedgerError(
                say(
                    "{name}: the ledger is gone, but its log {name2} is there; restore the ledger, or move the log away",
                    name=self.name,
                    name2=log.name,
                )
            )

    def _ensure_ours(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise LedgerError(f"{self.name}: {_REASONS[sqlite3.SQLITE_NOTADB]}")
        if _version(connection) > _SCHEMA_VERSION:
            raise LedgerError(say("{name}: the ledger was written by a newer mediapreflight; upgrade this one", name=self.name))

    def _ensure_still_there(self) -> None:
        # A deleted file still accepts rows, which are lost.
        if self.path is not None and _identity(self.path) != self._identity:
            raise LedgerError(
                say(
                    "{name}: the ledger was deleted or replaced while in use; restore it and run again",
                    name=self.name,
                )
            )


def _make_file(path: Path) -> None:
    """A new ledger, created completely or not at all, and only if there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Readable by its owner only; SQLite gives the files next to it the same mode.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(descriptor)
    try:
        with contextlib.closing(_connected(name)) as connection:
            _create_tables(connection)
            # Last: when the file is closed, the log is moved into it without an error about a full disk.
            connection.execute("PRAGMA journal_mode = WAL")
        # If another process was faster, its ledger counts.
        with contextlib.suppress(FileExistsError):
            move_to_free_name(Path(name), path)
        flush_folder(path.parent)
    finally:
        for left in (name, f"{name}-wal", f"{name}-shm", f"{name}-journal"):
            Path(left).unlink(missing_ok=True)


def _connected(path: str | Path) -> sqlite3.Connection:
    connection = _tolerant(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False))
    # On macOS, flushed data may still be only in the drive's own memory; other systems have no such difference.
    connection.execute("PRAGMA fullfsync = ON")
    return connection


def _opened_for_reading(path: Path) -> sqlite3.Connection:
    # A closed file has no log. SQLite would create one even for reading, unless the file is opened as immutable.
    at_rest = not _log_of(path).exists()
    return _tolerant(sqlite3.connect(f"{path.as_uri()}?{'immutable=1' if at_rest else 'mode=ro'}", uri=True, timeout=_BUSY_S))


def _tolerant(connection: sqlite3.Connection) -> sqlite3.Connection:
    # One text that is not UTF-8 would prevent all rows of a query from being read.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _create_tables(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)


def _upgrade(connection: sqlite3.Connection) -> None:
    """Convert the tables of version 1, which had neither accounts nor unclear submissions, to this version. All or nothing."""
    if _version(connection) == _SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it in between.
        if _version(connection) < _SCHEMA_VERSION:
            known = ", ".join(column[1] for column in connection.execute("PRAGMA table_info(submissions)"))
            for index in _INDICES:
                connection.execute(f"DROP INDEX {index}")
            connection.execute("ALTER TABLE submissions RENAME TO submissions_1")
            _create_tables(connection)
            connection.execute(f"INSERT INTO submissions ({known}) SELECT {known} FROM submissions_1")
            connection.execute("DROP TABLE submissions_1")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


# --- forks
#
# Before a fork the hook that was registered last runs first. Ours waits until no thread works on a ledger; the one of filelock
# then stops all threads from locking and unlocking. The other way round, each would wait for the other.

_STORES: weakref.WeakSet[Store] = weakref.WeakSet()
_FORKING = threading.RLock()
_held: list[Store] = []


def _before_fork() -> None:
    _FORKING.acquire()
    stores = list(_STORES)
    while not _all_locked(stores):
        time.sleep(0.001)
    for store in stores:
        # SQLite does not allow an open file in the child, not even to close it there.
        if store.path is not None:
            store.close()
    _held.extend(stores)


def _all_locked(stores: list[Store]) -> bool:
    """Lock all or none: a holder of one of them may be waiting for another, if the end of a ledger closes it."""
    for number, store in enumerate(stores):
        if not store.lock.acquire(blocking=False):
            for locked in stores[:number]:
                locked.lock.release()
            return False
    return True


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop().lock.release()
    _FORKING.release()


def _after_fork_in_child() -> None:
    while _held:
        # The child does not have the threads that waited for it.
        _held.pop().lock = threading.RLock()
    _FORKING.release()


at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


_TOKEN = re.compile(r"[0-9a-f]{32}")


class Owners:
    """The locks of all owners, one file each. Not for threads: callers hold the ledger's write lock.

    Args:
        folder: where the files are; None if there are none.
        writes: whether this owner has a file and removes those of ended processes. A dry run does not.
    """

    def __init__(self, folder: Path | None, *, writes: bool = True) -> None:
        self.folder = folder
        self._writes = writes and folder is not None
        self._token: str | None = None
        self._process: int | None = None
        self._lock: BaseFileLock | None = None

    @property
    def own(self) -> str | None:
        """The token of this process; None as long as it has owned nothing. A forked child does not have its parent's."""
        return self._token if self._process == os.getpid() else None

    def token(self) -> str:
        """The token of this process, which counts as running from now on. Raises OSError."""
        if (own := self.own) is not None:
            return own
        token = uuid.uuid4().hex
        # After a fork this is the parent's lock, which the child must not release.
        self._lock = self._held_lock(token) if self._writes else None
        self._token, self._process = token, os.getpid()
        return token

    def is_alive(self, token: str) -> bool:
        """Whether the owner's process is still running. If that cannot be known, it counts as running."""
        if token == self.own:
            return True
        path = self._path(token)
        if path is None or not path.exists():
            return False
        try:
            lock = _file_lock(path)
            lock.acquire(blocking=False)
            lock.release()
        except (OSError, Timeout):
            return True
        if self._writes:
            _remove(path)
        return False

    def close(self) -> None:
        """Release the lock: everything this process still owns can be taken over."""
        own = self.own
        self._token = self._process = None
        lock, self._lock = self._lock, None
        if own is not None and lock is not None:
            lock.release()
            _remove(Path(lock.lock_file))

    def _held_lock(self, token: str) -> BaseFileLock:
        path = self._path(token)
        assert path is not None
        path.parent.mkdir(mode=0o700, exist_ok=True)
        for other in path.parent.glob("*.lock"):
            self.is_alive(other.stem)
        lock = _file_lock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise OSError(say("{path} cannot be locked", path=path)) from None
        return lock

    def _path(self, token: str) -> Path | None:
        return self.folder / f"{token}.lock" if self.folder is not None and _TOKEN.fullmatch(token) else None


def _file_lock(path: Path) -> BaseFileLock:
    return FileLock(path, mode=0o600, thread_local=False)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
