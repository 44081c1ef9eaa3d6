"""Many jobs at once: as many as the service runs, and a few more whose files are already uploaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import KeyRefusedError, LedgerError, MediaPreflightError, UsageError
from ..job import Job
from ..language import say
from ..media.facts import VideoFacts
from ..media.probe import probe
from ..media.source import display_name
from .calls import concurrent_tasks
from .dashscope.answers import TaskAnswer, refusal_of
from .dashscope.reading import facts_of_record
from .forecast import ExpectedOutput, decimal_of, differences, over, rounded
from .ledger import Submission
from .pipeline import Order, SubmitOptions, candidates, estimated, order_of, prepared, registered
from .result import Cost, JobResult, findings_of, job_error
from .session import Session
from .tasks import detect_picture, finish

# How many jobs of one model wait with their files uploaded while others run.
_READY = 2
_UNLIMITED = 8


async def deliver_jobs(
    session: Session,
    jobs: Iterable[Job],
    options: SubmitOptions,
    *,
    max_cost: float | None = None,
    detach: bool = False,
    done: Callable[[JobResult], None] | None = None,
) -> tuple[JobResult, ...]:
    """`Client.deliver`."""
    if options.out is None and not detach:
        raise UsageError(say("choose a folder for the videos with `out`, or use `detach` and fetch them with `tasks resume`"))
    several = await session.run(lambda: prepared(session, list(candidates(session, jobs, options)), options))
    fit = [each for each in several if each.refusal is None]
    orders = await session.run(lambda: [order_of(session, each, options) for each in fit])
    estimates = [estimated(session, each.job, each.report, options) for each in fit]
    if max_cost is not None and (why := over(estimates, max_cost)):
        raise UsageError(say("nothing was sent: {why}", why=why))
    orders = await session.run(registered, session, orders, options, detach=detach)
    sent = iter(await deliver(session, orders, out=options.out, detach=detach, done=done))
    return tuple(next(sent) if each.refusal is None else failed(each.job, each.refusal, None) for each in several)


async def deliver(
    session: Session,
    orders: Sequence[Order],
    *,
    out: str | os.PathLike[str] | None = None,
    detach: bool = False,
    done: Callable[[JobResult], None] | None = None,
) -> list[JobResult]:
    """Finish every order, and call `done` for each one that has ended.

    A job that fails does not stop the others. Raises KeyRefusedError, because no job works with that key, LedgerError, because
    nothing is sent without a ledger, and what `done` raises; open jobs then stay open in the ledger.
    """
    import anyio

    results: dict[int, JobResult] = {}
    lanes: dict[tuple[str, str], anyio.CapacityLimiter] = {}
    ends: list[Exception] = []

    async def run(number: int, order: Order, lane: anyio.CapacityLimiter, scope: anyio.CancelScope) -> None:
        async with lane:
            try:
                results[number] = await _delivered(session, order, out, detach)
                if done is not None:
                    done(results[number])
            except Exception as error:
                # Not raised in the task group, which would wrap it: callers catch it by its class.
                ends.append(error)
                scope.cancel()

    async with anyio.create_task_group() as group:
        for number, order in enumerate(orders):
            key, size = _lane(session, order, detach)
            lane = lanes.setdefault(key, anyio.CapacityLimiter(size))
            group.start_soon(run, number, order, lane, group.cancel_scope)
    if ends:
        raise ends[0]
    return [results[number] for number in range(len(orders))]


def _lane(session: Session, order: Order, detach: bool) -> tuple[tuple[str, str], int]:
    """The queue of an order, and how many orders of it run at once."""
    if order.submission is None:
        return (order.job.model, ""), _UNLIMITED
    model = session.catalog.model(order.submission.model)
    most = concurrent_tasks(model, order.submission.region)
    size = _UNLIMITED if most is None or detach else most + _READY
    return (model.id, order.submission.region), size


async def _delivered(session: Session, order: Order, out: str | os.PathLike[str] | None, detach: bool) -> JobResult:
    try:
        if order.submission is None:
            return await _detected(session, order)
        submission, answer, came = await finish(session, order.submission, out, given=order.job, detach=detach)
        return await _result(session, order, submission, answer, came)
    except (KeyRefusedError, LedgerError):
        raise
    except MediaPreflightError as error:
        current = order.submission
        if current is not None:
            current = await session.run(session.ledger.submission, current.id)
        return failed(order.job, error, current, billed_earlier=_billed_earlier(order))


async def _detected(session: Session, order: Order) -> JobResult:
    detection = await detect_picture(session, order.job, order.ratio)
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


async def _result(
    session: Session, order: Order, submission: Submission, answer: TaskAnswer | None, came: Path | str | None
) -> JobResult:
    video = came if isinstance(came, Path) else None
    notes: tuple[str, ...] = ()
    if video is not None and order.expected is not None:
        notes = await session.run(compared, order.expected, video)
    return JobResult(
        model=submission.model,
        ok=True,
        inputs=shown_inputs(order.job),
        **_known(submission, earlier=_billed_earlier(order))
        | ({"request_id": answer.request_id, **answer.facts} if answer else {}),
        video=None if video is None else display_name(str(video)),
        video_url=answer.result if answer and video is not None else None,
        template_id=came if isinstance(came, str) else None,
        resumed=order.resumed,
        prepared=dict(order.prepared),
        expected=order.expected,
        notes=notes,
    )


def _billed_earlier(order: Order) -> bool:
    """Whether an earlier run saw the task end."""
    return order.submission is not None and order.submission.stage in ("succeeded", "delivered")


def compared(expected: ExpectedOutput, video: Path) -> tuple[str, ...]:
    """The differences between a video and the expected one."""
    facts = probe(str(video), "metadata")
    return differences(expected, facts) if isinstance(facts, VideoFacts) else ()


def failed(job: Job, error: MediaPreflightError, submission: Submission | None, *, billed_earlier: bool = False) -> JobResult:
    """The result of a job that was not delivered."""
    known = _known(submission, earlier=billed_earlier) if submission is not None else {}
    return JobResult(
        model=job.model, ok=False, inputs=shown_inputs(job), findings=findings_of(error), error=job_error(error), **known
    )


def _known(submission: Submission, *, earlier: bool) -> dict[str, Any]:
    """What the ledger knows of a job. `earlier`: whether an earlier run saw its task end."""
    amount, estimated = decimal_of(submission.amount), decimal_of(submission.estimated_amount)
    cost = Cost(
        amount=None if amount is None else float(rounded(amount)),
        exact=None if amount is None else f"{amount:f}",
        currency=submission.currency,
        estimated=None if estimated is None else float(rounded(estimated)),
        earlier=earlier,
    )
    return {
        "number": submission.id,
        "task_id": submission.task_id,
        "status": submission.status,
        "request_id": submission.request_id,
        "seconds_billed": submission.seconds_billed,
        "cost": cost,
        **facts_of_record(submission.answer).facts,
    }


def shown_inputs(job: Job) -> dict[str, str]:
    """A job's text inputs for messages and JSON; URLs without their query, which may be signed."""
    texts = {name: value for name, value in job.inputs.items() if isinstance(value, str) and value}
    return {name: display_name(value.partition("?")[0] if "://" in value else value) for name, value in texts.items()}
