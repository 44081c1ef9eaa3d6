"""Predict what `prepare` would do with the files of a checked job."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..catalog import Model
from ..check.containment import UNCONTAINED, Containment
from ..check.measure import Measured
from ..errors import MediaPreflightError
from ..findings import InputReport, JobReport
from ..job import Job
from ..language import say
from ..media.facts import AudioFacts, VideoFacts
from .options import PrepareOptions
from .plan import plan_measured
from .steps import FilePlan


class Outlook(NamedTuple):
    """The plan for one file; or why there is none: the file cannot be made to fit, or too little was measured."""

    plan: FilePlan | None = None
    unfixable: str | None = None
    unknown: str | None = None


def outlooks(job: JobReport, model: Model, containment: Containment = UNCONTAINED) -> dict[str, Outlook]:
    """What would be done with each local file, by role, with the default options of `prepare`."""
    local = {role: item for role, item in job.inputs.items() if item.facts is not None}
    if not all(_is_measured(item) for item in local.values()):
        reason = say("only headers were read; check at level decode or content to see what would be done")
        return {role: Outlook(unknown=reason) for role in local}
    inputs: dict[str, Any] = {**job.fields, **{role: item.path for role, item in job.inputs.items()}}
    again = Job(job.model, parameters=job.parameters, face=job.face, **inputs)
    measured = {role: Measured(item.facts, item.content) for role, item in local.items() if item.facts}
    try:
        (plan,) = plan_measured(again, model, measured, PrepareOptions(), containment)
    except (MediaPreflightError, ImportError) as error:
        return {role: Outlook(unknown=say("cannot be planned here: {error}", error=error)) for role in local}
    return {role: Outlook(plan.files.get(role), plan.unfixable.get(role)) for role in local}


def _is_measured(item: InputReport) -> bool:
    """Whether lengths were measured and not only read from headers: plans need this."""
    facts = item.facts
    return not isinstance(facts, AudioFacts | VideoFacts) or facts.duration_s is not None or facts.stated_duration_s is None
