"""Check jobs, prepare those that do not fit, estimate their cost, and record them. Nothing is sent here.

Each file is measured once: `prepare` uses the measurements of `check`, and its own measurements decide whether the new file fits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..catalog import Model
from ..check.containment import TIME_LIMIT_S
from ..check.judge import judge
from ..check.run import check_jobs, measured_in, report_on
from ..errors import JobNotFitError, MediaPreflightError, UsageError
from ..findings import FAILING, JobReport, fixable
from ..job import Job, is_at_hand, is_local, revised, with_local_paths
from ..language import say
from ..media.facts import Facts
from ..media.libraries import ensure_faces
from ..media.source import display_name
from ..output_folder import OutputFolder
from ..people.geometry import Box, Ratio, is_box
from ..prepare.execute import Prepared, prepare_planned
from ..prepare.options import PrepareOptions
from ..prepare.plan import BOXES, JobPlan, ensure_ratio_is_of_box, plan_job, plan_measured
from ..rules import names, selection
from .forecast import Estimate, ExpectedOutput, Prices, estimate, expected_output
from .inputs import examined
from .ledger import NewSubmission, Submission, fingerprint
from .session import Boxes, Session

# Headers alone are not enough for a job that costs money.
Depth = Literal["decode", "content"]


@dataclass(frozen=True)
class SubmitOptions:
    """How jobs are sent.

    Attributes:
        level: how the jobs are checked before they are sent.
        boxes: for models with a detect call: `service` makes that call, which may cost money; `local` computes the boxes here.
        ratio: of ext_bbox, for models that take boxes; None: `1:1`.
        prepare: prepare files that do not fit, in the folder `prepared` below `out`.
        again: make new tasks also for jobs that run or are done.
        force: also send jobs whose report has errors.
        inline: send local pictures inside the request (Base64), if the model takes that.
        prices: for estimates: only the provider's prices, or also a third party's (`any`). It changes nothing that is sent.
        out: the folder for videos and prepared files.
    """

    level: Depth = "content"
    boxes: Boxes = "service"
    ratio: Ratio | None = None
    prepare: bool = True
    again: bool = False
    force: bool = False
    inline: bool = False
    prices: Prices = "official"
    out: str | os.PathLike[str] | None = None


@dataclass(frozen=True)
class Candidate:
    """A job that may be sent. `refusal`: why it cannot be; `prepared`: what was done to each file, by role."""

    job: Job
    report: JobReport
    refusal: MediaPreflightError | None = None
    prepared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def can_be_prepared(self) -> bool:
        """Whether `prepare` may make it fit. Boxes given by the user are not replaced."""
        if self.refusal is None or any(finding.name in _BOX_FAULTS for finding in self.report.findings):
            return False
        return any(finding.severity in FAILING for finding in fixable(self.report))


@dataclass(frozen=True)
class Order:
    """A job to be sent: what the ledger is to record of it, then what it has recorded. A detect call needs no record.

    Attributes:
        entry: the new record; None for a job that an earlier run recorded.
        expected: the properties of the video by the documents.
        ratio: of the boxes, for a detect call.
        resumed: whether an earlier run submitted it.
        prepared: what was done to each file before, by role.
    """

    job: Job
    submission: Submission | None = None
    expected: ExpectedOutput | None = None
    entry: NewSubmission | None = None
    ratio: str | None = None
    resumed: bool = False
    prepared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def candidates(session: Session, jobs: Iterable[Job], options: SubmitOptions) -> Iterator[Candidate]:
    """The jobs, each checked as a whole, in order, as they are done. Raises UsageError for a job that cannot be sent.

    Raises MissingLibraryError if boxes must be computed here and the libraries are missing.
    """
    # A single file can be checked, but not sent.
    jobs = tuple(revised(job, whole=True) for job in jobs)
    for job in jobs:
        model = session.catalog.model(job.model)
        session.endpoint(session.region_of(model, job.region))
        if options.boxes == "local" and _missing_boxes(model, job):
            ensure_faces(say("{model} takes boxes around a face", model=model.id))
    limit = session.containment.time_limit_s
    reports = check_jobs(
        jobs,
        level=options.level,
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
    """The candidates; those that do not fit are prepared.

    Raises UsageError if files must be prepared and no folder is named, OutputError if it cannot be written to.
    """
    unfit = [each for each in several if each.can_be_prepared]
    if not options.prepare or not unfit:
        return list(several)
    if options.out is None:
        raise UsageError(say("some files must be prepared first; choose a folder for them with --out DIR"))
    aims = PrepareOptions(ratio=options.ratio)
    plans: list[JobPlan] = []
    for each in unfit:
        model, measured = session.catalog.model(each.job.model), measured_in(each.report)
        if measured:
            plans += plan_measured(with_local_paths(each.job, model), model, measured, aims, session.containment)
        else:
            plans += plan_job(each.job, aims, options.level, session.catalog, session.containment)
    with OutputFolder(Path(os.fsdecode(options.out)) / "prepared") as folder:
        made = prepare_planned(
            plans,
            folder,
            options=aims,
            level=options.level,
            progress=progress,
            containment=session.containment,
            # Boxes that were computed here are predictions; the detect call returns its own.
            boxes=options.boxes == "local",
        )
    after = {id(each): _after(session, each, result) for each, result in zip(unfit, made, strict=True)}
    return [after.get(id(each), each) for each in several]


def _after(session: Session, before: Candidate, made: Prepared) -> Candidate:
    job = made.job
    if made.record.error:
        return replace(before, job=job, refusal=JobNotFitError(made.record.error, before.report))
    report = judge(job, session.catalog.model(job.model), made.measured, selection(("ALL",), NOT_OURS))
    done = {role: tuple(step.detail for step in steps) for role, steps in made.steps.items() if steps}
    return Candidate(job, report, None if report.ok else not_fit(report), done)


def order_of(session: Session, candidate: Candidate, options: SubmitOptions) -> Order:
    """The order of a candidate that fits. Raises UsageError and UploadError."""
    job, report, model = candidate.job, candidate.report, session.catalog.model(candidate.job.model)
    order = Order(job, ratio=options.ratio, prepared=candidate.prepared)
    if model.require_service().mode == "synchronous":
        return order
    expected = expected_output(job, model, facts_of(report), ratio=options.ratio)
    return replace(order, entry=new_submission(session, job, report, options), expected=expected)


def registered(session: Session, orders: Sequence[Order], options: SubmitOptions, *, detach: bool = False) -> list[Order]:
    """Record all orders in one transaction, before the first is sent: a later crash loses none.

    Raises OutputError if the videos could not be written, unless another run downloads them (`detach`).
    """
    if orders and options.out is not None and not detach:
        ensure_folder(options.out)
    last = session.ledger.last_id()
    entries = [order.entry for order in orders if order.entry is not None]
    rows = iter(session.ledger.register(entries, again=options.again))
    done = []
    for order in orders:
        row = next(rows) if order.entry is not None else None
        done.append(replace(order, submission=row, resumed=row is not None and row.id <= last and row.stage != "ready"))
    return done


# --- one job

# A URL is checked when the job is sent, and the service measures the file.
NOT_OURS = names("url-not-checked")
_BOX_FAULTS = names("box-malformed", "box-outside-picture", "box-ratio-wrong", "face-outside-ext-box", "face-box-without-face")
_FACE_NOT_ALONE = names("faces-several", "chosen-face-missing")
_DEFAULT_RATIO = "1:1"


def ensure_folder(out: str | os.PathLike[str]) -> None:
    """Raises OutputError if nothing can be written to the folder: a video that cannot be saved must not be paid for."""
    with OutputFolder(out):
        pass


def fitting(session: Session, job: Job, *, level: Depth = "content", force: bool = False) -> JobReport:
    """The job's report. Raises JobNotFitError if it has errors, unless forced; UsageError if no request can be made of it."""
    codes = selection(("ALL",), NOT_OURS)
    report = report_on(revised(job, whole=True), session.catalog.model(job.model), level, codes, session.containment)
    if not report.ok and not force:
        raise not_fit(report)
    return report


