"""What the user names on the command line, as jobs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from ..catalog import Catalog, Model, builtin_catalog
from ..check import lone_job
from ..errors import UsageError
from ..job import OWN_KEYS, Job, parse_settings, revised, with_values
from ..job_files import is_job_file, read_jobs
from ..probe.kinds import kind_by_name, kind_of
from ..rules.limits import listed


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Targets and the options that say what they mean, the same for every command that takes jobs."""
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="ROLE=FILE, a file, a folder, or a job file (.toml, .jsonl, .csv)"
    )
    parser.add_argument("--model", help="the model the files are for")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter or field; may be repeated")
    parser.add_argument("--region", help="the region the job is for: beijing, singapore, virginia or frankfurt")


def jobs_from(options: argparse.Namespace) -> Iterator[Job]:
    """The jobs the targets name, in order. Raises UsageError, at once for what is wrong with the words themselves."""
    settings = parse_settings(options.set)
    if not options.targets:
        raise UsageError("nothing to check: give files with --model MODEL, or a job file")
    catalog = builtin_catalog()
    model = catalog.model(options.model) if options.model else None
    jobs = _jobs(options.targets, model, catalog)
    return (_completed(job, settings, options.region) for job in jobs)


def _completed(job: Job, settings: dict[str, str], region: str | None) -> Job:
    placed = job if region is None else revised(job, region=region)
    return with_values(placed, settings) if settings else placed


def _jobs(targets: list[str], model: Model | None, catalog: Catalog) -> Iterable[Job]:
    if model is not None and all(_role_and_path(target, model) for target in targets):
        return [_whole_job(targets, model)]
    if model is None:
        strays = [target for target in targets if not is_job_file(target)]
        if strays:
            raise UsageError(f"{strays[0]}: say which model it is for, with --model MODEL")
    return (job for target in targets for job in _jobs_of(target, model, catalog))


def _whole_job(targets: list[str], model: Model) -> Job:
    inputs: dict[str, Any] = {}
    for target in targets:
        role, path = _role_and_path(target, model) or ("", "")
        if role in inputs:
            raise UsageError(f"{role} is given twice: {inputs[role]} and {path}")
        inputs[role] = path
    return Job(model.id, **inputs)


def _role_and_path(target: str, model: Model) -> tuple[str, str] | None:
    """`ROLE=PATH` taken apart; None where the target is a file's name, which may hold a `=` too.

    Raises UsageError for a value that is no file, such as `prompt=…`.
    """
    role, separator, path = target.partition("=")
    if not separator or (role not in model.roles and (not role.isidentifier() or os.path.lexists(target))):
        return None
    if role not in model.roles and role in (*model.fields, *model.parameters):
        raise UsageError(f"{role} of {model.id} is no file: write --set {role}=VALUE")
    if role in OWN_KEYS:
        raise UsageError(f"{model.id} has no input {role!r}; its inputs are {listed(tuple(model.roles))}")
    return role, path


def _jobs_of(target: str, model: Model | None, catalog: Catalog) -> Iterator[Job]:
    if is_job_file(target) and not os.path.isdir(target):  # noqa: PTH112
        yield from read_jobs(target, model=model.id if model else None, catalog=catalog)
        return
    assert model is not None
    if assigned := _role_and_path(target, model):
        yield lone_job(assigned[1], model, assigned[0])
    elif os.path.isdir(target):  # noqa: PTH112
        yield from (lone_job(path, model) for path in media_below(target, model))
    else:
        yield lone_job(target, model)


def media_below(folder: str, model: Model) -> Iterator[str]:
    """Every file below a folder that is, or by its name claims to be, media of a kind the model takes.

    Sorted; hidden files and folders are left out.
    """
    kinds = {role.kind for role in model.roles.values()}
    for place, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = os.path.join(place, name)  # noqa: PTH118
            if kinds & {kind_of(path), kind_by_name(path)}:
                yield path


def _unreadable(error: OSError) -> NoReturn:
    """A folder that cannot be listed is no empty one."""
    raise UsageError(f"{error.filename}: cannot be read: {(error.strerror or str(error)).lower()}") from None
