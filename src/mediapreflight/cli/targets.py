"""Command-line targets to jobs."""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalog import Catalog, Model
from ..catalog.schema import OWN_KEYS
from ..check.run import lone_job
from ..config.discovery import CONFIG_NAME, PYPROJECT_NAME, nearest_config
from ..config.files import files_below
from ..errors import UsageError
from ..job import Job, files_in, is_local, parse_settings, revised, with_values
from ..job_files import is_job_file, read_jobs
from ..language import say, say_many, tr, translated
from ..media.data_url import is_data_url
from ..media.kinds import kind_by_name, kind_of
from ..media.source import STDIN_FOLDER, display_name, is_remote, local_path
from ..system import relative_path
from ..text import listed, plain
from .arguments import count, home_expanded
from .catalogs import add_catalog_argument, catalog_at

if TYPE_CHECKING:
    from ..config.project import Found, Project, Shown

_KINDS = {"image": say("pictures"), "video": say("videos"), "audio": say("recordings")}
_NO_TARGET = say(
    "nothing to check: give files with --model MODEL, or a job file, or write a configuration with `mediapreflight init`"
)

# Extensions of job files that are not supported, and what to do instead.
_AS_TOML = say("is YAML, which is not supported; write the jobs as TOML, each after a line [[jobs]]")
_AS_CSV = say("is a spreadsheet, which is not supported; save it as CSV, separated by commas, in UTF-8")
_AS_ANY = say("does not have the name of a job file; jobs are read from .toml, .jsonl and .csv files, and from a prepared.json")
_OTHER_JOB_FILES = {
    **dict.fromkeys((".yaml", ".yml"), _AS_TOML),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), _AS_CSV),
    **dict.fromkeys((".tsv", ".txt", ".ndjson", ".json5", ".xml", ".ini"), _AS_ANY),
}

_NO_MEDIA = say("no picture, video or recording of a format that is read here")
# At most this many names of skipped files are printed.
_NAMED = 3


class Targets(NamedTuple):
    """Jobs of one configuration, or of none.

    Attributes:
        jobs: in order; can be iterated once.
        catalog: the models.
        project: the configuration; None if no folder from the files upward has one.
    """

    jobs: Iterable[Job]
    catalog: Catalog
    project: Project | None


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """The targets and the options about them, the same for every command that takes jobs."""
    parser.add_argument(
        "targets",
        nargs="*",
        type=_with_path,
        metavar="TARGET",
        help=tr(
            "ROLE=FILE, a file, a folder, a job file (.toml, .jsonl, .csv, or the prepared.json of `prepare`), or `-` for "
            "standard input (not for `submit`); default: what the configuration finds",
        ),
    )
    parser.add_argument(
        "--model",
        help=tr("model that the files are for, instead of the configured one; `check --model any` says which models take them"),
    )
    add_catalog_argument(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=tr("set a parameter or a field; may be repeated"),
    )
    parser.add_argument("--region", help=tr("region that the job is for, such as beijing or singapore"))
    parser.add_argument(
        "--face",
        type=count,
        metavar="N",
        help=tr("choose a person, by the number that `faces` lists"),
    )


def _with_path(target: str) -> str:
    """A target with its `file:` URL replaced by the path, and with `~` expanded."""
    role, separator, value = target.partition("=")
    path = home_expanded(local_path(value))
    return local_path(target) if path is value else f"{role}{separator}{path}"


def targets_from(options: argparse.Namespace) -> tuple[Targets, ...]:
    """The jobs that the targets name, in order. Neighbouring targets of one configuration are grouped.

    Raises UsageError; at once for a mistake in the arguments or in a configuration.
    """
    values = parse_settings(options.set)
    project_at = functools.cache(functools.partial(_load, catalog_files=tuple(options.catalog)))
    catalog = functools.cache(functools.partial(catalog_at, None, options.catalog))
    config_of = functools.cache(nearest_config)
    governed = [(config_of(_folder_of(target)), target) for target in options.targets]
    if not governed:
        governed = [(_own_config(), "")]
    if whole := _as_whole_job(options, project_at(governed[0][0]), catalog):
        return (_completed(whole, values, options),)
    groups = itertools.groupby(governed, key=lambda each: each[0])
    parts = [_several(project_at(path), [target for _, target in group], options.model, catalog) for path, group in groups]
    return tuple(_completed(part, values, options) for part in parts)


