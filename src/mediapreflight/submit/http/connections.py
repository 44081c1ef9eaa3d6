"""How connections are made: which proxy, certificates and addresses."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import getproxies

import anyio
import httpcore
import httpx

from ..._version import __version__
from ...errors import UsageError
from ...language import say
from .addresses import refuse_private

_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
_ONLY_PUBLIC: ContextVar[bool] = ContextVar("only_public", default=False)


@contextmanager
def only_public(wanted: bool) -> Iterator[None]:
    """Whether everything that connects in this block may connect to public addresses only."""
    token = _ONLY_PUBLIC.set(wanted)
    try:
        yield
    finally:
        _ONLY_PUBLIC.reset(token)


class Clients(NamedTuple):
    """`direct` uses no proxy, and is for hosts of this machine; `others` uses the environment."""

    direct: httpx.AsyncClient
    others: httpx.AsyncClient


def opened(transport: httpx.AsyncBaseTransport | None) -> Clients:
    """The httpx clients, with a transport in place of connections, if one is given.

    Raises UsageError if the environment names unusable proxies or certificates.
    """
    options: dict[str, Any] = {
        "follow_redirects": False,
        # A compressed answer can be larger than memory, and ranges and sizes count what is stored.
        "headers": {"User-Agent": f"mediapreflight/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"},
        # Waiting in a queue would count as part of the exchange.
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=20),
    }
    if transport is not None:
        client = httpx.AsyncClient(**options, transport=transport)
        return Clients(client, client)
    _check_proxies()
    options["verify"] = _certificates()
    try:
        others = httpx.AsyncClient(**options)
    except (ValueError, httpx.InvalidURL):
        raise UsageError(say("NO_PROXY contains a host name that is not valid")) from None
    clients = Clients(httpx.AsyncClient(**options, trust_env=False), others)
    for each in clients:
        _bind(each)
    return clients


def _bind(client: httpx.AsyncClient) -> None:
    """Make the client use our connections: httpx has no option for that."""
    proxied = [mounted for mounted in client._mounts.values() if mounted is not None]
    for transport in (client._transport, *proxied):
        if isinstance(transport, httpx.AsyncHTTPTransport) and transport not in proxied:
            transport._pool._network_backend = _Network(transport._pool._network_backend)


# --- what the environment says


def _certificates() -> ssl.SSLContext:
    """The trusted certificates: of SSL_CERT_FILE or SSL_CERT_DIR, else those of httpx."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and not Path(file).is_file():
        raise UsageError(say("SSL_CERT_FILE does not name a file"))
    if folder and not file and not Path(folder).is_dir():
        raise UsageError(say("SSL_CERT_DIR does not name a folder"))
    log = Path(os.environ.get("SSLKEYLOGFILE") or os.devnull)
    if log.exists() and not log.is_file() and str(log) != os.devnull:
        raise UsageError(say("SSLKEYLOGFILE does not name a file"))
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        name = "SSLKEYLOGFILE" if os.environ.get("SSLKEYLOGFILE") and not isinstance(error, ssl.SSLError) else "SSL_CERT_FILE"
        reason = say("it contains no certificate") if isinstance(error, ssl.SSLError) else (error.strerror or str(error)).lower()
        raise UsageError(say("{name} names a file that cannot be used: {reason}", name=name, reason=reason)) from None


def _check_proxies() -> None:
    """Raises UsageError for an invalid proxy URL. The URL is not shown: it may contain a password."""
    for kind, url in getproxies().items():
        if kind not in ("http", "https", "all") or not url:
            continue
        try:
            proxy = httpx.URL(url if "://" in url else f"http://{url}")
            # httpx escapes characters that a host name cannot have; only IPv6 addresses have a percent sign, for their zone.
            is_host = bool(proxy.host) and ("%" not in proxy.host or ":" in proxy.host)
            is_proxy = proxy.scheme in _PROXY_SCHEMES and is_host
        except (ValueError, httpx.InvalidURL):
            is_proxy = False
        if not is_proxy:
            raise UsageError(
                say(
                    "{kind} is not a proxy: it must be http://, https:// or socks5://, with a host and a port",
                    kind=_variable(kind, url),
                )
            )
        if proxy.scheme.startswith("socks") and find_spec("socksio") is None:
            raise UsageError(
                say("{kind} names a SOCKS proxy, which needs a library: pip install 'httpx[socks]'", kind=_variable(kind, url))
            )


def _variable(kind: str, url: str) -> str:
    names = (f"{kind}_proxy", f"{kind}_proxy".upper())
    return next((name for name in names if os.environ.get(name) == url), say("the system's {kind} proxy", kind=kind))


# --- connections


class _Network(httpcore.AsyncNetworkBackend):
    """Connects directly, and only to public addresses in a block that says so."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        if not _ONLY_PUBLIC.get():
            return await self._inner.connect_tcp(host, port, *rest, **options)
        failure: Exception | None = None
        for address in await self._public_addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, *rest, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    async def _public_addresses(self, host: str, port: int) -> list[str]:
        try:
            entries = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from None
        return refuse_private(list(dict.fromkeys(entry[4][0] for entry in entries)))
