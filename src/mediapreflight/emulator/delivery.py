"""Send answers: errors in the form of their host, ranges of a file, and faults of a connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from aiohttp import web

from . import answers
from .calls import Refusal

# A slow answer takes a second.
_SLOW_PIECES = 16
_DRIBBLE_S = 0.06
_CHUNK = 2**18


def refused(refusal: Refusal) -> web.Response:
    """The answer that is an error."""
    headers = {"Retry-After": "1"} if refusal.status == 429 else {}
    if refusal.oss:
        text = answers.oss_error(refusal.code, refusal.message)
        return web.Response(status=refusal.status, text=text, content_type="application/xml", headers=headers)
    return web.json_response(answers.error(refusal.code, refusal.message), status=refusal.status, headers=headers)


@dataclass(frozen=True)
class FilePart:
    """A file as an answer, or the range of it that is asked for."""

    path: Path
    start: int
    stop: int
    status: int
    headers: Mapping[str, str]


def part_of(request: web.Request, path: Path, etag: str) -> FilePart | web.Response:
    """The file, or the range of it that is asked for."""
    size = path.stat().st_size
    headers = {"Content-Type": "video/mp4", "ETag": etag, "Accept-Ranges": "bytes"}
    asked = request.headers.get("Range")
    if asked is None or request.headers.get("If-Range", etag) != etag:
        return FilePart(path, 0, size, 200, headers)
    try:
        start, stop, _ = request.http_range.indices(size)
    except ValueError:
        start = stop = 0
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    return FilePart(path, start, stop, 206, {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"})


async def delivered(request: web.Request, answer: web.StreamResponse | FilePart, fault: str | None) -> web.StreamResponse:
    """Send the answer, as far as the requested fault allows."""
    if fault == "lost":
        return broken_off(request)
    if fault == "junk":
        return web.Response(body=b"\x00<html>\xff", content_type="application/json")
    if isinstance(answer, FilePart):
        with answer.path.open("rb") as file:
            file.seek(answer.start)
            return await _streamed(request, answer.status, answer.headers, file, answer.stop - answer.start, fault)
    if fault not in ("slow", "cut") or not isinstance(answer, web.Response):
        return answer
    body = answer.body if isinstance(answer.body, bytes) else b""
    return await _streamed(request, answer.status, answer.headers, BytesIO(body), len(body), fault)


async def _streamed(
    request: web.Request, status: int, headers: Mapping[str, str], source: BinaryIO, length: int, fault: str | None
) -> web.StreamResponse:
    stream = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(length)})
    await stream.prepare(request)
    left = 0 if request.method == "HEAD" else length // 2 if fault == "cut" else length
    size = max(1, -(-length // _SLOW_PIECES)) if fault == "slow" else _CHUNK
    while piece := source.read(min(size, left)):
        await stream.write(piece)
        left -= len(piece)
        if fault == "slow":
            await asyncio.sleep(_DRIBBLE_S)
    if fault == "cut" and request.transport is not None:
        request.transport.close()
    return stream


async def listed(request: web.Request, rows: Iterable[Mapping[str, Any]]) -> web.StreamResponse:
    """Send a list in JSON, row by row."""
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    await stream.prepare(request)
    before = b"["
    for row in rows:
        await stream.write(before + msgspec.json.encode(row))
        before = b","
    await stream.write(b"[]" if before == b"[" else b"]")
    return stream


def broken_off(request: web.Request) -> web.Response:
    """Reset the connection. The returned answer is never received."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
