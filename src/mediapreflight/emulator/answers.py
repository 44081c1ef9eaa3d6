"""The documented answers, as JSON values. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..catalog import Model, builtin_catalog
from .state import Policy, Task, new_id
from .videos import Shape

_DAY_S = 86_400
# The access key id of the upload form: not secret, and not the API key.
ACCESS_KEY_ID = "LTAI-emulator"


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *parents, name = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def error(code: str, message: str) -> dict[str, Any]:
    """The body of every answer whose status is not 200."""
    return {"code": code, "message": message, "request_id": new_id()}


def oss_error(code: str, message: str) -> str:
    """The same from the upload host."""
    from xml.sax.saxutils import escape

    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{new_id()}</RequestId>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'


def policy(given: Policy, host: str, lifetime: int, megabytes: int) -> dict[str, Any]:
    """Permission to upload one file to `host`."""
    data = {
        "policy": given.text,
        "signature": given.signature,
        "upload_dir": given.folder,
        "upload_host": host,
        "expire_in_seconds": lifetime,
        "max_file_size_mb": megabytes,
        "capacity_limit_mb": 999_999_999,
        "oss_access_key_id": ACCESS_KEY_ID,
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
    return {"data": data, "request_id": new_id()}


def verdict(model: Model, refusal: tuple[str, str] | None) -> dict[str, Any]:
    """The answer of a detect call, without its boxes. `refusal`: code and reason; an empty code if none is documented."""
    service = model.require_service()
    body: dict[str, Any] = {"output": {}, "usage": {"image_count": 1}, "request_id": new_id()}
    if service.verdict:
        put(body, service.verdict, refusal is None)
    if refusal and service.reason:
        put(body, service.reason, refusal[1])
        if service.reason == "output.message" and refusal[0]:
            put(body, "output.code", refusal[0])
    return body


def created(task: Task) -> dict[str, Any]:
    """The answer to a create call."""
    return {"output": {"task_id": task.id, "task_status": "PENDING"}, "request_id": task.request_id}


def unknown(task_id: str) -> dict[str, Any]:
    """The answer for a task that never existed, or is no longer kept."""
    return {"request_id": new_id(), "output": {"task_id": task_id, "task_status": "UNKNOWN"}}


def state(task: Task, status: str, ended: float | None) -> dict[str, Any]:
    """A task in any state, without its result."""
    output = {"task_id": task.id, "task_status": status, "submit_time": _local(task.submitted)}
    if task.started is not None:
        output["scheduled_time"] = _local(task.started)
    if ended is not None:
        output["end_time"] = _local(ended)
    if status == "FAILED" and task.failure:
        output["code"], output["message"] = task.failure
    return {"request_id": new_id(), "output": output}


def add_result(body: dict[str, Any], task: Task, shape: Shape, result: str) -> None:
    """The additional values of a task that succeeded: its result, and what is billed."""
    model = task.model
    service = model.require_service()
    for path in (service.result or "output.video_url", *service.other_results):
        put(body, path, result)
    seconds = int(shape.seconds) if shape.seconds.is_integer() else round(shape.seconds, 2)
    for path in service.usage_seconds:
        put(body, path, seconds)
    usage = body.setdefault("usage", {})
    if "video_duration" in usage:
        usage["video_ratio"] = shape.ratio
    if "resolution" in model.parameters:
        usage["SR"], usage["video_count"] = shape.resolution, 1
    if "output_video_duration" in usage:
        usage["input_video_duration"] = 0
    if model.output is not None and model.output.size in ("input", "unknown"):
        usage["size"], usage["fps"] = f"{shape.width}*{shape.height}", math.floor(shape.fps)
    if "prompt" in task.call.job.inputs:
        body["output"]["orig_prompt"] = task.call.job.inputs["prompt"]


def page(rows: Sequence[dict[str, Any]], number: int, size: int) -> dict[str, Any]:
    """One page of a list of tasks."""
    start = (number - 1) * size
    return {
        "request_id": new_id(),
        "total": len(rows),
        "total_page": math.ceil(len(rows) / size),
        "page_no": number,
        "page_size": size,
        "data": list(rows[start : start + size]),
    }


def row(task: Task, status: str, ended: float | None) -> dict[str, Any]:
    """A task in a list."""
    group = task.model.require_service().path.rstrip("/").partition("/services/")[2].replace("/", ":")
    return {
        "api_key_id": task.owner.key,
        "caller_parent_id": task.owner.account,
        "caller_uid": task.owner.account,
        "gmt_create": _milliseconds(task.submitted),
        "start_time": _milliseconds(task.started),
        "end_time": _milliseconds(ended),
        "region": "cn-beijing",
        "request_id": task.request_id,
        "status": status,
        "task_id": task.id,
        "user_api_unique_key": f"apikey:v1:{group}:{task.call.name}",
        "model_name": task.call.name,
    }


def window(query: Mapping[str, str], now: float) -> tuple[float, float]:
    """The time range of a list: at most one day; by default the last one. Raises ValueError."""
    end = _moment(query["end_time"]) if "end_time" in query else None
    start = _moment(query["start_time"]) if "start_time" in query else (end or now) - _DAY_S
    end = min(start + _DAY_S, now) if end is None else end
    if not 0 <= end - start <= _DAY_S:
        raise ValueError("start_time and end_time must be at most 24 hours apart")
    # The filter is in whole seconds, and includes all of the last one.
    return start, max(end + 1, now if "end_time" not in query else 0)


def _moment(text: str) -> float:
    if len(text) != 14 or not (text.isascii() and text.isdecimal()):
        raise ValueError("start_time and end_time must be YYYYMMDDhhmmss")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=builtin_catalog().terms.clock).timestamp()


def _local(moment: float) -> str:
    return datetime.fromtimestamp(moment, builtin_catalog().terms.clock).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _milliseconds(moment: float | None) -> int | None:
    return None if moment is None else int(moment * 1000)


def iso(moment: float) -> str:
    """A time in UTC, as upload policies write it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
