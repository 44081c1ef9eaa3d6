"""Open a regular file: never a device, a pipe or a folder, and a remote file only if the name begins with a protocol.

A `data:` URL is a file too; its text contains the bytes.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import UnreadableMediaError
from ..language import say
from ..system import open_for_reading
from . import data_url
from .facts import Problem
from .parsers.boxes import ListingReader
from .source import OpenError, Source, display_name, is_file_url, is_remote

_SORTS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def open_source(path: str, *, whole: bool = False) -> Iterator[Source]:
    """Open a regular file for reading. Links are followed. Raises OpenError for anything else.

    Args:
        whole: whether all of it will be read: a remote file is then fetched, else read by ranges.
    """
    if ":" in path:
        if is_remote(path):
            from .remote import open_remote

            with open_remote(path, whole=whole) as source:
                yield source
            return
        if data_url.is_data_url(path):
            yield _from_data_url(path)
            return
        if is_file_url(path):
            raise OpenError(
                Problem.UNREADABLE, say("it is a file: URL that does not name a file on this machine; write file:///PATH")
            )
    try:
        _refuse_special(os.stat(path))  # noqa: PTH116 - a path may hold bytes that pathlib normalises away
        descriptor = open_for_reading(path)
    except OSError as error:
        raise _unopenable(path, error) from None
    except ValueError:
        raise OpenError(Problem.UNREADABLE, say("its name contains a character that no file name can have")) from None
    # Faster than `open`, which checks, for example, whether it is a terminal.
    with ListingReader(io.FileIO(descriptor, "rb")) as stream:
        status = os.fstat(descriptor)
        _refuse_special(status)
        if status.st_size == 0:
            raise OpenError(Problem.EMPTY, say("the file has 0 bytes"))
        yield Source(display_name(path), stream, status.st_size)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Source]:
    """The open file, which must be a regular one. Raises UnreadableMediaError."""
    name = os.fsdecode(path)
    try:
        with open_source(name, whole=True) as source:
            yield source
    except OpenError as error:
        raise UnreadableMediaError(display_name(name), str(error)) from None


def _from_data_url(url: str) -> Source:
    try:
        content = data_url.decoded(url)
    except ValueError as error:
        raise OpenError(Problem.UNREADABLE, str(error)) from None
    if not content:
        raise OpenError(Problem.EMPTY, say("the data: URL contains 0 bytes"))
    return Source(display_name(url), io.BytesIO(content), len(content))


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
