"""A job: a model, one file or URL per role, and the values for them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from msgspec import structs

from .catalog import Catalog, Model, builtin_catalog
from .catalog.schema import Condition, Parameter, Role, RoleSets, numbered
from .errors import UsageError
from .language import say
from .media.data_url import is_data_url
from .media.source import display_name, is_file_url, is_remote, local_path

Varied = TypeVar("Varied", Role, Parameter, RoleSets)
# Characters that must be percent-encoded in a URL (RFC 3986).
MUST_BE_ENCODED = re.compile(r"""[^\x21-\x7e]|["<>\\^`{|}]""")
_URL = re.compile(r"(https?|oss)://", re.IGNORECASE)
_OSS = re.compile("oss://", re.IGNORECASE)
_BOX = "_bbox"


class Job:
    """The input of one call to the service.

        Job("emo-v1", image="portrait.png", audio="voice.mp3", parameters={"style_level": "calm"})

    Args:
        model: id or alias.
        inputs: keyword arguments, one for each role or field of the model. For a role: a local path or a URL (`file://`, `data:`,
            `http(s)://`, `oss://`), or a list of them if the role takes several files. For a field such as `prompt`,
            `template_id` or `face_bbox`: a plain value.
        parameters: request parameters by name.
        region: where it will be sent; None if not decided.
        face: the chosen person, by the number that `faces` lists (1 is the largest); None: the largest face. If the inputs
            include boxes, the boxes count instead.
        whole: whether the job must be complete. False: each input is checked by itself, and may be the only one.

    Raises UsageError for a face that is not a whole number of 1 or more, and for a file that is given both in a list and by its
    own name.
    """

    model: str
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    region: str | None
    face: int | None
    whole: bool

    def __init__(
        self,
        model: str,
        /,
        *,
        parameters: Mapping[str, Any] | None = None,
        region: str | None = None,
        face: int | None = None,
        whole: bool = True,
        **inputs: Any,
    ) -> None:
        if face is not None and not is_face_number(face):
            raise UsageError(say("face must be a whole number from 1, not {face!r}", face=face))
        vars(self).update(
            model=model,
            inputs=_named(inputs),
            parameters=dict(parameters or {}),
            region=region,
            face=face,
            whole=whole,
        )

    # Importing dataclasses takes as long as the rest of a check of one picture.
    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(say("{name} of a job cannot be changed; make another job", name=name))

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(say("{name} of a job cannot be deleted; make another job", name=name))

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if isinstance(other, Job) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of any record that holds a dict

    def value(self, parameter: str, model: Model) -> Any:
        """A parameter's value: as given, or the default that the job's model documents; None if there is neither."""
        known = model.parameters.get(parameter)
        return self.parameters.get(parameter, known.default if known else None)

    def chosen_face(self, model: Model) -> int | None:
        """The number of the chosen face; None if none was chosen, or if boxes among the inputs say it."""
        gives_boxes = any(self.inputs.get(name) is not None for name, field in model.fields.items() if field.type == "box")
        return None if gives_boxes else self.face

    def holds(self, condition: Condition, model: Model) -> bool:
        """Whether a condition from the model's catalog entry is true of the job."""
        if condition.parameter is not None:
            value, is_given = self.value(condition.parameter, model), condition.parameter in self.parameters
        else:
            names = model.files_of(condition.role) if condition.role else (condition.field or "",)
            value = next((given for name in names if (given := self.inputs.get(name)) not in (None, "")), None)
            is_given = value is not None
        if condition.given_as is not None:
            return is_data_url(value) if condition.given_as == "data" else is_url(value) and not is_oss_url(value)
        return is_given == condition.given if condition.given is not None else bool(value == condition.equals)

    def __repr__(self) -> str:
        shown = {name: display_name(value) if is_data_url(value) else value for name, value in self.inputs.items()}
        return f"Job({', '.join(f'{name}={value!r}' for name, value in {**vars(self), 'inputs': shown}.items())})"


def _plain(value: Any) -> Any:
    return os.fsdecode(value) if isinstance(value, os.PathLike | bytes) else value


