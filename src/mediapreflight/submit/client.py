"""The clients: `AsyncClient` does the work, and `Client` is the same for code that does not await.

with Client() as client:
    task = client.submit(job)                 # Task: .id, .status
    video = client.wait(task, out="videos")   # pathlib.Path; raises TaskFailed
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from ..catalog import Catalog, builtin_catalog
from ..check.containment import TIME_LIMIT_S, contained
from ..errors import UsageError
from ..job import Job
from ..language import say
from ..media.source import local_path
from ..people.geometry import Ratio
from ..system import result_of
from .calls import Service
from .dashscope.answers import Detection, ListedTask
from .dashscope.requests import model_id
from .http.key import ApiKey, find_key
from .inputs import examined, upload
from .ledger import Ledger, Submission
from .pipeline import Depth, SubmitOptions, ensure_folder, fitting, new_submission
from .result import JobResult
from .sending import refresh, send
from .session import Boxes, Event, Pace, Session
from .settling import read_list
from .tasks import Task, adopt, cancel, detect_picture, finish, task_of
from .waiting import fetch, wait

if TYPE_CHECKING:
    import httpx
    from anyio.from_thread import BlockingPortal

_P = ParamSpec("_P")
_Result = TypeVar("_Result")


class AsyncClient:
    """Sends jobs to the service and fetches what it makes of them, on asyncio and trio.

    Attributes:
        session: what every step of a submission shares.
        face: the client that the methods of its tasks use.
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
            pace: how long to wait and how often to retry.
            private_urls: whether inputs may be URLs of private addresses.
            time_limit_s: how long reading a file or a result may take, in a separate process. None: files are read in this
                process, which is faster, but a crash of a decoder ends it.
            notify: is called for uploads, polls and downloads, from any thread.
            timeout: of each phase of every exchange, instead of the built-in ones. A whole exchange may take as long as
                connecting and two reads, and a second for each 32 KiB; without a limit if one of the two has none.
            transport: for tests and special networks, instead of the connections described here.

        Raises UsageError without a key, for an unknown region, for a base URL that is not HTTPS (loopback may be plain HTTP), and
        for unusable proxies or certificates in the environment.
        """
        from .http.connections import opened
        from .http.transport import Wire

        key = find_key(api_key)
        self._wire = Wire(opened(transport), key, timeout)
        self.face: AsyncClient | Client = self
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
        # A wrong region or base URL must be reported before any work is done.
        self.session.home()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self.session.account!r}, region={self.session.region!r})"

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections, and stop reading files."""
        await self._wire.close()
        self.session.containment.close()

    async def detect(self, job: Job, *, ratio: str | None = None, again: bool = False) -> Detection:
        """Make the detect call of the job's model (or of the job, if its model is one) for the picture. This may cost money.

        Args:
            again: also call if the answer to the same call was lost, which may have cost money.

        Raises UsageError for a model without a detect call, LostAnswerError if there is or was no answer, ServiceError.
        """
        return await detect_picture(self.session, job, ratio, again=again)

    async def upload(self, path: str | os.PathLike[str], *, model: str, region: str | None = None) -> str:
        """Upload a file to the temporary space, for calls of one model, and return its `oss://` URL, which is valid for 48 h."""
        session = self.session
        known = session.catalog.model(model)
        service = Service(session, session.endpoint(session.region_of(known, region)), known)
        return await upload(service, await session.run(examined, session, local_path(os.fsdecode(path))))

    async def submit(
        self,
        job: Job,
        *,
        level: Depth = "content",
        boxes: Boxes = "service",
        ratio: Ratio | None = None,
        again: bool = False,
        force: bool = False,
        inline: bool = False,
        out: str | os.PathLike[str] | None = None,
    ) -> Task:
        """Check the job, upload its files and create its task. If the same job already runs or is done, continue with that.

        Args:
            again: make a new task even if one of the same job runs or has succeeded, however long ago.
            out: where `tasks resume` puts the video if this process ends before it is done.
            level, boxes, ratio, force, inline: as in `SubmitOptions`.

        Raises JobNotFitError, DetectionRefusedError, UploadError, InputUrlError, ServiceError, TransportError, UnclearTaskError.
        """
        session = self.session
        model = session.catalog.model(job.model)
        if model.require_service().mode == "synchronous":
            raise UsageError(say("{model} answers at once and creates no task; use `detect`", model=model.id))
        if out is not None:
            await session.run(ensure_folder, out)
        report = await session.run(fitting, session, job, level=level, force=force)
        options = SubmitOptions(level=level, boxes=boxes, ratio=ratio, force=force, inline=inline, out=out)
        entry = await session.run(new_submission, session, job, report, options)
        (submission,) = await session.run(session.ledger.register, [entry], again=again)
        if submission.stage in ("ready", "sending", "unclear"):
            async with session.claimed(submission) as own:
                submission = await send(session, own, job)
        return task_of(submission, self.face)

    async def refresh(self, task: Task | str | int) -> Task:
        """The task as the service sees it now.

        Args:
            task: here and in the other methods, also its id, or the number of its submission in the ledger.
        """
        submission = await self._known(task)
        async with self.session.claimed_if_idle(submission) as own:
            answer = await refresh(Service.of(self.session, own), own) if own else None
            return task_of(submission, self.face, answer)

    async def wait(
        self, task: Task | str | int, out: str | os.PathLike[str] | None = None, *, timeout: float | None = None
    ) -> Path | str:
        """Wait for the task and download its video to the folder `out`; a template call yields the template's id instead.

        Raises TaskFailed with the service's code and message, TaskExpiredError, WaitTimeoutError, DownloadError, OutputError.
        """
        _, _, came = await finish(self.session, await self._known(task), out, timeout=timeout)
        assert came is not None
        return came

    async def cancel(self, task: Task | str | int) -> None:
        """Cancel a task that is still PENDING. Raises RequestRefusedError if it is not."""
        await cancel(self.session, await self._known(task))

    async def adopt(self, number: int, task_id: str) -> Task:
        """Connect a task with a submission whose create call had no answer, or that another key sent.

        Args:
            number: the submission's number in the ledger.
            task_id: the task, as the service names it.

        Raises UsageError if the service does not know the task, or another submission has it.
        """
        return task_of(await adopt(self.session, await self._known(number), task_id), self.face)

    async def list(self, *, model: str | None = None, status: str | None = None) -> tuple[ListedTask, ...]:
        """The account's tasks of the last 24 h, all keys of the account included."""
        endpoint = self.session.home()
        name = None if model is None else model_id(self.session.catalog.model(model), endpoint.region)
        return (await read_list(self.session, endpoint, repeatable=True, model_name=name, status=status)).tasks

    async def download(self, task: Task | str | int, out: str | os.PathLike[str]) -> Path | str:
        """Download the video of a task that has succeeded, even if it was downloaded before."""
        async with self.session.claimed(await self._known(task)) as own:
            return await fetch(self.session, own, await wait(self.session, own, timeout=0), out)

    async def deliver(
        self,
        jobs: Iterable[Job],
        options: SubmitOptions | None = None,
        *,
        max_cost: float | None = None,
        detach: bool = False,
        done: Callable[[JobResult], None] | None = None,
    ) -> tuple[JobResult, ...]:
        """Check jobs, prepare files that do not fit, send all jobs, wait and download: what `mediapreflight submit` does.

        Args:
            options: how to send them.
            max_cost: send nothing if the estimate, in any currency, is above this or unknown.
            detach: return as soon as the tasks run.
            done: is called for each sent job when it ends.

        Returns a result for each job, in their order; `ok` if it was delivered. Raises UsageError and OutputError before
        anything is sent; KeyRefusedError, because no job works with that key; and LedgerError.
        """
        from .batch import deliver_jobs

        return await deliver_jobs(self.session, jobs, options or SubmitOptions(), max_cost=max_cost, detach=detach, done=done)

    async def template(self, video: str | os.PathLike[str], *, model: str | None = None, timeout: float | None = None) -> str:
        """Make a motion template from a video, and return its id. This costs money.

        Args:
            model: the one that takes the template; may be left out if only one model uses templates.
        """
        catalog = self.session.catalog
        takers = catalog.models() if model is None else (catalog.model(model),)
        makers = {taker.service.template for taker in takers if taker.service and taker.service.template}
        if not makers:
            raise UsageError(say("{model} takes no template", model=model))
        if len(makers) > 1:
            raise UsageError(
                say("several models take templates; name one that takes those of {makers}", makers=" or ".join(sorted(makers)))
            )
        (maker,) = makers
        inputs: dict[str, Any] = {next(iter(catalog.model(maker).roles)): os.fsdecode(video)}
        return str(await self.wait(await self.submit(Job(maker, **inputs)), timeout=timeout))

    async def _known(self, task: Task | str | int) -> Submission:
        ledger = self.session.ledger
        if isinstance(task, int):
            return await self.session.run(ledger.submission, task)
        task_id = task if isinstance(task, str) else task.id
        found = await self.session.run(ledger.by_task, task_id)
        if found is None:
            raise UsageError(
                say(
                    "task {task_id!r} is not in the ledger; tasks of other machines are listed by `list`",
                    task_id=task_id,
                )
            )
        return found


