"""The results of the tools. They are short, because an agent pays for every word. The schemas that clients see are made from
these types."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

from ..catalog import Model
from ..check.takers import Verdict
from ..findings import FAILING, Finding
from ..job import Job
from ..media.data_url import is_data_url
from ..media.facts import Facts
from ..media.source import display_name
from ..system import command_text
from ..text import readdressed

_Box = tuple[int, int, int, int]


class Next(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The next step: a tool to call, a command line that does the same, or both."""

    what: str
    tool: str | None = None
    command: str | None = None


class Found(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A finding: what was measured, the limit, the code the service would answer, and what to do."""

    code: str
    name: str
    severity: Literal["error", "warning", "info", "unchecked"]
    message: str
    role: str | None = None
    path: str | None = None
    measured: Any = None
    limit: str | None = None
    unit: str | None = None
    service_code: str | None = None
    fixable: bool = False
    help: str | None = None
    source: str | None = None


class Listed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model: its `summary` and the inputs it `takes`, optional ones in brackets; or its `verdict` on a file in a `role`, and
    `why` the file must be prepared."""

    id: str
    summary: str = ""
    takes: str = ""
    role: str | None = None
    verdict: Verdict | None = None
    why: str | None = None


class ModelsAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`others`: how many models of other providers there are.

    For a file `fits` and `fits_prepared`: by model, the inputs that take it as it is, or after prepare. `unfit`: how many models
    take its kind, and not this one.
    """

    models: tuple[Listed, ...] = ()
    others: dict[str, int] = {}
    fits: dict[str, tuple[str, ...]] = {}
    fits_prepared: dict[str, tuple[str, ...]] = {}
    unfit: int = 0


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One limit or term, with the pages that state it."""

    name: str
    text: str
    source: str = ""


class CardAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model accepts. `sent`: whether jobs can be submitted to it."""

    id: str
    title: str
    summary: str
    sent: bool
    sections: dict[str, tuple[Row, ...]]
    notes: tuple[str, ...] = ()


class ProbeAnswer(Struct, frozen=True, kw_only=True):
    """What a file is."""

    facts: Facts


class Expected(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The estimated cost of a job, by the provider's prices.

    `words`: the sum, or why it is not known. `amounts`: by currency, all calls together; empty if one is not known. `seconds`:
    billed seconds of video.
    """

    words: str
    amounts: dict[str, float] = {}
    seconds: float | None = None


class CheckAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ok`: no finding of severity error or unchecked. `cost`: of a whole job that fits."""

    ok: bool
    model: str
    findings: tuple[Found, ...]
    cost: Expected | None = None
    next: Next | None = None


class StepSaid(Struct, frozen=True, kw_only=True):
    """One change to a file, and the reason for it."""

    name: str
    detail: str
    reason: str


class PlannedFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The plan for a file; without steps, it fits unchanged. `becomes`: the known properties of the result."""

    source: str
    steps: tuple[StepSaid, ...]
    becomes: str = ""


class PlannedJob(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`part`: the part of a split recording. `unfixable`: why a file cannot be made to fit. `findings`: those that stay."""

    ok: bool
    files: dict[str, PlannedFile]
    part: int | None = None
    unfixable: dict[str, str] = {}
    findings: tuple[Found, ...] = ()


class PlanAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ok`: every file would fit."""

    ok: bool
    model: str
    jobs: tuple[PlannedJob, ...]
    next: Next | None = None


class PreparedFile(Struct, frozen=True, kw_only=True):
    """A prepared file and its steps; without steps, it is identical to the source."""

    source: str
    path: str
    steps: tuple[StepSaid, ...]


class PreparedAs(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`inputs`, `parameters`, `region` and `face` are arguments for check and submit. `cost`: of a whole job that fits."""

    ok: bool
    inputs: dict[str, Any]
    files: dict[str, PreparedFile]
    parameters: dict[str, Any] = {}
    region: str | None = None
    face: int | None = None
    cost: Expected | None = None
    findings: tuple[Found, ...] = ()
    error: str | None = None


class PrepareAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ok`: every file fits now. `record`: the path of prepared.json."""

    ok: bool
    model: str
    record: str
    jobs: tuple[PreparedAs, ...]
    next: Next | None = None


class FaceSaid(Struct, frozen=True, kw_only=True):
    """A face. Angles in degrees; 0 looks at the camera. `covered`: the likelihood that something hides a part of it, 0 to 1."""

    bbox: _Box
    score: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    covered: float


class FacesAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Boxes are left, top, right, bottom in pixels of the displayed picture. Faces are numbered from 1, in this order."""

    path: str
    width: int
    height: int
    ratio: str
    faces: tuple[FaceSaid, ...]
    doubtful: tuple[FaceSaid, ...] = ()
    face_bbox: _Box | None = None
    ext_bbox: _Box | None = None
    reason: str | None = None


class Cost(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cost of a job by the documented prices, and the estimate from before."""

    amount: float | None = None
    estimated: float | None = None
    currency: str | None = None


class SubmitAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ok`: the video was downloaded; or the task runs, and the call was not to wait.

    `number`: of the submission, for `tasks`.
    """

    ok: bool
    model: str
    number: int | None = None
    task_id: str | None = None
    status: str | None = None
    video: str | None = None
    template_id: str | None = None
    detected: dict[str, Any] = {}
    seconds_billed: float | None = None
    cost: Cost = Cost()
    prepared: dict[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()
    findings: tuple[Found, ...] = ()
    error: str | None = None
    error_code: str | None = None
    retry_helps: bool | None = None
    next: Next | None = None


class TaskSaid(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A submission from the ledger. `result`: the video, or a template's id."""

    number: int
    model: str
    stage: str
    registered: str
    status: str | None = None
    task_id: str | None = None
    result: str | None = None
    seconds_billed: float | None = None
    cost: Cost = Cost()
    error: str | None = None


class TasksAnswer(Struct, frozen=True, kw_only=True):
    """Submissions, newest first."""

    tasks: tuple[TaskSaid, ...]


def found(findings: Iterable[Finding]) -> tuple[Found, ...]:
    """Findings as results, in the same order."""
    return tuple(map(_found, findings))


def _found(finding: Finding) -> Found:
    known = {name: getattr(finding, name) for name in Found.__struct_fields__}
    return Found(**known | {"help": finding.help and readdressed(finding.help, _tool)})


def _tool(name: str, option: str, value: str) -> str:
    """A command as a call of the tool that does the same."""
    return f"`{name}({option.replace('-', '_')}={value or 'true'})`" if option else f"`{name}`"


def failing(findings: Iterable[Finding]) -> tuple[Found, ...]:
    """The findings that prevent a job from being sent."""
    return found(each for each in findings if each.severity in FAILING)


def moment(seconds: float) -> str:
    """A time of the ledger as text; empty if there is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


def command(name: str, job: Job, model: Model, *options: str) -> str | None:
    """The command line for a job, for a POSIX shell; None if it would contain the bytes of a file."""
    if any(is_data_url(value) for value in job.inputs.values()):
        return None
    files = [value if not job.whole else f"{role}={value}" for role, value in job.inputs.items() if role in model.roles]
    values = {**{name: value for name, value in job.inputs.items() if name not in model.roles}, **job.parameters}
    settings = [word for name, value in values.items() for word in ("--set", f"{name}={_as_setting(value)}")]
    region = ["--region", job.region] if job.region else []
    face = ["--face", str(job.face)] if job.face else []
    return display_name(command_text(["mediapreflight", name, "--model", model.id, *files, *settings, *region, *face, *options]))


def _as_setting(value: Any) -> str:
    """A value in the form of `--set`: a box as its corners, other lists as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(each, int) for each in value):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
