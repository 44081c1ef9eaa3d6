"""What every step of a submission shares: the transport, the ledger, the catalog, the endpoint, and the waiting times."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, ParamSpec, TypeVar

from ..catalog import Catalog, Model, builtin_catalog
from ..check.containment import UNCONTAINED, Containment
from ..errors import UsageError
from ..language import say
from .dashscope.endpoint import Endpoint, default_region, endpoint_for
from .dashscope.reading import http_date
from .http import Answer, Request, Send
from .ledger import Ledger, Submission

_P = ParamSpec("_P")
_Result = TypeVar("_Result")
# A date outside these years is not from a working clock.
_YEARS = range(2020, 2100)
Boxes = Literal["service", "local"]
Stage = Literal["upload", "detect", "queue", "create", "settle", "wait", "download"]


@dataclass(frozen=True)
class Pace:
    """How long to wait, and how often to retry. Times in seconds.

    Attributes:
        poll_interval: between two queries of a task; None takes the documented 15.
        attempts: of a request that may be repeated.
        first_backoff: the longest first wait between them; it doubles.
        settle: waits before each look at the task list, after an answer to a create call was lost; the last is repeated.
        settle_time: how long the list is read before the submission is left unclear, or sent again after an error of the service.
        queue_interval: between two looks at the ledger while other tasks of the model run.
        unknown_polls: how many answers UNKNOWN in a row end the wait for a task that should be there.
    """

    poll_interval: float | None = None
    attempts: int = 6
    first_backoff: float = 1.0
    settle: tuple[float, ...] = (1.0, 3.0, 6.0, 10.0)
    settle_time: float = 120.0
    queue_interval: float = 1.0
    unknown_polls: int = 3


@dataclass(frozen=True)
class Event:
    """Something that happened to one submission, for a progress display.

    Attributes:
        number: the submission's number in the ledger; None if it is not of one.
        share: of `stage` that is done, 0 to 1; None if that cannot be known.
    """

    stage: Stage
    number: int | None
    text: str
    share: float | None = None


class ServiceClock:
    """The service's time: counted from the last answer with a time. This machine's clock may be wrong or jump.

    Args:
        elapsed: seconds that only ever grow, such as `time.monotonic`.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._heard: tuple[float, float] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's `date` header, if it has a valid one."""
        moment = http_date(headers.get("date", ""))
        if moment is not None and datetime.fromtimestamp(moment, UTC).year in _YEARS:
            self._heard = moment, self._elapsed()

    def now(self) -> float | None:
        """Seconds since 1970, in whole seconds; None before the first answer with a time."""
        if self._heard is None:
            return None
        moment, at = self._heard
        return moment + self._elapsed() - at


def _unwatched(event: Event) -> None:
    """Ignores all events."""


async def _no_wire(send: Send) -> Answer:
    raise AssertionError(say("sending is not allowed here"))


async def _sleep(seconds: float) -> None:
    import anyio

    await anyio.sleep(seconds)


def _fulfil(outcome: Future[Any], function: Callable[[], Any]) -> None:
    try:
        outcome.set_result(function())
    except BaseException as error:
        outcome.set_exception(error)


