"""Opening the named file, and nothing else: no device, no pipe, no folder; by a protocol only where the name begins with one."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from .facts import Problem

_SORTS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# Python keeps bytes that are no UTF-8 as U+DC80 to U+DCFF; the other surrogates stand for nothing.
_HALF_PAIRS = "[\ud800-\udc7f\udd00-\udfff]"
# What begins with one of these and `://` is no file in a store: URLs are for the service to fetch, local files go by their
# paths, and the others are views of further files (archives, caches, folders, repositories).
_OWN_PROTOCOLS = ("http", "https", "file", "local", "asynclocal")
_VIEWS = ("blockcache", "cached", "dir", "filecache", "generic", "git", "libarchive", "reference", "simplecache", "tar", "zip")


class Source(NamedTuple):
    """An open regular file. `path` as it is shown, `size` in bytes."""

    path: str
    stream: BinaryIO
    size: int

    @contextmanager
    def aside(self) -> Iterator[BinaryIO]:
        """The stream for a reading on the side, put back where it stood: FFmpeg does not expect it to move."""
        position = self.stream.tell()
        try:
            yield self.stream
        finally:
            self.stream.seek(position)


class OpenError(Exception):
    """The file cannot be opened; carries the problem and its detail."""

    def __init__(self, problem: Problem, detail: str) -> None:
        self.problem = problem
        self.detail = detail
        super().__init__(problem.because(detail))


@contextmanager
def open_source(path: str, *, whole: bool = False) -> Iterator[Source]:
    """Open a regular file for reading. Links are followed. Raises OpenError for anything else.

    Args:
        whole: whether all of it will be read: a remote file is then fetched, else read by ranges.
    """
    if is_remote(path):
        from ..engines.remote import open_remote

        with open_remote(path, whole=whole) as source:
            yield source
        return
    try:
        _refuse_special(os.stat(path))  # noqa: PTH116 - a path may hold bytes that pathlib normalises away
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _unopenable(path, error) from None
    except ValueError:
        raise OpenError(Problem.UNREADABLE, "its name holds a character no file name can have") from None
    # `open` would ask whether it is a terminal, and for more than is needed here.
    with io.BufferedReader(io.FileIO(descriptor, "rb")) as stream:
        status = os.fstat(descriptor)
        _refuse_special(status)
        if status.st_size == 0:
            raise OpenError(Problem.EMPTY, "the file has 0 bytes")
        yield Source(display_name(path), stream, status.st_size)


def is_remote(path: str) -> bool:
    """Whether a path names a file in a store that fsspec reads, such as `s3://bucket/portrait.png`."""
    protocol, separator, _ = path.partition("://")
    if not separator or protocol.lower() in (*_OWN_PROTOCOLS, *_VIEWS):
        return False
    return re.fullmatch("[A-Za-z][A-Za-z0-9+.-]+", protocol) is not None


def display_name(path: str) -> str:
    """A path as text that any encoder takes: bytes that are no UTF-8 become `\\xNN`, halves of surrogate pairs `\\uNNNN`."""
    if path.isascii():
        return path
    path = re.sub(_HALF_PAIRS, lambda half: f"\\u{ord(half[0]):04x}", path)
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _refuse_special(status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    for is_sort, name in _SORTS:
        if is_sort(status.st_mode):
            raise OpenError(Problem.UNREADABLE, f"it is {name}, not a file")


def _unopenable(path: str, error: OSError) -> OpenError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        dangling = os.path.islink(path)  # noqa: PTH114
        return OpenError(Problem.MISSING, "the link points to nothing" if dangling else "no such file")
    return OpenError(Problem.UNREADABLE, (error.strerror or str(error)).lower())
