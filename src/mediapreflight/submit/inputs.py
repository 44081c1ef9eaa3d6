"""Upload a job's files, and check its URLs.

Files are uploaded to the provider's temporary space: policy, form, `oss://` URL; the same bytes only once in 47 hours. A URL that
the user gives is checked with a limited request before anything is paid: it must answer with media that the model takes. The
check never connects to a private network unless that is allowed, and follows redirects itself, so that each of them is checked.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ..catalog.schema import Role
from ..errors import InputUrlError, TransportError, UploadError, UsageError
from ..job import MUST_BE_ENCODED
from ..language import say
from ..media.data_url import MAX_BYTES, is_data_url
from ..media.formats import FORMATS
from ..media.opening import open_source
from ..media.sniff import sniff
from ..media.source import OpenError, Source, display_name, is_remote
from ..output_folder import stream_sha256
from .calls import Rate, Service, ask, backoff, can_pass
from .dashscope.answers import Policy, error_of, parse_policy
from .dashscope.requests import policy_request, upload_request, uploaded_url
from .http import Answer, Request, shown_url
from .http.addresses import PrivateAddressError
from .ledger import Key, Submission
from .session import Session

_MIB = 2**20
# OSS's answer to an existing name. The name contains the content's hash, and nothing with another hash is uploaded completely
# under it, so the existing object is this file.
_TAKEN = 409


# --- files


class Local(NamedTuple):
    """A file at the time its hash was computed."""

    path: str
    sha256: str
    size: int


def examined(session: Session, path: str) -> Local:
    """The file's hash and size. Raises UploadError if it cannot be read, or is larger than any upload."""
    shown, most = display_name(path), session.catalog.terms.upload_megabytes
    if is_remote(path):
        raise UploadError(say("{shown}: is not on this machine", shown=shown))
    with _opened(path) as source:
        if source.size > most * _MIB:
            raise UploadError(
                say("{shown}: has {size:,} bytes; uploads take up to {most:g} MB", shown=shown, size=source.size, most=most)
            )
        return Local(path, stream_sha256(source.stream), source.size)


def inline_url(path: str, sha256: str) -> str:
    """A picture as a `data:` URL that states the type of its bytes, for roles that take Base64.

    A `data:` URL may state another type, or none. Raises UploadError if the file cannot be read, is too large, or has changed.
    """
    shown = display_name(path)
    with _opened(path) as source:
        found = sniff(source.stream)
        source.stream.seek(0)
        content = source.stream.read(MAX_BYTES + 1)
    if found.family != "image":
        raise UploadError(
            say("{path}: is {format} and not a picture, so it cannot be sent inside a request", path=shown, format=found.format)
        )
    if len(content) > MAX_BYTES:
        raise UploadError(
            say(
                "{path}: has more than {max_bytes:,} bytes, too many to be sent inside a request", path=shown, max_bytes=MAX_BYTES
            )
        )
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UploadError(say("{path}: changed while it was read; run it again", path=shown))
    return f"data:image/{found.format};base64,{base64.b64encode(content).decode('ascii')}"


@contextmanager
def _opened(path: str) -> Iterator[Source]:
    """The open file. Raises UploadError if it cannot be opened or read."""
    try:
        with open_source(path) as source:
            yield source
    except (OpenError, OSError) as error:
        reason = error.detail if isinstance(error, OpenError) else (error.strerror or str(error)).lower()
        raise UploadError(say("{path}: cannot be read: {reason}", path=display_name(path), reason=reason)) from None


async def upload(service: Service, local: Local, submission: Submission | None = None) -> str:
    """Upload a file to the temporary space, for calls of the service's model only, and return its `oss://` URL.

    Raises UploadError, ServiceError and TransportError; UsageError in a region without such a space.
    """
    session, endpoint = service.session, service.endpoint
    if endpoint.region not in session.catalog.terms.upload_regions.documented:
        raise UsageError(
            say(
                "{path}: {region} has no temporary space for files; give a URL",
                path=display_name(local.path),
                region=endpoint.region,
            )
        )
    key = Key("upload", session.account, service.sent_as, endpoint.base_url, local.sha256)
    if known := await session.run(session.ledger.kept, key):
        return str(known)
    url = await _sent(service, local, submission)
    await session.run(session.ledger.keep, key, url)
    return url


