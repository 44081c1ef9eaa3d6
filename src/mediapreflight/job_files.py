"""Job files: many jobs as TOML (`[[jobs]]`), JSON Lines, CSV, or the `prepared.json` that `prepare` writes.

One record a job: `model`, one key per input, `parameters.NAME` (in TOML and JSON also a table `parameters`), `region`. Paths
count from the folder of the job file. Errors name the file and the line.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .catalog import Catalog, builtin_catalog
from .catalog.loading import is_nested_too_deeply
from .errors import JobFileError, UnknownModelError
from .job import OWN_KEYS, Job, is_local, is_url, parsed
from .probe.source import OpenError, open_source

_MAX_BYTES = 256 * 2**20
_PREFIX = "parameters."
# Python reads no whole number of more digits (sys.int_info.default_max_str_digits).
_LONG_NUMBER = r"[\d_]{4301}"
_TOO_LONG = "holds a number with too many digits"


class _Record(NamedTuple):
    """One job as written, and the line it starts on. `typed` false: all values are text, to be read as the catalog says."""

    line: int | None
    values: Mapping[str, Any]
    typed: bool


def is_job_file(path: str) -> bool:
    """Whether the name ends like a job file's."""
    return Path(path).suffix.lower() in _READERS


def read_jobs(path: str | os.PathLike[str], *, model: str | None = None, catalog: Catalog | None = None) -> Iterator[Job]:
    """The jobs of a file, in order.

    Args:
        model: for records that name none.

    Raises JobFileError, naming file and line, for anything that is no job.
    """
    name = os.fsdecode(path)
    reader = _READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise JobFileError(name, f"a job file ends in {', '.join(_READERS)}")
    models = catalog or builtin_catalog()
    empty = True
    for record in reader(name, _text(name)):
        empty = False
        yield _job(name, record, model, models)
    if empty:
        raise JobFileError(name, "holds no job")


