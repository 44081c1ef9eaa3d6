"""Who works on a submission, and whether that process is still alive.

A process that owns submissions holds a lock on a file of its own. The operating system lets go of it when the process ends,
however it ends, so that what it owned can be taken over. Process numbers would not do: they are given out again.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

_TOKEN = re.compile(r"[0-9a-f]{32}")


class Owners:
    """The locks of all owners, one file each. Not for threads: callers hold the ledger's write lock.

    Args:
        folder: where the files are; None where there are none.
        writes: whether this owner has a file itself and removes those of the dead. A dry run does not.
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
        """The token of this process, which is alive from now on. Raises OSError."""
        if (own := self.own) is not None:
            return own
        token = uuid.uuid4().hex
        # What a fork left here is the parent's lock, which is not ours to release.
        self._lock = self._held_lock(token) if self._writes else None
        self._token, self._process = token, os.getpid()
        return token

    def is_alive(self, token: str) -> bool:
        """Whether the owner's process has not ended. Where that cannot be told, it counts as alive."""
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
        """Let go: what this process still owns can be taken over."""
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
            raise OSError(f"{path} cannot be locked") from None
        return lock

    def _path(self, token: str) -> Path | None:
        return self.folder / f"{token}.lock" if self.folder is not None and _TOKEN.fullmatch(token) else None


def _file_lock(path: Path) -> BaseFileLock:
    return FileLock(path, mode=0o600, thread_local=False)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