def jobs_and_catalog(options: argparse.Namespace) -> tuple[list[Job], Catalog]:
    """All jobs that the targets name, for commands that use one catalog.

    Raises UsageError as `targets_from` does, if there is no job, and if the targets have different configurations with their own
    catalogs.
    """
    several = targets_from(options)
    catalogs = {id(each.catalog): each.catalog for each in several}
    if len(catalogs) > 1:
        paths = listed(tuple(each.project.path for each in several if each.project))
        raise UsageError(say("the targets have different catalogs ({paths}); check them one after the other", paths=paths))
    jobs = [job for each in several for job in each.jobs]
    if not jobs and not names_only_files(options):
        raise UsageError(why_nothing(options, several))
    remote = next((value for job in jobs for value in job.inputs.values() if isinstance(value, str) and is_remote(value)), None)
    if remote is not None:
        raise UsageError(say("{remote}: remote files can only be checked and probed; download it first", remote=remote))
    return jobs, several[0].catalog


def why_nothing(options: argparse.Namespace, targets: Sequence[Targets]) -> str:
    """Why the targets hold no job."""
    if not options.model:
        return say("there is no job: the configuration names a model for none of the files there")
    model = targets[0].catalog.model(options.model)
    kinds = listed(tuple(dict.fromkeys(_KINDS[role.kind] for role in model.roles.values())))
    places = listed(tuple(map(display_name, options.targets or (".",))))
    return say(
        "there is no job: {model} takes {kinds}, and there are none in {places}", model=model.id, kinds=kinds, places=places
    )


def names_only_files(options: argparse.Namespace) -> bool:
    """Whether the targets are only files, without a model or a folder, as a pre-commit hook names them."""
    return bool(options.targets) and not options.model and not any(map(os.path.isdir, options.targets))


def _own_config() -> str:
    path = nearest_config(os.getcwd())  # noqa: PTH109
    if path is None:
        raise UsageError(_NO_TARGET)
    return path


def _load(path: str | None, catalog_files: Sequence[str]) -> Project | None:
    if path is None:
        return None
    from ..config.loading import load

    return load(path, catalog_files)


def _folder_of(target: str) -> str:
    """The absolute folder from which a target's configuration is searched upward."""
    path = _path_in(target)
    if STDIN_FOLDER in path or (path and not is_local(path)):
        path = os.curdir
    folder = path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120
    return os.path.abspath(folder)  # noqa: PTH100


def _path_in(target: str) -> str:
    """The path in a target; a target with `=` is `ROLE=PATH`, unless a file has that name."""
    return target.partition("=")[2] if "=" in target and not os.path.lexists(target) else target


def _completed(targets: Targets, values: dict[str, str], options: argparse.Namespace) -> Targets:
    """The targets, with `--set`, `--region` and `--face` applied to every job."""
    if not values and options.region is None and options.face is None:
        return targets

    def complete(job: Job) -> Job:
        placed = revised(job, region=options.region, face=options.face)
        return with_values(placed, values, targets.catalog) if values else placed

    return Targets(map(complete, targets.jobs), targets.catalog, targets.project)


def _as_whole_job(options: argparse.Namespace, project: Project | None, without_project: Callable[[], Catalog]) -> Targets | None:
    """The job that all targets together form; None if they do not form one job."""
    if not options.model or not options.targets:
        return None
    catalog = project.catalog if project else without_project()
    model = catalog.model(options.model)
    assigned = [_role_and_path(target, model) for target in options.targets]
    inputs: dict[str, Any] = {}
    for role_and_path in assigned:
        if None in assigned or role_and_path is None:
            return None
        role, path = role_and_path
        if role in model.roles and model.roles[role].count is not None:
            inputs[role] = [*inputs.get(role, ()), *files_in(path, role, model)]
        elif role in inputs:
            raise UsageError(
                say(
                    "{role} is given twice: {inputs} and {path}",
                    role=role,
                    inputs=display_name(inputs[role]),
                    path=display_name(path),
                )
            )
        else:
            inputs[role] = path
    return Targets([Job(model.id, **inputs)], catalog, project)


