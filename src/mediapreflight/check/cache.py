"""Measurements of files, kept between runs: facts and content, never findings, in one SQLite file.

    with Cache() as cache:
        report = check(jobs, cache=cache)

An entry holds for a file of the same path, size, modification time and inode, measured by the same versions of everything that
measures. The cache never makes a run fail: if its file cannot be used, it is not used; if it is damaged, it is created
again.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
import time
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from .._version import __version__
from ..language import say
from ..media.facts import Facts, Level, Problem
from ..media.source import display_name
from ..people.facts import Content
from .measure import Measured, look_for

if TYPE_CHECKING:
    from ..catalog import Role

_Result = TypeVar("_Result")
ENVIRONMENT = "MEDIAPREFLIGHT_CACHE_DIR"
FILE_NAME = "measured-1.sqlite"
MAX_BYTES = 256 * 2**20
# A file written this recently can be written again without a new time: some file systems count in seconds.
_SETTLED_NS = 2 * 10**9
_WRITTEN_AT_ONCE = 500
_PATIENCE_S = 5.0
_DAY_S = 86_400
# The distributions whose versions decide what is measured.
_LIBRARIES = ("av", "mediapipe", "mutagen", "numpy", "opencv_contrib_python", "pi_heif", "pillow", "simplejpeg")
_MEASURING = ("media", "people")
_TABLES = """
CREATE TABLE IF NOT EXISTS makers (id INTEGER PRIMARY KEY, versions TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS measured (
    path BLOB NOT NULL, what TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    maker INTEGER NOT NULL, day INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (path, what)
) WITHOUT ROWID;
"""
_FIND = "SELECT what, data, day FROM measured WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ? AND maker = ?"
_KEEP = "INSERT OR REPLACE INTO measured VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_TOUCH = "UPDATE measured SET day = ? WHERE path = ?"
_FORGET = """
DELETE FROM measured
WHERE (path, what) IN (SELECT path, what FROM measured ORDER BY day LIMIT (SELECT count(*) / 4 FROM measured))
"""


class Stamp(NamedTuple):
    """What identifies a file."""

    size: int
    mtime_ns: int
    inode: int


class Cache:
    """A cache of measurements. Any thread may use it, and any number of processes the same file.

    Args:
        folder: for its file; None: MEDIAPREFLIGHT_CACHE_DIR, or the user's cache folder.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._folder = folder
        self._lock = allocate_lock()
        self._store: _Store | None = None
        self._is_off = False
        self._pid = os.getpid()

    @property
    def path(self) -> Path:
        """The file."""
        return Path(cache_folder() if self._folder is None else os.fsdecode(self._folder)) / FILE_NAME

    def __reduce__(self) -> tuple[type[Cache], tuple[str | os.PathLike[str] | None]]:
        return Cache, (self._folder,)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def recall(self, path: str, role: Role, level: Level) -> tuple[Stamp | None, Measured | None]:
        """The last measurement of the file, for what this role needs at this level; None if it must be measured.

        The stamp is for `remember`; None if the file should not be kept: its header is read faster than the cache,
        it was changed just now, or it does not exist.
        """
        if level == "metadata" and role.kind == "image":
            return None, None
        stamp = _stamp(path)
        if stamp is None:
            return None, None
        rows = self._using(lambda store: store.find(os.fsencode(_absolute(path)), stamp)) or {}
        measured = _restored(rows, path, role, level)
        if measured is None and stamp.mtime_ns > time.time_ns() - _SETTLED_NS:
            return None, None
        return stamp, measured

    def remember(self, path: str, stamp: Stamp, role: Role, level: Level, facts: Facts, content: Content | None) -> None:
        """Keep the measurement, if the file is still the one that `recall` saw, and if it was measured completely."""
        if facts.bytes != stamp.size or facts.problem(Problem.NOT_RUN) is not None or _stamp(path) != stamp:
            return
        found = {_facts_name(level): msgspec.msgpack.encode(msgspec.structs.replace(facts, path=""))}
        look = look_for(facts, role, level)
        if look is not None and content is not None:
            found[look] = msgspec.msgpack.encode(content)
        self._using(lambda store: store.keep(os.fsencode(_absolute(path)), stamp, found))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything that is kept inside the block is written when the block ends."""
        try:
            yield
        finally:
            if self._store is not None:
                self._using(lambda store: store.write())

    def close(self) -> None:
        """Write what is left, and close the file; the next use opens it again."""
        if self._store is not None:
            self._using(lambda store: store.write())
        with self._lock:
            self._let_go()
            self._is_off = False

    def clean(self) -> int:
        """Delete the file; return the bytes that were freed. Raises OSError."""
        self.close()
        freed = 0
        for path in _files(self.path):
            with suppress(FileNotFoundError):
                size = path.stat().st_size
                path.unlink()
                freed += size
        return freed

    def _using(self, use: Callable[[_Store], _Result]) -> _Result | None:
        """What `use` returns; None if the cache cannot be used. Then it is off until it is closed."""
        import sqlite3

        self._notice_fork()
        with self._lock:
            if self._is_off:
                return None
            try:
                if self._store is None:
                    self._store = _opened(self.path)
                return use(self._store)
            except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
                self._is_off = True
                self._let_go()
                if _is_broken(error):
                    _discard(self.path)
                return None

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _notice_fork(self) -> None:
        """In a child of the process that opened the file: forget the connection, which only the parent may use or close."""
        if self._pid != os.getpid():
            self._pid, self._lock = os.getpid(), allocate_lock()
            _inherited.append(self._store)
            self._store = None


# To forget a connection is to close it.
_inherited: list[_Store | None] = []


class _Store:
    """The open file."""

    def __init__(self, path: Path) -> None:
        import sqlite3

        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            # A power failure can lose the last entries, never the file.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_TABLES)
            self._maker = self._maker_id(_versions())
        except BaseException:
            self._connection.close()
            raise
        self._new: list[tuple[Any, ...]] = []
        self._read: list[tuple[int, bytes]] = []
        self._today = int(time.time() // _DAY_S)

    def find(self, path: bytes, stamp: Stamp) -> dict[str, bytes]:
        """What is known of the file, by what was measured."""
        rows = self._connection.execute(_FIND, (path, *stamp, self._maker)).fetchall()
        if rows and any(day != self._today for _, _, day in rows):
            self._read.append((self._today, path))
            self._write_if_many()
        # A damaged file may contain any value anywhere.
        return {what: data for what, data, _ in rows if isinstance(data, bytes)}

    def keep(self, path: bytes, stamp: Stamp, found: dict[str, bytes]) -> None:
        """Queue a measurement to be written."""
        self._new += [(path, what, *stamp, self._maker, self._today, data) for what, data in found.items()]
        self._write_if_many()

    def write(self) -> None:
        """Write the queued measurements, in one short transaction."""
        if not self._new and not self._read:
            return
        new, read = self._new, self._read
        self._new, self._read = [], []
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(_KEEP, new)
            self._connection.executemany(_TOUCH, read)
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        if self._bytes() > MAX_BYTES:
            self._connection.execute(_FORGET)

    def close(self) -> None:
        """Free the file."""
        import sqlite3

        with suppress(sqlite3.Error):
            self._connection.close()

    def _write_if_many(self) -> None:
        if len(self._new) + len(self._read) >= _WRITTEN_AT_ONCE:
            self.write()

    def _bytes(self) -> int:
        """The size of the file without its free pages."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _maker_id(self, versions: str) -> int:
        find = "SELECT id FROM makers WHERE versions = ?"
        row = self._connection.execute(find, (versions,)).fetchone()
        if row is None:
            self._connection.execute("INSERT OR IGNORE INTO makers (versions) VALUES (?)", (versions,))
            row = self._connection.execute(find, (versions,)).fetchone()
        number = row[0] if row else None
        if not isinstance(number, int):
            import sqlite3

            raise sqlite3.DatabaseError(say("a row that was just written cannot be read"))
        return number


def cache_folder() -> str:
    """Where the cache is by default."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return named
    import platformdirs

    folder = platformdirs.user_cache_dir("mediapreflight", appauthor=False)
    if not os.path.isabs(folder):  # noqa: PTH117
        raise FileNotFoundError(errno.ENOENT, say("the user has no home folder"), folder)
    return folder


def _opened(path: Path) -> _Store:
    """The opened file; created again if it is not a database."""
    import sqlite3

    try:
        return _Store(path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if not _is_broken(error):
            raise
        _discard(path)
        return _Store(path)


def _is_broken(error: Exception) -> bool:
    """Whether the file itself is damaged, or not ours. False if it is only locked, or the disk is full."""
    import sqlite3

    busy = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    outside = (*busy, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM)
    # The low byte of an extended code is the plain one.
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF not in outside
    # SQLite quotes a damaged schema in its errors, which Python then cannot read.
    return isinstance(error, UnicodeDecodeError)


def _discard(path: Path) -> None:
    with suppress(OSError):
        for file in _files(path):
            file.unlink(missing_ok=True)


def _files(path: Path) -> tuple[Path, ...]:
    """The database and SQLite's files next to it, in the order in which they can be deleted."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"), path


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a path may hold bytes that pathlib normalises away
    except (OSError, ValueError):
        return None
    # SQLite counts to 2^63; some file systems number their files beyond.
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino & (2**63 - 1))


