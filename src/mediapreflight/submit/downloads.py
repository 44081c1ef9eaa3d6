"""Download the finished video: in as many parts as needed, measured, and only then renamed.

The URL of a result is signed and expires some time after the task has ended: most after 24 h, some models' later
(`Service.result_days`). It is requested without the API key, and no error shows its query.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from ..errors import DownloadError, OutputError, TransportError
from ..language import say
from ..media.facts import Facts, VideoFacts
from ..output_folder import OutputFolder, file_sha256
from ..system import rename
from .calls import backoff, can_pass
from .dashscope.answers import error_of
from .http import Answer, Request, shown_url
from .http.addresses import is_loopback
from .session import Session

_HOPS = 3
_DEAD = frozenset({403, 404, 410})
# Results last minutes, not hours; a larger file is not a result, and would only fill the disk.
_MOST_BYTES = 4 * 2**30
# A try with fewer new bytes counts as failed, so that a server that sends single bytes cannot continue for ever.
_PROGRESS_BYTES = 64 * 1024


async def download(
    session: Session,
    url: str,
    folder: OutputFolder,
    name: str,
    *,
    otherwise: str,
    public: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Download a video, and return its path. A file of this name with the same bytes is kept.

    Args:
        otherwise: the final name if `name` belongs to another file.
        public: whether the URL and its redirects must have public addresses: a service on another machine must not send its
            clients into their private network.
        progress: is called with the share that has arrived, 0 to 1, if the size is known.

    A file that is not an intact video is fetched once more. Raises DownloadError if it cannot be fetched or is not a video, and
    OutputError if the folder cannot be written to.
    """
    with folder.staged(name) as path, contextlib.closing(Partial(path, _MOST_BYTES, progress)) as partial:
        for last in (False, True):
            await _fetched(session, url, folder, partial, public)
            facts = await session.run(session.containment.facts, str(path), "decode")
            if isinstance(facts, VideoFacts) and not facts.problems:
                return await session.run(_deliver, folder, path, otherwise)
            if last:
                raise DownloadError(
                    say("{url}: the result is not an intact video: {facts}", url=shown_url(url), facts=_trouble(facts))
                )
            partial.restart()
    raise AssertionError("the last try returns or raises")


def _trouble(facts: Facts) -> str:
    return facts.problems[0] if facts.problems else say("it contains only {kind}", kind=facts.kind)


def _deliver(folder: OutputFolder, staged: Path, otherwise: str) -> Path:
    try:
        return folder.deliver(staged, overwrite=False)
    except OutputError:
        there = folder.path / staged.name
        if not os.path.lexists(there):
            raise
    if there.is_file() and file_sha256(there) == file_sha256(staged):
        return there
    if staged.name == otherwise:
        raise OutputError(str(there), say("exists already, with other content; choose another folder with --out"))
    renamed = staged.with_name(otherwise)
    rename(staged, renamed)
    return _deliver(folder, renamed, otherwise)


async def _fetched(session: Session, url: str, folder: OutputFolder, partial: Partial, public: bool) -> None:
    """Download the rest of the file."""
    failed, farthest = 0, 0
    while True:
        answer = await _asked(session, url, partial, public)
        is_whole = partial.end(answer)
        if partial.fault is not None:
            reason = (partial.fault.strerror or str(partial.fault)).lower()
            raise OutputError(str(folder.path), say("cannot be written to: {reason}", reason=reason))
        if partial.is_too_large:
            raise DownloadError(
                say("{url}: the result has more than {most_bytes:,} bytes", url=shown_url(url), most_bytes=_MOST_BYTES)
            )
        if is_whole:
            return
        _refuse(url, answer)
        failed = 0 if partial.have >= farthest + _PROGRESS_BYTES else failed + 1
        farthest = max(farthest, partial.have)
        if failed >= session.pace.attempts:
            raise DownloadError(
                say(
                    "{url}: the result could not be downloaded in {attempts} tries: {answer}",
                    url=shown_url(url),
                    attempts=session.pace.attempts,
                    answer=_hindrance(answer),
                )
            )
        retry_after = error_of(answer).retry_after if answer is not None and can_pass(answer.status) else None
        await session.sleep(backoff(max(failed - 1, 0), retry_after, session.random, first=session.pace.first_backoff))


