"""Jobs requested by the page, and the same job as a command line and as Python code."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, structs

from ..catalog import Catalog, Model
from ..errors import UsageError
from ..job import Job, is_local, revised, with_values
from ..language import say
from ..prepare.options import PrepareOptions
from ..system import command_text
from .uploads import Upload, Uploads

_OUT = "ready"
# Times are exact to the millisecond.
_DIGITS = 3
# Options that do not apply: each run makes one job, in its own folder.
_NOT_CHOSEN = ("split", "overwrite")
_FLAGS = {
    field.name: f"--{field.name.replace('_', '-')}"
    for field in structs.fields(PrepareOptions)
    if field.name not in (*_NOT_CHOSEN, "keep")
}


class Asked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request of the page.

    `inputs`: by role, the number of one upload or of several. `set`: values as text, as for `--set`. `options`: of
    `PrepareOptions`. `whole`: whether the job must be complete.
    """

    model: str
    inputs: dict[str, str | list[str]]
    set: dict[str, str] = {}
    face: int | None = None
    options: dict[str, Any] = {}
    whole: bool = True


class Order(NamedTuple):
    """A job with its uploads by role, and its options. `values`: as the page sent them. `out`: a folder beside the uploads."""

    job: Job
    model: Model
    files: Mapping[str, tuple[Upload, ...]]
    values: Mapping[str, str]
    options: PrepareOptions
    out: str

    @property
    def uploads(self) -> Iterator[Upload]:
        """All files of the job."""
        for several in self.files.values():
            yield from several


def order_of(asked: Asked, uploads: Uploads, catalog: Catalog) -> Order:
    """The requested job. Raises UsageError if it is not a valid job, RefusedError for a file that does not exist."""
    model = catalog.model(asked.model)
    if unknown := [role for role in asked.inputs if role not in model.roles]:
        raise UsageError(say("{model} has no input {role!r}", model=model.id, role=unknown[0]))
    files = {
        role: tuple(uploads.upload(number) for number in ([given] if isinstance(given, str) else given))
        for role, given in asked.inputs.items()
    }
    inputs: dict[str, Any] = {}
    for role, chosen in files.items():
        takes_several = model.roles[role].count is not None
        if len(chosen) != 1 and not takes_several:
            raise UsageError(say("{role} of {model} is one file", role=role, model=model.id))
        inputs[role] = [str(each.path) for each in chosen] if takes_several else str(chosen[0].path)
    job = revised(with_values(Job(model.id, whole=asked.whole, **inputs), asked.set, catalog), face=asked.face)
    return Order(job, model, files, asked.set, _options(asked.options), _free_folder(uploads))


def _free_folder(uploads: Uploads) -> str:
    """A name for the output folder that no upload has."""
    taken = {upload.name.casefold() for upload in uploads.files}
    names = itertools.chain([_OUT], (f"{_OUT}-{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)


def _options(given: Mapping[str, Any]) -> PrepareOptions:
    chosen = {name: value for name, value in given.items() if value is not None}
    allowed = {field.name for field in structs.fields(PrepareOptions)}.difference(_NOT_CHOSEN)
    if unknown := sorted(chosen.keys() - allowed):
        raise UsageError(say("there is no option {name!r}", name=unknown[0]))
    try:
        options = msgspec.convert(chosen, PrepareOptions)
    except msgspec.ValidationError as error:
        raise UsageError(str(error)) from None
    # In the form of the command line.
    return structs.replace(
        options, keep={role: (round(start, _DIGITS), round(end, _DIGITS)) for role, (start, end) in options.keep.items()}
    )


def command_line(order: Order) -> str:
    """The command that makes the same files, for the folder of the sources."""
    words = ["mediapreflight", "prepare", "--model", order.model.id]
    words += [f"{role}={_path(upload)}" for role, uploads in order.files.items() for upload in uploads]
    words += [word for name, value in order.values.items() for word in ("--set", f"{name}={value}")]
    if order.job.face is not None:
        words += ["--face", str(order.job.face)]
    for name, value in _chosen(order.options).items():
        if name == "keep":
            words += [
                word for role, (start, end) in value.items() for word in ("--keep", f"{role}={_seconds(start)}-{_seconds(end)}")
            ]
        else:
            words += [_FLAGS[name]] if value is True else [_FLAGS[name], f"{value}"]
    return command_text([*words, "--out", order.out])


def python_text(order: Order) -> str:
    """The Python code that makes the same files."""
    inputs = {
        role: [_path(each) for each in uploads] if order.model.roles[role].count is not None else _path(uploads[0])
        for role, uploads in order.files.items()
    }
    fields = {name: value for name, value in order.job.inputs.items() if name not in order.model.roles}
    arguments = [repr(order.model.id), *(f"{name}={value!r}" for name, value in {**inputs, **fields}.items())]
    if order.job.parameters:
        arguments.append(f"parameters={dict(order.job.parameters)!r}")
    if order.job.face is not None:
        arguments.append(f"face={order.job.face}")
    chosen = ", ".join(f"{name}={value!r}" for name, value in _chosen(order.options).items())
    names = "Job, PrepareOptions, prepare" if chosen else "Job, prepare"
    options = f", options=PrepareOptions({chosen})" if chosen else ""
    made = f"prepare(job, out={order.out!r}{options})"
    return f"from mediapreflight import {names}\n\njob = Job({', '.join(arguments)})\nready = {made}\n"


def _seconds(value: float) -> str:
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


def _path(upload: Upload) -> str:
    """The file's name, as a path that cannot be mistaken for a URL."""
    return upload.name if is_local(upload.name) else f"./{upload.name}"


def _chosen(options: PrepareOptions) -> dict[str, Any]:
    """The options that differ from the defaults."""
    return {field.name: value for field in structs.fields(options) if (value := getattr(options, field.name)) != _default(field)}


def _default(field: structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
