"""Output files that appear complete or not at all, and only inside the folder the user named."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .errors import OutputError
from .language import say
from .system import flush, flush_folder, hard_link, rename, replace

if TYPE_CHECKING:
    from filelock import BaseFileLock

_STAGING_PREFIX = ".mediapreflight-"
_LOCK_SUFFIX = ".lock"
# Most file systems allow 255 bytes; some are reserved for a suffix that makes names unique.
_MAX_NAME_BYTES = 200
_PIECE_BYTES = 256 * 1024


class OutputFolder:
    """A folder for finished files. Files are written in a hidden folder inside it, so that the final rename is atomic.

    Use as a context manager: the hidden folder is removed when the block ends, for whatever reason. What a killed process left
    behind is removed by the next one.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._staging: Path | None = None
        self._lock: BaseFileLock | None = None

    def __enter__(self) -> OutputFolder:
        with self._errors():
            self.path.mkdir(parents=True, exist_ok=True)
            self._remove_left_behind()
            staging = self.path / f"{_STAGING_PREFIX}{uuid.uuid4().hex}"
            self._lock = _locked(staging)
            staging.mkdir(mode=0o700)
            self._staging = staging
        return self

    def __exit__(self, *_: object) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
        if self._lock is not None:
            _unlock(self._lock)

    @contextlib.contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        """A temporary path for a file of this name. The file is removed unless it is delivered."""
        if self._staging is None:
            raise RuntimeError(say("the folder is not open"))
        with self._errors():
            place = Path(tempfile.mkdtemp(dir=self._staging))
        try:
            yield place / name
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def deliver(self, staged: Path, *, overwrite: bool) -> Path:
        """Move a finished file to its final name. Raises OutputError if that name is taken and `overwrite` is false."""
        target = self.path / staged.name
        with self._errors():
            flush(staged)
            if overwrite:
                replace(staged, target)
            else:
                try:
                    move_to_free_name(staged, target)
                except FileExistsError:
                    reason = say(
                        "is there already; choose another folder, or replace it with `mediapreflight prepare --overwrite`"
                    )
                    raise OutputError(str(target), reason) from None
            flush_folder(self.path)
        return target

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                str(self.path), say("cannot be written to: {strerror}", strerror=(error.strerror or str(error)).lower())
            ) from None

    def _remove_left_behind(self) -> None:
        """Remove hidden folders that no process uses.

        Process ids cannot show that: containers that share a folder have the same ids.
        """
        for place in self.path.glob(f"{_STAGING_PREFIX}*{_LOCK_SUFFIX}"):
            staging = place.with_suffix("")
            lock = _locked(staging)
            if lock is not None:
                shutil.rmtree(staging, ignore_errors=True)
                _unlock(lock)


def _locked(staging: Path) -> BaseFileLock | None:
    """A lock on a hidden folder in use; the system releases it when its process ends.

    None if another process has it, or if the file system has no locks; then leftover folders stay.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(f"{staging}{_LOCK_SUFFIX}", mode=0o600, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError, NotImplementedError):
        return None
    return lock


def _unlock(lock: BaseFileLock) -> None:
    lock.release()
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()


def link_or_copy(source: str, target: Path) -> None:
    """Give the same bytes another name: by a hard link if possible, else by a copy."""
    try:
        hard_link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def file_sha256(path: str | os.PathLike[str]) -> str:
    """The hash of a file's bytes, read in pieces."""
    with open(path, "rb") as stream:  # noqa: PTH123 - the path may be any os.PathLike
        return stream_sha256(stream)


def stream_sha256(stream: BinaryIO) -> str:
    """The hash of the bytes of an open file, read in pieces."""
    hash = hashlib.sha256()
    while piece := stream.read(_PIECE_BYTES):
        hash.update(piece)
    return hash.hexdigest()


def output_name(source: str, suffix: str, distinction: str = "") -> str:
    """The name of an output: the source's name with the output's extension, shortened to what file systems allow."""
    return f"{shortened(Path(source).stem)}{distinction}.{suffix}"


def shortened(stem: str) -> str:
    """The beginning of a name, as long as file systems allow, with room for an extension."""
    # Not within a character: macOS refuses such a name.
    while len(os.fsencode(stem)) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem


def move_to_free_name(staged: Path, target: Path) -> None:
    """Give a finished file its final name without replacing anything. Raises FileExistsError if the name is taken."""
    try:
        # Making a link fails if the name is taken; a rename would replace the existing file.
        hard_link(staged, target)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        rename(staged, target)
