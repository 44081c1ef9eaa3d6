"""Many jobs at once: as many on their way as the service runs, and a few more with their files uploaded already."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import KeyRefusedError, LedgerError, MediaPreflightError
from ..job import Job
from ..probe import probe
from ..probe.facts import VideoFacts
from ..probe.source import display_name
from .answers import TaskAnswer, refusal_of
from .calls import concurrent_tasks
from .client import AsyncClient
from .ledger import Submission
from .outcome import ExpectedOutput, differences
from .result import Cost, JobResult, findings_of, job_error
from .tasks import detect_flow, finish_flow

# How many jobs of one model wait with their files uploaded while others run.
_READY = 2
_UNLIMITED = 8


@dataclass(frozen=True)
class Order:
    """A registered job, or one for a detect call, which needs no record.

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


async def deliver(
    client: AsyncClient,
    orders: Sequence[Order],
    *,
    out: str | None = None,
    detach: bool = False,
    timeout: float | None = None,
    done: Callable[[int, JobResult], None],
) -> list[JobResult]:
    """Bring every order to its end, and tell `done` of each, with its place in `orders`, as it gets there.

    A job that fails does not stop the others. Raises KeyRefusedError, since with that key nothing will go, LedgerError, since
    nothing is sent without a ledger, and what `done` raises; what is open then stays so in the ledger.
    """
    import anyio

    results: dict[int, JobResult] = {}
    lanes: dict[tuple[str, str], anyio.CapacityLimiter] = {}
    ends: list[Exception] = []

    async def run(number: int, order: Order, lane: anyio.CapacityLimiter, scope: anyio.CancelScope) -> None:
        async with lane:
            try:
                results[number] = await _delivered(client, order, out, detach, timeout)
                done(number, results[number])
            except Exception as error:
                # Not left to the task group, which would wrap it: callers know it by its class.
                ends.append(error)
                scope.cancel()

    async with anyio.create_task_group() as group:
        for number, order in enumerate(orders):
            key, size = _lane(client, order, detach)
            lane = lanes.setdefault(key, anyio.CapacityLimiter(size))
            group.start_soon(run, number, order, lane, group.cancel_scope)
    if ends:
        raise ends[0]
    return [results[number] for number in range(len(orders))]


def _lane(client: AsyncClient, order: Order, detach: bool) -> tuple[tuple[str, str], int]:
    """The queue an order stands in, and how many of it are worked on at once."""
    if order.submission is None:
        return (order.job.model, ""), _UNLIMITED
    model = client.around.catalog.model(order.submission.model)
    most = concurrent_tasks(model, order.submission.region)
    size = _UNLIMITED if most is None or detach else most + _READY
    return (model.id, order.submission.region), size


async def _delivered(client: AsyncClient, order: Order, out: str | None, detach: bool, timeout: float | None) -> JobResult:
    try:
        if order.submission is None:
            return await _detected(client, order)
        flow = finish_flow(client.around, order.submission, out, given=order.job, timeout=timeout, detach=detach)
        submission, answer, came = await client.run(flow)
        return await _result(order, submission, answer, came)
    except (KeyRefusedError, LedgerError):
        raise
    except MediaPreflightError as error:
        current = order.submission
        if current is not None:
            current = client.around.ledger.submission(current.id)
        return failed(order.job, error, current)


async def _detected(client: AsyncClient, order: Order) -> JobResult:
    detection = await client.run(detect_flow(client.around, order.job, order.ratio))
    if not detection.passed:
        return failed(order.job, refusal_of(detection), None)
    return JobResult(
        model=order.job.model,
        ok=True,
        inputs=shown_inputs(order.job),
        status="SUCCEEDED",
        request_id=detection.request_id,
        detected=dict(detection.fields) or dict(detection.output),
    )


async def _result(order: Order, submission: Submission, answer: TaskAnswer | None, came: Path | str | None) -> JobResult:
    import anyio.to_thread

    video = came if isinstance(came, Path) else None
    notes: tuple[str, ...] = ()
    if video is not None and order.expected is not None:
        notes = await anyio.to_thread.run_sync(functools.partial(compared, order.expected, video))
    return JobResult(
        model=submission.model,
        ok=True,
        inputs=shown_inputs(order.job),
        task_id=submission.task_id,
        status=submission.status,
        request_id=answer.request_id if answer else submission.request_id,
        video=None if video is None else display_name(str(video)),
        video_url=answer.result if answer and video is not None else None,
        template_id=came if isinstance(came, str) else None,
        seconds_billed=submission.seconds_billed,
        cost=cost_of(submission),
        resumed=order.resumed,
        prepared=dict(order.prepared),
        expected=order.expected,
        notes=notes,
    )


def compared(expected: ExpectedOutput, video: Path) -> tuple[str, ...]:
    """Where a video is not what was expected."""
    facts = probe(str(video), "metadata")
    return differences(expected, facts) if isinstance(facts, VideoFacts) else ()


def failed(job: Job, error: MediaPreflightError, submission: Submission | None) -> JobResult:
    """The result of a job that was not delivered."""
    known: dict[str, Any] = {}
    if submission is not None:
        known = {
            "task_id": submission.task_id,
            "status": submission.status,
            "request_id": submission.request_id,
            "seconds_billed": submission.seconds_billed,
            "cost": cost_of(submission),
        }
    return JobResult(
        model=job.model, ok=False, inputs=shown_inputs(job), findings=findings_of(error), error=job_error(error), **known
    )


def cost_of(submission: Submission) -> Cost:
    """What the ledger knows of a job's cost."""
    return Cost(amount=submission.amount, currency=submission.currency, estimated=submission.estimated_amount)


def shown_inputs(job: Job) -> dict[str, str]:
    """A job's text inputs as a person or JSON takes them; URLs without their query, which may be signed."""
    texts = {name: value for name, value in job.inputs.items() if isinstance(value, str) and value}
    return {name: display_name(value.partition("?")[0] if "://" in value else value) for name, value in texts.items()}
