"""Jobs to HTTP requests. What differs between models is data of the catalog: no model is named here.

Figures and field names are those of the catalog and of the documents it cites. Nothing here opens a file but `data_url`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ..catalog.schema import Model, Parameter, Region
from ..errors import UploadError, UsageError
from ..job import Job
from ..probe.source import display_name
from ..report.style import plain
from ..rules.base import JobCase
from .answers import TASK_ID, Policy
from .endpoint import Endpoint
from .exchange import Form, Request

_OSS = "oss://"
_PAGE_SIZE = 10

_JSON = {"Content-Type": "application/json"}
_ASYNCHRONOUS = {"X-DashScope-Async": "enable"}
_RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
_SERVICE_TIME = timezone(timedelta(hours=8))


def model_id(model: Model, region: Region) -> str:
    """The id a model goes by in a region."""
    return model.region_ids.get(region, model.id)


def sent_roles(model: Model, inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The roles a request carries: those that are given, without the ones another value makes the service ignore.

    Args:
        inputs: files, URLs and fields by name.
    """
    case = JobCase(model, Job(model.id, parameters=parameters, **inputs), {})
    return tuple(
        name for name, role in model.roles.items() if inputs.get(name) and not any(case.holds(when) for when in role.ignored_when)
    )


def policy_request(endpoint: Endpoint, model_id: str) -> Request:
    """Asks for leave to upload files for one model to the temporary space."""
    params = {"action": "getPolicy", "model": model_id}
    return Request("policy", "GET", endpoint.url("/uploads"), headers=_JSON, params=params)


def upload_request(policy: Policy, path: str, name: str) -> Request:
    """Sends a local file to the temporary space under a name; `uploaded_url` is what it is reached at afterwards."""
    fields = (
        ("OSSAccessKeyId", policy.oss_access_key_id),
        ("Signature", policy.signature),
        ("policy", policy.policy),
        ("key", _object_key(policy, name)),
        ("x-oss-object-acl", policy.x_oss_object_acl),
        ("x-oss-forbid-overwrite", policy.x_oss_forbid_overwrite),
        ("success_action_status", "200"),
    )
    return Request("upload", "POST", policy.upload_host, form=Form(fields, path, name))


def uploaded_url(policy: Policy, name: str) -> str:
    """The `oss://` URL of a file that was uploaded under this name."""
    return _OSS + _object_key(policy, name)


def detect_request(endpoint: Endpoint, model: Model, urls: Mapping[str, str], values: Mapping[str, Any]) -> Request:
    """Asks whether a picture will do.

    Args:
        model: the entry of the detect call, such as `emo-detect-v1`.
        urls: URLs or data URLs by role.
        values: parameters by name, such as `ratio`; the service's own defaults are stated where it requires them.

    Raises UsageError for a value no request can carry.
    """
    files = _sent_files(model, urls, {}, values)
    body = _body(model, endpoint.region, files, {}, values)
    return Request("detect", "POST", endpoint.url(model.service.path), headers=_headers(model, files), json=body)


def create_request(
    endpoint: Endpoint,
    model: Model,
    urls: Mapping[str, str],
    fields: Mapping[str, Any],
    parameters: Mapping[str, Any],
    region: Region,
) -> Request:
    """Creates a task: the one request that is paid for.

    Args:
        urls: `http(s)://`, `oss://` or data URLs by role.
        fields: inputs that are no files, such as `prompt` or `face_bbox`, by name.
        parameters: request parameters by name.
        region: steers the id the model goes by.

    Raises UsageError for a value no request can carry.
    """
    files = _sent_files(model, urls, fields, parameters)
    body = _body(model, region, files, fields, parameters)
    return Request("create", "POST", endpoint.url(model.service.path), headers=_headers(model, files), json=body)


def query_request(endpoint: Endpoint, task_id: str) -> Request:
    """Asks how a task is doing. Raises UsageError for what is no task id."""
    return Request("query", "GET", endpoint.url(f"/tasks/{_checked_id(task_id)}"))