def _several(
    project: Project | None, targets: Sequence[str], model_name: str | None, without_project: Callable[[], Catalog]
) -> Targets:
    """The jobs of targets that share a configuration."""
    catalog = project.catalog if project else without_project()
    model = catalog.model(model_name) if model_name else None
    if model is not None:
        return Targets(_of_model(targets, model, catalog, project), catalog, project)
    others = [target for target in targets if not is_job_file(target)]
    if project is None or not project.has_jobs:
        _refuse_missing(others)
    if others and project is None:
        if what := _OTHER_JOB_FILES.get(Path(others[0]).suffix.lower()):
            raise UsageError(say("{place}: {message}", place=display_name(others[0]), message=what))
        why = say("say which model it is for, with --model MODEL; `mediapreflight models` lists them")
        raise UsageError(say("{place}: {message}", place=display_name(others[0]), message=why))
    if others and project and not project.has_jobs:
        why = say(
            "{config} does not say which model any file is for; add [[assets]] to it, or give --model MODEL", config=project.path
        )
        raise UsageError(say("{place}: {message}", place=display_name(others[0]), message=why) if others[0] else why)
    if project is None:
        return Targets(itertools.chain.from_iterable(read_jobs(target, catalog=catalog) for target in targets), catalog, None)
    for target in others:
        # A misspelt name must not be skipped as a file that is not an asset.
        if target and not os.path.lexists(target) and not any(_found(target, project)):
            raise UsageError(
                say("{target}: no such file, and {path} has none of that name", target=display_name(target), path=project.path)
            )
    return Targets(_of_project(targets, project), catalog, project)


def _refuse_missing(targets: Sequence[str]) -> None:
    """Raises UsageError for a file that does not exist: this is reported before a missing model."""
    for path in filter(None, map(_path_in, targets)):
        if is_local(path) and not os.path.lexists(path):
            raise UsageError(say("{place}: {message}", place=display_name(path), message=say("no such file")))


def _role_and_path(target: str, model: Model) -> tuple[str, str] | None:
    """The two parts of `ROLE=PATH`; None if the whole target is a file's name, which may contain `=` too.

    Raises UsageError for a value that is not a file, such as `prompt=…`.
    """
    role, separator, path = target.partition("=")
    if not separator or (role not in model.roles and (not role.isidentifier() or os.path.lexists(target))):
        return None
    if role not in model.roles and role in (*model.fields, *model.parameters):
        raise UsageError(say("{role} of {model} is not a file: write --set {role}=VALUE", role=role, model=model.id))
    if not path:
        raise UsageError(say("{role}= needs the name of a file", role=role))
    if role in OWN_KEYS:
        raise UsageError(
            say(
                "{model} has no input {role!r}; its inputs are {roles}",
                model=model.id,
                role=role,
                roles=listed(tuple(model.roles)),
            )
        )
    return role, path


# --- with `--model`: each file is checked for that model, whatever the configuration says
# -------------------------------------------


def _of_model(targets: Iterable[str], model: Model, catalog: Catalog, project: Project | None) -> Iterator[Job]:
    for target in targets:
        if is_job_file(target) and not os.path.isdir(target):  # noqa: PTH112
            yield from read_jobs(target, model=model.id, catalog=catalog)
        elif assigned := _role_and_path(target, model):
            yield lone_job(assigned[1], model, assigned[0])
        elif is_remote(target):
            yield from (lone_job(path, model) for path in _remote_media(target, model))
        elif not target or os.path.isdir(target):  # noqa: PTH112
            yield from (lone_job(path, model) for path in _media_below(target, model, project))
        else:
            yield lone_job(target, model)


def _remote_media(target: str, model: Model) -> Iterator[str]:
    """The remote file; or for a remote folder, every file below it whose extension is of a kind that the model takes."""
    from ..media.remote import files_below as remote_files_below
    from ..media.remote import is_folder

    if not target.endswith("/") and (kind_by_name(target) or not is_folder(target)):
        yield target
        return
    kinds = {role.kind for role in model.roles.values()}
    yield from (path for path in remote_files_below(target) if path.endswith("/") or kind_by_name(path) in kinds)


