"""What has arrived of a file that is fetched in pieces: where the next piece goes, and what to ask for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .http.exchange import Answer
from .urls import content_length, content_range


class Partial:
    """The sink of all requests for one file.

    Attributes:
        have: bytes that have arrived.
        total: bytes of the whole; None where the server has not said.
        fault: why a piece could not be written; nothing is written after it.

    Args:
        path: where the bytes go.
        most: bytes; a body is not read further when it has more.
        progress: is told which share has arrived, 0 to 1.
    """

    def __init__(self, path: Path, most: int, progress: Callable[[float], None] | None = None) -> None:
        self.have = 0
        self.total: int | None = None
        self.fault: OSError | None = None
        self._path = path
        self._most = most
        self._progress = progress
        self._validator: str | None = None
        self._stream: BinaryIO | None = None
        self._fits = True

    @property
    def headers(self) -> dict[str, str]:
        """For a request of what is missing: the rest where the server can tell whether it is of the same file, else the whole."""
        # A compressed body has other bytes than the file, and no place in it to go on from.
        headers = {"Accept-Encoding": "identity"}
        if self.have and self._validator is not None:
            headers |= {"Range": f"bytes={self.have}-", "If-Range": self._validator}
        return headers

    @property
    def is_too_large(self) -> bool:
        return max(self.have, self.total or 0) > self._most

    def restart(self) -> None:
        """Forget what has arrived."""
        self.have, self.total, self._validator = 0, None, None

    def begin(self, answer: Answer) -> None:
        """Make ready for a body: behind what is there where it goes on from it, else in its place."""
        if answer.status == 206:
            part = content_range(answer.headers)
            self._fits = part.first == self.have and (self.total is None or part.total in (None, self.total))
            if not self._fits:
                return
            self.total = part.total if part.total is not None else self.total
        else:
            self.have, self.total = 0, content_length(answer.headers)
        self._validator = _validator(answer)
        if not self.is_too_large:
            self._guarded(self._open)

    def __call__(self, piece: bytes) -> bool:
        """Write a piece; True where the rest of the body is of no use."""
        stream = self._stream
        if stream is None:
            return True
        self._guarded(lambda: stream.write(piece))
        self.have += len(piece)
        if self.total and self._progress is not None:
            self._progress(min(self.have / self.total, 1.0))
        return self.fault is not None or self.is_too_large

    def end(self, answer: Answer | None) -> bool:
        """End a request, and say whether the file is whole. `answer` is None where the connection was lost."""
        if self._stream is not None:
            self._guarded(self._stream.close)
            self._stream = None
        fits, self._fits = self._fits, True
        if answer is not None and answer.status == 416:
            # Nothing is left to send: all is there, or the file is another one.
            whole = self.have > 0 and content_range(answer.headers).total == self.have
            if not whole:
                self.restart()
            return whole
        if answer is not None and answer.status not in (200, 206):
            return False
        if not fits or (self.total is not None and self.have > self.total):
            self.restart()
            return False
        return answer is not None if self.total is None else self.have == self.total

    def close(self) -> None:
        """Give up a request that was not ended."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
            self._stream = None

    def _open(self) -> None:
        self._stream = self._path.open("r+b" if self.have else "wb")
        self._stream.truncate(self.have)
        self._stream.seek(self.have)

    def _guarded(self, work: Callable[[], object]) -> None:
        # An error of the disk that reached the connection would be taken for one of the network, and tried again.
        try:
            work()
        except OSError as error:
            self.fault = self.fault or error


def _validator(answer: Answer) -> str | None:
    """What tells whether a later answer is of the same file: its strong entity tag, else its date."""
    tag = answer.headers.get("etag", "")
    return tag if tag.startswith('"') else answer.headers.get("last-modified")
