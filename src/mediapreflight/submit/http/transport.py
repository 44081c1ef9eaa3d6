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
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import anyio
import httpx

from ...errors import DownloadError, LostAnswerError, ProtocolError, SubmitError, TransportError, UnreachableError, UploadError
from ...language import say
from ...media.opening import open_source
from ...media.source import OpenError, display_name
from . import Answer, Form, Purpose, Send
from .addresses import PrivateAddressError, is_loopback, refuse_private_host
from .connections import Bounds, Clients, bounded
from .key import ApiKey

# Seconds of silence until an exchange counts as lost. A detect call answers after its work, an upload when it is stored.
_READ_S: Mapping[Purpose, float] = {"detect": 90.0, "create": 60.0, "upload": 180.0, "look": 20.0}
_DEFAULT_READ_S = 30.0
_CONNECT_S = 10.0
# The whole exchange may take the time to connect, this many silences, and the time for its bytes.
_SILENCES = 2
# Loggers that write a server's answer at the level DEBUG or INFO.
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
# Errors after which nothing of the request can have been received.
_NOT_RECEIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
# The error for an address that is not public, where the service named it.
_REFUSALS: Mapping[Purpose, type[SubmitError]] = {"upload": UploadError, "download": DownloadError}
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Wire:
    """Makes exchanges, each with a deadline.

    Args:
        timeout: of each phase of every exchange, in place of the built-in ones.
    """

    def __init__(self, clients: Clients, key: ApiKey, timeout: httpx.Timeout | None = None) -> None:
        self._clients = clients
        self._key = key
        self._timeout = timeout

    async def __call__(self, send: Send) -> Answer:
        """The answer. Raises what `Session.wire` does."""
        read_s = _READ_S.get(send.request.purpose, _DEFAULT_READ_S)
        timeout = self._timeout or httpx.Timeout(read_s, connect=_CONNECT_S, pool=None)
        exchange = _Exchange(send, self._key, timeout)
        with exchange.own_errors():
            return await exchange.made(self._clients)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()


class _Exchange:
    """A running request, and its errors.

    Args:
        timeout: of each phase.
    """

    def __init__(self, send: Send, key: ApiKey, timeout: httpx.Timeout) -> None:
        self._send = send
        self._key = key
        self._timeout = timeout
        seconds = math.inf
        if timeout.read is not None and timeout.connect is not None:
            seconds = timeout.connect + _SILENCES * timeout.read
        self._bounds = Bounds(seconds, public=send.public)

    @property
    def _host(self) -> str:
        return urlsplit(self._send.request.url).netloc

    async def made(self, clients: Clients) -> Answer:
        bounds, http = self._bounds, self._client_of(clients)
        with self._outgoing(http) as request:
            with anyio.fail_after(bounds.left()) as scope:
                response = await http.send(request, stream=True)
                try:
                    incoming = _Incoming(self._send, self._key, response, bounds)
                    async for piece in response.aiter_bytes() if incoming.is_unpacked else response.aiter_raw():
                        if incoming.take(piece):
                            break
                        scope.deadline = anyio.current_time() + bounds.left()
                    return incoming.answer()
                finally:
                    await response.aclose()

    def _client_of(self, clients: Clients) -> httpx.AsyncClient:
        """The httpx client for where the request goes."""
        # As httpx sends it to a proxy, which treats dots of other scripts as dots.
        host = httpx.URL(self._send.request.url).raw_host.decode("ascii")
        if self._send.public:
            # With a proxy, nothing else can be checked; without one, the connection is checked too.
            refuse_private_host(host)
        return clients.direct if is_loopback(host) else clients.others

    @contextmanager
    def _outgoing(self, http: httpx.AsyncClient) -> Iterator[httpx.Request]:
        """The httpx request, ready to be sent while the block lasts."""
        request = self._send.request
        headers = dict(request.headers)
        options: dict[str, Any] = {"headers": headers, "timeout": self._timeout, "extensions": {"trace": self._bounds.watch}}
        if request.carries_key:
            headers["Authorization"] = f"Bearer {self._key.value}"
        if request.params:
            options["params"] = dict(request.params)
        if request.json is not None:
            options["json"] = request.json
        with ExitStack() as stack:
            stack.enter_context(_masked_logs(self._key))
            stack.enter_context(bounded(self._bounds))
            if request.form is not None:
                file = stack.enter_context(_opened(request.form, self._send))
                options["files"] = {"file": (request.form.name, file, "application/octet-stream")}
                options["data"] = dict(request.form.fields)
            built = http.build_request(request.method, request.url, **options)
            self._bounds.is_unsent = False
            self._bounds.allow(int(built.headers.get("Content-Length", "0")))
            yield built

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Converts exceptions of connections and httpx to our own errors, without URLs, whose queries may be signed."""
        try:
            yield
        except PrivateAddressError as error:
            kind = _REFUSALS.get(self._send.request.purpose)
            if kind is None:
                raise
            place = "" if error.address in self._host.lower() else f" ({error.address})"
            raise kind(
                say(
                    "{host}: is not a public address{place}, and a remote service may only name public ones",
                    host=self._host,
                    place=place,
                )
            ) from None
        except _NOT_RECEIVED as error:
            raise self._unreachable(self._reason(error)) from None
        except (httpx.InvalidURL, UnicodeError) as error:
            # httpx also parses the Location of an answer, even if nobody follows it.
            raise (self._unreachable if self._bounds.is_unsent else self._lost)(self._reason(error)) from None
        except TimeoutError:
            if self._bounds.is_unsent:
                raise self._unreachable(say("connecting takes too long")) from None
            raise self._lost(say("it takes too long")) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise self._lost(self._reason(error)) from None

    def _unreachable(self, reason: str) -> TransportError:
        return UnreachableError(say("{host}: cannot be reached: {reason}", host=self._host, reason=reason))

    def _lost(self, reason: str) -> TransportError:
        return LostAnswerError(say("{host}: the answer was lost: {reason}", host=self._host, reason=reason))

    def _reason(self, error: Exception) -> str:
        text = " ".join(str(error).split()) or type(error).__name__
        return self._key.mask(text[:1].lower() + text[1:])


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
def _opened(form: Form, send: Send) -> Iterator[_Checked]:
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

    def __init__(self, send: Send, key: ApiKey, response: httpx.Response, bounds: Bounds) -> None:
        self._send = send
        self._key = key
        self._bounds = bounds
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
        self._bounds.allow(len(piece))
        if self._sink is not None:
            return bool(self._sink(piece))
        room = self._send.most - len(self._body)
        try:
            self._body += self._unpack(piece, room + 1)
        except zlib.error:
            raise self._unclear(say("answers in an encoding that was not asked for")) from None
        if len(self._body) > self._send.most:
            raise self._unclear(say("answers with more than {most:,} bytes", most=self._send.most))
        return False

    def answer(self) -> Answer:
        """The whole answer. If it contains the key, the key is masked."""
        # Latin-1 gives every byte a character: bytes that are not masked stay the same.
        body = self._key.mask(self._body.decode("latin-1")).encode("latin-1")
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