def not_fit(report: JobReport) -> JobNotFitError:
    """The error that says why a job is not sent."""
    failing = [finding for finding in report.findings if finding.severity in FAILING]
    first = failing[0]
    rule = f"{first.code} {first.name}"
    said = say("{place}: {message}", place=rule, message=first.message)
    if len(failing) > 1:
        said = say("{finding} (and {count} more)", finding=said, count=len(failing) - 1)
    return JobNotFitError(say("{place}: {message}", place=first.path, message=said) if first.path else said, report)


def _refuse_unsendable(model: Model, job: Job, files: Mapping[str, str], report: JobReport, options: SubmitOptions) -> None:
    """Raises UsageError for a job that no request can be made of, whatever its report says."""
    ensure_ratio_is_of_box(job, options.ratio)
    is_alone = all(finding.name not in _FACE_NOT_ALONE for finding in report.findings)
    if options.force and job.chosen_face(model) is not None and not is_alone:
        raise UsageError(
            say(
                "no request can say which face is meant: prepare the picture, or give the boxes if {model} takes them",
                model=model.id,
            )
        )
    for name, path in files.items():
        if not (model.roles[name].uploads or model.roles[name].base64):
            raise UsageError(
                say(
                    "{path}: by its documents {model} takes only http(s) URLs for {name}; put the file on a server that "
                    "the service can reach, and give its URL",
                    path=display_name(path),
                    model=model.id,
                    name=name,
                )
            )
    if options.inline and not any(role.base64 for role in model.roles.values()):
        raise UsageError(
            say("{model} takes no file inside the request; leave out `--inline`, and its files are uploaded", model=model.id)
        )


