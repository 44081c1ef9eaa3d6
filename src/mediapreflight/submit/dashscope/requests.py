"""Jobs to HTTP requests. Differences between models are in the catalog: no model is named here.

Figures and field names are those of the catalog and of the documents it cites.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...catalog import Model, Parameter
from ...errors import UsageError
from ...job import Job, is_oss_url
from ...language import say
from ...text import plain
from ..http import Form, Request
from .answers import TASK_ID, Policy
from .endpoint import Endpoint

_OSS = "oss://"

_JSON = {"Content-Type": "application/json"}
_ASYNCHRONOUS = {"X-DashScope-Async": "enable"}
_RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}


def model_id(model: Model, region: str) -> str:
    """The id of a model in a region."""
    return model.region_ids.get(region, model.id)


def sent_roles(model: Model, inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The roles in a request: those that are given, without those that the service ignores because of another value, and without
    those that go with a file that is not there.
    """
    job = Job(model.id, parameters=parameters, **inputs)
    ignored = {name for name, role in model.roles.items() if any(job.holds(when, model) for when in role.ignored_when)}
    given = [name for name in model.roles if inputs.get(name) and name not in ignored]
    return tuple(name for name in given if not (of := model.roles[name].key_of) or not set(of).isdisjoint(given))


def policy_request(endpoint: Endpoint, model_id: str) -> Request:
    """Asks for permission to upload files for one model to the temporary space."""
    params = {"action": "getPolicy", "model": model_id}
    return Request("policy", "GET", endpoint.url("/uploads"), headers=_JSON, params=params)


def upload_request(policy: Policy, path: str, name: str) -> Request:
    """Sends a local file to the temporary space under a name; `uploaded_url` is its address afterwards."""
    fields = {**policy.form, "key": _object_key(policy, name), "success_action_status": "200"}
    return Request("upload", "POST", policy.upload_host, form=Form(fields, path, name))


def uploaded_url(policy: Policy, name: str) -> str:
    """The `oss://` URL of a file that was uploaded under this name."""
    return _OSS + _object_key(policy, name)


def call_request(
    endpoint: Endpoint, model: Model, urls: Mapping[str, str], fields: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Request:
    """The call of a model, which costs money: a synchronous model looks at a picture, an asynchronous one creates a task.

    Args:
        urls: `http(s)://`, `oss://` or data URLs by role.
        fields: inputs that are not files, such as `prompt` or `face_bbox`, by name.
        parameters: by name; the service's defaults are sent if it requires them.

    Raises UsageError for a value that no request can contain.
    """
    service = model.require_service()
    files = {name: _sendable(model, name, urls[name]) for name in sent_roles(model, {**fields, **urls}, parameters)}
    given = {name: value for name, value in parameters.items() if value is not None}
    stated = _values(model, model.parameters, {**_stated_defaults(model.parameters), **given})
    body = {
        "model": model_id(model, endpoint.region),
        "input": {**_file_fields(model, files, fields), **_values(model, model.fields, _sent_apart(model, fields))},
        **({"parameters": stated} if stated else {}),
    }
    asynchronous = _ASYNCHRONOUS if service.mode == "asynchronous" else {}
    resolve = _RESOLVE if any(map(is_oss_url, files.values())) else {}
    headers = {**_JSON, **asynchronous, **resolve}
    return Request("create" if asynchronous else "detect", "POST", endpoint.url(service.path), headers=headers, json=body)


def query_request(endpoint: Endpoint, task_id: str) -> Request:
    """Asks for the state of a task. Raises UsageError for what is not a task id."""
    return Request("query", "GET", endpoint.url(f"/tasks/{_checked_id(task_id)}"))


def list_request(
    endpoint: Endpoint, *, page_no: int, page_size: int, model_name: str | None = None, status: str | None = None
) -> Request:
    """Asks for the account's tasks of the last 24 hours, which are all that the service keeps. Pages count from 1."""
    filters = {"model_name": model_name, "page_no": str(page_no), "page_size": str(page_size), "status": status}
    params = {name: value for name, value in filters.items() if value is not None}
    return Request("list", "GET", endpoint.url("/tasks/"), params=params)


def cancel_request(endpoint: Endpoint, task_id: str) -> Request:
    """Cancels a task that has not begun. Raises UsageError for what is not a task id."""
    return Request("cancel", "POST", endpoint.url(f"/tasks/{_checked_id(task_id)}/cancel"))


def _file_fields(model: Model, files: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    if model.require_service().media_array:
        media = [*_media(model, files, fields)]
        return {"media": media} if media else {}
    sent: dict[str, Any] = {role.field: "" for role in model.roles.values() if role.send_empty}
    for name, url in files.items():
        role = model.roles[name]
        sent[role.field] = url if role.count is None else [*sent.get(role.field, ()), url]
    return sent


def _media(model: Model, files: Mapping[str, str], fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The files as items, each with its keys, and the fields that are items themselves."""
    keys = [(role.key_of, role.field, files.get(name)) for name, role in model.roles.items()]
    keys += [(field.key_of, field.follows or name, fields.get(name)) for name, field in model.fields.items()]
    for name, url in files.items():
        role = model.roles[name]
        if not role.key_of:
            own = {key: _sendable(model, key, value) for of, key, value in keys if name in of and value is not None}
            yield {"type": role.field, "url": url, **own}
    for name, field in model.fields.items():
        if field.item_key is not None and fields.get(name) is not None:
            yield {"type": name, field.item_key: _sendable(model, name, fields[name])}


def _sent_apart(model: Model, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are sent outside the list of files."""
    among = {name for name, field in model.fields.items() if field.key_of or field.item_key is not None}
    return {name: value for name, value in fields.items() if name not in among}


def _values(model: Model, known: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values for JSON, in the catalog's order; unknown ones, which only a forced job has, at the end."""
    names = [*(name for name in known if name in given), *(name for name in given if name not in known)]
    return {name: _sendable(model, name, given[name]) for name in names if given[name] is not None}


def _stated_defaults(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The value for required parameters: the default, or the only choice."""
    required = {name: known for name, known in parameters.items() if known.required}
    only = {name: known.choices[0] for name, known in required.items() if known.choices and len(known.choices) == 1}
    return {**only, **{name: known.default for name, known in required.items() if known.default is not None}}


def _sendable(model: Model, name: str, value: Any) -> Any:
    """A value as plain JSON: tuples become lists. Raises UsageError for values that JSON or UTF-8 cannot express."""
    try:
        if isinstance(value, str):
            value.encode()
            return value
        return json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError):
        raise UsageError(
            say("{name} of {model} has a value that cannot be sent in a request", name=plain(name), model=model.id)
        ) from None


def _object_key(policy: Policy, name: str) -> str:
    return f"{policy.upload_dir}/{name}"


def _checked_id(task_id: str) -> str:
    if not TASK_ID.fullmatch(task_id):
        raise UsageError(say("{task_id!r} is not a task id", task_id=plain(task_id)))
    return task_id
