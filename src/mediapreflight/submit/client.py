"""The clients: thin shells that run flows, one with `httpx.Client`, one with `httpx.AsyncClient`.

with Client() as client:
    task = client.submit(job)                 # Task: .id, .status
    video = client.wait(task, out="videos")   # pathlib.Path; raises TaskFailed
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..catalog import Catalog, builtin_catalog
from ..containment import TIME_LIMIT_S, contained
from ..job import Job
from .answers import Detection, ListedTask
from .exchange import Answer, Call, Effect, Flow, Send, Sleep
from .key import find_key
from .ledger import Ledger
from .surroundings import Boxes, Event, Pace, Surroundings
from .tasks import (
    Task,
    cancel_flow,
    detect_flow,
    download_flow,
    fetch_flow,
    list_flow,
    submit_flow,
    template_flow,
    upload_flow,
    wait_flow,
)

if TYPE_CHECKING:
    import httpx

_Result = TypeVar("_Result")


class _Settings(ABC):
    """What both clients are made from."""

    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
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
        transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None = None,
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
            timeout: of each phase of every exchange, in place of the built-in ones.
            transport: for tests and special networks; an `httpx.AsyncBaseTransport` goes with `AsyncClient` only.

        Raises UsageError without a key, for an unknown region, or for a base URL that is not HTTPS (loopback may be plain HTTP).
        """
        self._key = find_key(api_key)
        self._timeout = timeout
        self.around = Surroundings(
            ledger=ledger or Ledger(),
            account=self._key.account,
            catalog=catalog or builtin_catalog(),
            region=region,
            workspace=workspace,
            base_url=base_url,
            private_urls=private_urls,
            containment=contained(time_limit_s, os.cpu_count()),
            pace=pace or Pace(),
        )
        if notify is not None:
            self.around = replace(self.around, notify=notify)
        # A wrong region or base URL is to be told before any work is done.
        self.around.home()
        from .transport import client_options

        self._connect(client_options(transport))

    @abstractmethod
    def _connect(self, options: dict[str, Any]) -> None:
        """Make the httpx client."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self.around.account!r}, region={self.around.region!r})"


class Client(_Settings):
    """Sends jobs to the service and fetches what it makes of them. Safe to use from several threads."""

    def _connect(self, options: dict[str, Any]) -> None:
        import httpx

        self._http = httpx.Client(**options)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and end what reads files."""
        self._http.close()
        self.around.containment.close()

    def detect(self, job: Job, *, ratio: str | None = None) -> Detection:
        """Ask the detect call of the job's model (or the job's model, if it is one) about the picture. This may bill.

        Raises UsageError for a model without one, ServiceError and TransportError.
        """
        return self.run(detect_flow(self.around, job, ratio))

    def upload(self, path: str | os.PathLike[str], *, model: str, region: str | None = None) -> str:
        """Bring a file to the temporary space, for calls of one model, and return its `oss://` URL, which lives 48 h."""
        return self.run(upload_flow(self.around, os.fsdecode(path), model, region))

    def submit(
        self,
        job: Job,
        *,
        boxes: Boxes = "service",
        ratio: str | None = None,
        again: bool = False,
        force: bool = False,
        out: str | os.PathLike[str] | None = None,
    ) -> Task:
        """Check the job, deliver its files and create its task; the same job that already runs or is done is taken up instead.

        Args:
            boxes: whom to ask about the picture, where the model has a detect call: `service` (this may bill), or `local`.
            ratio: of ext_bbox, where the model takes boxes; `1:1` where None.
            again: make a new task even where one of the same job runs or has succeeded in the last 24 h.
            force: send it even where its report has errors.
            out: where `tasks resume` puts the video, should this process end before.

        Raises JobNotFitError, DetectionRefusedError, UploadError, InputUrlError, ServiceError, TransportError, UnclearTaskError.
        """
        return self.run(submit_flow(self.around, job, boxes=boxes, ratio=ratio, again=again, force=force, out=out))

    def fetch(self, task: Task | str) -> Task:
        """The task as the service sees it now."""
        return self.run(fetch_flow(self.around, task))

    def wait(self, task: Task | str, out: str | os.PathLike[str] | None = None, *, timeout: float | None = None) -> Path | str:
        """Wait for the task and download its video to the folder `out`; a template call yields the template's id instead.

        Raises TaskFailed with the service's code and message, TaskExpiredError, WaitTimeoutError, DownloadError, OutputError.
        """
        return self.run(wait_flow(self.around, task, out, timeout))

    def cancel(self, task: Task | str) -> None:
        """Cancel a task that is still PENDING. Raises RequestRefusedError where it is not."""
        self.run(cancel_flow(self.around, task))

    def list(self, *, model: str | None = None, status: str | None = None) -> tuple[ListedTask, ...]:
        """The account's tasks of the last 24 h, all keys of the account included."""
        return self.run(list_flow(self.around, model, status))

    def download(self, task: Task | str, out: str | os.PathLike[str]) -> Path | str:
        """Download the video of a task that has succeeded, again if need be."""
        return self.run(download_flow(self.around, task, out))

    def template(self, video: str | os.PathLike[str], *, model: str = "animate-anyone-gen2", timeout: float | None = None) -> str:
        """Make a motion template of a video, for a model that takes templates, and return its id. This bills."""
        return self.run(template_flow(self.around, os.fsdecode(video), model, timeout))

    def run(self, flow: Flow[_Result]) -> _Result:
        """Run a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    result = self._perform(effect)
                except Exception as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            flow.close()

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case Send():
                return self._exchange(effect)
            case Sleep(seconds):
                time.sleep(seconds)
                return None
            case Call(function):
                return function()

    def _exchange(self, send: Send) -> Answer:
        from .transport import Incoming, outgoing, transport_errors

        with outgoing(send, self._key, self._http.build_request, self._timeout) as request, transport_errors(send, self._key):
            response = self._http.send(request, stream=True)
            try:
                incoming = Incoming(send, self._key, response)
                pieces = response.iter_raw() if incoming.to_sink else response.iter_bytes()
                for piece in pieces:
                    if incoming.take(piece):
                        break
                return incoming.answer()
            finally:
                response.close()


class AsyncClient(_Settings):
    """`Client` with the same settings, and the same methods to await; it runs on asyncio and trio."""

    def _connect(self, options: dict[str, Any]) -> None:
        import httpx

        self._http = httpx.AsyncClient(**options)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections, and end what reads files."""
        await self._http.aclose()
        self.around.containment.close()

    async def detect(self, job: Job, *, ratio: str | None = None) -> Detection:
        """See `Client.detect`."""
        return await self.run(detect_flow(self.around, job, ratio))

    async def upload(self, path: str | os.PathLike[str], *, model: str, region: str | None = None) -> str:
        """See `Client.upload`."""
        return await self.run(upload_flow(self.around, os.fsdecode(path), model, region))

    async def submit(
        self,
        job: Job,
        *,
        boxes: Boxes = "service",
        ratio: str | None = None,
        again: bool = False,
        force: bool = False,
        out: str | os.PathLike[str] | None = None,
    ) -> Task:
        """See `Client.submit`."""
        return await self.run(submit_flow(self.around, job, boxes=boxes, ratio=ratio, again=again, force=force, out=out))

    async def fetch(self, task: Task | str) -> Task:
        """See `Client.fetch`."""
        return await self.run(fetch_flow(self.around, task))

    async def wait(
        self, task: Task | str, out: str | os.PathLike[str] | None = None, *, timeout: float | None = None
    ) -> Path | str:
        """See `Client.wait`."""
        return await self.run(wait_flow(self.around, task, out, timeout))

    async def cancel(self, task: Task | str) -> None:
        """See `Client.cancel`."""
        await self.run(cancel_flow(self.around, task))

    async def list(self, *, model: str | None = None, status: str | None = None) -> tuple[ListedTask, ...]:
        """See `Client.list`."""
        return await self.run(list_flow(self.around, model, status))

    async def download(self, task: Task | str, out: str | os.PathLike[str]) -> Path | str:
        """See `Client.download`."""
        return await self.run(download_flow(self.around, task, out))

    async def template(
        self, video: str | os.PathLike[str], *, model: str = "animate-anyone-gen2", timeout: float | None = None
    ) -> str:
        """See `Client.template`."""
        return await self.run(template_flow(self.around, os.fsdecode(video), model, timeout))

    async def run(self, flow: Flow[_Result]) -> _Result:
        """Run a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    result = await self._perform(effect)
                except Exception as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            flow.close()

    async def _perform(self, effect: Effect) -> Any:
        import anyio
        import anyio.to_thread

        match effect:
            case Send():
                return await self._exchange(effect)
            case Sleep(seconds):
                await anyio.sleep(seconds)
                return None
            case Call(function):
                return await anyio.to_thread.run_sync(function)

    async def _exchange(self, send: Send) -> Answer:
        from .transport import Incoming, outgoing, transport_errors

        with outgoing(send, self._key, self._http.build_request, self._timeout) as request, transport_errors(send, self._key):
            response = await self._http.send(request, stream=True)
            try:
                incoming = Incoming(send, self._key, response)
                pieces = response.aiter_raw() if incoming.to_sink else response.aiter_bytes()
                async for piece in pieces:
                    if incoming.take(piece):
                        break
                return incoming.answer()
            finally:
                await response.aclose()
