"""Read whole files that a user, a project or an earlier run names: only regular files, up to a size limit for each kind."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .language import say
from .media.facts import Problem
from .media.opening import open_source
from .media.source import OpenError, Source

# For configurations and catalogs; the largest entry has 10 kB.
MOST_TABLE_BYTES = 4 * 2**20
# For lists of patterns: each line may be one to compile, and a thousand take a tenth of a second.
MOST_GITIGNORE_BYTES = 2**18
# For jobs in TOML, where a million bytes take half a second; and for jobs in CSV, JSON Lines and `prepared.json`.
MOST_JOB_TABLE_BYTES = 16 * 2**20
MOST_JOBS_BYTES = 256 * 2**20

_PIECE = 2**20


class NotReadError(Exception):
    """A file was not read. The text says why, and follows the file's name in a message."""


class NotTextError(NotReadError):
    """The file is not text in an encoding that is read."""


class TooLargeError(NotReadError):
    """The file is larger than the limit for its kind."""


def read_bytes(path: str | os.PathLike[str], most: int) -> bytes:
    """The content of a file of up to `most` bytes. Raises NotReadError; never waits for a pipe or a device."""
    with _opened(path) as source:
        if source is None:
            return b""
        if source.size > most:
            raise TooLargeError(say("is larger than {most:,} bytes", most=most))
        data = source.stream.read(source.size + 1)
        if len(data) > source.size:
            raise NotReadError(say("is growing while it is read"))
        return data


def read_text(path: str | os.PathLike[str], most: int) -> str:
    """The same as text, from UTF-8 with or without a byte order mark."""
    data = read_bytes(path, most)
    # Without a mark, the zeros beside its first letter tell it.
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:2]:
        raise NotTextError(say("is UTF-16 or UTF-32 text; save it as UTF-8"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotTextError(say("is not UTF-8 text (byte {start}); save it as UTF-8", start=error.start)) from None


def sha256_of(path: str | os.PathLike[str], size: int) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises NotReadError, also if the file does not have `size` bytes."""
    import hashlib

    digest, seen = hashlib.sha256(), 0
    with _opened(path) as source:
        while source is not None and seen <= size and (piece := source.stream.read(_PIECE)):
            digest.update(piece)
            seen += len(piece)
    if seen != size:
        raise NotReadError(say("changed while it was read"))
    return digest.hexdigest()


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Source | None]:
    """The open file; None if it is empty."""
    try:
        with open_source(os.fsdecode(path)) as source:
            yield source
            return
    except OpenError as error:
        if error.problem is not Problem.EMPTY:
            raise NotReadError(say("cannot be read: {detail}", detail=error.detail)) from None
    except OSError as error:
        raise NotReadError(say("cannot be read: {strerror}", strerror=(error.strerror or str(error)).lower())) from None
    yield None
