"""Checks on a Ray cluster: a dataset of paths to a dataset of rows, or jobs to their reports."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalog import Catalog, Model, builtin_catalog
from ..check.containment import TIME_LIMIT_S, contained
from ..check.judge import judge
from ..check.measure import Measured, local_files
from ..check.run import in_order, lone_job, report_on
from ..errors import MissingLibraryError, UsageError
from ..findings import FAILING, JobReport, summary_of
from ..job import Job, roles_for_kind
from ..language import say
from ..media.facts import LEVELS, Level, Problem, UnknownFacts
from ..media.formats import FORMATS
from ..media.source import display_name
from ..rules import selection

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

INSTALL = "pip install 'mediapreflight[ray]'"
# Files per piece of work. A listing of a million paths is often one block, which would all go to one actor.
_ROWS_PER_BLOCK = 32
_PORTION = 16
_Work = tuple[Job, Model]


def check_dataset(
    ds: Dataset,
    *,
    model: str,
    role: str | None = None,
    level: Level = "content",
    path_column: str = "path",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    preview: bool = False,
    catalog: Catalog | None = None,
    concurrency: int | tuple[int, int] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> Dataset:
    """Check the files that a Ray dataset names, one by one, as `check_many` does.

    Args:
        ds: has a column of paths, local to every node or remote (`s3://…`). Its other columns are dropped.
        role: the input that the files are for; None: the kind of each file decides.
        level, select, ignore, preview, catalog: as in `check`.
        concurrency: the number of actors, or the smallest and largest number; each uses one CPU, and keeps one process with the
            detectors loaded. None: up to one for each CPU of the cluster.
        time_limit_s: how long one file may take.

    Returns: a lazy dataset with one row per file, in no fixed order, with the columns of `row_schema`. A file that cannot be
        read, takes too long or crashes its reader gets a row with the code that says so.

    Raises UsageError at once for a model, rule, role, level or column that is not known, and where two inputs of the model take
    files of the same kind and `role` is not given; MissingLibraryError.
    """
    ray = _library()
    known = (catalog or builtin_catalog()).model(model)
    _refuse_unclear(known, role, level, ds.columns(fetch_if_missing=False), path_column)
    task = _Task(known, role, level, selection(tuple(select), tuple(ignore), preview), path_column, time_limit_s, os.getcwd())  # noqa: PTH109
    if concurrency is None:
        concurrency = (1, _cpus(ray))
    least, most = (concurrency, concurrency) if isinstance(concurrency, int) else concurrency
    blocks = ds.select_columns([path_column]).repartition(target_num_rows_per_block=_ROWS_PER_BLOCK)
    checked: Dataset = blocks.map_batches(
        _RowsOfPaths,
        fn_constructor_args=(task,),
        batch_format="pyarrow",
        batch_size=None,
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
    )
    return checked


def row_schema() -> pa.Schema:
    """The columns of a row. All but the first four and the counts can be null; the types stay the same.

    `path` as given, `model`, `role`, `ok` (no finding of severity error or unchecked), `errors`, `unchecked`, `warnings`, `infos`
    (counts), `codes` of all findings, `message` of the first one that fails, else of the first. The others are facts, as
    `mediapreflight probe` names them; `problems` are those of the file itself.
    """
    import pyarrow as pa

    text, number, count = pa.string(), pa.float64(), pa.int32()
    return pa.schema(
        {
            "path": text,
            "model": text,
            "role": text,
            "ok": pa.bool_(),
            **dict.fromkeys(("errors", "unchecked", "warnings", "infos"), count),
            "codes": pa.list_(text),
            "message": text,
            "kind": text,
            "format": text,
            "bytes": pa.int64(),
            "width": count,
            "height": count,
            **dict.fromkeys(("duration_s", "stated_duration_s", "fps"), number),
            "video_codec": text,
            "audio_codec": text,
            "sample_rate": count,
            "channels": count,
            "problems": pa.list_(text),
        }
    )


def check_jobs(
    jobs: Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    preview: bool = False,
    catalog: Catalog | None = None,
    workers: int | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[JobReport]:
    """The report of each job, in order, checked by actors of the available Ray cluster, or of a temporary one.

    Args:
        level, select, ignore, preview, catalog: as in `check`.
        workers: how many actors, at most one for each CPU of the cluster. None: as many.
        time_limit_s: how long one job may take.

    Raises MissingLibraryError, UnknownRuleError, and UnknownModelError on the way.
    """
    models = catalog or builtin_catalog()
    work = ((job, models.model(job.model)) for job in jobs)
    codes = selection(tuple(select), tuple(ignore), preview)
    with _cluster() as ray:
        crew = _Crew(ray, min(workers or _cpus(ray), _cpus(ray)), level, codes, time_limit_s)
        try:
            for reports in in_order(crew.reports, _portions(work), crew.size, crew.dismiss):
                yield from reports
        finally:
            crew.dismiss()


class _Task(NamedTuple):
    """What an actor does with each path. `folder`: the base of relative paths."""

    model: Model
    role: str | None
    level: Level
    codes: frozenset[str]
    path_column: str
    time_limit_s: float
    folder: str


class _RowsOfPaths:
    """What an actor of a dataset runs: a table of paths to a table of rows."""

    def __init__(self, task: _Task) -> None:
        _enter(task.folder)
        self._task = task
        self._containment = contained(task.time_limit_s)

    def __call__(self, batch: pa.Table) -> pa.Table:
        import pyarrow as pa

        rows = [self._row(path) for path in batch.column(self._task.path_column).to_pylist()]
        return pa.Table.from_pylist(rows, schema=row_schema())

    def _row(self, path: Any) -> dict[str, Any]:
        task = self._task
        path = os.fsdecode(path) if isinstance(path, bytes) else path
        if isinstance(path, str) and path:
            job = lone_job(path, task.model, task.role)
            return _row(path, report_on(job, task.model, task.level, task.codes, self._containment))
        role = task.role or next(iter(task.model.roles))
        nothing = Problem.MISSING.because("the row holds no path")
        inputs: dict[str, Any] = {role: ""}
        job = Job(task.model.id, whole=False, **inputs)
        report = judge(job, task.model, {role: Measured(UnknownFacts(path="", problems=(nothing,)))}, task.codes)
        return _row(None, report)


def _row(path: str | None, report: JobReport) -> dict[str, Any]:
    """A report of one file as a row."""
    role, found = next(iter(report.inputs.items()), (None, None))
    facts = found.facts if found else None
    counts = summary_of((report,))
    first = next((each for each in report.findings if each.severity in FAILING), next(iter(report.findings), None))
    known = {name: getattr(facts, name, None) for name in row_schema().names}
    return {
        **known,
        "path": None if path is None else display_name(path),
        "model": report.model,
        "role": role,
        "ok": report.ok,
        "errors": counts.errors,
        "unchecked": counts.unchecked,
        "warnings": counts.warnings,
        "infos": counts.infos,
        "codes": list(dict.fromkeys(finding.code for finding in report.findings)),
        "message": first.message if first else None,
    }


def _refuse_unclear(model: Model, role: str | None, level: str, columns: list[str] | None, path_column: str) -> None:
    """Raise UsageError for arguments that are wrong for every file, before a job of hours starts."""
    if level not in LEVELS:
        raise UsageError(say("there is no level {level!r}; the levels are {levels}", level=level, levels=", ".join(LEVELS)))
    if columns is not None and path_column not in columns:
        raise UsageError(
            say(
                "the dataset has no column {path_column!r}; its columns are {columns}",
                path_column=path_column,
                columns=", ".join(columns),
            )
        )
    if role is not None and role not in model.roles:
        raise UsageError(
            say("{model} has no input {role!r}; its inputs are {roles}", model=model.id, role=role, roles=", ".join(model.roles))
        )
    for kind in sorted({known.kind for known in FORMATS.values()}):
        roles = roles_for_kind(model, kind)
        if role is None and len(roles) > 1:
            choices = " or ".join(f"role={name!r}" for name in roles)
            raise UsageError(
                say("{model} has several inputs for {kind} files: say {choices}", model=model.id, kind=kind, choices=choices)
            )


class _Reporter:
    """What an actor of `check_jobs` runs."""

    def __init__(self, folder: str, level: Level, codes: frozenset[str], time_limit_s: float) -> None:
        _enter(folder)
        self._level = level
        self._codes = codes
        self._containment = contained(time_limit_s)

    def reports(self, portion: list[_Work]) -> list[JobReport]:
        return [report_on(job, model, self._level, self._codes, self._containment) for job, model in portion]


class _Crew:
    """Actors that share a list of work. Any thread may use it."""

    def __init__(self, ray: Any, size: int, level: Level, codes: frozenset[str], time_limit_s: float) -> None:
        self.size = size
        self._ray = ray
        self._codes = codes
        hired = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=1)(_Reporter)
        self._actors = [hired.remote(os.getcwd(), level, codes, time_limit_s) for _ in range(size)]  # noqa: PTH109
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for actor in self._actors:
            self._idle.put(actor)

    def reports(self, portion: list[_Work]) -> list[JobReport]:
        """The reports of these jobs. If an actor crashes on them twice, each job goes to an actor alone."""
        actor = self._idle.get()
        try:
            reports: list[JobReport] = self._ray.get(actor.reports.remote(portion))
            return reports
        except self._ray.exceptions.RayActorError:
            pass
        finally:
            self._idle.put(actor)
        if len(portion) > 1:
            return [report for work in portion for report in self.reports([work])]
        return [_lost(*work, self._codes) for work in portion]

    def dismiss(self) -> None:
        """Stop all actors, whatever they do."""
        for actor in self._actors:
            self._ray.kill(actor)


def _lost(job: Job, model: Model, codes: frozenset[str]) -> JobReport:
    problem = Problem.NOT_RUN.because("the machine or process that checked it went down")
    paths = local_files(job, model)
    lost = {role: Measured(UnknownFacts(path=display_name(path), problems=(problem,))) for role, path in paths.items()}
    return judge(job, model, lost, codes)


def _portions(work: Iterable[_Work]) -> Iterator[list[_Work]]:
    left = iter(work)
    while portion := list(islice(left, _PORTION)):
        yield portion


def _enter(folder: str) -> None:
    """Make relative paths relative to this folder. Another machine may not have the folder, nor the files in it."""
    with suppress(OSError):
        os.chdir(folder)


@contextmanager
def _cluster() -> Iterator[Any]:
    """Ray, connected to the cluster that the environment names or that runs here, else to a new one on this machine's cores."""
    ray = _library()
    if ray.is_initialized():
        yield ray
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield ray
    finally:
        ray.shutdown()


def _cpus(ray: Any) -> int:
    """The CPUs of the cluster. A dataset connects to one by itself, but not before it runs."""
    return max(1, int(ray.cluster_resources().get("CPU", 1))) if ray.is_initialized() else os.cpu_count() or 1


def _library() -> Any:
    try:
        import ray.data
    except ImportError as error:
        raise MissingLibraryError("Ray", str(error), INSTALL) from None
    return ray