def list_request(
    endpoint: Endpoint,
    *,
    model_name: str | None = None,
    page_no: int = 1,
    page_size: int = _PAGE_SIZE,
    status: str | None = None,
    start: float | None = None,
    end: float | None = None,
) -> Request:
    """Asks for the account's tasks.

    Args:
        model_name: the id as it was sent.
        page_no: counts from 1.
        page_size: 10 where the service is not told otherwise; the largest it takes is not documented.
        start, end: seconds since 1970, at most 24 hours apart; without them the last 24 hours. Sent in UTC+8, as all times of
            the service are; the documents do not say so of these two.
    """
    filters = {
        "model_name": model_name,
        "page_no": str(page_no),
        "page_size": str(page_size),
        "status": status,
        "start_time": _stamp(start),
        "end_time": _stamp(end),
    }
    params = {name: value for name, value in filters.items() if value is not None}
    return Request("list", "GET", endpoint.url("/tasks/"), params=params)


def cancel_request(endpoint: Endpoint, task_id: str) -> Request:
    """Cancels a task that has not begun. Raises UsageError for what is no task id."""
    return Request("cancel", "POST", endpoint.url(f"/tasks/{_checked_id(task_id)}/cancel"))


def data_url(path: str, format: str) -> str:
    """A picture as a `data:` URL, for roles that take Base64.

    Args:
        format: as probed: `jpeg`, `png`, `bmp` or `webp`.

    Raises UploadError where the file cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UploadError(f"{display_name(path)}: cannot be read: {str(reason).lower()}") from None
    return f"data:image/{format};base64,{base64.b64encode(content).decode('ascii')}"


def _sent_files(
    model: Model, urls: Mapping[str, str], fields: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, str]:
    return {name: _sendable(model, name, urls[name]) for name in sent_roles(model, {**fields, **urls}, parameters)}


def _body(
    model: Model, region: Region, files: Mapping[str, str], fields: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    body = {"model": model_id(model, region), "input": {**_file_fields(model, files), **_values(model, model.fields, fields)}}
    given = {name: value for name, value in parameters.items() if value is not None}
    stated = _values(model, model.parameters, {**_stated_defaults(model.parameters), **given})
    return {**body, "parameters": stated} if stated else body


def _file_fields(model: Model, files: Mapping[str, str]) -> dict[str, Any]:
    if model.service.media_array:
        return {"media": [{"type": model.roles[name].field, "url": url} for name, url in files.items()]}
    empty = {name: "" for name, role in model.roles.items() if role.send_empty}
    return {role.field: {**empty, **files}[name] for name, role in model.roles.items() if name in empty or name in files}


def _values(model: Model, known: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON has them, in the catalog's order; unknown ones, which only a forced job has, at the end."""
    names = [*(name for name in known if name in given), *(name for name in given if name not in known)]
    return {name: _sendable(model, name, given[name]) for name in names if given[name] is not None}


def _stated_defaults(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """What is sent for parameters the service wants stated: the default, or the one choice there is."""
    required = {name: known for name, known in parameters.items() if known.required}
    only = {name: known.choices[0] for name, known in required.items() if known.choices and len(known.choices) == 1}
    return {**only, **{name: known.default for name, known in required.items() if known.default is not None}}


def _sendable(model: Model, name: str, value: Any) -> Any:
    """A value as plain JSON: tuples become lists. Raises UsageError for what JSON or UTF-8 has no form for."""
    try:
        if isinstance(value, str):
            value.encode()
            return value
        return json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError):
        raise UsageError(f"{plain(name)} of {model.id} has a value that no request can carry") from None


def _headers(model: Model, files: Mapping[str, str]) -> dict[str, str]:
    asynchronous = _ASYNCHRONOUS if model.service.mode == "asynchronous" else {}
    resolve = _RESOLVE if any(url.startswith(_OSS) for url in files.values()) else {}
    return {**_JSON, **asynchronous, **resolve}


def _object_key(policy: Policy, name: str) -> str:
    return f"{policy.upload_dir}/{name}"


def _checked_id(task_id: str) -> str:
    if not TASK_ID.fullmatch(task_id):
        raise UsageError(f"{plain(task_id)!r} is no task id")
    return task_id


def _stamp(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, _SERVICE_TIME).strftime("%Y%m%d%H%M%S")
