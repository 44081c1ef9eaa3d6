"""Remote files (`s3://`, `gs://`, …), through fsspec: headers by ranges of bytes, whole files fetched once.

The server and the credentials are those that fsspec and the store's library find in the environment and in their configuration
files. Only this module calls them; whatever they raise becomes an OpenError that says what happened.
"""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

from ..language import say
from .facts import Problem
from .parsers.boxes import ListingReader
from .source import MAX_BYTES_READ, OpenError, Source, display_name

INSTALL = "pip install 'mediapreflight[remote]'"
# Nearly every picture's header is in the first bytes, and most videos' index in the last ones.
_HEAD_BYTES = _TAIL_BYTES = 64 * 2**10
# After a jump, usually the header of a box is read; if reading continues, it is an index, and is read in growing steps.
_JUMP_BYTES = 16 * 2**10
_MAX_STEP_BYTES = 2**20
# The limit for all ranges of one opening: a video of many fragments has an index in each of them.
_MAX_RANGES = 512
_MAX_RANGE_BYTES = 32 * 2**20
_PIECE_BYTES = 4 * 2**20
MAX_FETCHED_BYTES = MAX_BYTES_READ
# The libraries below retry by themselves; this is the limit for one answer including retries.
REQUEST_S = 30.0
_MAX_REASON = 200

_Result = TypeVar("_Result")


class _Remote(NamedTuple):
    """A file of a file system: `name` is its name there, `path` the user's name for it."""

    path: str
    system: Any
    name: str

    def info(self) -> dict[str, Any]:
        return cast(dict[str, Any], _asked(self.system, "info", self.name))

    def bytes_from(self, start: int, end: int) -> bytes:
        """The bytes between two offsets, all of them."""
        data = _asked(self.system, "cat_file", self.name, start=start, end=end)
        if len(data) != end - start:
            raise OpenError(Problem.UNREADABLE, f"{len(data)} bytes were received, but {end - start} were requested")
        return bytes(data)


@contextmanager
def open_remote(path: str, *, whole: bool = False) -> Iterator[Source]:
    """Open a remote file for reading.

    Args:
        whole: whether all of it will be read. Then it is fetched to a temporary file, which is deleted at the end of the block.

    Raises OpenError, also at the end of the block if bytes that were read inside did not arrive.
    """
    copy = _copy.get()
    with ExitStack() as stack:
        if copy is None or copy.path != path:
            copy = _Copy(path, stack)
        if whole or copy.is_there:
            yield copy.source()
        else:
            with _by_ranges(path) as source:
                yield source


@contextmanager
def fetched_once(path: str) -> Iterator[None]:
    """Inside the block, everything that reads this whole remote file uses the same copy, fetched on first use."""
    with ExitStack() as stack:
        token = _copy.set(_Copy(path, stack))
        try:
            yield
        finally:
            _copy.reset(token)


def files_below(folder: str) -> Iterator[str]:
    """Every file below a remote folder, in the order of local ones: sorted, a folder's own before those of the folders in it.

    Hidden ones are left out. A folder that cannot be listed is returned itself, with a `/` at its end: reading that as
    a file says why.
    """
    try:
        entries = _listed(_located(folder.rstrip("/")))
    except OpenError:
        yield folder.rstrip("/") + "/"
        return
    yield from (path for path, is_folder in entries if not is_folder)
    for path, is_folder in entries:
        if is_folder:
            yield from files_below(path)


def is_folder(path: str) -> bool:
    """Whether there is a remote folder of that name; False if that cannot be found out."""
    try:
        return bool(_located(path).info().get("type") == "directory")
    except OpenError:
        return False


