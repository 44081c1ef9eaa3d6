"""Job files: many jobs as TOML (`[[jobs]]`), JSON Lines, CSV, or the `prepared.json` that `prepare` writes.

One record per job: `model`, one key per input, `parameters.NAME` (in TOML and JSON also a table `parameters`), `region`,
`face`. Paths are relative to the folder of the job file. Errors name the file and the line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, NamedTuple

from .catalog import Catalog, Model, Role, builtin_catalog
from .catalog.loading import TOO_LONG_NUMBER, TomlError, dotted, is_nested_too_deeply, not_in_json, toml_table
from .catalog.schema import OWN_KEYS
from .errors import JobFileError, UnknownModelError, UsageError
from .job import Job, files_in, is_face_number, is_local, is_url, parsed
from .language import say
from .media.source import local_path
from .named_files import MOST_JOB_TABLE_BYTES, MOST_JOBS_BYTES, NotReadError, NotTextError, read_text

if TYPE_CHECKING:
    from json import JSONDecodeError

_PREFIX = "parameters."


class _Record(NamedTuple):
    """One job as written, and the line it starts on.

    `typed` false: all values are text, and the catalog gives their types. `exact`: file names are not split at commas.
    """

    line: int | None
    values: Mapping[str, Any]
    typed: bool
    exact: bool = False


def is_job_file(path: str) -> bool:
    """Whether the name has the extension of a job file."""
    return Path(path).suffix.lower() in _READERS


def read_jobs(path: str | os.PathLike[str], *, model: str | None = None, catalog: Catalog | None = None) -> Iterator[Job]:
    """The jobs of a file, in order.

    Args:
        model: the model of records that do not name one.

    Raises JobFileError, naming file and line, for anything that is not a job.
    """
    name = os.fsdecode(path)
    kind = _READERS.get(Path(name).suffix.lower())
    if kind is None:
        raise JobFileError(name, say("a job file ends in {readers}", readers=", ".join(_READERS)))
    try:
        text = read_text(name, kind.most)
    except NotTextError as error:
        is_table = name.lower().endswith(".csv")
        why = say('{error}, which spreadsheets call "CSV UTF-8"', error=error) if is_table else str(error)
        raise JobFileError(name, why) from None
    except NotReadError as error:
        raise JobFileError(name, str(error)) from None
    if not text:
        raise JobFileError(name, say("is empty"))
    models = catalog or builtin_catalog()
    empty = True
    for record in kind.records(name, text):
        empty = False
        yield _job(name, record, model, models)
    if empty:
        raise JobFileError(name, say("contains no job"))


def _toml_records(path: str, text: str) -> Iterator[_Record]:
    try:
        table = toml_table(text)
    except TomlError as error:
        raise JobFileError(path, str(error), line=error.line) from None
    jobs = table.get("jobs")
    if not isinstance(jobs, list) or set(table) != {"jobs"}:
        raise JobFileError(path, say("contains no list of jobs; start each job with a line [[jobs]]"))
    headers = [number for number, line in enumerate(text.split("\n"), start=1) if re.match(r"\s*\[\[\s*jobs\s*\]\]", line)]
    for index, values in enumerate(jobs):
        line = headers[index] if index < len(headers) else 1
        if not isinstance(values, dict):
            raise JobFileError(path, say("a job must be a table"), line=line)
        yield _Record(line, values, typed=True)


def _jsonl_records(path: str, text: str) -> Iterator[_Record]:
    import json

    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            if r"\u" in line:
                json.dumps(values, ensure_ascii=False).encode()
        except json.JSONDecodeError as error:
            raise JobFileError(path, _no_json(error), line=number) from None
        except UnicodeEncodeError:
            raise JobFileError(path, say("contains half of a surrogate pair, which is not text"), line=number) from None
        except ValueError:
            raise JobFileError(path, TOO_LONG_NUMBER, line=number) from None
        except RecursionError:
            raise JobFileError(path, say("is nested too deeply"), line=number) from None
        if not isinstance(values, dict):
            raise JobFileError(path, say("a job must be an object; each line is one job, without outer brackets"), line=number)
        yield _Record(number, values, typed=True)


def _no_json(error: JSONDecodeError) -> str:
    msg = error.msg.lower()
    if "escape" in msg:
        return say("{msg} (column {colno}); write each backslash of a path twice, or `/` for it", msg=msg, colno=error.colno)
    return say("{msg} (column {colno}); each line is one job", msg=msg, colno=error.colno)


def _csv_records(path: str, text: str) -> Iterator[_Record]:
    import csv
    import io

    # A cell may contain a picture, as a `data:` URL. The limit applies to the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), MOST_JOBS_BYTES))
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if len(header) == 1 and ";" in header[0]:
            raise JobFileError(path, say("separates its columns by semicolons; save it with commas"), line=1)
        if len(header) == 1 and "\t" in header[0]:
            raise JobFileError(path, say("separates its columns by tabs; save it with commas"), line=1)
        if not any(header) or len(set(header)) < len(header):
            raise JobFileError(path, say("the first line must name each column once"), line=1)
        while True:
            line = rows.line_num + 1
            row = next(rows, None)
            if row is None:
                return
            if len(row) > len(header):
                raise JobFileError(
                    path, say("has {count} cells for {count2} columns", count=len(row), count2=len(header)), line=line
                )
            values = {name: cell for name, cell in zip(header, row, strict=False) if cell.strip()}
            if values:
                yield _Record(line, values, typed=False)
    except csv.Error as error:
        raise JobFileError(path, str(error), line=rows.line_num) from None


def _prepared_records(path: str, text: str) -> Iterator[_Record]:
    """The jobs of a `prepared.json`: their files are in the same folder, even if the folder was renamed."""
    from .prepare.record import read_document

    if text.lstrip().startswith("["):
        raise JobFileError(
            path,
            say(
                "contains a list; write its jobs into a .jsonl file, one per line, without the outer brackets",
            ),
        )
    try:
        document = read_document(text)
    except ValueError as error:
        raise JobFileError(
            path, say("is not a prepared.json: {error}; write other jobs into a .jsonl file, one per line", error=error)
        ) from None
    for job in document.jobs:
        if strays := [role for role, value in job.urls.items() if not is_url(value)]:
            raise JobFileError(path, say("lists something under `urls` that is not a URL: `{strays}`", strays=strays[0]))
        files = {role: _name_beside(path, item.path) for role, item in job.inputs.items()}
        head = {"model": job.model, "region": job.region, "face": job.face, "parameters": job.parameters}
        yield _Record(None, {**head, **job.fields, **job.urls, **files}, typed=True, exact=True)


def _name_beside(record: str, path: str) -> str:
    """The name of a file beside its record, which may have been written on Windows."""
    name = Path(path).name
    is_here = "\\" not in name or os.path.lexists(Path(record).parent / name)
    return name if is_here else PureWindowsPath(name).name


class _Kind(NamedTuple):
    """How files of this kind are read, and how large they may be."""

    records: Callable[[str, str], Iterator[_Record]]
    most: int


_READERS = {
    ".toml": _Kind(_toml_records, MOST_JOB_TABLE_BYTES),
    ".jsonl": _Kind(_jsonl_records, MOST_JOBS_BYTES),
    ".csv": _Kind(_csv_records, MOST_JOBS_BYTES),
    ".json": _Kind(_prepared_records, MOST_JOBS_BYTES),
}


def _job(path: str, record: _Record, default_model: str | None, catalog: Catalog) -> Job:
    def wrong(message: str) -> JobFileError:
        return JobFileError(path, message, line=record.line)

    values = dict(record.values)
    if is_nested_too_deeply(values):
        raise wrong(say("is nested too deeply"))
    for key, fault in not_in_json(values):
        raise wrong(f"{dotted(key)}: {fault}")
    if "whole" in values:
        raise wrong(say("`whole` is not allowed: each record of a job file is a whole job"))
    name = values.get("model", default_model)
    if not isinstance(name, str) or not name:
        raise wrong(_no_model(values))
    try:
        model = catalog.model(name)
    except UnknownModelError as error:
        raise wrong(str(error)) from None
    parameters = values.get("parameters", {})
    if not isinstance(parameters, dict):
        raise wrong(say("`parameters` must be a table"))
    prefixed = {key.removeprefix(_PREFIX): value for key, value in values.items() if key.startswith(_PREFIX)}
    inputs = {key: value for key, value in values.items() if key not in OWN_KEYS and not key.startswith(_PREFIX)}
    region = values.get("region")
    if region is not None and not isinstance(region, str):
        raise wrong(say("`region` must be text"))
    face = values.get("face")
    face = parsed(face, "integer") if isinstance(face, str) and not record.typed else face
    if face is not None and not is_face_number(face):
        raise wrong(say("`face` must be a whole number from 1, not {face!r}", face=face))
    for role in model.roles:
        if role in inputs and not _names_files(inputs[role], model.roles[role]):
            raise wrong(say("`{role}` must be a path or a URL, not {inputs!r}", role=role, inputs=inputs[role]))
    parameters = {**parameters, **prefixed}
    if not record.typed:
        parameters = {
            key: parsed(value, model.parameters[key].type) if key in model.parameters else value
            for key, value in parameters.items()
        }
        inputs = {key: parsed(value, model.fields[key].type) if key in model.fields else value for key, value in inputs.items()}
    folder = Path(path).parent
    for role in model.roles.keys() & inputs:
        inputs[role] = _from_folder(folder, inputs[role]) if record.exact else _files(folder, inputs[role], role, model)
    try:
        return Job(name, parameters=parameters, region=region, face=face, **inputs)
    except UsageError as error:
        raise wrong(str(error)) from None


def _no_model(values: Mapping[str, Any]) -> str:
    import difflib

    if close := difflib.get_close_matches("model", values, n=1):
        return say("names no model; `{close}` should be `model`", close=close[0])
    return say("names no model; add `model`, or give one for all its jobs with --model MODEL")


def _names_files(value: object, role: Role) -> bool:
    if role.count is not None and isinstance(value, list):
        return bool(value) and all(isinstance(each, str) for each in value)
    return isinstance(value, str)


def _files(folder: Path, value: str | list[str], role: str, model: Model) -> str | list[str]:
    if isinstance(value, list):
        return [_from_folder(folder, each) for each in value]
    whole = _from_folder(folder, value)
    if os.path.lexists(whole) or len(parts := files_in(value, role, model)) == 1:
        return whole
    return _files(folder, parts, role, model)


def _from_folder(folder: Path, value: str) -> str:
    path = local_path(value)
    return os.path.join(folder, path) if is_local(path) else path  # noqa: PTH118 - keeps the path as written
