"""Files to the provider's temporary space: policy, form, `oss://` URL; the same bytes only once in 47 hours."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..errors import TransportError, UploadError, UsageError
from ..media.data_url import is_data_url
from ..media.formats import FORMATS
from ..media.opening import open_source
from ..media.sniff import sniff
from ..media.source import OpenError, display_name, is_remote
from ..output_folder import stream_sha256
from .calls import ask, policy_rate
from .dashscope.answers import Policy, error_of, parse_policy
from .dashscope.endpoint import Endpoint
from .dashscope.requests import policy_request, upload_request, uploaded_url
from .http.exchange import Answer
from .ledger import Submission
from .retries import backoff
from .session import Session

_MIB = 2**20
# OSS's answer to a name that is taken. The name is made of the content's hash, and nothing with another hash is sent whole under
# it, so the object there is this file.
_TAKEN = 409


class Local(NamedTuple):
    """A file as it was when its hash was taken."""

    path: str
    sha256: str
    size: int


def examined(session: Session, path: str) -> Local:
    """The file's hash and size. Raises UploadError where it cannot be read, or is larger than any upload."""
    shown, most = display_name(path), session.catalog.provider.upload_megabytes
    if is_remote(path):
        raise UploadError(f"{shown}: is not on this machine")
    try:
        with open_source(path) as source:
            if source.size > most * 2**20:
                raise UploadError(f"{shown}: has {source.size:,} bytes; uploads take up to {most:g} MB")
            return Local(path, stream_sha256(source.stream), source.size)
    except OpenError as error:
        raise UploadError(f"{shown}: cannot be read: {error.detail}") from None
    except OSError as error:
        raise UploadError(f"{shown}: cannot be read: {(error.strerror or str(error)).lower()}") from None


async def upload(session: Session, endpoint: Endpoint, model: str, local: Local, submission: Submission | None = None) -> str:
    """Bring a file to the temporary space for calls of one model, and return its `oss://` URL.

    Args:
        model: the id as it is sent; an upload serves calls of that model only.

    Raises UploadError, ServiceError and TransportError; UsageError in a region without such a space.
    """
    spaces = session.catalog.provider.upload_regions.documented
    if endpoint.region not in spaces:
        raise UsageError(f"{display_name(local.path)}: {endpoint.region} has no temporary space for files; give a URL")
    known = await session.run(session.ledger.uploaded, session.account, model, endpoint.base_url, local.sha256)
    if known is not None:
        return known
    url = await _sent(session, endpoint, model, local, submission)
    await session.run(session.ledger.remember_upload, session.account, model, endpoint.base_url, local.sha256, url)
    return url


async def _sent(session: Session, endpoint: Endpoint, model: str, local: Local, submission: Submission | None) -> str:
    shown = display_name(local.path)

    def progress(done: int) -> None:
        session.tell("upload", submission, shown, min(done / local.size, 1.0) if local.size else 1.0)

    name = f"{local.sha256}{_suffix(local.path)}"
    for attempt in range(session.pace.attempts):
        policy = await _policy(session, endpoint, model, local)
        request = upload_request(policy, local.path, name)
        last = attempt + 1 == session.pace.attempts
        retry_after = None
        progress(0)
        try:
            answer: Answer = await session.send(request, progress=progress, sha256=local.sha256, public=not endpoint.is_local)
        except TransportError as error:
            if last:
                raise UploadError(f"{shown}: cannot be uploaded: {error}") from None
        else:
            if 200 <= answer.status < 300 or answer.status == _TAKEN:
                return uploaded_url(policy, name)
            refusal = error_of(answer)
            # 403 means that the policy has expired: the next attempt fetches another one.
            if last or not (answer.status in (403, 429) or answer.status >= 500):
                raise UploadError(f"{shown}: the temporary space refuses it: {refusal}")
            retry_after = refusal.retry_after
        await session.sleep(backoff(attempt, retry_after, session.random, first=session.pace.first_backoff))
    raise AssertionError("the last attempt returns or raises")


async def _policy(session: Session, endpoint: Endpoint, model: str, local: Local) -> Policy:
    request = policy_request(endpoint, model)
    policy = await ask(session, request, policy_rate(session, endpoint, model), parse_policy, repeatable=True)
    provider = session.catalog.provider
    most = min(policy.max_file_size_mb or provider.upload_megabytes, provider.upload_megabytes)
    if local.size > most * _MIB:
        size = local.size / _MIB
        raise UploadError(f"{display_name(local.path)}: {size:.1f} MiB; the temporary space takes files of up to {most:g} MB")
    return policy


def _suffix(path: str) -> str:
    """The name's extension where it is plain: the service tells formats by it. A `data:` URL has that of its bytes."""
    if is_data_url(path):
        with open_source(path) as source:
            known = FORMATS.get(sniff(source.stream).format)
        return f".{known.extensions[0]}" if known else ""
    suffix = Path(path).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ""
