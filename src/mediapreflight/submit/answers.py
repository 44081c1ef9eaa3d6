"""Answers of the service to typed results, or to errors: ServiceError by its kind, ProtocolError where nothing can be made of it.

An answer is foreign text. Whatever its bytes are, nothing but these errors comes out, each one line long and fit for a terminal.
"""

from __future__ import annotations

import html
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..catalog.schema import Model
from ..errors import DetectionRefusedError, ProtocolError, ServiceError, TaskFailed
from ..report.style import plain
from .endpoint import secure_url
from .error_codes import error_for, meaning_of
from .exchange import Answer

# A task id becomes part of a URL and of file names.
TASK_ID = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,128}")
# UNKNOWN is what an expired task reads.
ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"})

_STATUS = re.compile(r"[A-Z][A-Z_-]{0,31}")
_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,256}")
_FOLDER = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9_.=-]*(/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*")
_SERVICE_TIME = timezone(timedelta(hours=8))
_REQUEST_ID_HEADERS = ("x-request-id", "x-dashscope-request-id", "x-oss-request-id")
_MOST_WORDS = 500
_MOST_OF_A_NAME = 128
_MOST_XML = 64 * 2**10
_CORNERS = 4


@dataclass(frozen=True)
class Policy:
    """Leave to upload files for one model.

    Attributes:
        upload_dir: the folder they go to, without a slash at its end.
        upload_host: the URL of the upload host.
        expire_in_seconds: how long the leave lasts.
        max_file_size_mb: the largest file; None where the answer names none.
        policy, signature, oss_access_key_id, x_oss_object_acl, x_oss_forbid_overwrite: go into the form as they are.
    """

    policy: str = field(repr=False)
    signature: str = field(repr=False)
    upload_dir: str
    upload_host: str
    expire_in_seconds: float
    max_file_size_mb: float | None
    oss_access_key_id: str = field(repr=False)
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str


@dataclass(frozen=True)
class Detection:
    """What a detect call says of a picture.

    Attributes:
        fields: what it yields, by the field of the generator it fills: `face_bbox`, `ext_bbox`.
        reason: why the picture will not do; empty where it will.
        code: the error code that goes with the reason; may be empty.
        images: how many pictures are billed; None where the answer does not say.
        output: all of `output`, as it came.
    """

    passed: bool
    fields: Mapping[str, Any]
    reason: str
    code: str
    request_id: str
    images: int | None
    output: Mapping[str, Any]


@dataclass(frozen=True)
class TaskAnswer:
    """The state of a task.

    Attributes:
        status: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN, or another that the service goes through in between.
        result: of a task that succeeded: the URL of the video, or the id of the template.
        code, message: why a task failed; empty otherwise.
        seconds: billed; None where the answer does not say.
        usage: all of `usage`, as it came.
        submit_time, scheduled_time, end_time: seconds since 1970; None where the answer does not say.
    """

    task_id: str
    status: str
    result: str | None
    code: str
    message: str
    request_id: str
    seconds: float | None
    usage: Mapping[str, Any]
    submit_time: float | None
    scheduled_time: float | None
    end_time: float | None

    @property
    def ended(self) -> bool:
        """Whether the task will not change any more."""
        return self.status in ENDED


@dataclass(frozen=True)
class ListedTask:
    """A task as the list has it. Times in seconds since 1970; None where the list does not say."""

    task_id: str
    model_name: str
    status: str
    created: float | None
    start: float | None
    end: float | None
    request_id: str


@dataclass(frozen=True)
class TaskPage:
    """One page of the task list. `page_no` counts from 1; `total` counts tasks, `total_page` pages."""

    tasks: tuple[ListedTask, ...]
    page_no: int
    total_page: int
    total: int


def parse_policy(answer: Answer) -> Policy:
    """The leave to upload. Raises ServiceError."""
    body = _reader(answer, "data")
    host = body.text("data.upload_host")
    try:
        secure_url(host)
    except ValueError as error:
        raise body.unclear(f"data.upload_host {error}") from None
    folder = body.text("data.upload_dir").rstrip("/")
    if not _FOLDER.fullmatch(folder):
        raise body.unclear("data.upload_dir is no plain folder")
    return Policy(
        policy=body.text("data.policy"),
        signature=body.text("data.signature"),
        upload_dir=folder,
        upload_host=host,
        expire_in_seconds=body.amount("data.expire_in_seconds"),
        max_file_size_mb=body.number("data.max_file_size_mb"),
        oss_access_key_id=body.text("data.oss_access_key_id"),
        x_oss_object_acl=body.text("data.x_oss_object_acl"),
        x_oss_forbid_overwrite=body.text("data.x_oss_forbid_overwrite"),
    )


def parse_detection(answer: Answer, model: Model) -> Detection:
    """What a detect call says. A picture that will not do is no error here: see `refusal_of`. Raises ServiceError.

    Args:
        model: the entry of the detect call.
    """
    body = _reader(answer, "output")
    code = body.words("output.code", _MOST_OF_A_NAME) or body.words("code", _MOST_OF_A_NAME)
    passed = _verdict(body, model, code)
    reason = body.words(model.service.reason or "output.message") or body.words("output.message") or body.words("message")
    images = body.number("usage.image_count")
    return Detection(
        passed=passed,
        fields={name: _yielded(body, path) for name, path in model.service.returns.items()} if passed else {},
        reason="" if passed else reason,
        code="" if passed else code,
        request_id=body.request_id,
        images=None if images is None else int(images),
        output=body.table("output"),
    )


def parse_created(answer: Answer) -> TaskAnswer:
    """The task that was created. Raises ServiceError."""
    return _task(_reader(answer, "output"), None)


def parse_task(answer: Answer, model: Model) -> TaskAnswer:
    """The state of a task. One that failed is no error here: see `failure_of`. Raises ServiceError.

    Args:
        model: the entry of the model the task belongs to: it says where result and billed seconds stand.
    """
    return _task(_reader(answer, "output"), model)


def parse_list(answer: Answer) -> TaskPage:
    """A page of the task list. Raises ServiceError, also for one record not understood: a list with gaps proves nothing."""
    body = _reader(answer, "total")
    total = body.count("total")
    records = body.value("data")
    if records is None and not total:
        records = []
    if not isinstance(records, list):
        raise body.unclear("there is no list data in it")
    tasks = tuple(_listed(body.part(record)) for record in records)
    return TaskPage(tasks, page_no=body.count("page_no"), total_page=body.count("total_page"), total=total)


def parse_cancel(answer: Answer) -> str:
    """The request id of a cancellation, which may be empty. Raises ServiceError, where the task had begun too."""
    return _reader(answer, None).request_id


def error_of(answer: Answer) -> ServiceError:
    """The error an answer stands for: of the service (JSON), of the upload host (XML), or of whatever stands in between.

    An answer of status 2xx that names an error code is an error as well.
    """
    document = _json_table(answer.body)
    inner = document.get("error")
    table = inner if isinstance(inner, dict) else document
    code, message = _words(table.get("code"), _MOST_OF_A_NAME), _words(table.get("message"))
    if not code and not message:
        code, message = _xml_words(answer.body, b"Code"), _xml_words(answer.body, b"Message")
    return error_for(answer.status, code, message, _request_id(document, answer), _retry_after(answer.headers))


def refusal_of(detection: Detection) -> DetectionRefusedError:
    """A picture that will not do, as the error to raise."""
    meaning = meaning_of(detection.code, detection.reason)
    return DetectionRefusedError(
        detection.code,
        detection.reason or "the picture did not pass the check of the service",
        status=200,
        request_id=detection.request_id,
        retry_helps=meaning.retry_helps,
        rules=meaning.rules,
    )


def failure_of(task: TaskAnswer) -> TaskFailed:
    """A task that ended FAILED or CANCELED, as the error to raise. Whether a retry helps: as a new task."""
    meaning = meaning_of(task.code, task.message)
    return TaskFailed(
        task.task_id,
        task.code,
        task.message or f"the task ended {task.status}",
        status=200,
        request_id=task.request_id,
        retry_helps=meaning.retry_helps,
        rules=meaning.rules,
    )


@dataclass(frozen=True)
class _Reader:
    """A JSON table, read by dotted paths. What is not of use in it is a ProtocolError."""

    document: Mapping[str, Any]
    status: int
    request_id: str

    def part(self, document: Any) -> _Reader:
        """A reader of a table inside this one."""
        if not isinstance(document, dict):
            raise self.unclear("a record in it is no object")
        return _Reader(document, self.status, _words(document.get("request_id"), _MOST_OF_A_NAME))

    def unclear(self, reason: str) -> ProtocolError:
        """The error for an answer that cannot be understood, to be raised."""
        message = f"the answer of the service cannot be understood: {reason}"
        return ProtocolError("", message, status=self.status, request_id=self.request_id)

    def value(self, path: str) -> Any:
        """What stands at a dotted path; None where nothing does."""
        found: Any = self.document
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def table(self, path: str) -> dict[str, Any]:
        """The object at a path; empty where there is none."""
        found = self.value(path)
        return found if isinstance(found, dict) else {}

    def words(self, path: str, most: int = _MOST_WORDS) -> str:
        """Text for people at a path, on one line; empty where there is none."""
        return _words(self.value(path), most)

    def text(self, path: str) -> str:
        """Text for the protocol at a path: printable, and not empty."""
        found = self.value(path)
        text = str(found).lower() if isinstance(found, bool) else found
        if not isinstance(text, str) or not text or not text.isprintable():
            raise self.unclear(f"there is no {path} in it, or none of use")
        return text

    def number(self, path: str) -> float | None:
        """A number of zero or more at a path, also where it is written as text; None where there is none."""
        return _number(self.value(path))

    def amount(self, path: str) -> float:
        """A number of zero or more that has to be there."""
        found = self.number(path)
        if found is None:
            raise self.unclear(f"there is no {path} in it, or none of use")
        return found

    def count(self, path: str) -> int:
        """A whole number of zero or more that has to be there; of a broken one, the whole part."""
        return int(self.amount(path))

    def matching(self, path: str, pattern: re.Pattern[str]) -> str:
        """Text at a path that a pattern describes whole."""
        text = self.text(path)
        if not pattern.fullmatch(text):
            raise self.unclear(f"{path} has an unknown form")
        return text


def _reader(answer: Answer, needed: str | None) -> _Reader:
    """An answer as a table. `needed`: the key beside which an error code is no error of the call; None: every code is one."""
    if not 200 <= answer.status < 300:
        raise error_of(answer)
    document = _json_table(answer.body)
    body = _Reader(document, answer.status, _request_id(document, answer))
    if not document:
        raise body.unclear("it is no JSON object")
    if body.words("code") and (needed is None or document.get(needed) is None):
        raise error_of(answer)
    return body


def _task(body: _Reader, model: Model | None) -> TaskAnswer:
    status = body.matching("output.task_status", _STATUS)
    paths = model.service.usage_seconds if model else ()
    has_failed = status != "SUCCEEDED"
    return TaskAnswer(
        task_id=body.matching("output.task_id", TASK_ID),
        status=status,
        result=_result(body, model) if model and status == "SUCCEEDED" else None,
        code=(body.words("output.code", _MOST_OF_A_NAME) or body.words("code", _MOST_OF_A_NAME)) if has_failed else "",
        message=(body.words("output.message") or body.words("message")) if has_failed else "",
        request_id=body.request_id,
        seconds=next((seconds for seconds in map(body.number, paths) if seconds is not None), None),
        usage=body.table("usage"),
        submit_time=_moment(body.value("output.submit_time")),
        scheduled_time=_moment(body.value("output.scheduled_time")),
        end_time=_moment(body.value("output.end_time")),
    )


def _result(body: _Reader, model: Model) -> str | None:
    path = model.service.result
    if path is None:
        return None
    if not path.endswith("url"):
        return body.matching(path, _TEMPLATE_ID)
    url = body.text(path)
    if not _is_media_url(url):
        raise body.unclear(f"{path} is no http(s) URL")
    return url


def _verdict(body: _Reader, model: Model, code: str) -> bool:
    """Whether a picture passed. Where no flag is documented it did when what the call yields is there, and no error code."""
    if model.service.verdict is None:
        return not code and all(body.value(path) is not None for path in model.service.returns.values())
    found = body.value(model.service.verdict)
    if found is None and code:
        return False
    if not isinstance(found, bool):
        raise body.unclear(f"{model.service.verdict} is neither true nor false")
    return found


def _yielded(body: _Reader, path: str) -> Any:
    """What a detect call yields: a box of four numbers, or a plain value; handed back as it came."""
    found = body.value(path)
    is_box = isinstance(found, list) and len(found) == _CORNERS and all(type(corner) in (int, float) for corner in found)
    if not is_box and not isinstance(found, str | int | float):
        raise body.unclear(f"there is no {path} in it, or none of use")
    return found


def _listed(record: _Reader) -> ListedTask:
    return ListedTask(
        task_id=record.matching("task_id", TASK_ID),
        model_name=record.words("model_name", _MOST_OF_A_NAME),
        status=record.matching("status", _STATUS),
        created=_milliseconds(record.number("gmt_create")),
        start=_milliseconds(record.number("start_time")),
        end=_milliseconds(record.number("end_time")),
        request_id=record.request_id,
    )


def _json_table(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; empty where it is none. Halves of surrogate pairs and NaN are no JSON here."""
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _words(value: Any, most: int = _MOST_WORDS) -> str:
    return plain(" ".join(value[: 4 * most].split()))[:most] if isinstance(value, str) else ""


def _xml_words(body: bytes, tag: bytes) -> str:
    """The text of an element of the upload host's error document. No XML parser: nothing else of it is wanted."""
    head = body[:_MOST_XML]
    found = re.search(rb"<%b>([^<]*)</%b>" % (tag, tag), head) if b"<Error>" in head else None
    return _words(html.unescape(found[1].decode("utf-8", "replace"))) if found else ""


def _request_id(document: Mapping[str, Any], answer: Answer) -> str:
    names = (document.get("request_id"), *(answer.headers.get(name) for name in _REQUEST_ID_HEADERS))
    words = (_words(name, _MOST_OF_A_NAME) for name in names)
    return next(filter(None, words), "") or _xml_words(answer.body, b"RequestId")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or an HTTP date; a date counts from when the answer says it was sent."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    sent = _http_date(headers.get("date", ""))
    return max(0.0, until - (time.time() if sent is None else sent))


def _http_date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _milliseconds(value: float | None) -> float | None:
    return None if value is None else value / 1000


def _moment(value: Any) -> float | None:
    """A time stamp of the service, `2026-03-15 10:20:30.123` in UTC+8, in seconds since 1970."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=_SERVICE_TIME)).timestamp()
    except (ValueError, OverflowError):
        return None


def _is_media_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in url
    except ValueError:
        return False
