"""Send requests with httpx.

The API key is added here, only to requests to the service, and removed from all answers. Redirects are never followed,
and requests to this machine never use a proxy.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import anyio
import httpx

from ...errors import DownloadError, LostAnswerError, ProtocolError, SubmitError, UnreachableError, UploadError
from ...language import say
from ...media.opening import open_source
from ...media.source import OpenError, display_name
from . import Answer, Purpose, Send
from .addresses import PrivateAddressError, is_loopback, refuse_private_host
from .connections import Clients, only_public
from .key import ApiKey

# Seconds of silence until an exchange counts as lost. A detect call answers after its work, an upload when it is stored.
_READ_S: Mapping[Purpose, float] = {"detect": 90.0, "create": 60.0, "upload": 180.0, "look": 20.0}
_DEFAULT_READ_S = 30.0
_CONNECT_S = 10.0
# The whole exchange may take the time to connect, this many silences, and the time for its bytes.
_SILENCES = 2
# Bytes per second. A slower transfer than on a bad telephone line counts as failed.
SLOWEST = 32 * 2**10
# Of a body that goes to no sink.
MOST_BYTES = 4 * 2**20
# Loggers that write a server's answer at the level DEBUG or INFO.
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
# Errors after which nothing of the request can have been received.
_NOT_RECEIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
# The error for an address that is not public, where the service named it.
_REFUSALS: Mapping[Purpose, type[SubmitError]] = {"upload": UploadError, "download": DownloadError}
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Wire:
    """Makes exchanges, each with a deadline.

    httpx limits each read and write, not the exchange: a server that sends a byte every few seconds could keep it open for ever.

    Args:
        timeout: of each phase of every exchange, in place of the built-in ones.
    """

    def __init__(self, clients: Clients, key: ApiKey, timeout: httpx.Timeout | None = None) -> None:
        self._clients = clients
        self._key = key
        self._timeout = timeout

    async def __call__(self, send: Send) -> Answer:
        """The answer. Raises what `Session.wire` does."""
        with _own_errors(send, self._key), _masked_logs(self._key), only_public(send.public), _opened(send) as file:
            http, request = self._built(send, file)
            with anyio.fail_after(_seconds(request)) as scope:
                response = await http.send(request, stream=True)
                try:
                    incoming = _Incoming(send, self._key, response)
                    async for piece in response.aiter_bytes() if incoming.is_unpacked else response.aiter_raw():
                        if incoming.take(piece):
                            break
                        scope.deadline += len(piece) / SLOWEST
                    return incoming.answer()
                finally:
                    await response.aclose()

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()

    def _built(self, send: Send, file: _Checked | None) -> tuple[httpx.AsyncClient, httpx.Request]:
        """The httpx request, and the client for where it goes. Raises UnreachableError if it goes nowhere."""
        request = send.request
        headers = {**request.headers, **({"Authorization": f"Bearer {self._key.value}"} if request.carries_key else {})}
        timeout = httpx.Timeout(_READ_S.get(request.purpose, _DEFAULT_READ_S), connect=_CONNECT_S, pool=None)
        options: dict[str, Any] = {"headers": headers, "timeout": self._timeout or timeout, "json": request.json}
        if request.params:
            # Even an empty query would replace the one in the URL.
            options["params"] = dict(request.params)
        if request.form is not None:
            options["files"] = {"file": (request.form.name, file, "application/octet-stream")}
            options["data"] = dict(request.form.fields)
        try:
            # As httpx sends it to a proxy, which treats dots of other scripts as dots.
            host = httpx.URL(request.url).raw_host.decode("ascii")
            host.encode("idna")
            http = self._clients.direct if is_loopback(host) else self._clients.others
            built = http.build_request(request.method, request.url, **options)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise _unreachable(send, _reason(error, self._key)) from None
        if send.public:
            # With a proxy, nothing else can be checked; without one, the connection is checked too.
            refuse_private_host(host)
        return http, built


def _seconds(request: httpx.Request) -> float:
    """How long an exchange may take, without the body of its answer."""
    timeout: Mapping[str, float | None] = request.extensions["timeout"]
    connect, read = timeout["connect"], timeout["read"]
    if connect is None or read is None:
        return math.inf
    return connect + _SILENCES * read + int(request.headers.get("Content-Length", "0")) / SLOWEST


@contextmanager
def _own_errors(send: Send, key: ApiKey) -> Iterator[None]:
    """Converts exceptions of connections and httpx to our own errors, without URLs, whose queries may be signed."""
    try:
        yield
    except PrivateAddressError as error:
        kind = _REFUSALS.get(send.request.purpose)
        if kind is None:
            raise
        host = _host_of(send)
        place = "" if error.address in host.lower() else f" ({error.address})"
        raise kind(
            say("{host}: is not a public address{place}, and a remote service may only name public ones", host=host, place=place)
        ) from None
    except _NOT_RECEIVED as error:
        raise _unreachable(send, _reason(error, key)) from None
    except TimeoutError:
        raise _lost(send, say("it takes too long")) from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
        # httpx also parses the Location of an answer, even if nobody follows it.
        raise _lost(send, _reason(error, key)) from None


def _host_of(send: Send) -> str:
    return urlsplit(send.request.url).netloc


def _unreachable(send: Send, reason: str) -> UnreachableError:
    return UnreachableError(say("{host}: cannot be reached: {reason}", host=_host_of(send), reason=reason))


def _lost(send: Send, reason: str) -> LostAnswerError:
    return LostAnswerError(say("{host}: the answer was lost: {reason}", host=_host_of(send), reason=reason))


def _reason(error: Exception, key: ApiKey) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return key.mask(text[:1].lower() + text[1:])


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


@contextmanager
def _opened(send: Send) -> Iterator[_Checked | None]:
    """The file of the request's form, if it has one."""
    form = send.request.form
    if form is None:
        yield None
        return
    try:
        with open_source(form.path) as source:
            yield _Checked(source.path, source.stream, source.size, send)
    except OpenError as error:
        raise UploadError(say("{path}: cannot be read: {detail}", path=display_name(form.path), detail=error.detail)) from None


