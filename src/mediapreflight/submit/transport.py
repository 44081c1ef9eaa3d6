"""Requests onto the wire with httpx: what the sync and the async client have in common.

The API key is added here, to requests for the service only, and taken out of whatever comes back. Redirects are never followed,
and proxies never see what goes to this machine.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from .._version import __version__
from ..errors import LostAnswerError, ProtocolError, TransportError, UnreachableError, UploadError
from ..probe.source import display_name
from .exchange import Answer, Form, Purpose, Send
from .key import ApiKey

# Seconds of silence until an exchange counts as lost. A detect call answers when it has looked, an upload when it is stored.
_READ_S: Mapping[Purpose, float] = {"detect": 90.0, "create": 60.0, "upload": 180.0, "look": 20.0}
_DEFAULT_READ_S = 30.0
_CONNECT_S = 10.0
# Who tells at the level DEBUG, or INFO, what a server has answered.
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
# Reached directly, whatever proxy the environment names.
_LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")
# Errors after which nothing of the request can have been received.
_NOT_RECEIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def client_options(transport: object | None) -> dict[str, Any]:
    """What both httpx clients are made with."""
    options: dict[str, Any] = {
        "follow_redirects": False,
        "headers": {"User-Agent": f"mediapreflight/{__version__}", "Accept": "*/*"},
    }
    if transport is not None:
        return options | {"transport": transport}
    return options | {"mounts": dict.fromkeys(_LOOPBACK)}


def timeout_of(purpose: Purpose, override: httpx.Timeout | None) -> httpx.Timeout:
    """The time-outs of one exchange, per phase."""
    if override is not None:
        return override
    return httpx.Timeout(_READ_S.get(purpose, _DEFAULT_READ_S), connect=_CONNECT_S, pool=None)


@contextmanager
def outgoing(
    send: Send, key: ApiKey, build: Callable[..., httpx.Request], timeout: httpx.Timeout | None
) -> Iterator[httpx.Request]:
    """The httpx request of an effect, ready to be sent while the block lasts."""
    request = send.request
    headers = dict(request.headers)
    if request.carries_key:
        headers["Authorization"] = f"Bearer {key.value}"
    if send.sink is not None:
        # Ranges and sizes count what is stored, not what is sent compressed.
        headers["Accept-Encoding"] = "identity"
    url = request.url
    extensions: dict[str, Any] = {}
    if send.address is not None:
        url, headers["Host"], extensions = _pinned(request.url, send.address)
    options: dict[str, Any] = {"headers": headers, "extensions": extensions}
    options["timeout"] = timeout_of(request.purpose, timeout)
    if request.params:
        options["params"] = dict(request.params)
    if request.json is not None:
        options["json"] = request.json
    with _masked_logs(key):
        if request.form is None:
            yield build(request.method, url, **options)
            return
        with _opened(request.form) as stream:
            watched = _Watched(stream, send.progress)
            files = {"file": (request.form.name, watched, "application/octet-stream")}
            yield build(request.method, url, data=dict(request.form.fields), files=files, **options)


@contextmanager
def _masked_logs(key: ApiKey) -> Iterator[None]:
    """Keep the key out of what the HTTP libraries log while the block lasts: a server may repeat it in a header."""

    def masked(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if (safe := key.mask(text)) != text:
            record.msg, record.args = safe, None
        return True

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(masked)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(masked)


def _pinned(url: str, address: str) -> tuple[str, str, dict[str, Any]]:
    """The URL with an address in its host's place, the `Host` header, and the name that the certificate must carry."""
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    literal = f"[{address}]" if ":" in address else address
    return urlunsplit(parts._replace(netloc=literal + port)), parts.netloc, {"sni_hostname": parts.hostname or ""}


@contextmanager
def _opened(form: Form) -> Iterator[io.BufferedReader]:
    try:
        stream = open(form.path, "rb")  # noqa: PTH123, SIM115 - the path may hold bytes that are no text
    except OSError as error:
        raise UploadError(f"{display_name(form.path)}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    with stream:
        yield stream


class _Watched:
    """A file that tells how much of it has been read. httpx reads it in pieces, and asks its descriptor for its size."""

    def __init__(self, stream: io.BufferedReader, progress: Callable[[int], None] | None) -> None:
        self._stream = stream
        self._progress = progress

    def fileno(self) -> int:
        return self._stream.fileno()

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(position, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        if self._progress is not None:
            self._progress(self._stream.tell())
        return data


class Incoming:
    """Gathers one answer: to the sink where it is the body asked for, else into memory up to a bound."""

    def __init__(self, send: Send, key: ApiKey, response: httpx.Response) -> None:
        self._send = send
        self._key = key
        headers = {name.lower(): key.mask(value) for name, value in response.headers.items()}
        self._head = Answer(response.status_code, headers)
        self.to_sink = send.sink is not None and response.status_code in (200, 206)
        self._body = bytearray()
        if self.to_sink and send.begin is not None:
            send.begin(self._head)

    def take(self, piece: bytes) -> bool:
        """Take a piece of the body; True where no more is wanted."""
        if self.to_sink and self._send.sink is not None:
            return bool(self._send.sink(piece))
        self._body += piece
        if len(self._body) > self._send.most:
            raise ProtocolError(
                "", f"{host_of(self._send)} answers with more than {self._send.most:,} bytes", status=self._head.status
            )
        return False

    def answer(self) -> Answer:
        """The whole answer. The key, should it be in it, is masked."""
        text = bytes(self._body)
        if self._key.value.encode() in text:
            text = self._key.mask(text.decode("utf-8", "replace")).encode()
        return Answer(self._head.status, self._head.headers, text)


def host_of(send: Send) -> str:
    """Where a request goes, fit for a message."""
    return urlsplit(send.request.url).netloc


@contextmanager
def transport_errors(send: Send, key: ApiKey) -> Iterator[None]:
    """Turns what httpx raises into our own errors, without URLs, whose queries may be signed."""
    try:
        yield
    except _NOT_RECEIVED as error:
        raise UnreachableError(f"{host_of(send)}: cannot be reached: {_reason(error, key)}") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise _lost(send, error, key) from None


def _lost(send: Send, error: Exception, key: ApiKey) -> TransportError:
    if isinstance(error, httpx.InvalidURL):
        return UnreachableError(f"{host_of(send)}: cannot be reached: {_reason(error, key)}")
    return LostAnswerError(f"{host_of(send)}: the answer was lost: {_reason(error, key)}")


def _reason(error: Exception, key: ApiKey) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return key.mask(text[:1].lower() + text[1:])
