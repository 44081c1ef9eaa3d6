"""Runs a step in a test: against a script of answers, or against a real server. Waits are noted, not waited."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx

from mediapreflight.errors import LostAnswerError, UnreachableError
from mediapreflight.media.opening import open_source
from mediapreflight.output_folder import stream_sha256
from mediapreflight.submit.http import Answer, Send
from mediapreflight.submit.inputs import inline_url
from mediapreflight.submit.ledger import Ledger
from mediapreflight.submit.session import Pace, Session

Sender = Callable[[Send], Answer]
Step = Callable[[Session], Awaitable[Any]]


@dataclass
class Ran:
    """What a step asked for on its way, and what it returned."""

    result: Any = None
    sends: list[Send] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)


def inside(path: str) -> str:
    """A picture as it goes inside a request."""
    with open_source(path) as source:
        sha256 = stream_sha256(source.stream)
    return inline_url(path, sha256)


def run(step: Step, sender: Sender, ran: Ran | None = None, session: Session | None = None, **changes: Any) -> Ran:
    """Run a step to its end. Give `ran` to see what happened where it raises.

    Args:
        session: on which that of the step is made; `changes` are changed in it.
    """
    ran = Ran() if ran is None else ran

    async def wire(send: Send) -> Answer:
        ran.sends.append(send)
        return sender(send)

    async def sleep(seconds: float) -> None:
        ran.sleeps.append(seconds)

    usual: dict[str, Any] = {"random": lambda: 0.5}
    base = session or Session(ledger=Ledger("/nonexistent/ledger.sqlite3"), account="", pace=Pace(attempts=5))
    own = replace(base, wire=wire, sleep=sleep, **usual | changes)
    ran.result = anyio.run(step, own)
    return ran


@dataclass(frozen=True)
class Reply:
    """One scripted answer. `error` is raised after the pieces; with status 0 it is raised at once."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()
    error: Exception | None = None


LOST = LostAnswerError("the answer was lost")
UNREACHABLE = UnreachableError("cannot be reached")


def scripted(*replies: Reply) -> Sender:
    """Answers in this order; one request more fails the test."""
    left = list(replies)

    def send(effect: Send) -> Answer:
        assert left, f"one request too many: {effect.request}"
        reply = left.pop(0)
        if reply.status == 0 and reply.error is not None:
            raise reply.error
        return _given(effect, reply.status, reply.headers, reply.pieces, reply.error)

    return send


def _given(
    effect: Send, status: int, headers: dict[str, str], pieces: Sequence[bytes] | Iterator[bytes], error: Exception | None = None
) -> Answer:
    head = Answer(status, headers)
    if effect.sink is None or status not in (200, 206):
        return Answer(status, headers, b"".join(pieces))
    if effect.begin is not None:
        effect.begin(head)
    for piece in pieces:
        if effect.sink(piece):
            return head
    if error is not None:
        raise error
    return head


def over_http(client: httpx.Client) -> Sender:
    """Real requests, one connection each."""

    def send(effect: Send) -> Answer:
        request = effect.request
        try:
            with client.stream(request.method, request.url, headers=dict(request.headers)) as response:
                return _given(effect, response.status_code, dict(response.headers.items()), response.iter_raw())
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnreachableError(str(error)) from None
        except httpx.TransportError as error:
            raise LostAnswerError(str(error)) from None

    return send


class Site:
    """A server on loopback whose pages are functions of the request handler; it notes every request."""

    def __init__(self, pages: dict[str, Callable[[BaseHTTPRequestHandler], None]]) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                pages[self.path.partition("?")[0]](self)

            def log_message(self, *_: object) -> None:
                """Silence: what was asked for is in `requests`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def file_page(
    data: bytes, *, etag: str | None = '"one"', type: str = "video/mp4", cut_after: Sequence[int] = ()
) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page that serves bytes, with ranges. Each number in `cut_after` breaks one answer off after so many bytes of its body."""
    cuts = list(cut_after)

    def page(handler: BaseHTTPRequestHandler) -> None:
        first, last = _range(handler, len(data), etag)
        if first is not None and first >= len(data):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(data)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        body = data if first is None else data[first : last + 1]
        handler.send_response(200 if first is None else 206)
        if first is not None:
            handler.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{len(data)}")
        if etag is not None:
            handler.send_header("ETag", etag)
        handler.send_header("Content-Type", type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(ConnectionError):
            handler.wfile.write(body[: cuts.pop(0)] if cuts else body)

    return page


def _range(handler: BaseHTTPRequestHandler, size: int, etag: str | None) -> tuple[int | None, int]:
    asked = handler.headers.get("Range")
    if asked is None or handler.headers.get("If-Range", etag) != etag:
        return None, size - 1
    first, _, last = asked.removeprefix("bytes=").partition("-")
    return int(first), min(int(last or size - 1), size - 1)


def plain_page(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page that always answers the same. Underscores in header names stand for hyphens."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(ConnectionError):
            handler.wfile.write(body)

    return page
