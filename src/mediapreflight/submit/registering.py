"""Jobs into the ledger, before anything is sent: checked, hashed, estimated."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..catalog import Model
from ..check.run import report_on
from ..errors import JobNotFitError, UsageError
from ..findings import FAILING, JobReport
from ..job import Job, is_at_hand, is_local, revised, with_local_paths
from ..media.facts import Facts
from ..media.source import display_name
from ..output_folder import OutputFolder
from ..people.geometry import Ratio
from ..rules import names, selection
from .cost import Estimate, estimate, rounded
from .ledger import NewSubmission, fingerprint
from .session import Boxes, Session
from .uploads import examined

# A URL is looked at when the job is sent, and what stands behind it is the service's to measure.
NOT_OURS = names("url-not-checked")
_DEFAULT_RATIO = "1:1"


def ensure_folder(out: str | os.PathLike[str]) -> None:
    """Raises OutputError where nothing can be written to the folder: what cannot be brought home is not to be paid for."""
    with OutputFolder(out):
        pass


def fitting(session: Session, job: Job, *, force: bool = False) -> JobReport:
    """The job's report. Raises JobNotFitError where it has errors, unless forced; UsageError where it makes no request."""
    codes = selection(("ALL",), NOT_OURS)
    report = report_on(job, session.catalog.model(job.model), "content", codes, session.containment)
    if not report.ok and not force:
        raise not_fit(report)
    return report


def not_fit(report: JobReport) -> JobNotFitError:
    """The error that says why a job is not sent."""
    failing = [finding for finding in report.findings if finding.severity in FAILING]
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    first = failing[0]
    place = f"{first.path}: " if first.path else ""
    return JobNotFitError(f"{place}{first.code} {first.name}: {first.message}{more}", report)


def new_submission(
    session: Session,
    job: Job,
    report: JobReport,
    *,
    boxes: Boxes = "service",
    ratio: str | None = None,
    inline: bool = False,
    out: str | os.PathLike[str] | None = None,
) -> NewSubmission:
    """What the ledger is to hold of a job. Reads its files for their hashes, and for the boxes where they are made here.

    Raises UsageError for a region that does not serve the model, UploadError for a file that cannot be read.
    """
    model = session.catalog.model(job.model)
    job = with_local_paths(job, model)
    _refuse_key(session, job)
    if inline and not any(role.base64 for role in model.roles.values()):
        raise UsageError(f"{model.id} takes no file inside the request; without `--inline` its files are uploaded")
    region = session.region_of(model, job.region)
    endpoint = session.endpoint(region)
    whole = with_local_boxes(session, job, model, ratio) if boxes == "local" else job
    inputs = {
        name: _absolute(value) if name in model.roles else value for name, value in whole.inputs.items() if value is not None
    }
    files = {name: value for name, value in inputs.items() if name in model.roles and is_at_hand(value)}
    hashes = {name: examined(session, path).sha256 for name, path in files.items()}
    expected = estimated(session, whole, report, boxes=boxes, ratio=ratio)
    sources = {name: hashes.get(name, value) for name, value in inputs.items() if name in model.roles}
    fields = {name: value for name, value in inputs.items() if name not in model.roles}
    return NewSubmission(
        fingerprint=fingerprint(model.id, endpoint.base_url, sources, _with_ratio(fields, model, ratio), dict(job.parameters)),
        model=model.id,
        region=region,
        base_url=endpoint.base_url,
        account=session.account,
        job={
            "model": model.id,
            "inputs": inputs,
            "parameters": dict(job.parameters),
            "region": region,
            "ratio": ratio,
            **({"inline": True} if inline else {}),
        },
        hashes=hashes,
        boxes=boxes,
        out=None if out is None else str(Path(os.fsdecode(out)).absolute()),
        estimated_amount=None if expected.amount is None else float(rounded(expected.amount)),
        currency=expected.currency,
    )


def _refuse_key(session: Session, job: Job) -> None:
    """Raises UsageError where a value holds the API key: the ledger would keep it, and the service would print it."""
    for name, value in {**job.inputs, **job.parameters}.items():
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if session.mask(text) != text:
            raise UsageError(f"{name} of {job.model} holds the API key; nothing was sent")


def _with_ratio(fields: Mapping[str, Any], model: Model, ratio: str | None) -> dict[str, Any]:
    """The fields, told apart by the ratio their boxes will have: it makes another video."""
    if any(field.filled_by for field in model.fields.values()) and "ext_bbox" not in fields:
        return {**fields, "ratio": ratio or _DEFAULT_RATIO}
    return dict(fields)


def estimated(session: Session, job: Job, report: JobReport, *, boxes: Boxes = "service", ratio: str | None = None) -> Estimate:
    """What the job will cost, as far as the documents tell."""
    model = session.catalog.model(job.model)
    region = session.region_of(model, job.region)
    asks = boxes == "service" and not has_boxes(model, job)
    detector = session.catalog.model(model.service.detect) if asks and model.service.detect else None
    return estimate(job, model, facts_of(report), region=region, detect_model=detector, ratio=ratio)


def has_boxes(model: Model, job: Job) -> bool:
    """Whether the job gives all that the model's detect call would fill."""
    filled = [name for name, field in model.fields.items() if field.filled_by]
    return bool(filled) and all(job.inputs.get(name) for name in filled)


def facts_of(report: JobReport) -> dict[str, Facts]:
    """What the job's local files were measured to be, by role."""
    return {role: item.facts for role, item in report.inputs.items() if item.facts is not None}


def with_local_boxes(session: Session, job: Job, model: Model, ratio: str | None) -> Job:
    """The job with the boxes that its detect call would fill, computed here. Raises UsageError where that cannot be done."""
    missing = [name for name, field in model.fields.items() if field.filled_by and not job.inputs.get(name)]
    if not missing:
        return job
    picture = next((job.inputs.get(name) for name, role in model.roles.items() if role.kind == "image"), None)
    if not isinstance(picture, str) or not is_at_hand(picture):
        raise UsageError(f"{model.id}: boxes can be computed here for a local picture only; use --boxes service")
    from ..people.portraits import find_portrait, framing_of

    wanted: Ratio = "3:4" if ratio == "3:4" else "1:1"
    found = session.containment.call(picture, find_portrait, picture, wanted, framing_of(model.service.boxes, wanted))
    boxes = {name: getattr(found, name) for name in missing}
    if None in boxes.values():
        raise UsageError(f"{display_name(picture)}: {found.reason or 'no face was found, so there are no boxes'}")
    return revised(job, inputs={**job.inputs, **{name: list(box) for name, box in boxes.items()}})


def _absolute(value: Any) -> Any:
    return str(Path(value).absolute()) if is_local(value) else value
