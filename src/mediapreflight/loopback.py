"""A web server on 127.0.0.1 in a separate thread: starting, listening and stopping."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, Self, TypeVar, cast

from .errors import MissingLibraryError, UsageError
from .language import say
from .media.quiet import hush_log

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"
# How long a running answer may take before it is stopped.
_PATIENCE_S = 0.5
_Place = TypeVar("_Place")


class Bounds(NamedTuple):
    """The limits of a server: connections, headers, bytes of a header, and seconds without data."""

    connections: int
    headers: int
    header_bytes: int
    idle_s: float


class LoopbackServer(ABC, Generic[_Place]):
    """A context manager; or call `start` and `close`, from any thread. `_place` is what exists while it runs, such as a folder.

    Args:
        port: 0: any free port.

    `start` raises MissingLibraryError if aiohttp is not installed, UsageError if the port cannot be used, and what `_place`
    raises.
    """

    # The name of the thread, and of the extra that installs the library.
    name: ClassVar[str]

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._trouble: BaseException | None = None

    @property
    @abstractmethod
    def _bounds(self) -> Bounds:
        """The limits; read again for each connection."""

    @abstractmethod
    def _place(self) -> AbstractContextManager[_Place]:
        """The context around the event loop: entered before it starts, left after it ends."""

    @abstractmethod
    def _application(self, place: _Place) -> web.Application:
        """The application. Called in the event loop; its `on_shutdown` stops what is still running."""

    def _said_when_full(self) -> bytes:
        """The answer to a connection that is one too many."""
        return b""

    @classmethod
    def ensure_installed(cls) -> None:
        """Raises MissingLibraryError if aiohttp is not installed."""
        try:
            import aiohttp.web  # noqa: F401
        except ModuleNotFoundError as error:
            fix = f"pip install 'mediapreflight[{cls.name}]'"
            raise MissingLibraryError(error.name or "aiohttp", say("it is not installed"), fix) from None

    def start(self) -> Self:
        """Start listening; return the server when it listens."""
        self.ensure_installed()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name=self.name, daemon=True)
        self._thread.start()
        listening.wait()
        if self._trouble is not None:
            self._thread.join()
            raise self._trouble
        return self

    def close(self) -> None:
        """Stop all running calls, and leave `_place`."""
        if self._loop is not None and self._stop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def _run(self, listening: threading.Event) -> None:
        try:
            with self._place() as place:
                asyncio.run(self._serve(place, listening))
        except BaseException as error:
            self._trouble = error
        finally:
            listening.set()

    async def _serve(self, place: _Place, listening: threading.Event) -> None:
        from aiohttp import web

        # aiohttp logs a traceback for requests that are not HTTP.
        hush_log("aiohttp")
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self._application(place),
            access_log=None,
            shutdown_timeout=_PATIENCE_S,
            keepalive_timeout=self._bounds.idle_s,
            max_headers=self._bounds.headers,
            max_field_size=self._bounds.header_bytes,
            auto_decompress=False,
        )
        await runner.setup()
        assert runner.server is not None
        try:
            listener = await self._listener(runner.server)
            self._port = listener.sockets[0].getsockname()[1]
            listening.set()
            await self._stop.wait()
            listener.close()
        finally:
            await runner.cleanup()

    async def _listener(self, server: web.Server) -> asyncio.Server:
        assert self._loop is not None
        try:
            return await self._loop.create_server(self._admission(server), HOST, self._port)
        except (OSError, OverflowError) as error:
            # asyncio puts the address before the reason.
            reason = (getattr(error, "strerror", None) or str(error)).rpartition(": ")[2].lower()
            raise UsageError(say("cannot listen on port {port}: {reason}", port=self._port, reason=reason)) from None

    def _admission(self, server: web.Server) -> Callable[[], asyncio.BaseProtocol]:
        """The protocol for a new connection: the server's, or `_Full` if there are too many."""
        return lambda: server() if len(server.connections) < self._bounds.connections else _Full(self._said_when_full())


class _Full(asyncio.BaseProtocol):
    """Ends a connection at once."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._said)
        transport.close()