async def _asked(session: Session, url: str, partial: Partial, public: bool) -> Answer | None:
    """The answer at the end of the redirects; None if there was none, or it was interrupted."""
    here = url
    for _ in range(_HOPS + 1):
        request = Request("download", "GET", here, partial.headers)
        try:
            answer = await session.send(request, sink=partial, begin=partial.begin, public=public)
        except TransportError:
            return None
        onward = answer.redirect(here)
        if onward is None:
            return answer
        if not _may_follow(here, onward):
            raise DownloadError(
                say("{url}: redirects to {onward}, which is not followed", url=shown_url(url), onward=shown_url(onward))
            )
        here = onward
    raise DownloadError(say("{url}: redirects more than {hops} times", url=shown_url(url), hops=_HOPS))


def _may_follow(here: str, onward: str) -> bool:
    """Follow redirects only to HTTPS, without credentials; plain HTTP only within this machine."""
    try:
        origin, target = urlsplit(here), urlsplit(onward)
    except ValueError:
        return False
    if not target.hostname or "@" in target.netloc:
        return False
    is_local = is_loopback(target.hostname) and is_loopback(origin.hostname or "")
    return target.scheme == "https" or (target.scheme == "http" and is_local)


def _refuse(url: str, answer: Answer | None) -> None:
    """Raise if another try cannot help."""
    if answer is None or answer.status in (200, 206, 416) or can_pass(answer.status):
        return
    if answer.status in _DEAD:
        raise DownloadError(
            say(
                "{url}: the URL of the result has expired (status {status})",
                url=shown_url(url),
                status=answer.status,
            )
        )
    raise DownloadError(say("{url}: the result cannot be downloaded: status {status}", url=shown_url(url), status=answer.status))


def _hindrance(answer: Answer | None) -> str:
    if answer is None:
        return say("no answer came, or it was cut off")
    return say("its data does not end") if answer.status in (200, 206, 416) else say("status {status}", status=answer.status)


# --- the file while it arrives


class Partial:
    """Receives the bytes of all requests for one file.

    Attributes:
        have: bytes that have arrived.
        total: bytes of the whole file; None if the server has not said.
        fault: why a piece could not be written; nothing is written after it.

    A body of more than `most` bytes is not read further. `progress` is called with the share that has arrived, 0 to 1.
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
        """Request the missing bytes: the rest if the server can say whether it is the same file, else the whole file."""
        # A compressed body has other bytes than the file, so it cannot be continued.
        headers = {"Accept-Encoding": "identity"}
        if self.have and self._validator is not None:
            headers |= {"Range": f"bytes={self.have}-", "If-Range": self._validator}
        return headers

    @property
    def is_too_large(self) -> bool:
        return max(self.have, self.total or 0) > self._most

    def restart(self) -> None:
        """Drop the bytes that have arrived."""
        self.have, self.total, self._validator = 0, None, None

    def begin(self, answer: Answer) -> None:
        """Prepare for a body: after the existing bytes if it continues them, else instead of them."""
        if answer.status == 206:
            part = answer.range
            self._fits = part.first == self.have and (self.total is None or part.total in (None, self.total))
            if not self._fits:
                return
            self.total = part.total if part.total is not None else self.total
        else:
            self.have, self.total = 0, answer.length
        self._validator = _validator(answer)
        if not self.is_too_large:
            self._guarded(self._open)

    def __call__(self, piece: bytes) -> bool:
        """Write a piece; True if the rest of the body is not needed."""
        stream = self._stream
        if stream is None:
            return True
        self._guarded(lambda: stream.write(piece))
        self.have += len(piece)
        if self.total and self._progress is not None:
            self._progress(min(self.have / self.total, 1.0))
        return self.fault is not None or self.is_too_large

    def end(self, answer: Answer | None) -> bool:
        """End a request, and say whether the file is complete. `answer` is None if the connection was lost."""
        if self._stream is not None:
            self._guarded(self._stream.close)
            self._stream = None
        fits, self._fits = self._fits, True
        if answer is not None and answer.status == 416:
            # The server has nothing left to send: everything is there, or it is another file.
            whole = self.have > 0 and answer.range.total == self.have
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
        """Abort a request."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
            self._stream = None

    def _open(self) -> None:
        self._stream = self._path.open("r+b" if self.have else "wb")
        self._stream.truncate(self.have)
        self._stream.seek(self.have)

    def _guarded(self, work: Callable[[], object]) -> None:
        # An error of the disk, if raised in the connection, would look like a network error, and be retried.
        try:
            work()
        except OSError as error:
            self.fault = self.fault or error


def _validator(answer: Answer) -> str | None:
    """The value that shows whether a later answer is of the same file: its strong entity tag, else its date."""
    tag = answer.headers.get("etag", "")
    return tag if tag.startswith('"') else answer.headers.get("last-modified")