class _Copy:
    """A remote file, fetched to a temporary one on first use, and deleted with `stack`."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        self.path = path
        self._stack = stack
        self._source: Source | None = None

    @property
    def is_there(self) -> bool:
        return self._source is not None

    def source(self) -> Source:
        """The copy, from its beginning. Raises OpenError."""
        if self._source is None:
            self._source = _fetched(self.path, self._stack)
        self._source.stream.seek(0)
        return self._source


_copy: ContextVar[_Copy | None] = ContextVar("_copy", default=None)


def _fetched(path: str, stack: ExitStack) -> Source:
    remote = _located(path)
    size = _size_of(remote)
    if size > MAX_FETCHED_BYTES:
        raise OpenError(Problem.OVERSIZED, f"{size} bytes; remote files over {MAX_FETCHED_BYTES} are not fetched")
    try:
        stream = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack is the caller's
        for start in range(0, size, _PIECE_BYTES):
            stream.write(remote.bytes_from(start, min(size, start + _PIECE_BYTES)))
        stream.flush()
    except OSError as error:
        raise OpenError(Problem.NOT_RUN, f"it cannot be fetched: {(error.strerror or str(error)).lower()}") from None
    return Source(display_name(path), cast(BinaryIO, stream), size)


@contextmanager
def _by_ranges(path: str) -> Iterator[Source]:
    remote = _located(path)
    ranges = _Ranges(remote, _size_of(remote))
    try:
        # Readers of media assume that small reads are fast.
        with ListingReader(ranges) as stream:
            yield Source(display_name(path), stream, ranges.size)
    finally:
        # The result for the bytes that did arrive would look like damage.
        if ranges.trouble is not None:
            raise ranges.trouble


class _Ranges(io.RawIOBase):
    """A remote file as a stream that fetches the parts that are read, and keeps them.

    If a range does not arrive, readers see the end of the file, because FFmpeg cannot be told anything else; `trouble` then
    says what happened.
    """

    def __init__(self, remote: _Remote, size: int) -> None:
        super().__init__()
        self.size = size
        self.trouble: OpenError | None = None
        self._remote = remote
        self._at = 0
        self._kept: dict[int, bytes] = {}
        self._end_of_last = 0
        self._step = _HEAD_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError(f"negative seek position {at}")
        self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        data = self._here()[: len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _here(self) -> memoryview:
        """The kept bytes from the current offset on; fetched first if there are none."""
        for start, data in self._kept.items():
            if start <= self._at < start + len(data):
                return memoryview(data)[self._at - start :]
        if self._at >= self.size or self.trouble is not None:
            return memoryview(b"")
        try:
            start = self._fetch()
        except OpenError as error:
            self.trouble = error
            return memoryview(b"")
        return memoryview(self._kept[start])[self._at - start :]

    def _fetch(self) -> int:
        """Fetch a range that contains the current offset, and return its start. Raises OpenError."""
        read = sum(map(len, self._kept.values()))
        if len(self._kept) >= _MAX_RANGES or read >= _MAX_RANGE_BYTES:
            raise OpenError(Problem.OVERSIZED, f"its header is in more than {len(self._kept)} ranges or {read} bytes")
        if self._kept:
            is_next = self._at == self._end_of_last
            self._step = min(self._step * 2, _MAX_STEP_BYTES) if is_next else _JUMP_BYTES
        tail = max(self.size - _TAIL_BYTES, 0)
        start = tail if self._at > tail >= self._end_of_last else self._at
        end = min(self.size, max(self._at + self._step, start + _TAIL_BYTES if start == tail else 0))
        self._kept[start] = self._remote.bytes_from(start, end)
        self._end_of_last = end
        return start


def _located(path: str) -> _Remote:
    """The file system of a path, and the file's name there. Raises OpenError."""
    try:
        import fsspec
    except ImportError as error:
        raise OpenError(Problem.NOT_RUN, f"remote files need fsspec, which does not load ({error}): {INSTALL}") from None
    protocol = path.partition("://")[0].lower()
    if protocol not in fsspec.available_protocols():
        raise OpenError(Problem.UNREADABLE, f"fsspec knows no protocol {protocol!r}")

    def connected() -> _Remote:
        # Not `fsspec.open`: that reads `::` in a name as a chain of file systems.
        kind = fsspec.get_filesystem_class(protocol)
        # A cached listing grows with the folder, and does not show files that were added or deleted since.
        options = {"use_listings_cache": False} if kind.async_impl else {}
        return _Remote(path, kind(**kind._get_kwargs_from_urls(path), **options), kind._strip_protocol(path))

    return _translated(connected)


def _size_of(remote: _Remote) -> int:
    info = remote.info()
    if info.get("type") == "directory":
        raise OpenError(Problem.UNREADABLE, say("it is a folder, not a file"))
    if not isinstance(info.get("size"), int):
        raise OpenError(Problem.UNREADABLE, say("its store does not say how many bytes it has"))
    if info["size"] == 0:
        raise OpenError(Problem.EMPTY, say("the file has 0 bytes"))
    return int(info["size"])


def _listed(remote: _Remote) -> list[tuple[str, bool]]:
    """The entries of a folder, sorted: each path, and whether it is a folder."""
    entries = _asked(remote.system, "ls", remote.name, detail=True)
    names = ((entry["name"].rstrip("/"), entry["type"] == "directory") for entry in entries)
    below = ((name[len(remote.name) :].lstrip("/"), is_folder) for name, is_folder in names)
    return sorted((f"{remote.path}/{name}", is_folder) for name, is_folder in below if name and not name.startswith("."))


def _asked(system: Any, question: str, *arguments: Any, **options: Any) -> Any:
    """The result of a call to a file system, within the time limit. Raises OpenError."""
    if not system.async_impl:
        system.invalidate_cache()
        return _translated(lambda: getattr(system, question)(*arguments, **options))
    from fsspec.asyn import sync

    async def answer() -> Any:
        return await asyncio.wait_for(getattr(system, f"_{question}")(*arguments, **options), REQUEST_S)

    return _translated(lambda: sync(system.loop, answer))


def _translated(call: Callable[[], _Result]) -> _Result:
    """The result of a call to a file system; its exceptions become an OpenError.

    Each store has its own library, with its own exceptions.
    """
    try:
        return call()
    except OpenError:
        raise
    except FileNotFoundError:
        raise OpenError(Problem.MISSING, say("no such file")) from None
    except PermissionError as error:
        raise OpenError(Problem.UNREADABLE, f"permission denied ({_reason(error)})") from None
    except TimeoutError:
        raise OpenError(Problem.UNREADABLE, f"no answer within {REQUEST_S:g} s") from None
    except ImportError as error:
        raise OpenError(Problem.NOT_RUN, f"its store needs a library that does not load ({_reason(error)})") from None
    except Exception as error:
        raise OpenError(Problem.UNREADABLE, _reason(error)) from None


def _reason(error: Exception) -> str:
    """What an error says, on one line."""
    text = " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
    return text[:1].lower() + text[1:_MAX_REASON]
