"""Check jobs: measure every input, in this process or in others, and apply the rules."""

from __future__ import annotations

import functools
import itertools
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..catalog import Catalog, Model, builtin_catalog
from ..errors import UsageError
from ..findings import JobReport, Report
from ..job import Job, roles_for_kind, with_local_paths
from ..language import say
from ..media.facts import Level
from ..media.source import display_name, is_remote, local_path
from ..rules import selection
from ..system import result_of
from .judge import judge
from .measure import TIME_LIMIT_S, InRoles, Measured, as_asked, local_files, measure_files, measure_jobs

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .cache import Cache, Stamp
    from .containment import Containment

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
# Enough queued work to keep every worker busy, and little enough to limit memory.
_QUEUED_PER_WORKER = 4
# Starting processes costs about this many seconds of work. It pays after so much measuring in this process, with as much left.
_PATIENCE_S: dict[Level, float] = {"metadata": 0.3, "decode": 0.3, "content": 2.0}
# The rules load with the first job, and FFmpeg with one of the first videos: these say nothing of what the others take.
_LOADING = 2
# Jobs go to a process in groups of about this length: few transfers, and a short wait for the last group.
_PORTION_S = 0.02
_MAX_PORTION = 64


def check(
    jobs: Job | Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    preview: bool = False,
    catalog: Catalog | None = None,
    workers: int = 1,
    cache: Cache | None = None,
    contained: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> Report:
    """Check one job or many; nothing is changed, and nothing is sent.

    Args:
        level: how much is read: `metadata` (headers), `decode` (all data), `content` (who is seen and heard).
        select, ignore: rules by code, prefix of codes, or name.
        preview: also run rules that are new in this release.
        workers: how many files are measured at once, in separate processes if that is faster. The report is the same for any
            number.
        cache: measurements of unchanged files are read from it, new ones are written to it. None: every file
            is read again. The report is the same.
        contained: decoders run in separate processes, which are kept for the next call; one that hangs or crashes affects only
            its own file, which is then unchecked. False: they run in this process if one worker is enough. Headers (level
            `metadata`) are read in this process.
        time_limit_s: how long measuring the files of a job may take, if decoders are contained. A file that takes longer is
            unchecked.

    Raises UnknownModelError and UnknownRuleError, and UsageError if `select` names a rule in preview without `preview`, before
    any file is opened.
    """
    several = (jobs,) if isinstance(jobs, Job) else tuple(jobs)
    models = catalog or builtin_catalog()
    for name in dict.fromkeys(job.model for job in several):
        models.model(name)
    reports = check_jobs(
        several,
        level=level,
        select=select,
        ignore=ignore,
        preview=preview,
        catalog=catalog,
        workers=workers,
        cache=cache,
        contained=contained,
        time_limit_s=time_limit_s,
    )
    return Report(jobs=tuple(reports))


def check_many(
    paths: Iterable[str | os.PathLike[str]],
    *,
    model: str,
    role: str | None = None,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    preview: bool = False,
    catalog: Catalog | None = None,
    workers: int = 1,
    cache: Cache | None = None,
    contained: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[Report]:
    """Check files each by itself, one report per file, in order, as they are done. Arguments as in `check`.

    Args:
        role: the input that the files are for; None: the kind of each file decides.

    Raises UsageError at once for an unknown model, rule or role, and when it reaches a file whose kind several inputs of the
    model take, if `role` is not given.
    """
    known = (catalog or builtin_catalog()).model(model)
    if role is not None and role not in known.roles:
        raise UsageError(
            say("{known} has no input {role!r}; its inputs are {roles}", known=known.id, role=role, roles=", ".join(known.roles))
        )
    jobs = (lone_job(os.fsdecode(path), known, role) for path in paths)
    reports = check_jobs(
        jobs,
        level=level,
        select=select,
        ignore=ignore,
        preview=preview,
        catalog=catalog,
        workers=workers,
        cache=cache,
        contained=contained,
        time_limit_s=time_limit_s,
    )
    return (Report(jobs=(report,)) for report in reports)


def check_jobs(
    jobs: Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    preview: bool = False,
    catalog: Catalog | None = None,
    workers: int = 1,
    cache: Cache | None = None,
    contained: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[JobReport]:
    """The report of each job, in order, as it is done. Arguments as in `check`."""
    models = catalog or builtin_catalog()
    settings = _Settings(level, selection(tuple(select), tuple(ignore), preview), workers, time_limit_s if contained else None)
    orders = (_order(job, models.model(job.model), level, cache) for job in jobs)
    done = _by_processes(orders, settings, portion=1) if settings.is_contained else _here_until_processes_pay(orders, settings)
    return (report for _, report in done) if cache is None else _remembered(done, level, cache)


class _Order(NamedTuple):
    """A job to check: `paths` must be measured, `known` are measured already.

    `stamps`: the files' identity before. `asked`: the model with the requirements that apply to this job.
    """

    job: Job
    model: Model
    asked: Model
    paths: Mapping[str, str]
    known: Mapping[str, Measured]
    stamps: Mapping[str, Stamp]


_Done = tuple[_Order, JobReport]


class _Settings(NamedTuple):
    """How jobs are checked; `codes`: of the selected rules."""

    level: Level
    codes: frozenset[str]
    workers: int
    time_limit_s: float | None

    @property
    def is_contained(self) -> bool:
        """Whether no file is measured in this process. Headers are read here in any case: that takes no decoder."""
        return self.time_limit_s is not None and self.level != "metadata"


def _order(job: Job, model: Model, level: Level, cache: Cache | None) -> _Order:
    job = with_local_paths(job, model)
    paths, asked = local_files(job, model), as_asked(model, job, level)
    if cache is None:
        return _Order(job, model, asked, paths, {}, {})
    known, stamps = {}, {}
    for role, path in paths.items():
        stamp, measured = cache.recall(path, asked.roles[role], level)
        if measured is not None:
            known[role] = measured
        elif stamp is not None:
            stamps[role] = stamp
    return _Order(job, model, asked, {role: path for role, path in paths.items() if role not in known}, known, stamps)


def _remembered(done: Iterable[_Done], level: Level, cache: Cache) -> Iterator[JobReport]:
    with cache.writing():
        for order, report in done:
            for role, stamp in order.stamps.items():
                found = report.inputs[role]
                if found.facts is not None:
                    cache.remember(order.paths[role], stamp, order.asked.roles[role], level, found.facts, found.content)
            yield report


def _here_until_processes_pay(orders: Iterator[_Order], settings: _Settings) -> Iterator[_Done]:
    """The reports in order: made in this process first, and in other processes once these are worth starting."""
    spent, made, rest, end = 0.0, 0, 0.0, 0.0
    longest: list[float] = []
    for order in orders:
        start = time.perf_counter()
        rest += start - end if made else 0.0
        measured = measure_files(order.paths, order.asked, settings.level)
        end = time.perf_counter()
        if order.paths:
            spent, made = spent + end - start, made + 1
            longest = sorted((*longest, end - start))[-_LOADING:]
        yield order, _judged(order, measured, settings.codes)
        usual = spent - sum(longest)
        if settings.workers > 1 and usual > _PATIENCE_S[settings.level]:
            # They do not pay if less is left to measure than was measured so far.
            following = list(itertools.islice(orders, made))
            if len(following) < made:
                yield from ((each, _report(each, settings.level, settings.codes)) for each in following)
                return
            portion = max(1, min(_MAX_PORTION, round(_PORTION_S * (made - _LOADING) / usual)))
            yield from _by_processes(itertools.chain(following, orders), _as_many_as_pay(settings, usual, rest), portion)


def _as_many_as_pay(settings: _Settings, measuring_s: float, rest_s: float) -> _Settings:
    """The settings with no more workers than this process keeps busy, which does all the rest for each file."""
    return settings._replace(workers=min(settings.workers, math.ceil(measuring_s / rest_s))) if rest_s else settings


def _report(order: _Order, level: Level, codes: frozenset[str]) -> JobReport:
    return _judged(order, measure_files(order.paths, order.asked, level), codes)


def _judged(order: _Order, measured: Mapping[str, Measured], codes: frozenset[str]) -> JobReport:
    return judge(order.job, order.model, {**order.known, **measured}, codes)


def _by_processes(orders: Iterator[_Order], settings: _Settings, portion: int) -> Iterator[_Done]:
    from ..workers.processes import Processes
    from .containment import Containment

    if not Processes.can_start():
        yield from in_order(lambda order: (order, _report(order, settings.level, settings.codes)), orders, settings.workers)
        return
    with Containment(Processes(), settings.time_limit_s) as containment:
        reports = functools.partial(_reports, containment, settings=settings)
        portions = _portions(orders, portion)
        for done in in_order(reports, portions, settings.workers, containment.close, ahead=not settings.is_contained):
            yield from done


def _portions(orders: Iterator[_Order], size: int) -> Iterator[list[_Order]]:
    """The orders in groups that hold up to `size` to be measured, and not many more that need not be."""
    portion: list[_Order] = []
    unmeasured = 0
    for order in orders:
        portion.append(order)
        unmeasured += bool(order.paths)
        if unmeasured >= size or len(portion) >= _MAX_PORTION:
            yield portion
            portion, unmeasured = [], 0
    if portion:
        yield portion


def _reports(containment: Containment, orders: list[_Order], *, settings: _Settings) -> list[_Done]:
    there = [(order.paths, order.asked) for order in orders if order.paths]
    found = iter(_measured(containment, there, settings) if there else ())
    return [(order, _judged(order, next(found) if order.paths else {}, settings.codes)) for order in orders]


def _measured(containment: Containment, jobs: list[InRoles], settings: _Settings) -> list[dict[str, Measured]]:
    if settings.level == "metadata" and all(is_remote(path) for paths, _ in jobs for path in paths.values()):
        # Reading remote headers is mostly waiting; threads do that as well, without the cost of starting processes.
        return measure_jobs(jobs, settings.level)
    return containment.measured_together(jobs, settings.level)


def report_on(job: Job, model: Model, level: Level, codes: frozenset[str], containment: Containment) -> JobReport:
    """The report of one job, with its files measured in a contained process."""
    job = with_local_paths(job, model)
    return judge(job, model, containment.measured(local_files(job, model), as_asked(model, job, level), level), codes)


def measured_in(report: JobReport) -> dict[str, Measured]:
    """What a report says about the job's local files; nothing if one of them could not be measured completely."""
    if any(finding.severity == "unchecked" for finding in report.findings):
        return {}
    return {role: Measured(item.facts, item.content) for role, item in report.inputs.items() if item.facts is not None}


def lone_job(path: str, model: Model, role: str | None = None) -> Job:
    """The job that checks one file by itself, in the role its kind has in the model.

    Raises UsageError if several roles take the kind, and for an empty path.
    """
    if not path:
        raise UsageError(say("an empty name is not a file for {model}", model=model.id))
    path = local_path(path)
    inputs: dict[str, Any] = {role or role_of(path, model): path}
    return Job(model.id, whole=False, **inputs)


def role_of(path: str, model: Model) -> str:
    """The only role a single file can have.

    A file of a kind that the model does not take gets the first role, and a rule reports the fault.
    """
    from ..media.kinds import kind_of

    roles = roles_for_kind(model, kind_of(path) or "")
    if len(roles) > 1:
        choices = " or ".join(f"{role}=FILE" for role in roles)
        raise UsageError(
            say(
                "{path}: {model} has several inputs for it; write {choices}",
                path=display_name(path),
                model=model.id,
                choices=choices,
            )
        )
    return roles[0] if roles else next(iter(model.roles))


def in_order(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    workers: int,
    stop: Callable[[], None] | None = None,
    *,
    ahead: bool = False,
) -> Iterator[_Result]:
    """Results in the order of the items, computed by `workers` threads, never far ahead of the reader.

    Args:
        stop: called when the reader stops early, so that the threads stop too.
        ahead: whether one worker too is a thread, which works while its results are read.
    """
    if workers <= 1 and not ahead:
        yield from map(function, items)
        return
    rest = iter(items)
    first = tuple(itertools.islice(rest, 2))
    if len(first) < 2:
        # One item needs no threads, and loading their pool takes 7 ms.
        yield from map(function, first)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting: deque[Future[_Result]] = deque()
        try:
            for item in itertools.chain(first, rest):
                waiting.append(pool.submit(function, item))
                if len(waiting) > workers * _QUEUED_PER_WORKER:
                    yield result_of(waiting.popleft())
            while waiting:
                yield result_of(waiting.popleft())
        except BaseException:
            for future in waiting:
                future.cancel()
            if stop is not None:
                stop()
            raise
