"""The clients: `AsyncClient` does the work, and `Client` is the same for code that does not await.

with Client() as client:
    task = client.submit(job)                 # Task: .id, .status
    video = client.wait(task, out="videos")   # pathlib.Path; raises TaskFailed
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from ..catalog import Catalog, builtin_catalog
from ..check.containment import TIME_LIMIT_S, contained
from ..job import Job
from . import tasks
from .dashscope.answers import Detection, ListedTask
from .http.key import ApiKey, find_key
from .ledger import Ledger
from .pipeline import SubmitOptions
from .result import JobResult
from .session import Boxes, Event, Pace, Session
from .tasks import Task

if TYPE_CHECKING:
    import httpx
    from anyio.from_thread import BlockingPortal

_Result = TypeVar("_Result")


class AsyncClient:
    """`Client` with the same settings, and the same methods to await, on asyncio and trio."""

    def __init__(
        self,
        api_key: ApiKey | str | Callable[[], str] | None = None,
        *,
        region: str | None = None,
        workspace: str | None = None,
        base_url: str | None = None,
        catalog: Catalog | None = None,
        ledger: Ledger | None = None,
        pace: Pace | None = None,
        private_urls: bool = False,
        time_limit_s: float | None = TIME_LIMIT_S,
        notify: Callable[[Event], None] | None = None,
        timeout: httpx.Timeout | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """See `Client`."""
        from .http.connections import opened
        from .http.transport import Wire

        key = find_key(api_key)
        self._wire = Wire(opened(transport), key, timeout)
        self.session = Session(
            ledger=ledger or Ledger(),
            account=key.account,
            mask=key.mask,
            wire=self._wire,
            catalog=catalog or builtin_catalog(),
            region=region,
            workspace=workspace,
            base_url=base_url,
            private_urls=private_urls,
            containment=contained(time_limit_s, os.cpu_count()),
            pace=pace or Pace(),
        )
        if notify is not None:
            self.session = replace(self.session, notify=notify)
        # A wrong region or base URL is to be told before any work is done.
        self.session.home()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self.session.account!r}, region={self.session.region!r})"

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections, and end what reads files."""
        await self._wire.close()
        self.session.containment.close()

    async def detect(self, job: Job, *, ratio: str | None = None, again: bool = False) -> Detection:
        """See `Client.detect`."""
        return await tasks.detect_picture(self.session, job, ratio, again=again)

    async def upload(self, path: str | os.PathLike[str], *, model: str, region: str | None = None) -> str:
        """See `Client.upload`."""
        return await tasks.upload_file(self.session, os.fsdecode(path), model, region)

    async def submit(
        self,
        job: Job,
        *,
        boxes: Boxes = "service",
        ratio: str | None = None,
        again: bool = False,
        force: bool = False,
        inline: bool = False,
        out: str | os.PathLike[str] | None = None,
    ) -> Task:
        """See `Client.submit`."""
        return (
            await tasks.submit_job(self.session, job, boxes=boxes, ratio=ratio, again=again, force=force, inline=inline, out=out)
        ).of(self)

    async def refresh(self, task: Task | str | int) -> Task:
        """See `Client.refresh`."""
        return (await tasks.refresh_task(self.session, task)).of(self)

    async def wait(
        self, task: Task | str | int, out: str | os.PathLike[str] | None = None, *, timeout: float | None = None
    ) -> Path | str:
        """See `Client.wait`."""
        return await tasks.wait_for_task(self.session, task, out, timeout)

    async def cancel(self, task: Task | str | int) -> None:
        """See `Client.cancel`."""
        await tasks.cancel_task(self.session, task)

    async def adopt(self, number: int, task_id: str) -> Task:
        """See `Client.adopt`."""
        return (await tasks.adopt_task(self.session, number, task_id)).of(self)

    async def list(self, *, model: str | None = None, status: str | None = None) -> tuple[ListedTask, ...]:
        """See `Client.list`."""
        return await tasks.list_tasks(self.session, model, status)

    async def download(self, task: Task | str | int, out: str | os.PathLike[str]) -> Path | str:
        """See `Client.download`."""
        return await tasks.download_result(self.session, task, out)

    async def deliver(
        self,
        jobs: Iterable[Job],
        options: SubmitOptions | None = None,
        *,
        max_cost: float | None = None,
        detach: bool = False,
        done: Callable[[JobResult], None] | None = None,
    ) -> tuple[JobResult, ...]:
        """See `Client.deliver`."""
        from .batch import deliver_jobs

        return await deliver_jobs(self.session, jobs, options or SubmitOptions(), max_cost=max_cost, detach=detach, done=done)

    async def template(self, video: str | os.PathLike[str], *, model: str | None = None, timeout: float | None = None) -> str:
        """See `Client.template`."""
        return await tasks.make_template(self.session, os.fsdecode(video), model, timeout)


