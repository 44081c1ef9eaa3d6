"""From jobs to what is sent: checked, prepared where they do not fit, estimated, and written down. Nothing is sent here.

Each file is measured once: what `check` found is what `prepare` plans with, and what it made is judged by what it measured there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..check.containment import TIME_LIMIT_S
from ..check.judge import judge
from ..check.run import check_jobs, measured_in
from ..errors import JobNotFitError, MediaPreflightError, UsageError
from ..findings import FAILING, JobReport, fixable
from ..job import Job, revised, with_local_paths
from ..output_folder import OutputFolder
from ..people.geometry import Ratio
from ..prepare.execute import Prepared, prepare_planned
from ..prepare.options import PrepareOptions
from ..prepare.plan import JobPlan, plan_job, plan_measured
from ..rules import selection
from .cost import Estimate
from .ledger import NewSubmission, Submission
from .outcome import ExpectedOutput, expected_output
from .registering import NOT_OURS, ensure_folder, estimated, facts_of, new_submission, not_fit
from .session import Boxes, Session


@dataclass(frozen=True)
class SubmitOptions:
    """How jobs are to be sent.

    Attributes:
        boxes: whom to ask about the picture, where the model has a detect call: `service` (this may bill), or `local`.
        ratio: of ext_bbox, where the model takes boxes; `1:1` where None.
        prepare: make files fit that do not, in the folder `prepared` below `out`.
        again: make new tasks also of jobs that run, or were done.
        force: send jobs also whose report has errors.
        inline: send local pictures inside the request (Base64), where the model takes that.
        out: where videos and prepared files go.
    """

    boxes: Boxes = "service"
    ratio: Ratio | None = None
    prepare: bool = True
    again: bool = False
    force: bool = False
    inline: bool = False
    out: str | os.PathLike[str] | None = None


@dataclass(frozen=True)
class Candidate:
    """A job that may be sent. `refusal` says why it cannot be, `prepared` what was done to each file, by role."""

    job: Job
    report: JobReport
    refusal: MediaPreflightError | None = None
    prepared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def can_be_prepared(self) -> bool:
        """Whether `prepare` may make it fit."""
        return self.refusal is not None and any(finding.severity in FAILING for finding in fixable(self.report))


@dataclass(frozen=True)
class Entry:
    """A candidate with what it will cost, and what the ledger is to hold of it: None for a detect call, which needs no record."""

    candidate: Candidate
    estimate: Estimate
    submission: NewSubmission | None
    expected: ExpectedOutput | None


@dataclass(frozen=True)
class Order:
    """A registered job, or one for a detect call.

    Attributes:
        expected: what the documents promise of the video.
        ratio: of the boxes, for a detect call.
        resumed: whether an earlier run submitted it.
        prepared: what was done to each file before, by role.
    """

    job: Job
    submission: Submission | None = None
    expected: ExpectedOutput | None = None
    ratio: str | None = None
    resumed: bool = False
    prepared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def candidates(session: Session, jobs: Iterable[Job], options: SubmitOptions) -> Iterator[Candidate]:
    """The jobs, each checked, in order as they are done. Raises UsageError for one that has no service to go to."""
    jobs = tuple(jobs)
    for job in jobs:
        session.endpoint(session.region_of(session.catalog.model(job.model), job.region))
    limit = session.containment.time_limit_s
    reports = check_jobs(
        jobs,
        ignore=NOT_OURS,
        catalog=session.catalog,
        workers=os.cpu_count() or 1,
        contained=limit is not None,
        time_limit_s=limit or TIME_LIMIT_S,
    )
    for job, report in zip(jobs, reports, strict=True):
        yield Candidate(job, report, None if report.ok or options.force else not_fit(report))


def prepared(
    session: Session, several: Sequence[Candidate], options: SubmitOptions, progress: Callable[[str, float], None] | None = None
) -> list[Candidate]:
    """The candidates, those that do not fit in the shape `prepare` brings them into.

    Raises UsageError where files must be prepared and no folder is named, OutputError where it cannot be written to.
    """
    unfit = [each for each in several if each.can_be_prepared]
    if not options.prepare or not unfit:
        return list(several)
    if options.out is None:
        raise UsageError("some files must be prepared first: say where they go, with --out DIR")
    aims = PrepareOptions(ratio=options.ratio)
    plans: list[JobPlan] = []
    for each in unfit:
        model, measured = session.catalog.model(each.job.model), measured_in(each.report)
        if measured:
            plans += plan_measured(with_local_paths(each.job, model), model, measured, aims, session.containment)
        else:
            plans += plan_job(each.job, aims, "content", session.catalog, session.containment)
    with OutputFolder(Path(os.fsdecode(options.out)) / "prepared") as folder:
        made = prepare_planned(plans, folder, options=aims, progress=progress, containment=session.containment)
    after = {id(each): _after(session, each, result, options) for each, result in zip(unfit, made, strict=True)}
    return [after.get(id(each), each) for each in several]


def _after(session: Session, before: Candidate, made: Prepared, options: SubmitOptions) -> Candidate:
    job = made.job
    if options.boxes == "service":
        # The boxes that prepare computed are predictions; the detect call is to find its own.
        given = before.job.inputs
        job = revised(
            job, inputs={name: value for name, value in job.inputs.items() if name in given or not name.endswith("_bbox")}
        )
    if made.record.error:
        return replace(before, job=job, refusal=JobNotFitError(made.record.error, before.report))
    report = judge(job, session.catalog.model(job.model), made.measured, selection(("ALL",), NOT_OURS))
    done = {role: tuple(step.detail for step in steps) for role, steps in made.steps.items() if steps}
    return Candidate(job, report, None if report.ok else not_fit(report), done)


def entry_of(session: Session, candidate: Candidate, options: SubmitOptions) -> Entry:
    """What a candidate will cost, and what is to be written down of it. Raises UsageError and UploadError."""
    job, report, model = candidate.job, candidate.report, session.catalog.model(candidate.job.model)
    estimate = estimated(session, job, report, boxes=options.boxes, ratio=options.ratio)
    if model.service.mode == "synchronous":
        return Entry(candidate, estimate, None, None)
    submission = new_submission(
        session, job, report, boxes=options.boxes, ratio=options.ratio, inline=options.inline, out=options.out
    )
    return Entry(candidate, estimate, submission, expected_output(job, model, facts_of(report), ratio=options.ratio))


def registered(session: Session, entries: Sequence[Entry], options: SubmitOptions, *, detach: bool = False) -> list[Order]:
    """All jobs in the ledger, in one step, before the first is sent: a crash from here on forgets none.

    Args:
        detach: whether somebody else brings the videos home.

    Raises OutputError where they could not be brought home.
    """
    if entries and options.out is not None and not detach:
        ensure_folder(options.out)
    last = session.ledger.last_id()
    new = [each.submission for each in entries if each.submission is not None]
    rows = iter(session.ledger.register(new, again=options.again))
    orders = []
    for each in entries:
        row = next(rows) if each.submission is not None else None
        resumed = row is not None and row.id <= last
        orders.append(Order(each.candidate.job, row, each.expected, options.ratio, resumed, each.candidate.prepared))
    return orders