class _Checked:
    """A file that matches its hash, or stops before its end. httpx reads it in pieces, and asks for its length."""

    def __init__(self, shown: str, stream: BinaryIO, size: int, send: Send) -> None:
        self._shown = shown
        self._stream = stream
        self._size = size
        self._send = send
        self._hash = hashlib.sha256()
        self._have = 0

    def fileno(self) -> int:
        return self._stream.fileno()

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(position, whence)

    def read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except OSError as error:
            raise UploadError(
                say("{shown}: cannot be read: {strerror}", shown=self._shown, strerror=(error.strerror or str(error)).lower())
            ) from None
        self._hash.update(data)
        self._have += len(data)
        # If the hash does not match, the last piece is not sent: an incomplete upload is not stored.
        is_whole = self._have == self._size
        if self._have > self._size or not (data or is_whole) or (is_whole and self._hash.hexdigest() != self._send.sha256):
            raise UploadError(say("{shown}: changed while it was uploaded; run it again", shown=self._shown))
        if self._send.progress is not None:
            self._send.progress(self._have)
        return data


class _Incoming:
    """Receives one answer: into the sink if it is the requested body, else into memory up to a limit."""

    def __init__(self, send: Send, key: ApiKey, response: httpx.Response) -> None:
        self._send = send
        self._key = key
        headers = {name.lower(): key.mask(value) for name, value in response.headers.items()}
        self._head = Answer(response.status_code, headers)
        self._sink = send.sink if response.status_code in (200, 206) else None
        self._body = bytearray()
        # Another transport may return a body that is already complete.
        self.is_unpacked = response.is_stream_consumed
        self._unpack = _unpacker("" if self.is_unpacked else headers.get("content-encoding", ""))
        if self._sink is not None and send.begin is not None:
            send.begin(self._head)

    def take(self, piece: bytes) -> bool:
        """Take a piece of the body; True if no more is needed."""
        if self._sink is not None:
            return bool(self._sink(piece))
        room = MOST_BYTES - len(self._body)
        try:
            self._body += self._unpack(piece, room + 1)
        except zlib.error:
            raise self._unclear(say("answers in an encoding that was not asked for")) from None
        if len(self._body) > MOST_BYTES:
            raise self._unclear(say("answers with more than {most:,} bytes", most=MOST_BYTES))
        return False

    def answer(self) -> Answer:
        """The whole answer. If it contains the key, the key is masked."""
        # Latin-1 gives every byte a character: bytes that are not masked stay the same.
        body = self._key.mask(self._body.decode("latin-1")).encode("latin-1", "replace")
        return Answer(self._head.status, self._head.headers, body)

    def _unclear(self, words: str) -> ProtocolError:
        return ProtocolError("", f"{urlsplit(self._send.request.url).netloc} {words}", status=self._head.status)


def _unpacker(coding: str) -> Callable[[bytes, int], bytes]:
    """Decompresses a body in pieces, never to more bytes than needed: some servers use gzip without being asked."""
    match coding.strip().lower():
        case "" | "identity":
            return lambda piece, most: piece
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(_GZIP_OR_ZLIB).decompress
        case _:
            return _refuse_coding


def _refuse_coding(piece: bytes, most: int) -> bytes:
    raise zlib.error
