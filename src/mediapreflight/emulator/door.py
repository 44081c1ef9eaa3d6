"""Which requests are accepted: none from a web page of another site."""

from __future__ import annotations

import json

from aiohttp import web

from . import answers, limits
from .calls import Refusal

_NAMES = ("127.0.0.1", "localhost")
_OWN_SITE = ("same-origin", "none")


def full() -> bytes:
    """The answer to a connection that is one too many."""
    body = json.dumps(answers.error("ModelUnavailable", f"more than {limits.CONNECTIONS} connections are open")).encode()
    head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Retry-After: 1\r\nConnection: close\r\n\r\n".encode() + body


def refuse_foreign(request: web.Request, port: int) -> None:
    """Refuse a request that is not for this port of this machine, or that comes from a page of another site. Raises Refusal."""
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
