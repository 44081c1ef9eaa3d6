"""The emulator in a separate thread."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..catalog import Catalog, builtin_catalog
from ..check.containment import TIME_LIMIT_S, contained
from ..loopback import HOST, Bounds, LoopbackServer
from . import limits
from .faults import Faults, checked
from .folder import Folder
from .state import Clock, Memory

if TYPE_CHECKING:
    from aiohttp import web

    from .media import Detection
    from .server import Server

_KEY = "sk-emulator"
_Result = TypeVar("_Result")


class Emulator(LoopbackServer[str]):
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
        folder: where its own folder for uploads is made; None: the system's folder for temporary files.

    `start` raises MissingLibraryError if aiohttp is not installed, UsageError if the port cannot be used.
    """

    name = "emulator"

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
        super().__init__(port)
        self._folder = folder
        self._catalog = catalog or builtin_catalog()
        self._clock = Clock(clock)
        self._faults = Faults()
        self._memory = Memory(seconds_per_task, self._catalog.terms)
        self._api_key = api_key
        self._detection: Detection = detection
        self._megabytes = max_file_size_mb or int(self._catalog.terms.upload_megabytes)
        self._server: Server | None = None

    @property
    def base_url(self) -> str:
        """The value for `DASHSCOPE_HTTP_BASE_URL`."""
        return f"http://{HOST}:{self._port}/api/v1"

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

    @property
    def _bounds(self) -> Bounds:
        return Bounds(limits.CONNECTIONS, limits.HEADERS, limits.HEADER_BYTES, limits.IDLE_S)

    def _place(self) -> AbstractContextManager[str]:
        return tempfile.TemporaryDirectory(prefix="mediapreflight-emulator-", dir=self._folder)

    def _application(self, place: str) -> web.Application:
        from .server import Server, Settings

        settings = Settings(self._api_key, self._detection, self._megabytes)
        containment = contained(TIME_LIMIT_S, limits.LOOKS_AT_ONCE)
        server = Server(settings, self._catalog, self._memory, self._faults, self._clock, Folder(Path(place)), containment)
        self._server = server

        async def end(_: web.Application) -> None:
            server.closing.set()
            containment.close()

        application = server.application()
        application.on_shutdown.append(end)
        return application

    def _said_when_full(self) -> bytes:
        from .door import full

        return full()

    def _asked(self, question: Callable[[], _Result]) -> _Result:
        """The result of a function that runs in the event loop's thread."""
        if self._loop is None or self._loop.is_closed():
            return question()

        async def answer() -> _Result:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result()
