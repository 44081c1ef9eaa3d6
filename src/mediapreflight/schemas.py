"""The JSON Schemas (2020-12) of the public formats, made from the types that write and read them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec import Struct

from .catalog import Interval, Model, Parameter, Role, builtin_catalog
from .config.schema import Config
from .findings import JobReport, Summary
from .prepare.record import PreparedDocument
from .submit.result import ResultDocument

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PART = "Part"
_LISTS = ("items", "prefixItems")
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "box": {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4},
    "list": {"type": "array"},
}


class ReportDocument(Struct):
    """The report in JSON: see `Report.to_dict`."""

    schema: Literal["mediapreflight.report/1"]
    version: str
    ok: bool
    summary: Summary
    jobs: tuple[JobReport, ...]


def report_schema() -> dict[str, Any]:
    """What `check --output-format json` prints."""
    return {"$schema": _DIALECT, **msgspec.json.schema(ReportDocument)}


def prepared_schema() -> dict[str, Any]:
    """What `prepare` writes as `prepared.json`."""
    return {"$schema": _DIALECT, **msgspec.json.schema(PreparedDocument)}


def result_schema() -> dict[str, Any]:
    """What `submit --output-format json` prints."""
    return {"$schema": _DIALECT, **msgspec.json.schema(ResultDocument)}


def catalog_schema() -> dict[str, Any]:
    """A catalog file: one model, complete, or the differences from the entry it extends."""
    whole = {**msgspec.json.schema(Model)["$defs"], "Region": {"enum": list(builtin_catalog().terms.hosts)}}
    partial = {f"{name}{_PART}": _partial(definition) for name, definition in whole.items()}
    return {
        "$schema": _DIALECT,
        # An entry whose id starts with `_` is a base for others, and need not be complete either.
        "if": {"anyOf": [{"required": ["extends"]}, {"properties": {"id": {"pattern": "^_"}}}]},
        "then": {"$ref": f"#/$defs/Model{_PART}", "required": ["id"]},
        "else": {"$ref": "#/$defs/Model"},
        "$defs": {**whole, **partial},
    }


def config_schema() -> dict[str, Any]:
    """`mediapreflight.toml`, and the table `tool.mediapreflight` in `pyproject.toml`."""
    schema = msgspec.json.schema(Config)
    # Inputs of pairs are next to the other keys; the model decides their names.
    pairs = schema["$defs"]["Pairs"]
    del pairs["properties"]["inputs"]
    pairs["required"].remove("inputs")
    pairs["additionalProperties"] = {"description": "an input of the model: a glob, a list of globs, a path, a URL or a value"}
    return {"$schema": _DIALECT, **schema}


def _partial(schema: Any, *, in_list: bool = False) -> Any:
    """A schema for tables that are merged with the entry they extend: nothing is required. Items of lists are complete."""
    if isinstance(schema, list):
        return [_partial(part, in_list=in_list) for part in schema]
    if not isinstance(schema, dict):
        return schema
    loose = {key: _partial(part, in_list=in_list or key in _LISTS) for key, part in schema.items()}
    if not in_list:
        # `required` may also be the name of a property, whose schema stays.
        if isinstance(loose.get("required"), list):
            del loose["required"]
        if isinstance(loose.get("$ref"), str):
            loose["$ref"] += _PART
    return loose


def job_schema() -> dict[str, Any]:
    """One record of a job file, for each model of the catalog."""
    return {"$schema": _DIALECT, "title": "Job", "oneOf": [_job_of(model) for model in builtin_catalog().models()]}


def _job_of(model: Model) -> dict[str, Any]:
    parameters = {name: _value(parameter) for name, parameter in model.parameters.items()}
    required = [name for name, role in model.roles.items() if role.required]
    required += [name for name, field in model.fields.items() if field.required and field.filled_by is None]
    return {
        "title": model.title,
        "type": "object",
        "properties": {
            "model": {"enum": [model.id, *model.aliases]},
            "region": {"enum": list(model.regions)},
            "face": {"type": "integer", "minimum": 1, "description": "the chosen person, by the number that `faces` lists"},
            **{name: _file(role) for name, role in model.roles.items()},
            **{name: _field(model, name) for name in model.fields},
            "parameters": {"type": "object", "properties": parameters, "additionalProperties": False},
            **{f"parameters.{name}": value for name, value in parameters.items()},
        },
        "required": ["model", *required],
        "additionalProperties": False,
    }


def _file(role: Role) -> dict[str, Any]:
    one = {"type": "string", "description": f"path or URL: {role.kind}"}
    if role.count is None or role.follows is not None:
        return one
    most = int(Interval.parse(role.count).upper)
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": most}]}


def _field(model: Model, name: str) -> dict[str, Any]:
    """The schema of a field; also of a list of its values if there is one value for each of several files."""
    one, following = _value(model.fields[name]), [each for each in model.fields.values() if each.follows == name]
    return {"anyOf": [one, {"type": "array", "items": one, "maxItems": 1 + len(following)}]} if following else one


def _list(parameter: Parameter) -> dict[str, Any]:
    one: dict[str, Any] = {"type": "string", **({"enum": list(parameter.choices)} if parameter.choices else {})}
    if parameter.keys:
        required = [name for name, each in parameter.keys.items() if each.required]
        keys = {name: _value(each) for name, each in parameter.keys.items()}
        one = {"type": "object", "properties": keys, "required": required, "additionalProperties": False}
    count = parameter.interval
    ends = {name: int(end) for name, end in (("minItems", count.lower), ("maxItems", count.upper)) if math.isfinite(end)}
    return {**_TYPES["list"], "items": one, **ends}


def _value(parameter: Parameter) -> dict[str, Any]:
    if parameter.type == "list":
        return _list(parameter)
    described = dict(_TYPES[parameter.type])
    if parameter.choices is not None:
        described["enum"] = list(parameter.choices)
    if parameter.max_length is not None:
        described["maxLength"] = parameter.max_length
    if parameter.default is not None:
        described["default"] = parameter.default
    if parameter.range is not None:
        interval = parameter.interval
        ends = {
            "exclusiveMinimum" if interval.lower_open else "minimum": interval.lower,
            "exclusiveMaximum" if interval.upper_open else "maximum": interval.upper,
        }
        bounds = {name: end for name, end in ends.items() if math.isfinite(end)}
        described |= {"anyOf": [bounds, {"enum": list(parameter.special_values)}]} if parameter.special_values else bounds
    return described


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "report": report_schema,
    "prepared": prepared_schema,
    "result": result_schema,
    "job": job_schema,
    "catalog": catalog_schema,
    "config": config_schema,
}
