"""The files of a session: uploads, each in a folder of its own, which goes with it."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..language import say
from ..media.facts import Facts
from ..media.source import display_name
from ..output_folder import OutputFolder, shortened
from ..system import IS_WINDOWS
from .door import RefusedError
from .limits import Space
from .memory import Memory, Remembering

# What no name of a file may hold: here, or on Windows.
_NOT_IN_NAMES = r'[\x00-\x1f\x7f/\\<>:"|?*]' if IS_WINDOWS else r"[\x00-\x1f\x7f/\\]"
_UNNAMED = "file"
_LONGEST_SUFFIX = 16


class Upload(NamedTuple):
    """A file that was uploaded: its number, its name, where it lies, and what it is."""

    id: str
    name: str
    path: Path
    facts: Facts


class Shelf:
    """Keeps uploads. May be used from several threads."""

    def __init__(self, folder: OutputFolder, containment: Remembering, memory: Memory, space: Space) -> None:
        self._folder = folder
        self._containment = containment
        self._memory = memory
        self.space = space
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._uploads: dict[str, Upload] = {}
        self._places: dict[str, ExitStack] = {}
        self._names: set[str] = set()
        self._used = 0

    @property
    def uploads(self) -> list[Upload]:
        """All files, in the order in which they came."""
        with self._lock:
            return list(self._uploads.values())

    def upload(self, id: str) -> Upload:
        """The file of this number. Raises RefusedError."""
        with self._lock:
            found = self._uploads.get(id)
        if found is None:
            raise RefusedError(404, say("there is no file {number}", number=id))
        return found

    @contextmanager
    def receiving(self, name: str) -> Iterator[Incoming]:
        """Takes a file whose bytes come one after the other; it is kept by `keep`, and else nothing is left of it.

        Raises RefusedError.
        """
        with ExitStack() as stack:
            own = self._named(name)
            stack.callback(self._free_name, own)
            path = stack.enter_context(self._folder.staged(own))
            with path.open("xb") as file:
                incoming = Incoming(self, file)
                stack.callback(lambda: self._free(incoming.size))
                yield incoming
            if incoming.is_whole:
                incoming.upload = self._kept(own, path, stack.pop_all())

    def remove(self, id: str) -> None:
        """Delete a file. Raises RefusedError."""
        upload = self.upload(id)
        with self._lock:
            place = self._places.pop(id, None)
            self._uploads.pop(id, None)
        self._memory.forget(str(upload.path))
        if place is not None:
            place.close()

    def claim(self, size: int, own: int) -> None:
        """Reserve so many bytes for a file that now has `own`. Raises RefusedError."""
        with self._lock:
            self._used += size
            if own > self.space.file_bytes:
                raise RefusedError(413, say("a file may have up to {most:,} bytes", most=self.space.file_bytes))
            if self._used > self.space.total_bytes:
                raise RefusedError(
                    413, say("all files together may have up to {most:,} bytes; remove some", most=self.space.total_bytes)
                )

    def _kept(self, name: str, path: Path, place: ExitStack) -> Upload:
        self._memory.add(str(path))
        try:
            facts = self._containment.facts(str(path), "decode")
        except BaseException:
            self._memory.forget(str(path))
            place.close()
            raise
        with self._lock:
            upload = Upload(f"f{next(self._numbers)}", name, path, facts)
            self._uploads[upload.id] = upload
            self._places[upload.id] = place
        return upload

    def _named(self, name: str) -> str:
        """A name that can be one, and that no other file has. Raises RefusedError where there are too many."""
        plain = display_name(re.sub(_NOT_IN_NAMES, "_", name)).strip()
        if not plain.strip("._ "):
            plain = _UNNAMED
        stem, dot, suffix = plain.rpartition(".")
        if not stem or not suffix or len(suffix) > _LONGEST_SUFFIX:
            stem, dot, suffix = plain.rstrip("."), "", ""
        with self._lock:
            if len(self._names) >= self.space.files:
                raise RefusedError(413, say("there may be up to {count:,} files; remove some", count=self.space.files))
            distinctions = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
            several = (f"{shortened(stem)}{each}{dot}{suffix}" for each in distinctions)
            own = next(name for name in several if name.casefold() not in self._names)
            self._names.add(own.casefold())
        return own

    def _free_name(self, name: str) -> None:
        with self._lock:
            self._names.discard(name.casefold())

    def _free(self, size: int) -> None:
        with self._lock:
            self._used -= size


class Incoming:
    """A file that is being uploaded. `upload`: what became of it, once `receiving` has ended."""

    def __init__(self, shelf: Shelf, file: BinaryIO) -> None:
        self._shelf = shelf
        self._file = file
        self.size = 0
        self.is_whole = False
        self.upload: Upload | None = None

    def write(self, piece: bytes) -> None:
        """Add to the file. Raises RefusedError."""
        self.size += len(piece)
        self._shelf.claim(len(piece), self.size)
        try:
            self._file.write(piece)
        except OSError as error:
            raise RefusedError(
                413, say("the file cannot be kept: {reason}", reason=(error.strerror or str(error)).lower())
            ) from None

    def keep(self) -> None:
        """All of it has come."""
        self.is_whole = True
