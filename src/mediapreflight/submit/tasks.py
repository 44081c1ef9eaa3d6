"""Work on a recorded submission: finish it, cancel it, connect a task with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import RequestRefusedError, ServiceError, SubmitError, TaskExpiredError, TaskFailed, TransportError, UsageError
from ..job import Job, with_local_paths
from ..language import say
from .calls import Service, ask, query_rate
from .dashscope.answers import Detection, TaskAnswer, parse_cancel
from .dashscope.requests import cancel_request
from .ledger import STEPS, Submission
from .sending import detect, send
from .session import Session
from .settling import settle
from .waiting import fetch, wait


@dataclass(frozen=True)
class Task:
    """The task of a job, in its last known state.

    Attributes:
        id: the service's task id.
        status: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN, or one of the model's own.
        request_id: the id that the provider's support needs.
        number: the submission's number in the ledger.
        result: the URL of the video, which is valid for 24 h for most models, or a template id; None before it has succeeded.
        seconds: the billed seconds; None if the answer does not say.
        code, message: why it failed; empty if it did not.
    """

    id: str
    model: str
    status: str
    request_id: str = ""
    number: int = 0
    result: str | None = field(default=None, repr=False)
    seconds: float | None = None
    code: str = ""
    message: str = ""
    client: Any = field(default=None, repr=False, compare=False)

    def wait(self, out: str | os.PathLike[str] | None = None, *, timeout: float | None = None) -> Any:
        """See `Client.wait`; must be awaited if the client is an `AsyncClient`."""
        return self._own_client().wait(self, out, timeout=timeout)

    def refresh(self) -> Any:
        """See `Client.refresh`; must be awaited if the client is an `AsyncClient`."""
        return self._own_client().refresh(self)

    def cancel(self) -> Any:
        """See `Client.cancel`; must be awaited if the client is an `AsyncClient`."""
        return self._own_client().cancel(self)

    def _own_client(self) -> Any:
        if self.client is None:
            raise UsageError(say("task {id} has no client; give it to a client's method", id=self.id))
        return self.client

    def __getstate__(self) -> dict[str, Any]:
        # A client cannot be pickled or copied.
        return self.__dict__ | {"client": None}


def task_of(submission: Submission, client: object, answer: TaskAnswer | None = None) -> Task:
    """The task of a submission, as the service just answered, else as the ledger has it; `client` is for its methods."""
    return Task(
        id=submission.task_id or "",
        model=submission.model,
        status=answer.status if answer else submission.status or "PENDING",
        request_id=answer.request_id if answer else submission.request_id or "",
        number=submission.id,
        result=answer.result if answer else None,
        seconds=answer.seconds if answer else submission.seconds_billed,
        code=answer.code if answer else submission.error_code or "",
        message=answer.message if answer else submission.error_message or "",
        client=client,
    )


async def finish(
    session: Session,
    submission: Submission,
    out: str | os.PathLike[str] | None = None,
    *,
    given: Job | None = None,
    timeout: float | None = None,
    detach: bool = False,
) -> tuple[Submission, TaskAnswer | None, Path | str | None]:
    """Finish a submission from any stage: returns the record, the task's last answer, and the result.

    Args:
        given: the job as the caller has it, with the same files, wherever they are now.
        detach: stop as soon as its task is created.
    """
    async with session.claimed(submission) as own:
        current = await send(session, own, given)
        if current.stage == "failed":
            raise _failure(current)
        if detach and current.stage == "created":
            return current, None, None
        before = await session.run(fetched_before, current, out)
        if before is not None:
            return current, None, before
        answer = await wait(session, current, timeout=timeout)
        came = await fetch(session, current, answer, out)
    final = await session.run(session.ledger.submission, current.id)
    return final, answer, came


def fetched_before(submission: Submission, out: str | os.PathLike[str] | None) -> Path | str | None:
    """The result of an earlier run, if the file still exists and is in the requested folder."""
    if submission.stage != "delivered" or submission.result is None:
        return None
    path = Path(submission.result)
    if not path.is_absolute():
        return submission.result
    if not path.is_file():
        return None
    if out is None:
        return path
    wanted = Path(os.fsdecode(out)) / path.name
    return wanted if wanted.absolute() == path else None


def _failure(submission: Submission) -> Exception:
    code, message = submission.error_code or "", submission.error_message or ""
    if submission.status == "UNKNOWN":
        return TaskExpiredError(say("task {task_id}: {message}", task_id=submission.task_id, message=message))
    if submission.task_id is None:
        return RequestRefusedError(code, message, status=400)
    return TaskFailed(submission.task_id, code, message, status=200, request_id=submission.request_id or "")


async def cancel(session: Session, submission: Submission) -> None:
    """Cancel a submission whose task is PENDING, or that was not sent yet. One that is being sent is settled first.

    Raises SubmitError for one that has ended.
    """
    service = Service.of(session, submission)
    current = await _not_being_sent(session, submission)
    if current.stage in ("succeeded", "delivered", "failed"):
        raise SubmitError(
            say(
                "submission {current} has ended ({stage}); only a waiting task can be canceled",
                current=current.id,
                stage=current.stage,
            )
        )
    async with session.claimed_if_idle(current) as own:
        if own is None and current.task_id is None:
            raise UsageError(
                say("submission {current} is about to be sent by another process; end that one first", current=current.id)
            )
        if own is not None and own.stage in ("sending", "unclear"):
            current = await settle(service, own)
        if current.task_id is not None:
            request, rate = cancel_request(service.endpoint, current.task_id), query_rate(session, service.endpoint)
            await ask(session, request, rate, parse_cancel, repeatable=True)
            await _ensure_canceled(service, current.task_id)
        if own is not None:
            # Otherwise whoever works on it will see that it is gone.
            await session.run(session.ledger.failed, own.id, "CANCELED", "Canceled", say("it was canceled"))


async def _ensure_canceled(service: Service, task_id: str) -> None:
    """Raises SubmitError if a task continues, or has a result, although the service accepted its cancellation."""
    try:
        task = await service.task(task_id)
    except (ServiceError, TransportError):
        return
    if task.status in ("RUNNING", "SUCCEEDED"):
        raise SubmitError(
            say(
                "the service accepted that, but task {task_id} is {status}; `mediapreflight tasks resume` fetches its result",
                task_id=task_id,
                status=task.status,
            )
        )


async def _not_being_sent(session: Session, submission: Submission) -> Submission:
    """The submission once no living process waits for the answer to its create call."""
    current = await session.run(session.ledger.submission, submission.id)
    while current.stage == "sending" and not await session.run(session.ledger.is_idle, current):
        await session.sleep(session.pace.queue_interval)
        current = await session.run(session.ledger.submission, submission.id)
    return current


async def adopt(session: Session, submission: Submission, task_id: str) -> Submission:
    """Connect a task, by its id, with a submission. Raises UsageError if that is not possible."""
    service = Service(session, session.endpoint(submission.region), session.catalog.model(submission.model))
    known = await session.run(session.ledger.known_tasks, [task_id])
    if known and task_id != submission.task_id:
        raise UsageError(say("task {task_id} belongs to another submission", task_id=task_id))
    if submission.stage not in STEPS["adopted"][0]:
        raise UsageError(
            say(
                "submission {submission} is {stage}: only one that was sent and has no result can adopt a task",
                submission=submission.id,
                stage=submission.stage,
            )
        )
    async with session.claimed(submission) as own:
        answer = await service.task(task_id)
        if answer.status == "UNKNOWN":
            raise UsageError(say("the service knows no task {task_id} of this account", task_id=task_id))
        now = session.service_clock.now()
        return await session.run(session.ledger.adopted, own.id, session.account, task_id, answer.status, now)


async def detect_picture(session: Session, job: Job, ratio: str | None, *, again: bool = False) -> Detection:
    """Make the detect call of the job's model for the picture."""
    asked = session.catalog.model(job.model)
    detector = session.catalog.detector_of(asked)
    if detector is None:
        if asked.require_service().mode == "asynchronous":
            raise UsageError(say("{asked} has no detect call", asked=asked.id))
        detector = asked
    endpoint = session.endpoint(session.region_of(detector, job.region))
    job = with_local_paths(job, detector)
    own: dict[str, Any] = dict(job.parameters) if detector is asked else {}
    return await detect(Service(session, endpoint, detector), job, {"ratio": ratio, **own}, again=again)