def _text(path: str) -> str:
    try:
        with open_source(path) as source:
            if source.size > _MAX_BYTES:
                raise JobFileError(path, f"is larger than {_MAX_BYTES:,} bytes")
            return source.stream.read().decode("utf-8-sig")
    except OpenError as error:
        raise JobFileError(path, f"cannot be read: {str(error).partition(': ')[2]}") from None
    except OSError as error:
        raise JobFileError(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError as error:
        raise JobFileError(path, f"is not UTF-8 text (byte {error.start})") from None


def _toml_records(path: str, text: str) -> Iterator[_Record]:
    lines = text.split("\n")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise JobFileError(path, message[:1].lower() + message[1:], line=int(found[1]) if found else None) from None
    except ValueError:
        place = next((number for number, line in enumerate(lines, start=1) if re.search(_LONG_NUMBER, line)), None)
        raise JobFileError(path, _TOO_LONG, line=place) from None
    except RecursionError:
        raise JobFileError(path, "is nested too deeply") from None
    jobs = table.get("jobs")
    if not isinstance(jobs, list) or set(table) != {"jobs"}:
        raise JobFileError(path, "holds no list of jobs; start each with a line [[jobs]]")
    headers = [number for number, line in enumerate(lines, start=1) if re.match(r"\s*\[\[\s*jobs\s*\]\]", line)]
    for index, values in enumerate(jobs):
        line = headers[index] if index < len(headers) else 1
        if not isinstance(values, dict):
            raise JobFileError(path, "a job must be a table", line=line)
        yield _Record(line, values, typed=True)


def _jsonl_records(path: str, text: str) -> Iterator[_Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            if r"\u" in line:
                json.dumps(values, ensure_ascii=False).encode()
        except json.JSONDecodeError as error:
            raise JobFileError(path, f"{error.msg.lower()} (column {error.colno})", line=number) from None
        except UnicodeEncodeError:
            raise JobFileError(path, "holds one half of a surrogate pair, which is no text", line=number) from None
        except ValueError:
            raise JobFileError(path, _TOO_LONG, line=number) from None
        except RecursionError:
            raise JobFileError(path, "is nested too deeply", line=number) from None
        if not isinstance(values, dict):
            raise JobFileError(path, "a job must be an object", line=number)
        yield _Record(number, values, typed=True)


def _csv_records(path: str, text: str) -> Iterator[_Record]:
    import csv
    import io

    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if not any(header) or len(set(header)) < len(header):
            raise JobFileError(path, "the first line must name each column once", line=1)
        while True:
            line = rows.line_num + 1
            row = next(rows, None)
            if row is None:
                return
            if len(row) > len(header):
                raise JobFileError(path, f"has {len(row)} cells for {len(header)} columns", line=line)
            values = {name: cell for name, cell in zip(header, row, strict=False) if cell.strip()}
            if values:
                yield _Record(line, values, typed=False)
    except csv.Error as error:
        raise JobFileError(path, str(error), line=rows.line_num) from None


def _prepared_records(path: str, text: str) -> Iterator[_Record]:
    """The jobs of a `prepared.json`: their files lie beside it, whatever the folder was called when it was written."""
    import msgspec

    from .prepare.document import PreparedDocument

    try:
        document = msgspec.json.decode(text.encode(), type=PreparedDocument)
    except msgspec.DecodeError as error:
        raise JobFileError(path, f"is no prepared.json: {error}") from None
    for job in document.jobs:
        if strays := [role for role, value in job.urls.items() if not is_url(value)]:
            raise JobFileError(path, f"names something under `urls` that is none: `{strays[0]}`")
        files = {role: Path(item.path).name for role, item in job.inputs.items()}
        head = {"model": job.model, "region": job.region, "parameters": job.parameters}
        yield _Record(None, {**head, **job.fields, **job.urls, **files}, typed=True)


_READERS: dict[str, Callable[[str, str], Iterator[_Record]]] = {
    ".toml": _toml_records,
    ".jsonl": _jsonl_records,
    ".csv": _csv_records,
    ".json": _prepared_records,
}


def _job(path: str, record: _Record, default_model: str | None, catalog: Catalog) -> Job:
    def wrong(message: str) -> JobFileError:
        return JobFileError(path, message, line=record.line)

    values = dict(record.values)
    if is_nested_too_deeply(values):
        raise wrong("is nested too deeply")
    if "whole" in values:
        raise wrong("has no use for `whole`: a record of a job file is a whole job")
    name = values.get("model", default_model)
    if not isinstance(name, str) or not name:
        raise wrong("names no model")
    try:
        model = catalog.model(name)
    except UnknownModelError as error:
        raise wrong(str(error)) from None
    parameters = values.get("parameters", {})
    if not isinstance(parameters, dict):
        raise wrong("`parameters` must be a table")
    dotted = {key.removeprefix(_PREFIX): value for key, value in values.items() if key.startswith(_PREFIX)}
    inputs = {key: value for key, value in values.items() if key not in OWN_KEYS and not key.startswith(_PREFIX)}
    region = values.get("region")
    if region is not None and not isinstance(region, str):
        raise wrong("`region` must be text")
    for role in model.roles:
        if role in inputs and not isinstance(inputs[role], str):
            raise wrong(f"`{role}` must be a path or a URL, not {inputs[role]!r}")
    parameters = {**parameters, **dotted}
    if not record.typed:
        parameters = {
            key: parsed(value, model.parameters[key].type) if key in model.parameters else value
            for key, value in parameters.items()
        }
        inputs = {key: parsed(value, model.fields[key].type) if key in model.fields else value for key, value in inputs.items()}
    folder = Path(path).parent
    inputs = {key: _from_folder(folder, value) if key in model.roles else value for key, value in inputs.items()}
    return Job(name, parameters=parameters, region=region, **inputs)


def _from_folder(folder: Path, value: str) -> str:
    return os.path.join(folder, value) if is_local(value) else value  # noqa: PTH118 - keeps the path as written
