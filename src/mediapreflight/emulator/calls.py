"""Read a detect or create call: a job, or why it is refused. No I/O."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from ..catalog import Catalog, Model
from ..check.judge import judge
from ..errors import UnknownModelError
from ..job import Job
from ..media.kinds import kind_by_name
from ..rules import names, selection
from . import limits

_RULES = names(
    "parameter-type-wrong",
    "parameter-choice-unknown",
    "parameter-out-of-range",
    "text-too-long",
    "box-malformed",
    "box-ratio-wrong",
    "face-outside-ext-box",
    "inputs-not-combinable",
    "input-count-wrong",
)
# The wordings of field errors that the documents quote.
_TEXTS = {"ext_bbox": "Invalid ext_bbox.", "driven_id": "Driven not exist: driven_id"}
BAD_URL = "url error, please check url!"
# A string without an end quote extends to the end of the text, so that the search takes linear time.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
_BASE64 = re.compile(rb'"(data:[\w\\/.+-]{1,60};base64,)')
_ESCAPE = b"\\"
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class Refusal(Exception):  # noqa: N818 - named for its meaning to the caller
    """An error answer. `oss`: in the form of the upload host, which is XML."""

    def __init__(self, status: int, code: str, message: str, *, oss: bool = False) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.oss = oss
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True)
class Call:
    """The content of a call. `name`: the model as the call names it; `job`: its known inputs, as sent."""

    model: Model
    name: str
    job: Job


class Outline(NamedTuple):
    """A call without its Base64. `data`: where the Base64 begins and ends in the text, by the text that replaces it."""

    text: bytes
    data: Mapping[str, tuple[int, int]]


def find_model(catalog: Catalog, name: str) -> Model:
    """The model by its id, an alias, or the id it has in one region. Raises Refusal (404)."""
    try:
        return catalog.model(name)
    except UnknownModelError:
        for model in catalog.models():
            if name in model.region_ids.values():
                return model
        raise Refusal(404, "ModelNotFound", f"The model {name} does not exist or you do not have access to it.") from None


def outline(text: bytes | bytearray) -> Outline:
    """Replace the `data:` URLs of a call by their digests. Raises Refusal (400) if much else is in it."""
    kept, data, end = bytearray(), {}, 0
    for string in _STRING.finditer(text):
        begin = _BASE64.match(text, *string.span())
        stop = string.end() if begin is None else string.start()
        _refuse_long(len(kept) + stop - end)
        if begin is not None:
            kept += text[end:stop]
            end = string.end()
            place = begin.end(), end - 1
            name = (
                f"{begin[1].replace(_ESCAPE, b'').decode()}sha256-{hashlib.sha256(memoryview(text)[slice(*place)]).hexdigest()}"
            )
            kept += f'"{name}"'.encode()
            data[name] = place
    _refuse_long(len(kept) + len(text) - end)
    return Outline(bytes(kept + text[end:]), data)


def _refuse_long(size: int) -> None:
    if size > limits.OUTLINE_BYTES:
        raise too_large(limits.OUTLINE_BYTES)


def too_large(most: int) -> Refusal:
    """The refusal of a call that is longer than it may be, in bytes."""
    return Refusal(400, "BadRequest.TooLarge", f"The request body is larger than {most} bytes.")


def read_body(text: bytes) -> dict[str, Any]:
    """The JSON of a call. Raises Refusal if it is not JSON, or lacks required parts."""
    if (
        max(itertools.accumulate(_STEPS.get(character, 0) for character in _STRING.sub(b"", text)), default=0)
        > limits.OUTLINE_DEPTH
    ):
        raise Refusal(400, "BadRequest.IllegalInput", "The request body is nested too deeply.")
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refusal(400, "BadRequest.IllegalInput", "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "BadRequest.IllegalInput", "The request body is not an object.")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refusal(400, "BadRequest.EmptyModel", "Required parameter model missing or invalid.")
    if not isinstance(body.get("input"), dict) or not body["input"]:
        raise Refusal(400, "BadRequest.EmptyInput", "Required input parameter missing from request.")
    if not isinstance(body.get("parameters") or {}, dict):
        raise Refusal(400, "InvalidParameter", "parameters must be an object.")
    return body


def read_call(body: Mapping[str, Any], model: Model) -> Call:
    """The job in a body; unknown inputs are left out, as the service does. Raises Refusal."""
    given = body["input"]
    files = _media_array(given, model) if model.require_service().media_array else dict(_file_fields(given, model))
    urls = {name: value for name, value in files.items() if name in model.roles}
    if any(not isinstance(url, str | None) for url in urls.values()):
        raise Refusal(400, "InvalidParameter", BAD_URL)
    values = {**given, **{name: value for name, value in files.items() if name in model.fields}}
    fields = {name: values[name] for name in model.fields if values.get(name) not in (None, "")}
    parameters = {name: value for name, value in (body.get("parameters") or {}).items() if name in model.parameters}
    job = Job(model.id, parameters=parameters, **{name: url for name, url in urls.items() if url}, **fields)
    _refuse_missing(job, model)
    for finding in judge(job, model, {}, selection(_RULES)).findings:
        if finding.severity == "error":
            message = _TEXTS.get(finding.role or "", finding.message)
            raise Refusal(400, finding.service_code or "InvalidParameter", message)
    return Call(model, body["model"], job)


def _media_array(given: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """The files and fields in `media`, by the names they have in a job."""
    items = given.get("media")
    if items is None and model.role_sets is not None and model.role_sets.take(frozenset()):
        return {}
    if not isinstance(items, list) or not items:
        raise _required("media")
    free: dict[str, list[str]] = {}
    for name, role in model.roles.items():
        if not role.key_of:
            free.setdefault(role.field, []).append(name)
    apart = {name: field.item_key for name, field in model.fields.items() if field.item_key is not None}
    found: dict[str, Any] = {}
    for item in items:
        kind = item.get("type") if isinstance(item, dict) else None
        if not isinstance(kind, str):
            raise Refusal(400, "InvalidParameter", "Each item of input.media must be an object with a type.")
        if kind in apart and kind not in found:
            found[kind] = item.get(apart[kind])
        elif free.get(kind):
            name = free[kind].pop(0)
            found |= {name: item.get("url"), **dict(_keys(item, name, model))}
        else:
            raise Refusal(
                400,
                "InvalidParameter",
                f"input.media: {kind} more often than the model takes it, of {', '.join((*free, *apart))}.",
            )
    return found


def _keys(item: Mapping[str, Any], name: str, model: Model) -> Iterator[tuple[str, Any]]:
    """The other files and the fields that are keys of a file's item."""
    for each, role in model.roles.items():
        if name in role.key_of and role.field in item:
            yield each, item[role.field]
    for each, field in model.fields.items():
        if name in field.key_of and (field.follows or each) in item:
            yield each, item[field.follows or each]


