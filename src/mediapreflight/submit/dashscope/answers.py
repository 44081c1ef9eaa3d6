"""Answers of the service to typed results, or to errors: ServiceError by its kind, ProtocolError if it cannot be understood.

An answer is untrusted text. Whatever its bytes are, only these errors are raised, each one line long and safe for a terminal.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...catalog.schema import Model
from ...errors import DetectionRefusedError, ServiceError, TaskFailed
from ...language import say
from ..http import Answer
from .endpoint import secure_url
from .error_codes import error_for, meaning_of
from .reading import (
    MOST_OF_A_NAME,
    Reader,
    TaskFacts,
    facts_in,
    http_date,
    json_table,
    moment,
    name,
    record_of,
    result_in,
    seconds_in,
    urls_in,
    words,
)

# A task id becomes part of a URL and of file names.
TASK_ID = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,128}")

_STATUS = re.compile(r"[A-Z][A-Z_-]{0,31}")
_FOLDER = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9_.=-]*(/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*")
_REQUEST_ID_HEADERS = ("x-request-id", "x-dashscope-request-id", "x-oss-request-id")
_MOST_XML = 64 * 2**10
_CORNERS = 4


# Values of the permission that are copied into the form, by form field.
_LEAVE = {
    "OSSAccessKeyId": "oss_access_key_id",
    "Signature": "signature",
    "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl",
    "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}


@dataclass(frozen=True)
class Policy:
    """Permission to upload files for one model.

    Attributes:
        upload_dir: the target folder, without a slash at its end.
        upload_host: the URL of the upload host.
        max_file_size_mb: the largest file; None if the answer names none.
        form: fields of the form, by name.
    """

    upload_dir: str
    upload_host: str
    max_file_size_mb: float | None
    form: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Detection:
    """The result of a detect call for a picture.

    Attributes:
        fields: its values, by the field of the generator that they fill: `face_bbox`, `ext_bbox`.
        reason: why the picture is refused; empty if it is accepted.
        code: the error code that goes with the reason; may be empty.
        images: how many pictures are billed; None if the answer does not say.
        output: all of `output`, unchanged.
    """

    passed: bool
    fields: Mapping[str, Any]
    reason: str
    code: str
    request_id: str
    images: int | None
    output: Mapping[str, Any]


class TaskAnswer(TaskFacts, frozen=True, kw_only=True):
    """The state of a task.

    Attributes beyond those of `TaskFacts`:
        task_id: empty if the answer names none.
        status: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN, which an expired task has, or another intermediate one
            of the service.
        result: of a task that succeeded: the URL of the video, or the id of the template; None if it was not found.
        code, message: why a task failed; empty otherwise.
        seconds: billed; None if the answer does not say.
        body: the whole answer of a task that succeeded, if its result was not found; else empty.
    """

    task_id: str
    status: str
    result: str | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""
    seconds: float | None = None
    body: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def urls(self) -> tuple[str, ...]:
        """Every http(s) URL in `body`, with its signature."""
        return urls_in(self.body)

    @property
    def record(self) -> dict[str, Any]:
        """The part of the answer to keep: the facts without any signed URL, or `body` if the result was not found."""
        return self.body or record_of(self)


@dataclass(frozen=True)
class ListedTask:
    """A task in the list. Times in seconds since 1970. Missing values are empty, or None for a time.

    Attributes:
        api_key_id: of the key that made it; `user_api_unique_key` names the call, not the key.
        caller_uid, caller_parent_id: the user that made it, and the main account.
    """

    task_id: str
    model_name: str
    status: str
    created: float | None
    start: float | None
    end: float | None
    request_id: str
    api_key_id: str = ""
    caller_uid: str = ""
    caller_parent_id: str = ""
    user_api_unique_key: str = ""
    region: str = ""


@dataclass(frozen=True)
class TaskPage:
    """One page of the task list. None if the answer has no whole number.

    Attributes:
        total_page, total: how many pages and tasks the whole list has.
        gaps: records of this page without a task id.
    """

    tasks: tuple[ListedTask, ...]
    total_page: int | None
    total: int | None
    gaps: int = 0


def parse_policy(answer: Answer) -> Policy:
    """The permission to upload. Raises ServiceError."""
    body = _reader(answer, "data")
    host = body.text("data.upload_host")
    try:
        secure_url(host)
    except ValueError as error:
        raise body.unclear(say("data.upload_host {error}", error=error)) from None
    folder = body.text("data.upload_dir").rstrip("/")
    if not _FOLDER.fullmatch(folder):
        raise body.unclear(say("data.upload_dir is not a plain folder"))
    form = {name: body.text(f"data.{path}") for name, path in _LEAVE.items()}
    return Policy(folder, host, body.number("data.max_file_size_mb"), form)


def parse_detection(answer: Answer, model: Model) -> Detection:
    """The result of a model's detect call. A refused picture is not an error here: see `refusal_of`. Raises ServiceError."""
    body = _reader(answer, "output")
    code = body.words("output.code", MOST_OF_A_NAME) or body.words("code", MOST_OF_A_NAME)
    passed = _verdict(body, model, code)
    service = model.require_service()
    reason = body.words(service.reason or "output.message") or body.words("output.message") or body.words("message")
    images = body.number("usage.image_count")
    return Detection(
        passed=passed,
        fields={name: _yielded(body, path) for name, path in service.returns.items()} if passed else {},
        reason="" if passed else reason,
        code="" if passed else code,
        request_id=body.request_id,
        images=None if images is None else int(images),
        output=body.table("output"),
    )