@dataclass(frozen=True)
class Session:
    """Everything that a step needs besides the job. The API key is not here: `account` only identifies it.

    Attributes:
        mask: removes the API key from a text.
        wire: makes one exchange. Raises UnreachableError, LostAnswerError and ProtocolError; for a host that is not public,
            UploadError, DownloadError, or PrivateAddressError if it is an input's; UploadError for a file that has changed.
        sleep: waits for some seconds.
        region, workspace, base_url: as the user chose them; None leaves them to the job, the environment and the catalog.
        private_urls: whether inputs may be URLs of private addresses.
        look_at_urls: whether input URLs are checked before anything is sent.
        containment: where files and results are read.
        clock: seconds since the epoch, by this machine.
        elapsed: seconds that only ever grow.
        service_clock: the service's time.
    """

    ledger: Ledger
    account: str
    mask: Callable[[str], str] = str
    wire: Callable[[Send], Awaitable[Answer]] = _no_wire
    sleep: Callable[[float], Awaitable[None]] = _sleep
    catalog: Catalog = field(default_factory=builtin_catalog)
    region: str | None = None
    workspace: str | None = None
    base_url: str | None = None
    private_urls: bool = False
    look_at_urls: bool = True
    containment: Containment = UNCONTAINED
    pace: Pace = Pace()
    clock: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic
    service_clock: ServiceClock = field(default_factory=ServiceClock)
    random: Callable[[], float] = random.random
    notify: Callable[[Event], None] = _unwatched

    async def send(self, request: Request, **how: Any) -> Answer:
        """The answer to a request; `how` are the other attributes of a `Send`. Raises what `wire` raises."""
        return await self.wire(Send(request, **how))

    async def run(self, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs) -> _Result:
        """Run a function that reads files or the ledger in a thread; return or raise its result.

        If the caller is cancelled, the function has ended, or never started, before the cancellation continues.
        """
        import anyio
        import anyio.to_thread

        outcome: Future[_Result] = Future()

        async def run_to_its_end() -> None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_fulfil, outcome, functools.partial(function, *args, **kwargs))

        # asyncio's own cancellation ignores a shield, but not a group, which waits for its tasks.
        async with anyio.create_task_group() as group:
            group.start_soon(run_to_its_end)
        return outcome.result()

    @asynccontextmanager
    async def claimed(self, submission: Submission) -> AsyncIterator[Submission]:
        """The submission while the block lasts, as soon as no other thread or process that shares the ledger works on it."""
        while True:
            async with self.claimed_if_idle(submission) as own:
                if own is not None:
                    yield own
                    return
            self.tell("queue", submission, say("another process is working on it"))
            await self.sleep(self.pace.queue_interval)

    @asynccontextmanager
    async def claimed_if_idle(self, submission: Submission) -> AsyncIterator[Submission | None]:
        """The submission while the block lasts; None if a living process or thread works on it."""
        taken: list[Submission | None] = []
        try:
            # Stored inside the thread: a cancelled caller never sees the return value.
            await self.run(lambda: taken.append(self.ledger.claim(submission.id)))
            yield taken[0]
        finally:
            if any(taken):
                self.ledger.release(submission.id)

    def region_of(self, model: Model, job_region: str | None) -> str:
        """The service for a job. Raises UsageError if the model is not served there."""
        return default_region(model, job_region, self.region)

    def endpoint(self, region: str) -> Endpoint:
        """The service in a region. Raises UsageError if the region or the base URL is not usable."""
        return endpoint_for(self.catalog.terms, region, workspace=self.workspace, base_url=self.base_url)

    def endpoint_of(self, submission: Submission) -> Endpoint:
        """The service a submission belongs to.

        Raises UsageError if that is not the chosen one, which must not get the key, or if another key sent it.
        """
        endpoint = self.endpoint(submission.region)
        if endpoint.base_url != submission.base_url:
            raise UsageError(
                say(
                    "submission {submission} belongs to {base_url}; give that as the base URL",
                    submission=submission.id,
                    base_url=submission.base_url,
                )
            )
        if submission.account not in (None, self.account):
            raise UsageError(
                say(
                    "submission {submission} belongs to the key of account {account}, but this is the key of account "
                    "{account2}; use that key, or submit the job once more with `--again` (`again=True`)",
                    submission=submission.id,
                    account=submission.account,
                    account2=self.account,
                )
            )
        return endpoint

    def home(self) -> Endpoint:
        """The service for calls without a job: in the chosen region, else in the provider's first."""
        return self.endpoint(self.region or next(iter(self.catalog.terms.hosts)))

    @property
    def poll_interval(self) -> float:
        return self.pace.poll_interval or self.catalog.terms.polling_interval

    def tell(self, stage: Stage, submission: Submission | None, text: str, share: float | None = None) -> None:
        """Pass an event to the observer."""
        self.notify(Event(stage, submission.id if submission else None, text, share))
