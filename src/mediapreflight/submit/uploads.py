"""Files to the provider's temporary space: policy, form, `oss://` URL; the same bytes only once in 47 hours."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..errors import TransportError, UploadError, UsageError
from ..output_folder import file_sha256
from ..probe.source import display_name
from .answers import Policy, error_of, parse_policy
from .calls import ask, policy_rate
from .endpoint import Endpoint
from .exchange import Answer, Call, Flow, Send, Sleep
from .ledger import Submission
from .requests import policy_request, upload_request, uploaded_url
from .retries import backoff
from .surroundings import Surroundings

_MIB = 2**20
# OSS's answer to a name that is taken. The name is made of the content's hash, so the object there is this file.
_TAKEN = 409


class Local(NamedTuple):
    """A file as it was when its hash was taken."""

    path: str
    sha256: str
    size: int
    modified_ns: int


def examined(path: str) -> Local:
    """The file's hash and size. Raises UploadError where it cannot be read."""
    try:
        before = Path(path).stat()
        return Local(path, file_sha256(path), before.st_size, before.st_mtime_ns)
    except OSError as error:
        raise UploadError(f"{display_name(path)}: cannot be read: {(error.strerror or str(error)).lower()}") from None


def upload(around: Surroundings, endpoint: Endpoint, model: str, local: Local, submission: Submission | None = None) -> Flow[str]:
    """Bring a file to the temporary space for calls of one model, and return its `oss://` URL.

    Args:
        model: the id as it is sent; an upload serves calls of that model only.

    Raises UploadError, ServiceError and TransportError; UsageError in a region without such a space.
    """
    spaces = around.catalog.provider.upload_regions.documented
    if endpoint.region not in spaces:
        raise UsageError(f"{display_name(local.path)}: {endpoint.region} has no temporary space for files; give a URL")
    known: str | None = yield Call(lambda: around.ledger.uploaded(around.account, model, endpoint.base_url, local.sha256))
    if known is not None:
        return known
    url = yield from _sent(around, endpoint, model, local, submission)
    yield Call(lambda: _unchanged(local))
    yield Call(lambda: around.ledger.remember_upload(around.account, model, endpoint.base_url, local.sha256, url))
    return url


def _sent(around: Surroundings, endpoint: Endpoint, model: str, local: Local, submission: Submission | None) -> Flow[str]:
    shown = display_name(local.path)

    def progress(done: int) -> None:
        around.tell("upload", submission, shown, min(done / local.size, 1.0) if local.size else 1.0)

    name = f"{local.sha256}{_suffix(local.path)}"
    for attempt in range(around.pace.attempts):
        policy = yield from _policy(around, endpoint, model, local)
        request = upload_request(policy, local.path, name)
        last = attempt + 1 == around.pace.attempts
        retry_after = None
        progress(0)
        try:
            answer: Answer = yield Send(request, progress=progress)
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
        yield Sleep(backoff(attempt, retry_after, around.random, first=around.pace.first_backoff))
    raise AssertionError("the last attempt returns or raises")


def _policy(around: Surroundings, endpoint: Endpoint, model: str, local: Local) -> Flow[Policy]:
    request = policy_request(endpoint, model)
    policy = yield from ask(around, request, policy_rate(around, endpoint, model), parse_policy, repeatable=True)
    provider = around.catalog.provider
    most = min(policy.max_file_size_mb or provider.upload_megabytes, provider.upload_megabytes)
    if local.size > most * _MIB:
        size = local.size / _MIB
        raise UploadError(f"{display_name(local.path)}: {size:.1f} MiB; the temporary space takes files of up to {most:g} MB")
    return policy


def _unchanged(local: Local) -> None:
    """Raises UploadError where the file is no longer what its hash was taken of."""
    try:
        now = Path(local.path).stat()
    except OSError as error:
        raise UploadError(f"{display_name(local.path)}: went while it was uploaded: {(error.strerror or '').lower()}") from None
    if (now.st_size, now.st_mtime_ns) != (local.size, local.modified_ns):
        raise UploadError(f"{display_name(local.path)}: changed while it was uploaded; run it again")


def _suffix(path: str) -> str:
    """The name's extension where it is plain: the service tells formats by it."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ""
