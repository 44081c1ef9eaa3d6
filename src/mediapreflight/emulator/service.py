"""The emulator in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..catalog import Catalog, builtin_catalog
from ..check.containment import TIME_LIMIT_S, contained
from ..errors import MissingLibraryError, UsageError
from ..media.quiet import hush_log
from . import limits
from .faults import Faults, checked
from .folder import Folder
from .state import Clock, Memory

if TYPE_CHECKING:
    from .media import Detection
    from .server import Server

_HOST = "127.0.0.1"
_KEY = "sk-emulator"
# How long a running answer may take before it is stopped.
_PATIENCE_S = 0.5
_Result = TypeVar("_Result")


class Emulator:
    """A stand-in for the service; see the package. A context manager, or `start` and `close`.

    Args:
        port: 0: any free port.
        seconds_per_task: how long a task takes once it is its turn.
        clock: the time it starts from, in seconds since the epoch; `advance` moves it forward.
        api_key: the only accepted key; None: any key.
        detection: `look` finds faces and bodies with this package's own detectors; `assume` lets every picture that can be
            read pass, with a face in its middle.
        max_file_size_mb: of uploads; None: the documented size.
        catalog: the models it knows.
        folder: where its own folder is made, which holds what was uploaded; None: where temporary files lie.

    Raises, when started: MissingLibraryError if aiohttp is not installed, UsageError if the port cannot be had.
    """

    def __init__(
        self,
        port: int = 0,
        seconds_per_task: float = 5.0,
        *,
        clock: Callable[[], float] = time.time,
        api_key: str | None = None,
        detection: Detection = "look",
        max_file_size_mb: int | None = None,
        catalog: Catalog | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self._folder = folder
        self._port = port
        self._catalog = catalog or builtin_catalog()
        self._clock = Clock(clock)
        self._faults = Faults()
        self._memory = Memory(seconds_per_task, self._catalog.terms)
        self._api_key = api_key
        self._detection: Detection = detection
        self._megabytes = max_file_size_mb or int(self._catalog.terms.upload_megabytes)
        self._server: Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._trouble: BaseException | None = None

    @property
    def base_url(self) -> str:
        """The value for `DASHSCOPE_HTTP_BASE_URL`."""
        return f"http://{_HOST}:{self._port}/api/v1"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make a client use this service."""
        return {"DASHSCOPE_HTTP_BASE_URL": self.base_url, "DASHSCOPE_API_KEY": self._api_key or _KEY}

    @property
    def log(self) -> list[dict[str, Any]]:
        """The last requests, 20,000 at most: `time`, `method`, `path`, `query` without signatures, names of `headers`, whether
        it had an `authorization`, and its `step`, `fault` and `status` (None: no answer). Long texts are cut."""
        return self._asked(lambda: [dict(entry) for entry in self._memory.log])

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The last tasks, 10,000 at most: `task_id`, `model`, `status`, `submitted`, `ended`, `code`, `message`,
        and the `request`, in which Base64 is replaced by a digest."""
        return self._asked(lambda: list(self._server.tasks()) if self._server else [])

    def fail(self, step: str, fault: str, times: int = 1) -> None:
        """Give the next `times` calls at a step a fault (`STEPS`, `EVERYWHERE`). Raises UsageError for an unknown one."""
        self._faults.add(checked(step, fault, times))

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises UsageError for a negative time, and beyond the year 9000."""
        self._clock.advance(seconds)

    def start(self) -> Self:
        """Listen. Returns itself once it does."""
        try:
            from . import server  # noqa: F401
        except ModuleNotFoundError as error:
            fix = "pip install 'mediapreflight[emulator]'"
            raise MissingLibraryError(error.name or "aiohttp", "it is not installed", fix) from None
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="emulator", daemon=True)
        self._thread.start()
        listening.wait()
        if self._trouble is not None:
            self._thread.join()
            raise self._trouble
        return self

    def close(self) -> None:
        """Stop all running calls, and delete everything but the log and the tasks."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive() and self._server is not None:
            self._loop.call_soon_threadsafe(self._server.closing.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def _run(self, listening: threading.Event) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="mediapreflight-emulator-", dir=self._folder) as folder:
                asyncio.run(self._serve(Folder(Path(folder)), listening))
        except BaseException as error:
            self._trouble = error
        finally:
            listening.set()

    async def _serve(self, folder: Folder, listening: threading.Event) -> None:
        from aiohttp import web

        from .door import admission
        from .server import Server, Settings

        # Of requests that are no HTTP it logs a traceback.
        hush_log("aiohttp")
        settings = Settings(self._api_key, self._detection, self._megabytes)
        self._loop = asyncio.get_running_loop()
        containment = contained(TIME_LIMIT_S, limits.LOOKS_AT_ONCE)
        self._server = Server(settings, self._catalog, self._memory, self._faults, self._clock, folder, containment)
        runner = web.AppRunner(
            self._server.application(),
            access_log=None,
            shutdown_timeout=_PATIENCE_S,
            keepalive_timeout=limits.IDLE_S,
            max_headers=limits.HEADERS,
            max_field_size=limits.HEADER_BYTES,
            auto_decompress=False,
        )
        await runner.setup()
        assert runner.server is not None
        try:
            try:
                listener = await self._loop.create_server(admission(runner.server), _HOST, self._port)
            except (OSError, OverflowError) as error:
                # asyncio puts the address before the reason.
                reason = (getattr(error, "strerror", None) or str(error)).rpartition(": ")[2].lower()
                raise UsageError(f"port {self._port} cannot be listened on: {reason}") from None
            self._port = listener.sockets[0].getsockname()[1]
            listening.set()
            await self._server.closing.wait()
            listener.close()
        finally:
            containment.close()
            await runner.cleanup()

    def _asked(self, question: Callable[[], _Result]) -> _Result:
        """The result of a function that runs in the event loop's thread."""
        if self._loop is None or self._loop.is_closed():
            return question()

        async def answer() -> _Result:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result()