async def _sent(service: Service, local: Local, submission: Submission | None) -> str:
    session, shown = service.session, display_name(local.path)

    def progress(done: int) -> None:
        session.tell("upload", submission, shown, min(done / local.size, 1.0) if local.size else 1.0)

    name = f"{local.sha256}{_suffix(local.path)}"
    for attempt in range(session.pace.attempts):
        policy = await _policy(service, local)
        request = upload_request(policy, local.path, name)
        last = attempt + 1 == session.pace.attempts
        retry_after = None
        progress(0)
        try:
            answer = await session.send(request, progress=progress, sha256=local.sha256, public=not service.endpoint.is_local)
        except TransportError as error:
            if last:
                raise UploadError(say("{shown}: cannot be uploaded: {error}", shown=shown, error=error)) from None
        else:
            if 200 <= answer.status < 300 or answer.status == _TAKEN:
                return uploaded_url(policy, name)
            refusal = error_of(answer)
            # 403 means that the policy has expired: the next attempt fetches another one.
            if last or not (answer.status in (403, 429) or answer.status >= 500):
                raise UploadError(say("{shown}: the temporary space refuses it: {refusal}", shown=shown, refusal=refusal))
            retry_after = refusal.retry_after
        await session.sleep(backoff(attempt, retry_after, session.random, first=session.pace.first_backoff))
    raise AssertionError("the last attempt returns or raises")


async def _policy(service: Service, local: Local) -> Policy:
    session, terms = service.session, service.session.catalog.terms
    # Per account and model.
    rate = Rate(f"{session.account} {service.endpoint.base_url} uploads {service.sent_as}", terms.upload_policy_rate)
    policy = await ask(session, policy_request(service.endpoint, service.sent_as), rate, parse_policy, repeatable=True)
    most = min(policy.max_file_size_mb or terms.upload_megabytes, terms.upload_megabytes)
    if local.size > most * _MIB:
        size = local.size / _MIB
        raise UploadError(
            say(
                "{path}: {size:.1f} MiB; the temporary space takes files of up to {most:g} MB",
                path=display_name(local.path),
                size=size,
                most=most,
            )
        )
    return policy


def _suffix(path: str) -> str:
    """The name's extension if it is plain: the service uses it to recognise formats. A `data:` URL gets that of its bytes."""
    if is_data_url(path):
        with open_source(path) as source:
            known = FORMATS.get(sniff(source.stream).format)
        return f".{known.extensions[0]}" if known else ""
    suffix = Path(path).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ""


# --- URLs

LOOK_BYTES = 64 * 1024
_HOPS = 5
_ATTEMPTS = 3


async def look_at(session: Session, url: str, role: Role) -> None:
    """Fetch the first 64 KiB of an input's URL. Raises InputUrlError if the service will not accept it."""
    for attempt in range(_ATTEMPTS):
        retry_after = None
        try:
            answer, head = await _followed(session, url)
        except TransportError:
            answer = None
        if answer is not None:
            if not can_pass(answer.status):
                _refuse_unfit(url, role, answer, head)
                return
            retry_after = error_of(answer).retry_after
        if attempt + 1 < _ATTEMPTS:
            await session.sleep(backoff(attempt, retry_after, session.random))
    raise _error(url, say("does not answer") if answer is None else say("answers with status {status}", status=answer.status))


