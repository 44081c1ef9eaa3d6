"""The files that the service keeps: in a folder on disk, from which the oldest are deleted if there are too many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from . import limits


class SpaceError(Exception):
    """A file is too large, all files that are being written are too large together, or the disk is full."""


class Folder:
    """Where files are kept. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        self._sizes: dict[Path, int] = {}
        self._used = 0
        self._lock = threading.Lock()

    def named(self, name: str) -> Path:
        """The path of a name that was made here."""
        return self._path / name

    @contextmanager
    def writing(self, name: str, most: int) -> Iterator[Writer]:
        """Write a file of at most `most` bytes; it is kept unless the block raises. Only the extension of its name is used."""
        path = self._place(name)
        with path.open("xb") as file:
            writer = Writer(self, path, file, most)
            try:
                yield writer
            except BaseException:
                file.close()
                _remove(path)
                self._free(writer.size)
                raise
        self._keep(path, writer.size)

    def adopt(self, path: Path) -> None:
        """Keep a file that another process wrote."""
        size = path.stat().st_size
        with suppress(SpaceError):
            self.claim(size)
        self._keep(path, size)

    def claim(self, size: int) -> None:
        """Reserve bytes; older files are deleted for them. Raises SpaceError; the bytes stay reserved."""
        with self._lock:
            self._used += size
            while self._used > limits.FILE_BYTES and self._sizes:
                self._drop_oldest()
            if self._used > limits.FILE_BYTES:
                raise SpaceError

    def _place(self, name: str) -> Path:
        suffix = Path(name).suffix
        with self._lock:
            self._count += 1
            return self._path / f"{self._count}{suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 9 else ''}"

    def _keep(self, path: Path, size: int) -> None:
        with self._lock:
            self._sizes[path] = size
            while len(self._sizes) > limits.FILES:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        path = next(iter(self._sizes))
        self._used -= self._sizes.pop(path)
        _remove(path)

    def _free(self, size: int) -> None:
        with self._lock:
            self._used -= size


class Writer:
    """One file that is being written."""

    def __init__(self, folder: Folder, path: Path, file: BinaryIO, most: int) -> None:
        self.path = path
        self.size = 0
        self._folder = folder
        self._file = file
        self._most = most

    def write(self, chunk: bytes) -> None:
        """Add to the file. Raises SpaceError."""
        self.size += len(chunk)
        self._folder.claim(len(chunk))
        if self.size > self._most:
            raise SpaceError
        try:
            self._file.write(chunk)
        except OSError:
            raise SpaceError from None


def _remove(path: Path) -> None:
    # On Windows, a file that is being read cannot be deleted before the end.
    with suppress(OSError):
        path.unlink()
