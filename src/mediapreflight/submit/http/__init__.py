"""Exchanges with any host: requests and answers, the transport with httpx, addresses, and the API key.

May import: _version, errors, language, media.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

Purpose = Literal["policy", "detect", "create", "query", "list", "cancel", "upload", "look", "download"]
# These are sent to other hosts than the service, without the API key.
OPEN_PURPOSES: frozenset[Purpose] = frozenset({"upload", "look", "download"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.ASCII)


@dataclass(frozen=True)
class Form:
    """A multipart form with one file, which is its last field, as the upload host demands.

    Attributes:
        fields: values by name, in the order they are sent.
        path: the local file; it is streamed.
        name: what the form calls the file.
    """

    fields: Mapping[str, str]
    path: str
    name: str


@dataclass(frozen=True)
class Request:
    """One HTTP request without the API key: the client adds the key, only for requests to the service.

    Attributes:
        url: absolute, without a query.
        headers: beyond what every request has.
        params: the query.
        json: the body, for requests that have one of JSON.
        form: the body of an upload.
    """

    purpose: Purpose
    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Form | None = None

    @property
    def carries_key(self) -> bool:
        """Whether the API key is sent with it."""
        return self.purpose not in OPEN_PURPOSES


class ContentRange(NamedTuple):
    """Which bytes an answer holds, first and last, of how many; None if it does not say."""

    first: int | None = None
    last: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `headers` have lower-case names. `body` is empty if it went to a sink."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def redirect(self, url: str) -> str | None:
        """Where it sends who asked for this URL; None if it is not a redirect."""
        location = self.headers.get("location")
        if self.status not in _REDIRECTS or not location:
            return None
        try:
            return urljoin(url, location)
        except ValueError:
            # Following it will show that it cannot be read.
            return location

    @property
    def length(self) -> int | None:
        """What the `Content-Length` header says."""
        text = self.headers.get("content-length", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @property
    def range(self) -> ContentRange:
        """What the `Content-Range` header says."""
        found = _CONTENT_RANGE.fullmatch(self.headers.get("content-range", "").strip())
        parts = found.groups() if found else ()
        return ContentRange(*(int(part) if part and part.isdigit() else None for part in parts))


@dataclass(frozen=True)
class Send:
    """One exchange: a request, and how to receive its answer.

    Attributes:
        sink: gets the body of an answer with status 200 or 206, in pieces; if it returns True, the rest is not read.
        begin: gets the answer's status and headers before the first piece.
        progress: is called with the bytes of the form's file that have been read.
        sha256: of the form's file, in hexadecimal digits; a file that has changed is not sent completely.
        public: whether the host must have public addresses only. With a proxy, which resolves names itself, this is checked
            only if the host is an address.

    Without a sink, a body of more than 4 MiB is a ProtocolError. Redirects are not followed.
    """

    request: Request
    sink: Callable[[bytes], bool | None] | None = None
    begin: Callable[[Answer], None] | None = None
    progress: Callable[[int], None] | None = None
    sha256: str = ""
    public: bool = False


def shown_url(url: str) -> str:
    """A URL for messages: without query and fragment, which may contain a signature, and without credentials."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return url.partition("?")[0]