def new_submission(session: Session, job: Job, report: JobReport, options: SubmitOptions) -> NewSubmission:
    """The ledger's entry of a job. Reads its files for their hashes, and for the boxes if they are computed here.

    Raises UsageError for a region that does not serve the model, UploadError for a file that cannot be read.
    """
    model = session.catalog.model(job.model)
    job = with_local_paths(job, model)
    _refuse_key(session, job)
    region = session.region_of(model, job.region)
    endpoint = session.endpoint(region)
    whole = with_local_boxes(session, job, model, options.ratio) if options.boxes == "local" else job
    # A file that is given as "" is not sent: such a job is the same as one without it.
    given = {
        name: value for name, value in whole.inputs.items() if value is not None and (value != "" or name not in model.roles)
    }
    inputs = {name: _absolute(value) if name in model.roles else value for name, value in given.items()}
    files = {name: value for name, value in inputs.items() if name in model.roles and is_at_hand(value)}
    _refuse_unsendable(model, whole, files, report, options)
    hashes = {name: examined(session, path).sha256 for name, path in files.items()}
    cost = estimated(session, whole, report, options)
    sources = {name: hashes.get(name, value) for name, value in inputs.items() if name in model.roles}
    values = {name: value for name, value in inputs.items() if name not in model.roles}
    fields = _with_ratio(values, model, options.ratio)
    return NewSubmission(
        fingerprint=fingerprint(model.id, endpoint.base_url, sources, fields, dict(job.parameters)),
        model=model.id,
        region=region,
        base_url=endpoint.base_url,
        account=session.account,
        job={
            "model": model.id,
            "inputs": inputs,
            "parameters": dict(job.parameters),
            "region": region,
            "ratio": options.ratio,
            **({"inline": True} if options.inline else {}),
        },
        hashes=hashes,
        boxes=options.boxes,
        out=None if options.out is None else str(Path(os.fsdecode(options.out)).absolute()),
        estimated_amount=float(cost.amount) if cost.amount is not None and cost.official else None,
        currency=cost.currency if cost.official else None,
    )


def _refuse_key(session: Session, job: Job) -> None:
    """Raises UsageError if a value holds the API key: the ledger would keep it, and the service would print it."""
    for name, value in {**job.inputs, **job.parameters}.items():
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if session.mask(text) != text:
            raise UsageError(say("{name} of {model} holds the API key; nothing was sent", name=name, model=job.model))


def _with_ratio(fields: Mapping[str, Any], model: Model, ratio: str | None) -> dict[str, Any]:
    """The fields, with the ratio that their boxes will have: another ratio makes another video."""
    if any(field.filled_by for field in model.fields.values()) and "ext_bbox" not in fields:
        return {**fields, "ratio": ratio or _DEFAULT_RATIO}
    return dict(fields)


def estimated(session: Session, job: Job, report: JobReport, options: SubmitOptions) -> Estimate:
    """The cost of the job, as far as the documents say."""
    model = session.catalog.model(job.model)
    region = session.region_of(model, job.region)
    asks = options.boxes == "service" and not has_boxes(model, job)
    detector = session.catalog.detector_of(model) if asks else None
    return estimate(
        job, model, facts_of(report), region=region, detect_model=detector, ratio=options.ratio, prices=options.prices
    )


def has_boxes(model: Model, job: Job) -> bool:
    """Whether the job gives all that the model's detect call would fill."""
    return any(field.filled_by for field in model.fields.values()) and not _missing_boxes(model, job)


def _missing_boxes(model: Model, job: Job) -> list[str]:
    return [name for name, field in model.fields.items() if field.filled_by and not job.inputs.get(name)]


def facts_of(report: JobReport) -> dict[str, Facts]:
    """The facts of the job's local files, by role."""
    return {role: item.facts for role, item in report.inputs.items() if item.facts is not None}


def with_local_boxes(session: Session, job: Job, model: Model, ratio: str | None) -> Job:
    """The job with the boxes that its detect call would fill, computed here. Raises UsageError if that cannot be done."""
    missing = _missing_boxes(model, job)
    if not missing:
        return job
    picture = next((job.inputs.get(name) for name, role in model.roles.items() if role.kind == "image"), None)
    if not isinstance(picture, str) or not is_at_hand(picture):
        raise UsageError(say("{model}: boxes can be computed here only for a local picture; use --boxes service", model=model.id))
    from ..people.portraits import find_portrait, framing_of

    wanted: Ratio = "3:4" if ratio == "3:4" else "1:1"
    given = [Box(*box) if is_box(box := job.inputs.get(name)) else None for name in BOXES]
    framing = framing_of(model.boxes, wanted)
    found = session.containment.call(picture, find_portrait, picture, wanted, framing, job.chosen_face(model), *given)
    boxes = {name: getattr(found, name) for name in missing}
    if None in boxes.values():
        raise UsageError(
            say(
                "{place}: {message}",
                place=display_name(picture),
                message=found.reason or say("no face was found, so there are no boxes"),
            )
        )
    return revised(job, inputs={**job.inputs, **{name: list(box) for name, box in boxes.items()}})


def _absolute(value: Any) -> Any:
    return str(Path(value).absolute()) if is_local(value) else value
