"""What a path names (a local file, one in a store, a `data:` URL), how it is shown, and the open file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from ..system import IS_WINDOWS
from . import data_url
from .facts import Problem

_SEARCHED_BYTES = 2**16
# The largest video that any model takes has 300 MB. If sound and video are far apart in the file, parts are read repeatedly.
MAX_BYTES_READ = 2**30
# The prefix of the folder for standard input. Messages leave it out, because it is deleted at the end.
STDIN_FOLDER = "mediapreflight-stdin-"
# The name of the folder with `studio`'s sessions. Messages leave it out with the folders in it, whose names are random.
STUDIO_FOLDER = "studio"
_IN_STUDIO = rf"^.*[/\\]{STUDIO_FOLDER}[/\\]\.mediapreflight-[0-9a-f]{{32}}[/\\][^/\\]+[/\\]"
# Python represents bytes that are not UTF-8 as U+DC80 to U+DCFF; other surrogates have no meaning.
_HALF_PAIRS = "[\ud800-\udc7f\udd00-\udfff]"
# A name that begins with one of these and `://` is not a file in a store: it is a URL for the service, a local file, or a view of
# other files (archives, caches, folders, repositories).
_OWN_PROTOCOLS = ("http", "https", "oss", "file", "local", "asynclocal")
_VIEWS = ("blockcache", "cached", "dir", "filecache", "generic", "git", "libarchive", "reference", "simplecache", "tar", "zip")
# Everything after the host is the path, because a file name may contain `?` and `#`.
_FILE_URL = r"(?is)file://(?:localhost)?(/.*)"
# The form that the provider's own library uses on Windows: `file://` and the path.
_FILE_AND_DRIVE = r"(?is)file://([a-z]:[/\\].*)"
_DRIVE = r"/[A-Za-z]:[/\\]"
_NETWORK_PATH = r"[/\\]{2}"


class Source(NamedTuple):
    """An open regular file. `path`: as shown in messages; `size`: in bytes."""

    path: str
    stream: BinaryIO
    size: int

    @contextmanager
    def peeking(self) -> Iterator[BinaryIO]:
        """The stream for an extra read; its offset is restored afterwards, because FFmpeg does not expect it to move."""
        position = self.stream.tell()
        try:
            yield self.stream
        finally:
            self.stream.seek(position)


class Excerpt:
    """Pieces of an open file, each between two offsets, read like a separate file; the bytes in `head` come before them.

    Raises ValueError and OSError as the file does.
    """

    def __init__(self, stream: BinaryIO, *pieces: range, head: bytes = b"") -> None:
        self._stream, self._pieces, self._head = stream, pieces, head
        self._size, self._at = len(head) + sum(map(len, pieces)), 0

    def is_all_of(self, size: int) -> bool:
        """Whether it is a whole file of this many bytes."""
        return not self._head and self._pieces == (range(size),)

    def read(self, count: int = -1) -> bytes:
        """Up to `count` bytes; by default all that follow."""
        left = max(self._size - self._at, 0)
        if count < 0 or count > left:
            count = left
        data = self._head[self._at : self._at + count]
        at = max(self._at - len(self._head), 0)
        for piece in self._pieces:
            if at < len(piece) and len(data) < count:
                self._stream.seek(piece.start + at)
                data += self._stream.read(min(count - len(data), len(piece) - at))
            at = max(at - len(piece), 0)
        self._at += len(data)
        return data

    def tell(self) -> int:
        """The offset in the excerpt."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new offset. Raises ValueError below 0."""
        at = offset
        if whence != os.SEEK_SET:
            at += self._at if whence == os.SEEK_CUR else self._size
        if at < 0:
            raise ValueError(f"offset {at}")
        self._at = at
        return at


class OpenError(Exception):
    """The file cannot be opened; carries the problem and its detail."""

    def __init__(self, problem: Problem, detail: str) -> None:
        self.problem = problem
        self.detail = detail
        super().__init__(problem.because(detail))


def is_remote(path: str) -> bool:
    """Whether a path names a file in a store that fsspec reads, such as `s3://bucket/portrait.png`."""
    protocol, separator, _ = path.partition("://")
    if not separator or protocol.lower() in (*_OWN_PROTOCOLS, *_VIEWS):
        return False
    return re.fullmatch("[A-Za-z][A-Za-z0-9+.-]+", protocol) is not None


def is_file_url(text: str) -> bool:
    """Whether a text begins like a `file://` URL. No path from a folder listing does: it never has two slashes in a row."""
    return text[:7].lower() == "file://"


def local_path(text: str, *, windows: bool = IS_WINDOWS) -> str:
    """The path in a `file://` URL; any other text, and a URL with another host, is returned unchanged.

    Accepts RFC 8089, and the form of the provider's own library: `file://` and an absolute path.
    """
    if not is_file_url(text):
        return text
    if windows and (found := re.fullmatch(_FILE_AND_DRIVE, text)):
        return _unquoted(found[1])
    found = re.fullmatch(_FILE_URL, text)
    path = _unquoted(found[1]) if found else ""
    if not path or re.match(_NETWORK_PATH, path):
        return text
    return path[1:] if windows and re.match(_DRIVE, path) else path


def _unquoted(path: str) -> str:
    # Importing it takes longer than everything else here.
    from urllib.parse import unquote_to_bytes

    try:
        return os.fsdecode(unquote_to_bytes(path.encode("utf-8", "surrogateescape")))
    except UnicodeEncodeError:
        # Half of a surrogate pair: no file can have that name, and opening it gives an error.
        return path


def display_name(path: str) -> str:
    """A path as text for messages: bytes that are not UTF-8 become `\\xNN`, halves of surrogate pairs `\\uNNNN`.

    A `data:` URL is shortened to its beginning and its size; files from standard input and uploads are shown without their
    folder.
    """
    if f"{STUDIO_FOLDER}{os.sep}.mediapreflight-" in path:
        path = re.sub(_IN_STUDIO, "", path)
    if STDIN_FOLDER in path:
        path = os.path.basename(path)  # noqa: PTH119
    if data_url.is_data_url(path):
        path = data_url.shown(path)
    if path.isascii():
        return path
    path = re.sub(_HALF_PAIRS, lambda half: f"\\u{ord(half[0]):04x}", path)
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def position_of(stream: BinaryIO, mark: bytes, start: int) -> int | None:
    """The offset of these bytes, searched from `start` on; None if they are not found."""
    stream.seek(start)
    kept = b""
    while data := stream.read(_SEARCHED_BYTES):
        found = (kept + data).find(mark)
        if found >= 0:
            return stream.tell() - len(kept) - len(data) + found
        kept = data[-len(mark) + 1 :]
    return None
