"""The finished video to its place on disk: fetched in as many pieces as it takes, probed, and only then given its name.

The URL of a result is signed and dies 24 h after the task has ended. No API key goes with it, and no error shows its query.
"""

from __future__ import annotations

import contextlib
import functools
import random as _random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ..containment import UNCONTAINED, Containment
from ..errors import DownloadError, OutputError, TransportError
from ..output_folder import OutputFolder, file_sha256
from ..probe.facts import Facts, VideoFacts
from .answers import error_of
from .endpoint import is_loopback
from .exchange import Answer, Call, Flow, Request, Send, Sleep
from .partial import Partial
from .retries import backoff, can_pass
from .urls import redirect_of, shown_url

_HOPS = 3
_DEAD = frozenset({403, 404, 410})
# Results last minutes, not hours; what is larger is none, and would only fill the disk.
_MOST_BYTES = 4 * 2**30
# A try that brings less counts as failed, so that a server that sends a byte at a time comes to an end.
_PROGRESS_BYTES = 64 * 1024


@dataclass(frozen=True)
class Delivered:
    """A result under its final name, with what it was measured to be."""

    path: Path
    facts: VideoFacts


def download(
    url: str,
    folder: OutputFolder,
    name: str,
    *,
    attempts: int = 5,
    first_backoff: float = 1.0,
    overwrite: bool = False,
    containment: Containment = UNCONTAINED,
    random: Callable[[], float] = _random.random,
    progress: Callable[[float], None] | None = None,
) -> Flow[Delivered]:
    """Bring a video home. A file of this name that holds the same bytes already is left as it is.

    Args:
        folder: open; the video is written to its hidden staging place first.
        name: the final file name.
        attempts: how many tries in a row may bring nothing new.
        first_backoff: the longest first wait between them, in seconds.
        overwrite: whether a file of this name with other bytes is replaced.
        containment: where the video is measured.
        progress: is told which share has arrived, 0 to 1, where the whole is known.

    A file that is no sound video is fetched once more. Raises DownloadError where the video cannot be had or is none, and
    OutputError where the folder cannot be written to.
    """
    with folder.staged(name) as path, contextlib.closing(Partial(path, _MOST_BYTES, progress)) as partial:
        for last in (False, True):
            yield from _fetched(url, folder, partial, attempts, first_backoff, random)
            facts: Facts = yield Call(functools.partial(containment.facts, str(path), "decode"))
            if isinstance(facts, VideoFacts) and not facts.problems:
                target: Path = yield Call(functools.partial(_deliver, folder, path, overwrite))
                return Delivered(target, msgspec.structs.replace(facts, path=str(target)))
            if last:
                raise DownloadError(f"{shown_url(url)}: the result is no sound video: {_trouble(facts)}")
            partial.restart()
    raise AssertionError("the last try returns or raises")


def _trouble(facts: Facts) -> str:
    return facts.problems[0] if facts.problems else f"its bytes hold {facts.kind} only"


def _deliver(folder: OutputFolder, staged: Path, overwrite: bool) -> Path:
    try:
        return folder.deliver(staged, overwrite=overwrite)
    except OutputError:
        there = folder.path / staged.name
        if there.is_file() and file_sha256(there) == file_sha256(staged):
            return there
        raise


def _fetched(
    url: str,
    folder: OutputFolder,
    partial: Partial,
    attempts: int,
    first_backoff: float,
    random: Callable[[], float],
) -> Flow[None]:
    """Fill the file, from where it stands."""
    failed, farthest = 0, 0
    while True:
        answer = yield from _asked(url, partial)
        is_whole = partial.end(answer)
        if partial.fault is not None:
            reason = (partial.fault.strerror or str(partial.fault)).lower()
            raise OutputError(str(folder.path), f"cannot be written to: {reason}")
        if partial.is_too_large:
            raise DownloadError(f"{shown_url(url)}: the result has more than {_MOST_BYTES:,} bytes")
        if is_whole:
            return
        _refuse(url, answer)
        failed = 0 if partial.have >= farthest + _PROGRESS_BYTES else failed + 1
        farthest = max(farthest, partial.have)
        if failed >= attempts:
            raise DownloadError(f"{shown_url(url)}: the result cannot be fetched, after {attempts} tries: {_hindrance(answer)}")
        retry_after = error_of(answer).retry_after if answer is not None and can_pass(answer.status) else None
        yield Sleep(backoff(max(failed - 1, 0), retry_after, random, first=first_backoff))


def _asked(url: str, partial: Partial) -> Flow[Answer | None]:
    """The answer at the end of the redirects; None where none came, or it broke off."""
    here = url
    for _ in range(_HOPS + 1):
        request = Request("download", "GET", here, partial.headers)
        try:
            answer: Answer = yield Send(request, sink=partial, begin=partial.begin)
        except TransportError:
            return None
        onward = redirect_of(here, answer)
        if onward is None:
            return answer
        if not _may_follow(here, onward):
            raise DownloadError(f"{shown_url(url)}: redirects to {shown_url(onward)}, which is not followed")
        here = onward
    raise DownloadError(f"{shown_url(url)}: redirects more than {_HOPS} times")


def _may_follow(here: str, onward: str) -> bool:
    """Only to HTTPS, without credentials; plain HTTP only within this machine."""
    try:
        origin, target = urlsplit(here), urlsplit(onward)
    except ValueError:
        return False
    if not target.hostname or "@" in target.netloc:
        return False
    is_local = is_loopback(target.hostname) and is_loopback(origin.hostname or "")
    return target.scheme == "https" or (target.scheme == "http" and is_local)


def _refuse(url: str, answer: Answer | None) -> None:
    """Raise where a further try cannot help."""
    if answer is None or answer.status in (200, 206, 416) or can_pass(answer.status):
        return
    if answer.status in _DEAD:
        raise DownloadError(f"{shown_url(url)}: the result's URL has died (status {answer.status}); it lives 24 h")
    raise DownloadError(f"{shown_url(url)}: the result cannot be fetched: status {answer.status}")


def _hindrance(answer: Answer | None) -> str:
    if answer is None:
        return "no answer came, or it broke off"
    return "its bytes do not come to an end" if answer.status in (200, 206, 416) else f"status {answer.status}"
