"""Servers that answer byte by byte as a test says, and one exchange of either client with them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import trio

from mediapreflight.submit.client import AsyncClient, Client
from mediapreflight.submit.http import Answer, Send
from mediapreflight.submit.ledger import Ledger

from .conftest import KEY

Behaviour = Callable[[socket.socket], None]


class RawServer:
    """Does with each connection what a function says, in a thread of its own, and notes what was received before the answer."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._behaviour(connection)


def received(connection: socket.socket) -> bytes:
    """The head of a request, and whatever of its body came along."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed")
        data += piece
    return data


def answered(*pieces: bytes, pause: float = 0.0, after: Iterable[bytes] = ()) -> Behaviour:
    """Reads a request, answers with the pieces, and goes on with what comes after, a pause before each."""

    def behave(connection: socket.socket) -> None:
        received(connection)
        for piece in pieces:
            connection.sendall(piece)
        for piece in after:
            time.sleep(pause)
            connection.sendall(piece)

    return behave


def dribble(byte: bytes = b"x") -> Iterator[bytes]:
    while True:
        yield byte


def whole(body: bytes, **headers: str) -> bytes:
    """An answer of status 200 as it goes over the wire."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n".encode() + body


def _settings(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "api_key": KEY,
        "ledger": Ledger(folder / "ledger.sqlite3"),
        "time_limit_s": None,
        # On a busy machine even loopback takes long to connect.
        "timeout": httpx.Timeout(0.2, connect=10),
    } | options


def by_sync(send: Send, folder: Path, **options: Any) -> Answer:
    """One exchange of the sync client."""
    with Client(**_settings(folder, options)) as client:
        return client._run(lambda own: own.session.wire(send))


async def _by_async(send: Send, folder: Path, options: dict[str, Any]) -> Answer:
    async with AsyncClient(**_settings(folder, options)) as client:
        return await client.session.wire(send)


def by_asyncio(send: Send, folder: Path, **options: Any) -> Answer:
    """One exchange of the async client on asyncio."""
    return asyncio.run(_by_async(send, folder, options))


def by_trio(send: Send, folder: Path, **options: Any) -> Answer:
    """One exchange of the async client on trio."""
    return trio.run(_by_async, send, folder, options)


CLIENTS = (by_sync, by_asyncio, by_trio)
