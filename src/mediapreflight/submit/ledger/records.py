"""What the ledger records of a submission, and what it must never record: signed URLs, passwords in URLs, whole files."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from ...language import say
from ...media.data_url import holds_base64
from ...media.source import display_name
from .store import DamagedRowError

Stage = Literal["ready", "sending", "unclear", "created", "succeeded", "delivered", "failed"]
OPEN_STAGES: tuple[Stage, ...] = ("ready", "sending", "unclear", "created", "succeeded")

# A text that begins like a URL is one to its end, even with invalid spaces; inside a longer text a space ends it.
_ANY_URL = re.compile(r"\A\s*[a-z][a-z0-9+.-]*://.*|[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE | re.DOTALL)
# Query parameters that sign a URL and do not name the object: of Alibaba Cloud OSS, Amazon S3 and Google Cloud Storage.
_SIGNING = re.compile(
    r"ossaccesskeyid|signature|expires|security-token"
    r"|x-(oss|amz|goog)-(algorithm|credential|date|expires|security-token|signature(-version)?|signedheaders)",
    re.IGNORECASE,
)


class NewSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A job about to be registered.

    Attributes:
        fingerprint: what makes two jobs the same, from `fingerprint`.
        model: the catalog's id. region, base_url: where it goes.
        account: whose key sends it, as in `ApiKey.account`; None in rows that were written before accounts were.
        job: plain JSON, `{"model", "inputs", "parameters", "region"}`, with absolute paths, and values as the user gave them.
        hashes: sha256 of the local files, by role.
        boxes: `service` or `local`.
        out: the absolute folder for the result.
        estimated_amount, currency: what it is expected to cost; None if that is not known.
    """

    fingerprint: str
    model: str
    region: str
    base_url: str
    account: str | None
    job: dict[str, Any]
    hashes: dict[str, str] = {}
    boxes: str = "service"
    out: str | None = None
    estimated_amount: float | None = None
    currency: str | None = None


class Submission(NewSubmission, frozen=True, kw_only=True):
    """One row of the ledger. Times are seconds since the epoch, None if they have not come yet.

    Attributes beyond those of `NewSubmission`:
        again: whether the user asked for it although the same job was known.
        fields: what the model's detect call filled.
        stage: how far it is, as the page of this room draws it.
        before: the service's tasks just before the create call was sent, as `settling.Before` reads them; None once that
            was answered.
        status: the service's own name of the state.
        sent_at, created_at: by the service's clock, if known.
        answer: the service's last answer about a finished task.
        ended_at: when the task was first seen to have ended.
        result: the path of the delivered video, or a template id; never a URL.
        owner: a token of the process that works on it.
        resumable: whether `job` can still be sent from this record. False where an input was a URL with a query, a password or
            a fragment (such URLs are as good as a password, so only the part before is kept), or a `data:` URL, of which only
            the hash is kept: a submission that is not `created` yet needs the job once more.
    """

    id: int
    again: bool
    fields: dict[str, Any]
    stage: Stage
    before: dict[str, Any] | None
    status: str | None
    task_id: str | None
    request_id: str | None
    registered_at: float
    sent_at: float | None
    created_at: float | None
    polled_at: float | None
    ended_at: float | None
    result: str | None
    answer: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    seconds_billed: float | None
    amount: float | None
    owner: str | None
    resumable: bool


def fingerprint(
    model_id: str, base_url: str, inputs: Mapping[str, str], fields: Mapping[str, Any], parameters: Mapping[str, Any]
) -> str:
    """What makes two jobs the same, as 64 hexadecimal digits.

    Args:
        inputs: by role, the sha256 of a local file or a URL. A URL counts without its signature, so that one that was signed
            again is the same input.
        fields, parameters: JSON values. 5 and 5.0 are the same; the order of names does not count.
    """
    unsigned = {role: _without_signature(value) for role, value in inputs.items()}
    content = _canonical([model_id, base_url, unsigned, dict(fields), dict(parameters)])
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _canonical(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value


def _without_signature(value: str) -> str:
    if "?" not in value or "://" not in value:
        return value
    try:
        parts = urlsplit(value)
        kept = [(name, item) for name, item in parse_qsl(parts.query, keep_blank_values=True) if not _SIGNING.fullmatch(name)]
    except ValueError:
        return value
    return urlunsplit(parts._replace(query=urlencode(kept)))


def without_secrets(value: Any) -> Any:
    """A JSON value with every URL in it cut before its query or fragment, and without user name and password.

    Of a `data:` URL only its beginning and its size are left.
    """
    if isinstance(value, str):
        if holds_base64(value):
            return display_name(value)
        return _ANY_URL.sub(lambda found: _bare(found[0]), value)
    if isinstance(value, Mapping):
        return {name: without_secrets(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_secrets(item) for item in value)
    return value


def _bare(url: str) -> str:
    scheme, _, rest = re.split(r"[?#]", url, maxsplit=1)[0].partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


# --- as rows

_COLUMNS = ", ".join(Submission.__struct_fields__)
# JSON also keeps file names that are no text.
_IN_JSON = ("job", "hashes", "fields", "out", "before", "result", "answer")
_KEY = re.compile(r"\bsk-[\w-]{6,}")


def selected(connection: sqlite3.Connection, rest: str, values: Sequence[Any] = ()) -> tuple[Submission, ...]:
    """The submissions that `rest`, the end of a query, chooses. Raises DamagedRowError."""
    rows, damaged = readable(connection, rest, values)
    if damaged:
        raise damaged[0]
    return rows


def readable(
    connection: sqlite3.Connection, rest: str, values: Sequence[Any] = ()
) -> tuple[tuple[Submission, ...], tuple[DamagedRowError, ...]]:
    """The submissions that `rest` chooses, and what is wrong with the rows among them that cannot be read."""
    rows: list[Submission] = []
    damaged: list[DamagedRowError] = []
    for row in connection.execute(f"SELECT {_COLUMNS} FROM submissions {rest}", values).fetchall():
        try:
            rows.append(_submission(row))
        except DamagedRowError as error:
            damaged.append(error)
    return tuple(rows), tuple(damaged)


def added(connection: sqlite3.Connection, values: Mapping[str, Any]) -> int:
    """Write a new row, and return its number."""
    query = f"INSERT INTO submissions ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
    number = connection.execute(query, _stored(values)).lastrowid
    assert number is not None
    return number


def change(connection: sqlite3.Connection, number: int, values: Mapping[str, Any]) -> None:
    """Write some columns of a row."""
    names = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE submissions SET {names} WHERE id = ?", (*_stored(values), number))


def failure(status: str | None, code: str | None, message: str | None) -> dict[str, Any]:
    """The columns that say why a submission failed."""
    # A service may repeat a wrong URL or key.
    text = None if message is None else _KEY.sub("sk-…", without_secrets(message))
    return {"status": status, "error_code": code, "error_message": text}


def _stored(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(_column(name, value) for name, value in values.items())


def _column(name: str, value: Any) -> Any:
    if name in _IN_JSON:
        return None if value is None else json.dumps(value)
    # Halves of surrogate pairs, which JSON can contain, are not text to SQLite.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _submission(row: Sequence[Any]) -> Submission:
    values = dict(zip(Submission.__struct_fields__, row, strict=True))
    try:
        for name in _IN_JSON:
            values[name] = None if values[name] is None else json.loads(values[name])
        flags = {name: bool(values[name]) for name in ("again", "resumable")}
        return msgspec.convert({**values, **flags}, Submission)
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedRowError(say("submission {values}: {error}", values=values["id"], error=error)) from None