def parse_created(answer: Answer) -> TaskAnswer:
    """The task that was created. Raises ServiceError."""
    body = _reader(answer, "output")
    task_id = _task_id(body)
    if not task_id:
        raise error_of(answer) if body.words("output.code") else body.useless("output.task_id")
    return TaskAnswer(task_id=task_id, status=_status(body) or "PENDING", request_id=body.request_id)


def parse_task(answer: Answer, model: Model, task_id: str = "") -> TaskAnswer:
    """The state of a task. One that failed is not an error here: see `failure_of`. Raises ServiceError.

    An answer with a result and without a state is of a task that has succeeded. `task_id`: of the queried task; empty: the one in
    the answer.
    """
    body = _reader(answer, "output")
    status = _status(body)
    documented = model.require_service().result
    result = result_in(body, documented) if documented and status in ("", "SUCCEEDED") else None
    if not status and result is None:
        raise error_of(answer) if body.words("output.code") else body.useless("output.task_status")
    status = status or "SUCCEEDED"
    succeeded = status == "SUCCEEDED"
    return TaskAnswer(
        task_id=task_id or _task_id(body),
        status=status,
        result=result,
        code="" if succeeded else body.words("output.code", MOST_OF_A_NAME) or body.words("code", MOST_OF_A_NAME),
        message="" if succeeded else body.words("output.message") or body.words("message"),
        request_id=body.request_id,
        seconds=seconds_in(body, model.require_service().usage_seconds),
        body=dict(body.document) if succeeded and result is None else {},
        **facts_in(body).facts,
    )


def parse_list(answer: Answer) -> TaskPage:
    """A page of the task list. Raises ServiceError, also for an error of the service with status 200.

    A record without a task id is a gap, and so is a code next to the records: a list with gaps proves nothing.
    """
    body = _reader(answer, "data")
    total = body.count("total")
    records = [] if total == 0 and body.value("data") is None else body.value("data")
    if not isinstance(records, list):
        raise body.unclear(say("it has no list `data`"))
    rows = [Reader(record, body.status, name(record.get("request_id"))) for record in records if _names_task(record)]
    is_coded = bool(body.words("code"))
    if is_coded and not rows:
        raise error_of(answer)
    return TaskPage(
        tuple(map(_listed, rows)),
        total_page=body.count("total_page"),
        total=total,
        gaps=len(records) - len(rows) + is_coded,
    )


def parse_cancel(answer: Answer) -> str:
    """The request id of a cancellation, which may be empty. Raises ServiceError, also if the task had begun."""
    return _reader(answer, None).request_id


def error_of(answer: Answer) -> ServiceError:
    """The error in an answer: of the service (JSON), of the upload host (XML), or of a gateway in between.

    Code and message are at the top, in `error` or in `output`. An answer with status 2xx and a code is an error as well.
    """
    body = _body(answer)
    places = ("error.", "", "output.")
    code = next(filter(None, (body.words(f"{place}code", MOST_OF_A_NAME) for place in places)), "")
    message = next(filter(None, (body.words(f"{place}message") for place in places)), "")
    if not code and not message:
        code, message = _xml_words(answer.body, b"Code"), _xml_words(answer.body, b"Message")
    return error_for(answer.status, code, message, body.request_id, _retry_after(answer.headers))


def is_own_error(answer: Answer) -> bool:
    """Whether the service itself answers with an error, in its own form: a 4xx or 5xx with a code and a request id, and no task.

    A gateway answers in another form, and does not know what the service has done.
    """
    body = _body(answer)
    is_coded = any(body.words(path) for path in ("code", "error.code", "output.code"))
    return 400 <= answer.status < 600 and is_coded and bool(body.words("request_id")) and not _task_id(body)


