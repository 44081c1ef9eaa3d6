"""Jobs in, report out: measure every input, then let the rules judge."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .catalog import Catalog, Model, Role, builtin_catalog
from .errors import MissingLibraryError, UnreadableMediaError, UsageError
from .findings import FAILING, Finding, InputReport, JobReport, Report
from .job import Job, is_url, roles_for_kind
from .probe import Facts, Level, probe
from .probe.source import display_name
from .rules import Rule, rules_in, selection
from .rules.base import Fault, InputCase, JobCase

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .people.facts import Content

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
# Enough queued work to keep every worker busy, little enough to keep memory flat.
_QUEUED_PER_WORKER = 4


def check(
    jobs: Job | Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    catalog: Catalog | None = None,
    workers: int = 1,
) -> Report:
    """Check one job or many; nothing is changed, and nothing is sent.

    Args:
        level: how much is read: `metadata` (headers), `decode` (all data), `content` (who is to be seen and heard).
        select, ignore: rules by code, prefix of codes, or name.
        workers: how many files are measured at once. The report is the same for any number.

    Raises UnknownModelError and UnknownRuleError, before any file is opened.
    """
    several = (jobs,) if isinstance(jobs, Job) else tuple(jobs)
    models = catalog or builtin_catalog()
    for name in dict.fromkeys(job.model for job in several):
        models.model(name)
    return Report(jobs=tuple(check_jobs(several, level=level, select=select, ignore=ignore, catalog=catalog, workers=workers)))


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
    reports = check_jobs(jobs, level=level, select=select, ignore=ignore, catalog=catalog, workers=workers)
    return (Report(jobs=(report,)) for report in reports)


def check_jobs(
    jobs: Iterable[Job],
    *,
    level: Level = "content",
    select: Iterable[str] = ("ALL",),
    ignore: Iterable[str] = (),
    catalog: Catalog | None = None,
    workers: int = 1,
) -> Iterator[JobReport]:
    """The report of each job, in order, as it is done. Arguments as in `check`."""
    models = catalog or builtin_catalog()
    codes = selection(tuple(select), tuple(ignore))

    def check_one(job: Job) -> JobReport:
        model = models.model(job.model)
        return judge(job, model, measure(job, model, level), codes)

    return in_order(check_one, jobs, workers)


def lone_job(path: str, model: Model, role: str | None = None) -> Job:
    """The job that checks one file by itself, in the role its kind has in the model.

    Raises UsageError where several roles take the kind.
    """
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


class Measured(NamedTuple):
    """What one file is, who is to be seen and heard in it, and why that could not be measured."""

    facts: Facts
    content: Content | None = None
    trouble: str | None = None


def measure(job: Job, model: Model, level: Level) -> dict[str, Measured]:
    """What every local file of a job is, by role. Raises UsageError for an input that is neither path nor URL."""
    measured = {}
    for role in model.roles:
        value = job.inputs.get(role)
        if value in (None, "") or is_url(value):
            continue
        if not isinstance(value, str):
            raise UsageError(f"{role} of {model.id} must be a path or a URL, not {value!r}")
        facts = probe(value, level)
        measured[role] = Measured(facts)
        if level == "content" and facts.kind == model.roles[role].kind and not facts.problems:
            measured[role] = _with_content(value, facts, model.roles[role])
    return measured


def _with_content(path: str, facts: Facts, role: Role) -> Measured:
    """The facts together with what is to be seen or heard, as far as the model has a demand of it."""
    wanted = role.content
    if wanted is None:
        return Measured(facts)
    from .people import listen, see_picture, watch_video

    with_bodies = wanted.bodies is not None or wanted.framing is not None
    try:
        if role.kind == "audio":
            return Measured(facts, listen(path) if wanted.speech else None)
        if wanted.faces is None and not with_bodies:
            return Measured(facts)
        look = see_picture if role.kind == "image" else watch_video
        return Measured(facts, look(path, bodies=with_bodies))
    except UnreadableMediaError as error:
        return Measured(facts, trouble=error.reason)
    except MissingLibraryError as error:
        return Measured(facts, trouble=str(error))
    except ImportError as error:
        reason = " ".join(str(error).split())
        return Measured(facts, trouble=f"{error.name or 'a library'} does not load ({reason}); `mediapreflight doctor` says more")


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
    groups.append("people")
    for group in groups:
        for rule in rules_in(group):
            if rule.code in codes:
                for fault in rule.check(case):
                    yield _finding(rule, fault, case.name, case.path)


def _job_findings(case: JobCase, codes: frozenset[str]) -> Iterator[Finding]:
    for group in ("request", "pair"):
        for rule in rules_in(group):
            if rule.code in codes:
                for fault in rule.check(case):
                    yield _finding(rule, fault, fault.role, _path_of(case, fault.role))


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