def _file_fields(given: Mapping[str, Any], model: Model) -> Iterator[tuple[str, Any]]:
    for name, role in model.roles.items():
        if role.count is None:
            yield name, given.get(role.field)
    for field in {role.field: None for role in model.roles.values() if role.count is not None}:
        free = [name for name, role in model.roles.items() if role.field == field]
        urls = given.get(field) or []
        if not isinstance(urls, list) or len(urls) > len(free):
            raise Refusal(400, "InvalidParameter", f"input.{field} must be a list of up to {len(free)} URLs.")
        for url in urls:
            # One list may contain pictures and videos; the kind of a file shows in its name.
            fitting = [name for name in free if model.roles[name].kind == kind_by_name(str(url).partition("?")[0])] or free
            chosen = fitting[0]
            free.remove(chosen)
            yield chosen, url


def _refuse_missing(job: Job, model: Model) -> None:
    for name, role in model.roles.items():
        if role.required and name not in job.inputs and not any(job.holds(condition, model) for condition in role.ignored_when):
            raise _required(role.field)
    for name, field in model.fields.items():
        if field.required and name not in job.inputs:
            raise _required(name)
    for name, parameter in model.parameters.items():
        if parameter.required and name not in job.parameters:
            raise _required(name)


def _required(field: str) -> Refusal:
    return Refusal(400, "InvalidParameter", f"Field required: {field}")