class Client:
    """Sends jobs to the service and fetches what it makes of them. Safe to use from several threads.

    An event loop in a thread of its own runs an `AsyncClient`.
    """

    def __init__(
        self,
        api_key: ApiKey | str | Callable[[], str] | None = None,
        *,
        region: str | None = None,
        workspace: str | None = None,
        base_url: str | None = None,
        catalog: Catalog | None = None,
        ledger: Ledger | None = None,
        pace: Pace | None = None,
        private_urls: bool = False,
        time_limit_s: float | None = TIME_LIMIT_S,
        notify: Callable[[Event], None] | None = None,
        timeout: httpx.Timeout | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take the settings; nothing is sent yet.

        Args:
            api_key: the key, or a function that fetches it; None takes `DASHSCOPE_API_KEY`, then the system's key ring.
            region: `beijing`, `singapore`, `virginia` or `frankfurt`; None leaves it to the job, then to the model.
            workspace: the workspace id, for the newer host names; None takes `DASHSCOPE_WORKSPACE_ID`.
            base_url: ends in `/api/v1`; None takes `DASHSCOPE_HTTP_BASE_URL`, then the region's host.
            catalog: the models; None takes those that come with the package.
            ledger: the record of submitted jobs; None takes the user's own.
            pace: how long to wait and how often to try.
            private_urls: whether inputs may be URLs of private addresses.
            time_limit_s: how long what reads files and results may take, in a process of its own; None: it runs
                in this one, which is faster and which a crash of a decoder ends.
            notify: is told of uploads, polls and downloads as they go, from any thread.
            timeout: of each phase of every exchange, in place of the built-in ones. A whole exchange may take as long as
                connecting and two reads, and a second for each 32 KiB; without a limit where one of the two has none.
            transport: for tests and special networks, in place of all that is said here of connections.

        Raises UsageError without a key, for an unknown region, for a base URL that is not HTTPS (loopback may be plain HTTP), and
        for proxies or certificates in the environment that are of no use.
        """
        self._new = functools.partial(
            AsyncClient,
            find_key(api_key),
            region=region,
            workspace=workspace,
            base_url=base_url,
            catalog=catalog,
            ledger=ledger,
            pace=pace,
            private_urls=private_urls,
            time_limit_s=time_limit_s,
            notify=notify,
            timeout=timeout,
            transport=transport,
        )
        self._client = self._new()
        self._lock = threading.Lock()
        self._portal: BlockingPortal | None = None
        self._process = os.getpid()

    @property
    def session(self) -> Session:
        """What every step of a submission shares."""
        return self._client.session

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self.session.account!r}, region={self.session.region!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and end what reads files. What other threads wait for is cancelled."""
        with self._lock:
            portal, self._portal = self._portal, None
        if portal is not None and self._process == os.getpid():
            portal.call(self._client.close)
            portal.call(portal.stop, True)
        else:
            self.session.containment.close()

    def detect(self, job: Job, *, ratio: str | None = None, again: bool = False) -> Detection:
        """Ask the detect call of the job's model (or the job's model, if it is one) about the picture. This may bill.

        Args:
            again: ask also where the answer to the same call was lost, which may have billed.

        Raises UsageError for a model without one, LostAnswerError where no answer comes or came, ServiceError.
        """
        return self._run(functools.partial(self._client.detect, job, ratio=ratio, again=again))

    def upload(self, path: str | os.PathLike[str], *, model: str, region: str | None = None) -> str:
        """Bring a file to the temporary space, for calls of one model, and return its `oss://` URL, which lives 48 h."""
        return self._run(functools.partial(self._client.upload, path, model=model, region=region))

    def submit(
        self,
        job: Job,
        *,
        boxes: Boxes = "service",
        ratio: str | None = None,
        again: bool = False,
        force: bool = False,
        inline: bool = False,
        out: str | os.PathLike[str] | None = None,
    ) -> Task:
        """Check the job, deliver its files and create its task; the same job that already runs or is done is taken up instead.

        Args:
            boxes: whom to ask about the picture, where the model has a detect call: `service` (this may bill), or `local`.
            ratio: of ext_bbox, where the model takes boxes; `1:1` where None.
            again: make a new task even where one of the same job runs or has succeeded in the last 24 h.
            force: send it even where its report has errors.
            inline: send local pictures inside the request (Base64) instead of uploading them, where the model takes that.
            out: where `tasks resume` puts the video, should this process end before.

        Raises JobNotFitError, DetectionRefusedError, UploadError, InputUrlError, ServiceError, TransportError, UnclearTaskError.
        """
        return self._run(
            functools.partial(
                self._client.submit, job, boxes=boxes, ratio=ratio, again=again, force=force, inline=inline, out=out
            )
        ).of(self)

    def refresh(self, task: Task | str | int) -> Task:
        """The task as the service sees it now.

        Args:
            task: here and in the other methods, also its id, or the number of its submission in the ledger.
        """
        return self._run(functools.partial(self._client.refresh, task)).of(self)

    def wait(
        self, task: Task | str | int, out: str | os.PathLike[str] | None = None, *, timeout: float | None = None
    ) -> Path | str:
        """Wait for the task and download its video to the folder `out`; a template call yields the template's id instead.

        Raises TaskFailed with the service's code and message, TaskExpiredError, WaitTimeoutError, DownloadError, OutputError.
        """
        return self._run(functools.partial(self._client.wait, task, out, timeout=timeout))

    def cancel(self, task: Task | str | int) -> None:
        """Cancel a task that is still PENDING. Raises RequestRefusedError where it is not."""
        self._run(functools.partial(self._client.cancel, task))

    def adopt(self, number: int, task_id: str) -> Task:
        """Take up a task as that of a submission whose create call had no answer, or that another key sent.

        Args:
            number: the submission's number in the ledger.
            task_id: the task, as the service names it.

        Raises UsageError where the service does not know the task, or another submission has it.
        """
        return self._run(functools.partial(self._client.adopt, number, task_id)).of(self)

    def list(self, *, model: str | None = None, status: str | None = None) -> tuple[ListedTask, ...]:
        """The account's tasks of the last 24 h, all keys of the account included."""
        return self._run(functools.partial(self._client.list, model=model, status=status))

    def download(self, task: Task | str | int, out: str | os.PathLike[str]) -> Path | str:
        """Download the video of a task that has succeeded, again if need be."""
        return self._run(functools.partial(self._client.download, task, out))

    def deliver(
        self,
        jobs: Iterable[Job],
        options: SubmitOptions | None = None,
        *,
        max_cost: float | None = None,
        detach: bool = False,
        done: Callable[[JobResult], None] | None = None,
    ) -> tuple[JobResult, ...]:
        """Check jobs, prepare the files that do not fit, send all, wait and download: what `mediapreflight submit` does.

        Args:
            options: how they are to be sent.
            max_cost: send nothing where the estimate, in any currency, is above this or unknown.
            detach: leave as soon as the tasks run.
            done: is told of each job that was sent, as it ends.

        Returns a result for each job, in their order; `ok` where it was delivered. Raises UsageError and OutputError before
        anything is sent; KeyRefusedError, since with that key nothing will go; and LedgerError.
        """
        return self._run(functools.partial(self._client.deliver, jobs, options, max_cost=max_cost, detach=detach, done=done))

    def template(self, video: str | os.PathLike[str], *, model: str | None = None, timeout: float | None = None) -> str:
        """Make a motion template of a video, and return its id. This bills.

        Args:
            model: the one that takes the template; may be left out where only one model makes any.
        """
        return self._run(functools.partial(self._client.template, video, model=model, timeout=timeout))

    def _run(self, function: Callable[[], Awaitable[_Result]]) -> _Result:
        """What a coroutine function returns or raises, in the client's own thread."""
        with self._lock:
            if self._process != os.getpid():
                # Neither threads nor connections come along when a process forks.
                self._process, self._portal, self._client = os.getpid(), None, self._new()
            if self._portal is None:
                self._portal = _started_portal()
            portal = self._portal
        return portal.call(function)


def _started_portal() -> BlockingPortal:
    """An event loop in a thread that does not keep Python from ending."""
    import anyio
    from anyio.from_thread import BlockingPortal

    started: Future[BlockingPortal] = Future()

    async def serve() -> None:
        async with BlockingPortal() as portal:
            started.set_result(portal)
            await portal.sleep_until_stopped()

    threading.Thread(target=anyio.run, args=(serve,), daemon=True, name="mediapreflight client").start()
    return started.result()