def _blocking(
    method: Callable[Concatenate[AsyncClient, _P], Coroutine[Any, Any, _Result]],
) -> Callable[Concatenate[Client, _P], _Result]:
    """The method of `Client` that does what one of `AsyncClient` does."""

    @functools.wraps(method)
    def call(self: Client, /, *args: _P.args, **kwargs: _P.kwargs) -> _Result:
        return self._run(lambda client: method(client, *args, **kwargs))

    return call


def _settings_of(init: Callable[Concatenate[AsyncClient, _P], None]) -> Callable[..., Callable[Concatenate[Client, _P], None]]:
    """For the constructor of `Client`: it takes what that of `AsyncClient` takes."""
    return functools.wraps(init)


class Client:
    """`AsyncClient` for code that does not await: the same settings and methods. Safe to use from several threads.

    An event loop in a separate thread runs the `AsyncClient`.
    """

    @_settings_of(AsyncClient.__init__)
    def __init__(self, api_key: ApiKey | str | Callable[[], str] | None = None, **settings: Any) -> None:
        self._new = functools.partial(AsyncClient, find_key(api_key), **settings)
        self._lock = threading.Lock()
        self._portal: BlockingPortal | None = None
        self._process, self._client = os.getpid(), self._opened()

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
        """Close all connections, and stop reading files. Calls of other threads are cancelled."""
        with self._lock:
            portal, self._portal = self._portal, None
        if portal is not None and self._process == os.getpid():
            portal.call(self._client.close)
            portal.call(portal.stop, True)
        else:
            self.session.containment.close()

    detect = _blocking(AsyncClient.detect)
    upload = _blocking(AsyncClient.upload)
    submit = _blocking(AsyncClient.submit)
    refresh = _blocking(AsyncClient.refresh)
    wait = _blocking(AsyncClient.wait)
    cancel = _blocking(AsyncClient.cancel)
    adopt = _blocking(AsyncClient.adopt)
    list = _blocking(AsyncClient.list)
    download = _blocking(AsyncClient.download)
    deliver = _blocking(AsyncClient.deliver)
    template = _blocking(AsyncClient.template)

    def _opened(self) -> AsyncClient:
        client = self._new()
        client.face = self
        return client

    def _run(self, work: Callable[[AsyncClient], Awaitable[_Result]]) -> _Result:
        """Run work with the `AsyncClient` in the client's own thread; return or raise its result."""
        with self._lock:
            if self._process != os.getpid():
                # After a fork, neither threads nor connections exist in the child.
                self._process, self._client, self._portal = os.getpid(), self._opened(), None
            if self._portal is None:
                self._portal = _started_portal()
            portal, client = self._portal, self._client
        return result_of(portal.start_task_soon(work, client))


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
    return result_of(started)
