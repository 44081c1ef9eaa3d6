"""The server in a separate thread, with the folder of its session."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalog import Catalog, builtin_catalog
from ..check.cache import cache_folder
from ..loopback import HOST, Bounds, LoopbackServer
from ..media.source import STUDIO_FOLDER
from ..output_folder import OutputFolder
from . import limits

if TYPE_CHECKING:
    from aiohttp import web

    from .sending import Account

_USUAL_PORT = 80


@contextlib.contextmanager
def session_folder() -> Iterator[Path]:
    """A folder that is deleted at the end of the block; what a killed process left is removed by the next one."""
    with OutputFolder(_sessions()) as folder, folder.staged("") as place:
        yield place


def _sessions(folder: Path | None = None) -> Path:
    return (Path(cache_folder()) if folder is None else folder) / STUDIO_FOLDER


class Studio(LoopbackServer[OutputFolder]):
    """The page's server. A context manager, or `start` and `close`.

    Args:
        account: where jobs are sent.
        port: 0: any free port.
        catalog: the models it knows.
        space: how much may be uploaded.
        folder: the folder for sessions; None: in the user's cache folder.

    `start` raises MissingLibraryError if aiohttp is not installed, UsageError if the port cannot be used, OutputError if the
    folder cannot be written to.
    """

    name = "studio"

    def __init__(
        self,
        account: Account,
        port: int = 0,
        *,
        catalog: Catalog | None = None,
        space: limits.Space | None = None,
        folder: Path | None = None,
    ) -> None:
        super().__init__(port)
        self._account = account
        self._catalog = catalog or builtin_catalog()
        self._space = space or limits.Space()
        self._folder = _sessions(folder)
        self._token = secrets.token_urlsafe(24)
        self.open_submissions: list[int] = []
        """The numbers of what ran at the service when it was closed."""

    @property
    def address(self) -> str:
        """The page's address, with the secret token."""
        return f"http://{self._own_host()}/{self._token}/"

    def _own_host(self) -> str:
        # Browsers leave out the default port.
        return HOST if self._port == _USUAL_PORT else f"{HOST}:{self._port}"

    @property
    def _bounds(self) -> Bounds:
        return Bounds(limits.CONNECTIONS, limits.HEADERS, limits.HEADER_BYTES, limits.IDLE_S)

    def _place(self) -> OutputFolder:
        # What a killed process left is removed by the next one.
        return OutputFolder(self._folder)

    def _application(self, place: OutputFolder) -> web.Application:
        from .sending import Sender
        from .server import Server

        sender = Sender(self._account, self._catalog)
        server = Server(self._catalog, place, self._space, sender, self._token, self._own_host)
        ready = asyncio.create_task(server.get_ready())

        async def end(_: web.Application) -> None:
            ready.cancel()
            self.open_submissions = sender.open_submissions
            await sender.close()
            server.close()

        application = server.application()
        application.on_shutdown.append(end)
        return application
