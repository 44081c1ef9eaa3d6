"""The uploads of a session, each in its own folder."""

from __future__ import annotations

import itertools
import re
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..language import say
from ..media.facts import Facts
from ..media.source import display_name
from ..output_folder import OutputFolder, shortened
from ..system import file_name
from .access import RefusedError
from .limits import Space
from .memory import Memory, Remembering

# Characters that a file name must not contain here.
_NOT_IN_NAMES = r"[\x00-\x1f\x7f/\\]"
_UNNAMED = "file"
_LONGEST_SUFFIX = 16


class Upload(NamedTuple):
    """An uploaded file: its number, name, path and facts."""

    id: str
    name: str
    path: Path
    facts: Facts


class Uploads:
    """The files of a session. For several threads."""

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
    def files(self) -> list[Upload]:
        """All files, in the order of arrival."""
        with self._lock:
            return list(self._uploads.values())

    def upload(self, id: str) -> Upload:
        """The file with this number. Raises RefusedError."""
        with self._lock:
            found = self._uploads.get(id)
        if found is None:
            raise RefusedError(404, say("there is no file {number}", number=id))
        return found

    def begin(self, name: str) -> Incoming:
        """Begin an upload. Raises RefusedError."""
        with ExitStack() as stack:
            own = self._named(name)
            stack.callback(self._free_name, own)
            path = stack.enter_context(self._folder.staged(own))
            incoming = Incoming(self, own, path, path.open("xb"), stack.pop_all())
        return incoming

    def keep(self, incoming: Incoming) -> Upload:
        """Keep a completely received file, and measure it. Raises CrashError if the server was stopped meanwhile."""
        incoming.file.close()
        path = str(incoming.path)
        self._memory.add(path)
        try:
            facts = self._containment.facts(path, "decode")
        except BaseException:
            self._memory.forget(path)
            raise
        with self._lock:
            upload = Upload(f"f{next(self._numbers)}", incoming.name, incoming.path, facts)
            self._uploads[upload.id] = upload
            self._places[upload.id] = incoming.place
        return upload

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
        """Reserve `count` more bytes for a file that now has `own`. Raises RefusedError."""
        with self._lock:
            self._used += size
            if own > self.space.file_bytes:
                raise RefusedError(413, say("a file may have up to {most:,} bytes", most=self.space.file_bytes))
            if self._used > self.space.total_bytes:
                raise RefusedError(
                    413, say("all files together may have up to {most:,} bytes; remove some", most=self.space.total_bytes)
                )

    def _named(self, name: str) -> str:
        """A valid name that no other file has. Raises RefusedError if there are too many."""
        plain = file_name(re.sub(_NOT_IN_NAMES, "_", display_name(name)).strip())
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

    def free(self, size: int) -> None:
        """Release reserved bytes."""
        with self._lock:
            self._used -= size


class Incoming:
    """A file that is being uploaded."""

    def __init__(self, uploads: Uploads, name: str, path: Path, file: BinaryIO, place: ExitStack) -> None:
        self.name = name
        self.path = path
        self.file = file
        self.place = place
        self._uploads = uploads
        self._size = 0
        place.callback(lambda: uploads.free(self._size))
        place.callback(file.close)

    def write(self, piece: bytes) -> None:
        """Add to the file. Raises RefusedError."""
        self._size += len(piece)
        self._uploads.claim(len(piece), self._size)
        try:
            self.file.write(piece)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RefusedError(413, say("the file cannot be kept: {reason}", reason=reason)) from None

    def discard(self) -> None:
        """Delete it."""
        self.place.close()
