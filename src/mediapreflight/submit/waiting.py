"""A running task to its result: polled at the documented pace, fetched before its URL dies."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from ..catalog import Model
from ..errors import ProtocolError, TaskExpiredError, UsageError, WaitTimeoutError
from ..job import is_url
from ..output_folder import OutputFolder
from .answers import TaskAnswer, failure_of
from .downloads import Delivered, download
from .exchange import Call, Flow, Sleep
from .ledger import Submission
from .sending import job_of, refresh
from .surroundings import Surroundings

_JITTER = 0.1
_ID_IN_NAME = 8
_MAX_STEM_BYTES = 150


def wait(around: Surroundings, submission: Submission, *, timeout: float | None = None) -> Flow[TaskAnswer]:
    """Poll the task of a claimed submission until it has succeeded, and return its last answer.

    Args:
        timeout: seconds; None waits as long as the service lets a task run.

    Raises TaskFailed, TaskExpiredError and WaitTimeoutError; ServiceError and TransportError where the service cannot be asked.
    """
    model = around.catalog.model(submission.model)
    endpoint = around.endpoint_of(submission)
    began = around.clock()
    patience = around.catalog.provider.task_deadline if timeout is None else timeout
    unknown = 0
    if submission.stage == "created" and submission.polled_at is None:
        # No task ends at once; one that was made a while ago, in an earlier run, may have.
        yield Sleep(max((submission.created_at or began) + around.poll_interval - began, 0.0))
    while True:
        task = yield from refresh(around, endpoint, model, submission)
        around.tell("wait", submission, task.status)
        if task.status == "SUCCEEDED":
            return task
        if task.status in ("FAILED", "CANCELED"):
            raise failure_of(task)
        unknown = unknown + 1 if task.status == "UNKNOWN" else 0
        if unknown and _has_expired(around, submission):
            yield Call(functools.partial(_expire, around, submission))
            raise TaskExpiredError(f"task {submission.task_id} is no longer known to the service, which keeps tasks for 24 h")
        if unknown >= around.pace.unknown_polls:
            # It may come back, and may be billed: only the user can say that it is to be given up.
            raise WaitTimeoutError(
                f"task {submission.task_id} is UNKNOWN to the service, too early; wait again, or submit it `again`"
            )
        if around.clock() - began >= patience:
            raise WaitTimeoutError(f"task {submission.task_id} is still {task.status} after {patience:.0f} s; it goes on")
        yield Sleep(around.poll_interval * (1 + _JITTER * (2 * around.random() - 1)))


def _has_expired(around: Surroundings, submission: Submission) -> bool:
    made = submission.created_at
    return made is not None and around.clock() - made > around.catalog.provider.task_lifetime


def _expire(around: Surroundings, submission: Submission) -> None:
    around.ledger.failed(submission.id, "UNKNOWN", "TaskExpired", "the service no longer knows the task")


def fetch(around: Surroundings, submission: Submission, task: TaskAnswer, out: str | os.PathLike[str] | None) -> Flow[Path | str]:
    """Bring the result of a succeeded task home: the path of the video, or a template id.

    Raises DownloadError, OutputError and ProtocolError; the result can be fetched again until its URL dies.
    """
    if task.result is None:
        raise ProtocolError(
            "", f"task {task.task_id} succeeded, but its answer names no result", status=200, request_id=task.request_id
        )
    if not is_url(task.result):
        yield Call(lambda: around.ledger.delivered(submission.id, task.result))
        return task.result
    folder = out if out is not None else submission.out
    if folder is None:
        raise UsageError("say where the video goes, with `out`")
    around.tell("download", submission, task.task_id)
    with OutputFolder(folder) as opened:
        delivered: Delivered = yield from download(
            task.result,
            opened,
            video_name(around.catalog.model(submission.model), submission),
            attempts=around.pace.attempts,
            first_backoff=around.pace.first_backoff,
            containment=around.containment,
            random=around.random,
            progress=lambda share: around.tell("download", submission, task.task_id, share),
        )
    # The ledger is read from any folder.
    yield Call(lambda: around.ledger.delivered(submission.id, str(delivered.path.absolute())))
    return delivered.path


def video_name(model: Model, submission: Submission) -> str:
    """What the result is called: after the job's first file, and the task, so that a second run meets the first."""
    inputs = job_of(submission).inputs
    first = next((inputs[role] for role in model.roles if inputs.get(role)), model.id)
    stem = os.fsencode(Path(first.partition("?")[0]).stem)[:_MAX_STEM_BYTES].decode("utf-8", "ignore") or model.id
    return f"{stem}-{(submission.task_id or '')[:_ID_IN_NAME]}.mp4"
