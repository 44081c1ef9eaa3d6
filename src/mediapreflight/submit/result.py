"""The result of `submit`: one record per job, as `mediapreflight schema result` describes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from .._version import __version__
from ..errors import JobNotFitError, MediaPreflightError, PrepareError, ServiceError, UnclearTaskError
from ..findings import Finding, JobReport
from .forecast import ExpectedOutput

SCHEMA: Literal["mediapreflight.result/1"] = "mediapreflight.result/1"


class Cost(Struct, frozen=True, kw_only=True):
    """The cost of a job. `amount`: by the billed seconds; `estimated`: before it was sent. None if no price is known.

    Both are rounded: to two decimals, small sums to four. `exact`: the amount without rounding, as a decimal number in text.
    `earlier`: the task had ended, and was billed, before this run.
    """

    amount: float | None = None
    exact: str | None = None
    currency: str | None = None
    estimated: float | None = None
    earlier: bool = False


class JobError(Struct, frozen=True, kw_only=True):
    """Why a job was not delivered. `code`: the service's, or empty. `rules`: the local rules that would have found it.

    `retry_helps` None: whether the same job can succeed later is not known.
    """

    message: str
    code: str = ""
    retry_helps: bool | None = False
    rules: tuple[str, ...] = ()


class JobResult(Struct, frozen=True, kw_only=True):
    """One job: what was sent, and the result.

    `number`: of the submission, for `tasks show N`; None if there is none. `resumed`: an earlier run submitted it. `prepared`:
    the steps for each file, by role. `status`: the service's state of the task; None if there is no task. `video`: the delivered
    file. `video_url`: valid for 24 h for most models. `template_id`, `detected`: the results of template and detect calls.
    `orig_prompt` to `usage`: the service's facts about the task, as in `TaskFacts`. `expected`: the video by the documents.
    `notes`: differences from that.
    """

    model: str
    ok: bool
    inputs: dict[str, str] = {}
    number: int | None = None
    task_id: str | None = None
    status: str | None = None
    request_id: str | None = None
    video: str | None = None
    video_url: str | None = None
    template_id: str | None = None
    detected: dict[str, Any] | None = None
    seconds_billed: float | None = None
    cost: Cost = Cost()
    orig_prompt: str | None = None
    actual_prompt: str | None = None
    size: str | None = None
    fps: float | None = None
    SR: int | None = None
    ratio: str | None = None
    submit_time: datetime | None = None
    scheduled_time: datetime | None = None
    end_time: datetime | None = None
    usage: dict[str, Any] = {}
    resumed: bool = False
    prepared: dict[str, tuple[str, ...]] = {}
    expected: ExpectedOutput | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    error: JobError | None = None


class ResultDocument(Struct, frozen=True, kw_only=True):
    """All jobs of one run. `ok`: every job was delivered, or left running on request."""

    schema: Literal["mediapreflight.result/1"]
    version: str
    ok: bool
    jobs: tuple[JobResult, ...]


def document(results: Sequence[JobResult]) -> ResultDocument:
    """The results of a run as they are written."""
    return ResultDocument(schema=SCHEMA, version=__version__, ok=all(result.ok for result in results), jobs=tuple(results))


def job_error(error: MediaPreflightError) -> JobError:
    """An error as part of a result."""
    if isinstance(error, UnclearTaskError):
        return JobError(message=str(error), code="Unclear")
    if isinstance(error, ServiceError):
        return JobError(message=str(error), code=error.code, retry_helps=error.retry_helps, rules=error.rules)
    return JobError(message=str(error))


def findings_of(error: MediaPreflightError) -> tuple[Finding, ...]:
    """The findings that an error carries."""
    if isinstance(error, JobNotFitError) and isinstance(error.report, JobReport):
        return error.report.findings
    if isinstance(error, PrepareError):
        return tuple(finding for finding in error.findings if isinstance(finding, Finding))
    return ()
