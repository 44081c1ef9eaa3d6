"""Which requests are accepted: those of programs on this machine that know the token, and of no other web page."""

from __future__ import annotations

import hmac

from aiohttp import web

from ..language import say

_OWN_SITE = ("same-origin", "none")
# The style that wavesurfer.js adds to its waveforms, for the height used on the page.
_WAVEFORM_STYLE = "'sha256-7Wn/5ghbhb9U5yM332FZpa4jDUilNGJdZ87eJ6XZFBA='"
# What the page may do: use only scripts and styles from its folder, connect to no other address, and be in no frame.
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src 'self'; style-src 'self' {_WAVEFORM_STYLE}; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class RefusedError(Exception):
    """A request is refused, with this status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


def admit(request: web.Request, host: str, token: str) -> None:
    """Raises RefusedError for a request that is not for this server, comes from another site, or does not know the token."""
    if request.headers.getall("Host", []) != [host]:
        raise RefusedError(403, say("this address is not the page's"))
    origins, sites = request.headers.getall("Origin", []), request.headers.getall("Sec-Fetch-Site", [])
    if any(origin != f"http://{host}" for origin in origins) or any(site not in _OWN_SITE for site in sites):
        raise RefusedError(403, say("the request comes from a page of another site"))
    # Requests to a proxy have the form `http://other/…` or `other:443`.
    first = request.path.split("/", 2)[1] if request.raw_path.startswith("/") else ""
    if not hmac.compare_digest(first.encode("utf-8", "surrogatepass"), token.encode()):
        raise RefusedError(404, say("there is no page at this address"))


def ensure_json(request: web.Request) -> None:
    """Raises RefusedError for a body that is not sent as JSON: browsers let a page send a form to any site."""
    if request.content_type != "application/json":
        raise RefusedError(415, say("the request must be JSON"))