def _named(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, with each list split into one input per file. Raises UsageError if that gives a name twice."""
    named: dict[str, Any] = {}
    for name, given in inputs.items():
        for own, value in _one_by_one(name, given):
            if own in named:
                raise UsageError(say("{name} is given twice: in a list of files and by its own name", name=own))
            named[own] = _plain(value)
    return named


def _one_by_one(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A list of files as one input per file, under the catalog's names; any other value unchanged.

    A box is also a list, but it stays whole: a rule checks it.
    """
    is_list = (
        not name.endswith(_BOX)
        and isinstance(value, list | tuple)
        and value
        and all(isinstance(each, str | os.PathLike | bytes) for each in value)
    )
    if is_list:
        yield from ((numbered(name, number), each) for number, each in enumerate(value, start=1))
    else:
        yield name, value


def files_in(text: str, role: str, model: Model) -> list[str]:
    """The files in a role's text. If the role takes several, commas separate them, unless a file has the whole text as its name.

    A comma after a URL is part of the URL, unless another URL follows. An empty part is an empty text.
    """
    takes_several = role in model.roles and model.roles[role].count is not None
    if not takes_several or "," not in text or is_data_url(text) or os.path.lexists(text):
        return [text]
    files: list[str] = []
    for part in text.split(","):
        if files and is_url(files[-1]) and not is_url(part.strip()):
            files[-1] += f",{part}"
        else:
            files.append(part.strip())
    return files


def is_face_number(value: object) -> bool:
    """Whether a value can be the number of a face: a whole number, at least 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_url(value: object) -> bool:
    """Whether an input is a URL that the service fetches: `http(s)://`, or `oss://` of the provider's own storage."""
    return isinstance(value, str) and _URL.match(value) is not None


def is_oss_url(value: object) -> bool:
    """Whether an input is in the provider's storage, which only the service can reach."""
    return isinstance(value, str) and _OSS.match(value) is not None


def is_local(value: object) -> bool:
    """Whether an input is a file of this machine: a path, not a URL and not a file in an object store."""
    return (
        isinstance(value, str)
        and bool(value)
        and not any(is_other(value) for is_other in (is_url, is_data_url, is_file_url, is_remote))
    )


def is_at_hand(value: object) -> bool:
    """Whether the bytes of an input are here: it is a local file, or a `data:` URL that contains them."""
    return is_local(value) or is_data_url(value)


def with_local_paths(job: Job, model: Model) -> Job:
    """The job with its `file:` URLs replaced by paths. Only inputs that are files are changed, not a prompt."""
    paths = {
        name: path
        for name in model.roles
        if isinstance(value := job.inputs.get(name), str) and (path := local_path(value)) is not value
    }
    return revised(job, inputs={**job.inputs, **paths}) if paths else job


def revised(
    job: Job,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    region: str | None = None,
    face: int | None = None,
    whole: bool | None = None,
) -> Job:
    """A copy of the job with other inputs, parameters, region or face, or made whole; None keeps the old value."""
    return Job(
        job.model,
        parameters=job.parameters if parameters is None else parameters,
        region=region or job.region,
        face=job.face if face is None else face,
        whole=job.whole if whole is None else whole,
        **(job.inputs if inputs is None else inputs),
    )


def as_used(model: Model, job: Job) -> Model:
    """The model with the variants of limits and ranges that apply to this job's inputs and parameters."""
    tables = {name: getattr(model, name) for name in ("roles", "fields", "parameters")}
    sets = model.role_sets
    if not any(entry.variants for table in tables.values() for entry in table.values()) and not (sets and sets.variants):
        return model
    return structs.replace(
        model,
        role_sets=sets and _varied(sets, model, job),
        **{name: {key: _varied(entry, model, job) for key, entry in table.items()} for name, table in tables.items()},
    )


def _varied(entry: Varied, model: Model, job: Job) -> Varied:
    changes: dict[str, Any] = {}
    for variant in entry.variants:
        if all(job.holds(condition, model) for condition in variant.when):
            given = {name: getattr(variant, name) for name in variant.__struct_fields__ if name != "when"}
            changes |= {name: value for name, value in given.items() if value is not None}
    return structs.replace(entry, **changes, variants=())


def with_values(job: Job, settings: Mapping[str, str], catalog: Catalog | None = None) -> Job:
    """The job with `NAME=VALUE` settings from the command line; the catalog says which are inputs and which are parameters.

    Values are read by their catalog type (`video_fps=30` is a number, `face_bbox=302,286,610,593` a box). A value that does not
    match its type stays text, and a rule reports it.
    """
    model = (catalog or builtin_catalog()).model(job.model)
    inputs, parameters = dict(job.inputs), dict(job.parameters)
    for name, text in settings.items():
        if name in model.parameters:
            parameters[name] = parsed(text, model.parameters[name].type)
        elif name in model.fields:
            inputs[name] = parsed(text, model.fields[name].type)
        elif name in model.roles:
            raise UsageError(say("{name} of {model} is a file: write {name}=FILE without --set", name=name, model=model.id))
        else:
            parameters[name] = text
    return revised(job, inputs=inputs, parameters=parameters)


def parsed(text: str, type: str) -> Any:
    """Text read as a catalog type (`string`, `integer`, `number`, `boolean`, `box`, `list`); the text itself if it does not
    match."""
    try:
        match type:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}.get(text.lower(), text)
            case "box":
                return [int(part) for part in text.strip("[] ").split(",")]
            case "list":
                return _entries(text)
    except ValueError:
        return text
    return text


def _entries(text: str) -> Any:
    """A list from JSON, or from texts separated by commas. Raises ValueError for text that begins like JSON and is invalid."""
    import json

    return json.loads(text) if text.lstrip().startswith(("[", "{")) else [part.strip() for part in text.split(",")]


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """`NAME=VALUE` arguments as a table. Raises UsageError for one without `=` or without a name."""
    settings = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(say("--set takes NAME=VALUE, not {pair!r}", pair=pair))
        settings[name] = value
    return settings


def roles_for_kind(model: Model, kind: str) -> tuple[str, ...]:
    """The roles that a single file of this kind could have: the required ones if there are any, else all."""
    roles = tuple(role for role in model.roles_of_kind(kind) if model.roles[role].follows is None)
    return tuple(role for role in roles if model.roles[role].required) or roles
