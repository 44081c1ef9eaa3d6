"""How answers go out: errors in the form of their host, ranges of a file, and the faults of a connection."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

from . import answers
from .calls import Refusal

# A slow answer takes a second.
_DRIBBLES = 16
_DRIBBLE_S = 0.06


def refused(refusal: Refusal) -> web.Response:
    """The answer that is an error."""
    headers = {"Retry-After": "1"} if refusal.status == 429 else {}
    if refusal.oss:
        text = answers.oss_error(refusal.code, refusal.message)
        return web.Response(status=refusal.status, text=text, content_type="application/xml", headers=headers)
    return web.json_response(answers.error(refusal.code, refusal.message), status=refusal.status, headers=headers)


def part_of(request: web.Request, content: bytes, etag: str) -> web.Response:
    """The content, or the range of it that is asked for."""
    headers = {"ETag": etag, "Accept-Ranges": "bytes"}
    asked = request.headers.get("Range")
    if asked is None or request.headers.get("If-Range", etag) != etag:
        return web.Response(body=content, content_type="video/mp4", headers=headers)
    try:
        start, stop, _ = request.http_range.indices(len(content))
    except ValueError:
        start = stop = 0
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return web.Response(status=206, body=content[start:stop], content_type="video/mp4", headers=headers)


async def delivered(request: web.Request, response: web.StreamResponse, fault: str | None) -> web.StreamResponse:
    """Send the answer, as well as its fault lets it be sent."""
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
    if fault == "lost":
        return broken_off(request)
    if fault == "junk":
        return web.Response(body=b"\x00<html>\xff", content_type="application/json")
    if fault not in ("slow", "cut"):
        return response
    stream = web.StreamResponse(status=response.status, headers={**response.headers, "Content-Length": str(len(body))})
    await stream.prepare(request)
    if fault == "cut":
        await stream.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return stream
    size = max(1, -(-len(body) // _DRIBBLES))
    for start in range(0, len(body), size):
        await stream.write(body[start : start + size])
        await asyncio.sleep(_DRIBBLE_S)
    return stream


def broken_off(request: web.Request) -> web.Response:
    """Reset the connection; what is returned reaches nobody."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