def _absolute(path: str) -> str:
    return path if os.path.isabs(path) else os.path.join(os.getcwd(), path)  # noqa: PTH117, PTH118, PTH109 - as above


def _facts_name(level: Level) -> str:
    # Level `content` measures the same facts.
    return "headers" if level == "metadata" else "data"


@functools.cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def _restored(rows: dict[str, bytes], path: str, role: Role, level: Level) -> Measured | None:
    """What the rows say about the file; None if they do not contain everything that is needed."""
    data = rows.get(_facts_name(level))
    if data is None:
        return None
    try:
        facts = msgspec.structs.replace(_decoder(Facts).decode(data), path=display_name(path))
        look = look_for(facts, role, level)
        if look is None:
            return Measured(facts)
        return Measured(facts, _decoder(Content).decode(rows[look])) if look in rows else None
    except msgspec.DecodeError:
        return None


def _versions() -> str:
    """The versions of everything that measures. It imports nothing: a run that finds everything in the cache needs no import."""
    return "\n".join((__version__, sys.version, *_own_files(), *_libraries()))


def _own_files() -> Iterator[str]:
    """This package's measuring code and models: the version does not change with every change of them."""
    package = Path(__file__).parents[1]
    for folder in _MEASURING:
        for path in sorted((package / folder).rglob("*.*")):
            if path.suffix != ".pyc":
                status = path.stat()
                yield f"{path.name} {status.st_size} {status.st_mtime_ns}"


def _libraries() -> Iterator[str]:
    """The installed distributions, by the names of their folders: the standard library's way takes longer than all the rest."""
    for folder in sys.path:
        with suppress(OSError):
            names = os.listdir(folder or os.curdir)  # noqa: PTH208
            yield from sorted(name for name in names if name.partition("-")[0].lower() in _LIBRARIES and "-info" in name)