def _media_below(folder: str, model: Model, project: Project | None) -> Iterator[str]:
    """Every file below a folder that by its bytes or its extension is of a kind that the model takes.

    The names of the others are printed.
    """
    kinds = {role.kind for role in model.roles.values()}
    passed_by: dict[str, list[str]] = {}
    hidden: list[str] = []
    for path in _files_of(project, folder, hidden.append) if project else files_below(folder, on_hidden=hidden.append):
        # A file is opened only if its extension is not enough.
        claimed = kind_by_name(path)
        found = claimed if claimed in kinds else kind_of(path)
        if found in kinds:
            yield path
        elif not is_job_file(path) and os.path.basename(path) not in (CONFIG_NAME, PYPROJECT_NAME):  # noqa: PTH119
            reason = say("{model} takes no {kind}", model=model.id, kind=found) if found else _NO_MEDIA
            passed_by.setdefault(reason, []).append(path)
    for reason, paths in (*passed_by.items(), (say("hidden"), hidden)):
        if paths:
            _tell(_skipped(reason, paths))


def _skipped(reason: str, paths: Sequence[str]) -> str:
    return say_many(
        "{count} file was skipped ({reason}): {names}",
        "{count} files were skipped ({reason}): {names}",
        len(paths),
        reason=reason,
        names=", ".join(map(display_name, paths[:_NAMED])) + (", …" if len(paths) > _NAMED else ""),
    )


# --- without `--model`: the configuration decides ----------------------------------------------------------------------------


def _of_project(targets: Sequence[str], project: Project) -> Iterator[Job]:
    """The jobs that the configuration makes of the targets, without repeats. An empty target is the whole project."""
    seen: set[tuple[str, int, str]] = set()
    used: set[tuple[str, int]] = set()
    strays = []
    for target in targets:
        if is_job_file(target) and not os.path.isdir(target):  # noqa: PTH112
            yield from read_jobs(target, catalog=project.catalog)
            continue
        is_stray = bool(target) and not os.path.isdir(target)  # noqa: PTH112
        for found in _found(target, project):
            is_stray = False
            used.add(found.key[:2])
            # A walk through a folder returns each file once, so repeats need not be remembered.
            if len(targets) == 1 and found.key[0] == "assets":
                yield found.job
            elif found.key not in seen:
                seen.add(found.key)
                yield found.job
        if is_stray:
            strays.append(target)
    if strays:
        _tell(_no_assets(strays, project))
    if "" in targets:
        _say_unused(project, used)


def _found(target: str, project: Project) -> Iterator[Found]:
    shown = _shown(project, target)
    if not target:
        yield from project.fixed_jobs(shown)
    if not target or os.path.isdir(target):  # noqa: PTH112
        for file in project.files(project.relative(target or project.folder)):
            yield from project.jobs_with(file, shown)
    else:
        own = project.relative(target)
        yield from project.jobs_with(own, lambda file: target if file == own else shown(file))


def _files_of(project: Project, folder: str, on_hidden: Callable[[str], None]) -> Iterator[str]:
    shown = _shown(project, folder)
    return map(shown, project.files(project.relative(folder or project.folder), lambda path: on_hidden(shown(path))))


def _shown(project: Project, target: str) -> Shown:
    """How paths are shown: absolute if the target is absolute, else relative to the current folder."""
    if os.path.isabs(target):  # noqa: PTH117
        return lambda file: os.path.join(project.folder, file)  # noqa: PTH118
    if project.folder == os.getcwd():  # noqa: PTH109
        return _as_name
    return lambda file: _as_name(relative_path(os.path.join(project.folder, file)))  # noqa: PTH118


def _as_name(file: str) -> str:
    """A relative path that cannot be mistaken for a `data:` URL."""
    return os.path.join(os.curdir, file) if is_data_url(file) else file  # noqa: PTH118


def _no_assets(strays: Sequence[str], project: Project) -> str:
    return say_many(
        "{count} file ({names}) matches no assets of {config}, and was not checked",
        "{count} files ({names}) match no assets of {config}, and were not checked",
        len(strays),
        names=", ".join(map(display_name, strays[:_NAMED])) + (", …" if len(strays) > _NAMED else ""),
        config=project.path,
    )


def _say_unused(project: Project, used: set[tuple[str, int]]) -> None:
    """Print the entries that match no file: a misspelt glob must not look like a clean folder."""
    for name, entries in (("assets", project.assets), ("pairs", project.pairs)):
        for index in range(len(entries)):
            if (name, index) not in used:
                _tell(say("{config}: no file matches {entry}", config=project.path, entry=f"{name}[{index}]"))


def _tell(message: str) -> None:
    print(f"mediapreflight: {plain(translated(message))}", file=sys.stderr)
