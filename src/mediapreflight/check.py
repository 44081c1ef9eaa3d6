"""Jobs in, report out: measure every input, then let the rules judge."""

from __future__ import annotations

import functools
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .catalog import Catalog, Model, builtin_catalog
from .errors import UsageError
from .findings import FAILING, Finding, InputReport, JobReport, Report
from .job import Job, roles_for_kind
from .measure import Measured, local_files, measure, measure_files
from .probe import Level
from .probe.source import display_name, is_remote
from .rules import Rule, rules_in, selection
from .rules.base import Fault, InputCase, JobCase

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .cache import Cache, Stamp
    from .containment import Containment

__all__ = ["Measured", "check", "check_jobs", "check_many", "in_order", "judge", "lone_job", "measure", "report_on", "role_of"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
# Enough queued work to keep every worker busy, little enough to keep memory flat.
_QUEUED_PER_WORKER = 4
# Starting processes takes about this many seconds of work: once as much was done alone and there is more, they pay.
_PATIENCE_S: dict[Level, float] = {"metadata": 0.15, "decode": 0.15, "content": 2.0}
# Jobs go to a process in portions of about this length, which makes the way there cheap and waiting for the last one short.
_PORTION_S = 0.02
_MAX_PORTION = 64


def check(
    jobs: Job | Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    catalog: Catalog | None = None,
    workers: int = 1,
    cache: Cache | None = None,
    time_limit_s: float | None = None,
) -> Report:
    """Check one job or many; nothing is changed, and nothing is sent.

    Args:
        level: how much is read: `metadata` (headers), `decode` (all data), `content` (who is to be seen and heard).
        select, ignore: rules by code, prefix of codes, or name.
        workers: how many files are measured at once, in processes of their own once that pays. The report is the same for any
            number.
        cache: what files were found to be is taken from there where they did not change, and kept there. None: every file
            is read anew. The report is the same.
        time_limit_s: how long the files of a job may take to be measured; what takes longer is unchecked. With a limit, decoders
            run in processes of their own from the first file on, so that one that hangs or crashes spoils its own file only.

    Raises UnknownModelError and UnknownRuleError, before any file is opened.
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
        catalog=catalog,
        workers=workers,
        cache=cache,
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
    catalog: Catalog | None = None,
    workers: int = 1,
    cache: Cache | None = None,
    time_limit_s: float | None = None,
) -> Iterator[Report]:
    """Check files each by itself, one report a file, in order, as they are done. Arguments as in `check`.

    Args:
        role: the input each file stands for; None lets its kind decide.

    Raises UsageError at once for a model, rule or role that is not known, and on the way for a path whose kind two inputs of the
    model take, where `role` is not given.
    """
    known = (catalog or builtin_catalog()).model(model)
    if role is not None and role not in known.roles:
        raise UsageError(f"{known.id} has no input {role!r}; its inputs are {', '.join(known.roles)}")
    jobs = (lone_job(os.fsdecode(path), known, role) for path in paths)
    reports = check_jobs(
        jobs,
        level=level,
        select=select,
        ignore=ignore,
        catalog=catalog,
        workers=workers,
        cache=cache,
        time_limit_s=time_limit_s,
    )
    return (Report(jobs=(report,)) for report in reports)


def check_jobs(
    jobs: Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    catalog: Catalog | None = None,
    workers: int = 1,
    cache: Cache | None = None,
    time_limit_s: float | None = None,
) -> Iterator[JobReport]:
    """The report of each job, in order, as it is done. Arguments as in `check`."""
    models = catalog or builtin_catalog()
    how = _How(level, selection(tuple(select), tuple(ignore)), workers, time_limit_s)
    orders = (_order(job, models.model(job.model), level, cache) for job in jobs)
    done = _together(orders, how, portion=1) if how.is_contained else _alone_at_first(orders, how)
    return (report for _, report in done) if cache is None else _remembered(done, level, cache)


class _Order(NamedTuple):
    """A job to check: `paths` are to be measured, `known` need not be. `stamps`: what the files looked like before."""

    job: Job
    model: Model
    paths: Mapping[str, str]
    known: Mapping[str, Measured]
    stamps: Mapping[str, Stamp]


_Done = tuple[_Order, JobReport]


class _How(NamedTuple):
    """How orders are carried out; `codes`: of the rules that count."""

    level: Level
    codes: frozenset[str]
    workers: int
    time_limit_s: float | None

    @property
    def is_contained(self) -> bool:
        """Whether no file is measured in this process. Headers are read here in any case: that takes no decoder."""
        return self.time_limit_s is not None and self.level != "metadata"


def _order(job: Job, model: Model, level: Level, cache: Cache | None) -> _Order:
    paths = local_files(job, model)
    if cache is None:
        return _Order(job, model, paths, {}, {})
    known, stamps = {}, {}
    for role, path in paths.items():
        stamp, measured = cache.recall(path, model.roles[role], level)
        if measured is not None:
            known[role] = measured
        elif stamp is not None:
            stamps[role] = stamp
    return _Order(job, model, {role: path for role, path in paths.items() if role not in known}, known, stamps)


def _remembered(done: Iterable[_Done], level: Level, cache: Cache) -> Iterator[JobReport]:
    with cache.writing():
        for order, report in done:
            for role, stamp in order.stamps.items():
                found = report.inputs[role]
                if found.facts is not None:
                    cache.remember(order.paths[role], stamp, order.model.roles[role], level, found.facts, found.content)
            yield report


def _alone_at_first(orders: Iterator[_Order], how: _How) -> Iterator[_Done]:
    """The reports in order: made here until so much was done that processes would have paid, by processes from then on."""
    spent, made = 0.0, 0
    for order in orders:
        start = time.perf_counter()
        report = _report(order, how.level, how.codes)
        if order.paths:
            spent += time.perf_counter() - start
            made += 1
        yield order, report
        if how.workers > 1 and spent > _PATIENCE_S[how.level]:
            yield from _together(orders, how, max(1, min(_MAX_PORTION, round(_PORTION_S * made / spent))))


def _report(order: _Order, level: Level, codes: frozenset[str]) -> JobReport:
    return judge(order.job, order.model, {**order.known, **measure_files(order.paths, order.model, level)}, codes)


def _together(orders: Iterator[_Order], how: _How, portion: int) -> Iterator[_Done]:
    from .containment import Containment
    from .processes import Processes

    if not Processes.can_start():
        yield from in_order(lambda order: (order, _report(order, how.level, how.codes)), orders, how.workers)
        return
    with Containment(Processes(), how.time_limit_s) as containment:
        reports = functools.partial(_reports, containment, how=how)
        for done in in_order(reports, _portions(orders, portion), how.workers, containment.close):
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


def _reports(containment: Containment, orders: list[_Order], *, how: _How) -> list[_Done]:
    there = [order for order in orders if order.paths]
    reports = iter(_reports_from(containment, there, how) if there else ())
    return [(order, next(reports) if order.paths else _report(order, how.level, how.codes)) for order in orders]


def _reports_from(containment: Containment, orders: list[_Order], how: _How) -> list[JobReport]:
    """The reports of these orders by a process; where it dies, each by a process of its own, and then each of its files."""
    from .processes import CrashError

    if (
        how.level == "metadata"
        and how.time_limit_s is None
        and all(is_remote(path) for order in orders for path in order.paths.values())
    ):
        # Headers from afar are waiting, which threads do as well, and without starting up.
        return _reports_here(orders, how.level, how.codes)
    try:
        return containment.run(_reports_here, orders, how.level, how.codes)
    except CrashError:
        if containment.is_closed:
            raise
    if len(orders) > 1:
        return [report for order in orders for report in _reports_from(containment, [order], how)]
    (order,) = orders
    apart = {role: containment.measured_apart(path, order.model.roles[role], how.level) for role, path in order.paths.items()}
    return [judge(order.job, order.model, {**order.known, **apart}, how.codes)]


def _reports_here(orders: list[_Order], level: Level, codes: frozenset[str]) -> list[JobReport]:
    return [_report(order, level, codes) for order in orders]


def report_on(job: Job, model: Model, level: Level, codes: frozenset[str], containment: Containment) -> JobReport:
    """The report of one job, its files measured where they can do no harm."""
    return judge(job, model, containment.measured(local_files(job, model), model, level), codes)


def lone_job(path: str, model: Model, role: str | None = None) -> Job:
    """The job that checks one file by itself, in the role its kind has in the model.

    Raises UsageError where several roles take the kind, and for an empty path.
    """
    if not path:
        raise UsageError(f"an empty name is no file for {model.id}")
    inputs: dict[str, Any] = {role or role_of(path, model): path}
    return Job(model.id, whole=False, **inputs)


def role_of(path: str, model: Model) -> str:
    """The one role a lone file can stand in.

    A file whose kind the model does not take gets the first role, for a rule to name the fault.
    """
    from .probe.kinds import kind_of

    roles = roles_for_kind(model, kind_of(path) or "")
    if len(roles) > 1:
        choices = " or ".join(f"{role}=FILE" for role in roles)
        raise UsageError(f"{path}: {model.id} has several inputs for it; write {choices}")
    return roles[0] if roles else next(iter(model.roles))


def judge(job: Job, model: Model, measured: Mapping[str, Measured], codes: frozenset[str]) -> JobReport:
    """What the selected rules find in a measured job. Pure: no file is opened."""
    cases = {
        name: InputCase(model, name, model.roles[name], display_name(str(job.inputs[name])), *each)
        for name, each in measured.items()
    }
    findings = [finding for case in cases.values() for finding in _input_findings(case, codes)]
    findings += _job_findings(JobCase(model, job, cases), codes)
    inputs = {
        name: _input_report(str(value), measured.get(name))
        for name, value in job.inputs.items()
        if name in model.roles and value not in (None, "")
    }
    return JobReport(
        model=model.id,
        ok=not any(finding.severity in FAILING for finding in findings),
        parameters=_encodable(job.parameters),
        fields=_encodable({name: value for name, value in job.inputs.items() if name not in model.roles}),
        inputs=inputs,
        findings=tuple(findings),
    )


def _input_report(value: str, measured: Measured | None) -> InputReport:
    path = display_name(value)
    return InputReport(path=path, facts=measured.facts, content=measured.content) if measured else InputReport(path=path)


def _encodable(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with text any encoder takes: arguments of the command line may hold bytes that are no UTF-8."""
    return {_text(name): _text(value) if isinstance(value, str) else value for name, value in values.items()}


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode()


def _input_findings(case: InputCase, codes: frozenset[str]) -> Iterator[Finding]:
    groups = ["file"]
    # Limits of a role say nothing about a file of another kind, but a sound file in a video's place has a rule of its own.
    if case.role.kind in (case.facts.kind, "video"):
        groups.append(case.role.kind)
    if case.content is not None or case.content_trouble is not None:
        groups.append("people")
    for group in groups:
        for rule, check in _checks(group, codes):
            for fault in check(case):
                yield _finding(rule, fault, case.name, case.path)


def _job_findings(case: JobCase, codes: frozenset[str]) -> Iterator[Finding]:
    if _is_one_file(case):
        return
    for group in ("request", "pair"):
        for rule, check in _checks(group, codes):
            for fault in check(case):
                yield _finding(rule, fault, fault.role, _path_of(case, fault.role))


def _is_one_file(case: JobCase) -> bool:
    """Whether the job is nothing but a file by itself, without boxes to be had: nothing goes with it, so nothing can be amiss."""
    job = case.job
    alone = not job.whole and not job.parameters and job.region is None and job.inputs.keys() == case.inputs.keys()
    return alone and len(case.inputs) == 1 and all(measured.content is None for measured in case.inputs.values())


@functools.lru_cache(maxsize=64)
def _checks(group: str, codes: frozenset[str]) -> tuple[tuple[Rule, Callable[[Any], Iterable[Fault]]], ...]:
    """The selected rules of a folder with their functions, looked up once: there is a dozen for each of many files."""
    return tuple((rule, rule.check) for rule in rules_in(group) if rule.code in codes)


def _path_of(case: JobCase, role: str | None) -> str | None:
    value = case.job.inputs.get(role) if role in case.model.roles else None
    return display_name(value) if isinstance(value, str) and value else None


def _finding(rule: Rule, fault: Fault, role: str | None, path: str | None) -> Finding:
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=fault.severity,
        role=role,
        path=path,
        message=fault.message,
        measured=_text(fault.measured) if isinstance(fault.measured, str) else fault.measured,
        limit=fault.limit,
        unit=fault.unit,
        service_code=fault.service_code,
        fixable=rule.fixable if fault.fixable is None else fault.fixable,
        help=fault.help,
        source=fault.source,
    )


def in_order(
    function: Callable[[_Item], _Result], items: Iterable[_Item], workers: int, stop: Callable[[], None] | None = None
) -> Iterator[_Result]:
    """Results in the order of the items, computed by `workers` threads, never far ahead of the reader.

    `stop` is called when the reader gives up, so that what the threads wait for ends too.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting: deque[Future[_Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > workers * _QUEUED_PER_WORKER:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            for future in waiting:
                future.cancel()
            if stop is not None:
                stop()
            raise
