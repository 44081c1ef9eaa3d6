"""How requests are taken: none from a web page of another site, and never more at once than memory allows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from . import answers, limits
from .calls import Refusal, too_large

_NAMES = ("127.0.0.1", "localhost")
_OWN_SITE = ("same-origin", "none")


def full() -> bytes:
    """The answer to a connection that is one too many."""
    body = json.dumps(answers.error("ModelUnavailable", f"more than {limits.CONNECTIONS} connections are open")).encode()
    head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Retry-After: 1\r\nConnection: close\r\n\r\n".encode() + body


def refuse_foreign(request: web.Request) -> None:
    """Refuse a request that is not for this port of this machine, or that comes from a page of another site. Raises Refusal."""
    port = request.transport.get_extra_info("sockname")[1] if request.transport is not None else 0
    hosts = [host.lower() for host in request.headers.getall("Host", ())]
    own = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == 80 else set())
    if len(hosts) != 1 or hosts[0] not in own:
        raise _foreign(f"Host is not 127.0.0.1:{port}")
    if any(origin != f"http://{hosts[0]}" for origin in request.headers.getall("Origin", ())):
        raise _foreign("Origin is another site")
    if any(site not in _OWN_SITE for site in request.headers.getall("Sec-Fetch-Site", ())):
        raise _foreign("Sec-Fetch-Site is another site")


def refuse_other_types(request: web.Request) -> None:
    """Refuse a body that is not sent as JSON: browsers let a page send a form to any site. Raises Refusal."""
    if request.method == "POST" and request.body_exists and request.content_type != "application/json":
        raise Refusal(400, "InvalidParameter", "Content-Type must be application/json.")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refusal(400, "InvalidParameter", "Content-Encoding is not taken.")


def _foreign(reason: str) -> Refusal:
    return Refusal(403, "AccessDenied", f"The emulator answers this machine's own requests only: {reason}.")


def refuse_key(request: web.Request) -> None:
    """Refuse a request with an API key to a host that must not get it. Raises Refusal."""
    if "Authorization" in request.headers:
        raise Refusal(400, "InvalidArgument", "The API key was sent to a host it is not meant for.", oss=True)


def is_gone(request: web.Request) -> bool:
    """Whether nobody waits for the answer."""
    return request.transport is None or request.transport.is_closing()


# --- bodies


class Room:
    """A number of bytes shared by all; belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._given_back = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Reserve a number of bytes, as soon as they are free. Never request more than the total."""
        async with self._given_back:
            await self._given_back.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            async with self._given_back:
                self._free += size
                self._given_back.notify_all()


async def asked(request: web.Request) -> dict[str, Any]:
    """The JSON object that controls the emulator. Raises Refusal."""
    try:
        body = msgspec.json.decode(await whole(request, limits.CONTROL_BYTES))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidParameter", "give a JSON object")
    return body


async def whole(request: web.Request, most: int) -> bytearray:
    """The body, of at most `most` bytes. Raises Refusal."""
    text = bytearray()
    async for chunk in request.content.iter_any():
        text += chunk
        if len(text) > most:
            raise too_large(most)
    return text
