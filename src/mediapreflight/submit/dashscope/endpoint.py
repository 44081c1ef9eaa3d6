"""Where requests are sent: the base URL of a region, of a workspace in it, or one from the user."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ...catalog import Model, Terms, builtin_catalog
from ...errors import UsageError
from ...language import say
from ...text import plain
from ..http.addresses import is_loopback

BASE_URL_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
WORKSPACE_VARIABLE = "DASHSCOPE_WORKSPACE_ID"

_API = "/api/v1"
_MOST_OF_A_URL = 2048
_URL_TEXT = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_API_PATH = re.compile(r"(/(?!\.{1,2}/)[A-Za-z0-9._~-]+)*/api/v1")
# It becomes a label of a host name, so it must not contain characters that end or begin another part of a URL.
_WORKSPACE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Endpoint:
    """A region and the base URL it is reached at.

    Attributes:
        region: decides model ids, rates and prices, whatever the host.
        base_url: ends in `/api/v1`, with no slash after it. https, or plain http to a loopback host.

    Raises UsageError for another region or base URL.
    """

    region: str
    base_url: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "region", known_region(self.region))
        object.__setattr__(self, "base_url", _checked_base_url(self.base_url))

    @property
    def is_local(self) -> bool:
        """Whether the service is on this machine."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    def url(self, path: str) -> str:
        """The URL of a path: `/tasks/…`, or as the catalog has it, `/api/v1/services/…`."""
        return self.base_url + path.removeprefix(_API)


def endpoint_for(terms: Terms, region: str, *, workspace: str | None = None, base_url: str | None = None) -> Endpoint:
    """The endpoint of a region.

    Args:
        workspace: the id of a workspace, for the newer hosts that have it in their name.
        base_url: the user's own; ends in `/api/v1`.

    If neither is given, DASHSCOPE_HTTP_BASE_URL counts, else DASHSCOPE_WORKSPACE_ID; an empty one counts as not set.

    Raises UsageError: an unknown region, a region that has no host without a workspace, a malformed id or URL, or both at once.
    """
    if workspace is not None and base_url is not None:
        raise UsageError(say("a base URL names the whole host: give it or a workspace id, not both"))
    if workspace is None and base_url is None:
        base_url = os.environ.get(BASE_URL_VARIABLE, "").strip() or None
        workspace = None if base_url else os.environ.get(WORKSPACE_VARIABLE, "").strip() or None
    region = known_region(region)
    return Endpoint(region, _host(terms, region, workspace) + _API if base_url is None else base_url)


def default_region(model: Model, job_region: str | None = None, chosen: str | None = None) -> str:
    """The region a job goes to: the one chosen for all, else the job's own, else the first that serves the model.

    Raises UsageError for a model whose jobs cannot be sent, for an unknown region, and for a region that does not serve the
    model. A region is accepted if no document says whether it serves the model.
    """
    model.require_service()
    region = known_region(chosen or job_region or model.regions[0])
    if region not in (*model.regions, *model.unconfirmed_regions):
        raise UsageError(
            say(
                "{model} is not offered in {region}, only in {regions}",
                model=model.id,
                region=region,
                regions=", ".join(model.regions),
            )
        )
    return region


def known_region(name: str) -> str:
    """The name, which is a region's. Raises UsageError."""
    regions = builtin_catalog().terms.hosts
    if name not in regions:
        raise UsageError(say("unknown region {name!r}; regions are {regions}", name=plain(str(name)), regions=", ".join(regions)))
    return name


def secure_url(text: str) -> SplitResult:
    """The parts of a URL that may receive secrets: https, or plain http to a loopback host; no user info, query or fragment.

    Raises ValueError with the reason.
    """
    if not _URL_TEXT.fullmatch(text):
        raise ValueError(say("is empty, or contains a character that a URL cannot have"))
    if len(text) > _MOST_OF_A_URL:
        raise ValueError(say("has more than {most_of_a_url:,} characters", most_of_a_url=_MOST_OF_A_URL))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(say("is not a URL")) from None
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not (_HOST.fullmatch(host) or _is_ipv6(host)) or port == 0:
        raise ValueError(say("is not an http(s) URL with a host"))
    if "@" in parts.netloc or "?" in text or "#" in text:
        raise ValueError(say("has user info, a query or a fragment"))
    if host.startswith("xn--") or ".xn--" in host:
        _refuse_undecodable(text)
    # Not every resolver keeps names below localhost on this machine.
    if parts.scheme == "http" and (not is_loopback(host) or host.endswith(".localhost")):
        raise ValueError(say("is plain http, which is allowed only for loopback hosts"))
    return parts


def _refuse_undecodable(text: str) -> None:
    import httpx

    try:
        # The code that sends the request decodes a name in Punycode.
        _ = httpx.URL(text).host
    except (ValueError, httpx.InvalidURL):
        raise ValueError(say("has a host whose Punycode cannot be decoded")) from None


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def _host(terms: Terms, region: str, workspace: str | None) -> str:
    host = terms.hosts[region]
    if workspace is not None:
        if host.workspace_host is None:
            raise UsageError(say("region {region} has no host for workspaces", region=region))
        if not _WORKSPACE.fullmatch(workspace):
            raise UsageError(
                say(
                    "workspace id {workspace!r}: letters, digits, and - or _ between them, 63 at most", workspace=plain(workspace)
                )
            )
        return host.workspace_host.replace("{WorkspaceId}", workspace)
    if host.host is None:
        raise UsageError(
            say(
                "region {region} is reached through a workspace: give its id (`--workspace`, {workspace_variable}) or a base URL",
                region=region,
                workspace_variable=WORKSPACE_VARIABLE,
            )
        )
    return host.host


def _checked_base_url(text: str) -> str:
    try:
        parts = secure_url(text)
    except ValueError as error:
        raise UsageError(say("base URL {text!r} {error}", text=_shown(text), error=error)) from None
    path = parts.path.removesuffix("/")
    if not _API_PATH.fullmatch(path):
        raise UsageError(say("base URL {text!r} does not end in {api}", text=_shown(text), api=_API))
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def _shown(url: str) -> str:
    """A URL without the parts that may be secret."""
    return plain(re.sub(r"//[^/]*@", "//", url.partition("?")[0].partition("#")[0]))
