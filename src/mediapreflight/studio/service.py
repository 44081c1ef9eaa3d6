"""The server in a thread of its own, with the folder of its session."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..catalog import Catalog, builtin_catalog
from ..check.cache import cache_folder
from ..errors import MissingLibraryError, UsageError
from ..language import say
from ..media.quiet import hush_log
from ..media.source import STUDIO_FOLDER
from ..output_folder import OutputFolder
from . import limits

if TYPE_CHECKING:
    from aiohttp import web

    from .desk import Account
    from .server import Server

_HOST, _USUAL_PORT = "127.0.0.1", 80
# How long a running answer may take before it is stopped.
_PATIENCE_S = 0.5


class _Full(asyncio.Protocol):
    """Ends a connection at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _admission(server: web.Server) -> Callable[[], asyncio.Protocol]:
    """What takes a new connection: the server, unless there are too many."""
    return lambda: server() if len(server.connections) < limits.CONNECTIONS else _Full()


def ensure_installed() -> None:
    """Raises MissingLibraryError where the web server is not installed."""
    try:
        from . import server  # noqa: F401
    except ModuleNotFoundError as error:
        fix = "pip install 'mediapreflight[studio]'"
        raise MissingLibraryError(error.name or "aiohttp", say("it is not installed"), fix) from None


@contextlib.contextmanager
def session_folder() -> Iterator[Path]:
    """A folder that goes at the end like those of the page's files; what a killed process left is removed by the next one."""
    with OutputFolder(_sessions()) as folder, folder.staged("") as place:
        yield place


def _sessions(folder: Path | None = None) -> Path:
    return (Path(cache_folder()) if folder is None else folder) / STUDIO_FOLDER


class Studio:
    """The page's server. A context manager, or `start` and `close`.

    Args:
        account: where jobs are sent.
        port: 0: any free port.
        catalog: the models it knows.
        space: how much may be uploaded.
        folder: where sessions lie; None: in the user's cache folder.

    Raises, when started: MissingLibraryError if aiohttp is not installed, UsageError if the port cannot be had, OutputError if
    the folder cannot be written.
    """

    def __init__(
        self,
        account: Account,
        port: int = 0,
        *,
        catalog: Catalog | None = None,
        space: limits.Space | None = None,
        folder: Path | None = None,
    ) -> None:
        self._account = account
        self._port = port
        self._catalog = catalog or builtin_catalog()
        self._space = space or limits.Space()
        self._folder = _sessions(folder)
        self._token = secrets.token_urlsafe(24)
        self._server: Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._trouble: BaseException | None = None
        self.open_submissions: list[int] = []
        """The numbers of what ran at the service when it was closed."""

    @property
    def address(self) -> str:
        """The page's address, with the token that nobody else knows."""
        return f"http://{self._own_host()}/{self._token}/"

    def start(self) -> Self:
        """Listen. Returns itself once it does."""
        ensure_installed()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="studio", daemon=True)
        self._thread.start()
        listening.wait()
        if self._trouble is not None:
            self._thread.join()
            raise self._trouble
        return self

    def close(self) -> None:
        """Stop everything, and delete all that was uploaded and made."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive() and self._server is not None:
            self._loop.call_soon_threadsafe(self._server.closing.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def _own_host(self) -> str:
        # As browsers write it.
        return _HOST if self._port == _USUAL_PORT else f"{_HOST}:{self._port}"

    def _run(self, listening: threading.Event) -> None:
        try:
            # What a killed process left is removed by the next one.
            with OutputFolder(self._folder) as folder:
                asyncio.run(self._serve(folder, listening))
        except BaseException as error:
            self._trouble = error
        finally:
            listening.set()

    async def _serve(self, folder: OutputFolder, listening: threading.Event) -> None:
        from aiohttp import web

        from .desk import Desk
        from .server import Server

        # Of requests that are no HTTP it logs a traceback.
        hush_log("aiohttp")
        self._loop = asyncio.get_running_loop()
        desk = Desk(self._account, self._catalog)
        self._server = Server(self._catalog, folder, self._space, desk, self._token, self._own_host)
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
                listener = await self._loop.create_server(_admission(runner.server), _HOST, self._port)
            except (OSError, OverflowError) as error:
                # asyncio puts the address before the reason.
                reason = (getattr(error, "strerror", None) or str(error)).rpartition(": ")[2].lower()
                raise UsageError(say("port {port} cannot be listened on: {reason}", port=self._port, reason=reason)) from None
            self._port = listener.sockets[0].getsockname()[1]
            listening.set()
            ready = asyncio.create_task(self._server.get_ready())
            await self._server.closing.wait()
            listener.close()
            ready.cancel()
        finally:
            self.open_submissions = desk.open_submissions
            await desk.close()
            self._server.close()
            await runner.cleanup()