async def _followed(session: Session, url: str) -> tuple[Answer, bytes]:
    """The answer at the end of the redirects, with the first bytes of its body."""
    here = url
    for _ in range(_HOPS + 1):
        _refuse_unusable(url, here)
        headers = {"Range": f"bytes=0-{LOOK_BYTES - 1}", "Accept-Encoding": "identity"}
        request, head = Request("look", "GET", urlunsplit(urlsplit(here)._replace(fragment="")), headers), bytearray()
        try:
            answer = await session.send(request, sink=functools.partial(_fill, head), public=not session.private_urls)
        except PrivateAddressError as error:
            raise _error(
                url, say("leads to the private address {private}, which the service cannot reach", private=error.address)
            ) from None
        onward = answer.redirect(here)
        if onward is None:
            return answer, bytes(head)
        here = onward
    raise _error(url, say("redirects more than {hops} times", hops=_HOPS))


def _fill(head: bytearray, piece: bytes) -> bool:
    """Take the next piece of a body; True if it has enough."""
    head += piece[: LOOK_BYTES - len(head)]
    return len(head) >= LOOK_BYTES


def _refuse_unusable(url: str, here: str) -> None:
    """Raises InputUrlError if the URL of a hop must not be followed."""
    if found := MUST_BE_ENCODED.search(here):
        raise _hop_error(url, here, say("contains {found!r}, which must be percent-encoded", found=found[0]))
    try:
        parts = urlsplit(here)
        # Reading the port raises for an invalid one.
        _ = parts.port
    except ValueError:
        raise _hop_error(url, here, say("cannot be read")) from None
    if parts.scheme not in ("http", "https"):
        raise _hop_error(url, here, say("is neither http nor https"))
    if parts.username is not None or parts.password is not None:
        raise _hop_error(url, here, say("contains a user name or password"))
    if not parts.hostname:
        raise _hop_error(url, here, say("has no host"))


def _hop_error(url: str, here: str, reason: str) -> InputUrlError:
    return _error(url, reason if here == url else say("redirects to a URL that {reason}", reason=reason))


def _refuse_unfit(url: str, role: Role, answer: Answer, head: bytes) -> None:
    """Raises InputUrlError if the role does not take what the URL answers with."""
    size = _size(answer, head)
    if size == 0 or (answer.status in (200, 206) and not head):
        raise _error(url, say("answers with an empty file"))
    if answer.status not in (200, 206):
        raise _error(url, say("answers with status {status}", status=answer.status))
    _refuse_size(url, role, size)
    _refuse_format(url, role, head)


def _size(answer: Answer, head: bytes) -> int | None:
    """Bytes of the whole file; None if the answer does not say."""
    if answer.status in (206, 416):
        return answer.range.total
    if answer.status != 200:
        return None
    stated = answer.length
    return len(head) if stated is None and len(head) < LOOK_BYTES else stated


def _refuse_size(url: str, role: Role, size: int | None) -> None:
    if role.byte_intervals is None or role.megabytes is None or size is None:
        return
    if role.byte_intervals[0].is_above(size):
        raise _error(
            url,
            say(
                "answers with {size:,} bytes; accepted are {upper_words} MB",
                size=size,
                upper_words=role.megabytes.documented_interval.upper_words,
            ),
        )


def _refuse_format(url: str, role: Role, head: bytes) -> None:
    found = sniff(io.BytesIO(head)).format
    known, accepted = FORMATS.get(found), role.known_formats.documented
    # A tag with pictures is longer than the part that was read, so that part has no sound.
    is_tag = known is None and head.startswith(b"ID3") and role.kind == "audio"
    if is_tag or found in accepted:
        return
    if known is None or known.kind != role.kind:
        raise _error(url, say("does not answer with {kinds}, but with {found}", kinds=_KINDS[role.kind], found=found))
    raise _error(url, say("answers with {found}; accepted are {accepted}", found=found, accepted=", ".join(accepted)))


_KINDS = {"image": say("a picture"), "video": say("a video"), "audio": say("sound")}


def _error(url: str, reason: str) -> InputUrlError:
    return InputUrlError(say("{place}: {message}", place=shown_url(url), message=reason))