def refusal_of(detection: Detection) -> DetectionRefusedError:
    """A refused picture, as the error to raise. A retry does not help, unless its code says so."""
    meaning = meaning_of(detection.code, detection.reason)
    return DetectionRefusedError(
        detection.code,
        detection.reason or say("the picture did not pass the service's check"),
        status=200,
        request_id=detection.request_id,
        retry_helps=meaning.retry_helps is True,
        rules=meaning.rules,
        cause=meaning.cause,
    )


def failure_of(task: TaskAnswer) -> TaskFailed:
    """A task that ended FAILED or CANCELED, as the error to raise. `retry_helps`: as a new task."""
    meaning = meaning_of(task.code, task.message)
    return TaskFailed(
        task.task_id,
        task.code,
        task.message or say("the task ended {status}", status=task.status),
        status=200,
        request_id=task.request_id,
        retry_helps=meaning.retry_helps,
        rules=meaning.rules,
        cause=meaning.cause,
    )


def _reader(answer: Answer, needed: str | None) -> Reader:
    """An answer as a table. `needed`: with this key, an error code is not an error of the call; None: every code is one."""
    if not 200 <= answer.status < 300:
        raise error_of(answer)
    body = _body(answer)
    if not body.document:
        raise body.unclear(say("it is not a JSON object"))
    if body.words("code") and (needed is None or body.document.get(needed) is None):
        raise error_of(answer)
    return body


def _task_id(body: Reader) -> str:
    return body.matching(TASK_ID, "output.task_id", "task_id")


def _status(body: Reader) -> str:
    return body.matching(_STATUS, "output.task_status", "task_status")


def _verdict(body: Reader, model: Model, code: str) -> bool:
    """Whether a picture passed. If no flag is documented, it passed if the expected values are there and no error code is."""
    service = model.require_service()
    if service.verdict is None:
        return not code and all(body.value(path) is not None for path in service.returns.values())
    found = body.value(service.verdict)
    if found is None and code:
        return False
    if not isinstance(found, bool):
        raise body.unclear(say("{verdict} is neither true nor false", verdict=service.verdict))
    return found


def _yielded(body: Reader, path: str) -> Any:
    """A value of a detect call: a box of four numbers, or a plain value; returned unchanged."""
    found = body.value(path)
    is_box = isinstance(found, list) and len(found) == _CORNERS and all(type(corner) in (int, float) for corner in found)
    if not is_box and not isinstance(found, str | int | float):
        raise body.useless(path)
    return found


def _names_task(record: Any) -> bool:
    task_id = record.get("task_id") if isinstance(record, dict) else None
    return isinstance(task_id, str) and TASK_ID.fullmatch(task_id) is not None


def _listed(record: Reader) -> ListedTask:
    status = record.name("status")
    return ListedTask(
        task_id=record.text("task_id"),
        model_name=record.name("model_name"),
        status=status if _STATUS.fullmatch(status) else "",
        created=_seconds(record.value("gmt_create")),
        start=_seconds(record.value("start_time")),
        end=_seconds(record.value("end_time")),
        request_id=record.request_id,
        api_key_id=record.name("api_key_id"),
        caller_uid=record.name("caller_uid"),
        caller_parent_id=record.name("caller_parent_id"),
        user_api_unique_key=record.name("user_api_unique_key"),
        region=record.name("region"),
    )


def _xml_words(body: bytes, tag: bytes) -> str:
    """The text of an element in the upload host's error document. Without an XML parser, because nothing else is needed."""
    head = body[:_MOST_XML]
    found = re.search(rb"<%b>([^<]*)</%b>" % (tag, tag), head) if b"<Error>" in head else None
    return words(html.unescape(found[1].decode("utf-8", "replace"))) if found else ""


def _body(answer: Answer) -> Reader:
    document = json_table(answer.body)
    given = (document.get("request_id"), *map(answer.headers.get, _REQUEST_ID_HEADERS))
    request_id = next(filter(None, map(name, given)), "") or _xml_words(answer.body, b"RequestId")
    return Reader(document, answer.status, request_id)


def _seconds(value: Any) -> float | None:
    """A time of the service in seconds since 1970."""
    found = moment(value)
    return None if found is None else found.timestamp()


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or an HTTP date; a date counts from when the answer says it was sent."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    until = http_date(text)
    if until is None:
        return None
    sent = http_date(headers.get("date", ""))
    return max(0.0, until - (time.time() if sent is None else sent))
