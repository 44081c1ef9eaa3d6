"""From a running task to its result: polled at the documented interval, downloaded before its URL expires."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from ..catalog import Model
from ..errors import ResultNotFoundError, TaskExpiredError, UsageError, WaitTimeoutError
from ..job import is_url
from ..language import say, say_many
from ..media.data_url import is_data_url
from ..media.source import display_name
from ..output_folder import OutputFolder
from ..system import file_name
from .calls import Service
from .dashscope.answers import TaskAnswer, failure_of
from .downloads import download
from .ledger import Submission
from .sending import job_of, refresh
from .session import Session

_JITTER = 0.1
_ID_IN_NAME = 8
_MAX_STEM_BYTES = 150
_URLS_SHOWN = 4
_MOST_OF_A_URL = 200


async def wait(session: Session, submission: Submission, *, timeout: float | None = None) -> TaskAnswer:
    """Poll the task of a claimed submission until it has succeeded; return the last answer.

    `timeout`: seconds; None waits as long as the service lets a task run. Raises TaskFailed, TaskExpiredError and
    WaitTimeoutError; ServiceError and TransportError if the service cannot be reached.
    """
    service = Service.of(session, submission)
    began = session.elapsed()
    patience = session.catalog.terms.task_deadline if timeout is None else timeout
    unknown = 0
    if submission.stage == "created" and submission.polled_at is None:
        # No task ends at once, but one from an earlier run may have ended.
        await session.sleep(min(max(session.poll_interval - _age(session, submission), 0.0), session.poll_interval))
    while True:
        task = await refresh(service, submission)
        session.tell("wait", submission, task.status)
        if task.status == "SUCCEEDED":
            return task
        if task.status in ("FAILED", "CANCELED"):
            raise failure_of(task)
        unknown = unknown + 1 if task.status == "UNKNOWN" else 0
        if unknown:
            await _ensure_may_come_back(session, submission, unknown)
        if session.elapsed() - began >= patience:
            raise WaitTimeoutError(
                say(
                    "task {task_id} is still {status} after {patience:.0f} s; it keeps running",
                    task_id=submission.task_id,
                    status=task.status,
                    patience=patience,
                )
            )
        await session.sleep(session.poll_interval * (1 + _JITTER * (2 * session.random() - 1)))


async def _ensure_may_come_back(session: Session, submission: Submission, unknown: int) -> None:
    """Raises for a task that was UNKNOWN several times in a row, or that the service no longer keeps."""
    if _age(session, submission) > session.catalog.terms.task_lifetime:
        words = "the service no longer knows the task"
        await session.run(session.ledger.failed, submission.id, "UNKNOWN", "TaskExpired", words)
        raise TaskExpiredError(
            say(
                "task {task_id} is no longer known to the service, which keeps tasks for 24 h",
                task_id=submission.task_id,
            )
        )
    if unknown >= session.pace.unknown_polls:
        # It may appear again, and may be billed: only the user can give it up.
        raise WaitTimeoutError(
            say(
                "task {task_id} is UNKNOWN to the service, which is too early; wait again, or submit the job with `again`",
                task_id=submission.task_id,
            )
        )


def _age(session: Session, submission: Submission) -> float:
    """Seconds since the task was made, by the service's clock; 0 if that is not known."""
    made, now = submission.created_at, session.service_clock.now()
    return 0.0 if made is None or now is None else now - made


async def fetch(session: Session, submission: Submission, task: TaskAnswer, out: str | os.PathLike[str] | None) -> Path | str:
    """Download the result of a task that succeeded: the path of the video, or a template id.

    Raises DownloadError, OutputError and ResultNotFoundError; the result can be downloaded again until its URL expires.
    """
    if task.result is None:
        raise _not_found(submission, task)
    if not is_url(task.result):
        await session.run(session.ledger.delivered, submission.id, task.result)
        return task.result
    folder = out if out is not None else submission.out
    if folder is None:
        raise UsageError(say("choose a folder for the video with `out`"))
    session.tell("download", submission, task.task_id)
    with OutputFolder(folder) as opened:
        delivered = await download(
            session,
            task.result,
            opened,
            video_name(session.catalog.model(submission.model), submission, _ID_IN_NAME),
            otherwise=video_name(session.catalog.model(submission.model), submission),
            public=not session.endpoint_of(submission).is_local,
            progress=lambda share: session.tell("download", submission, task.task_id, share),
        )
    # The ledger is used from any folder, so paths must be absolute.
    await session.run(session.ledger.delivered, submission.id, str(delivered.absolute()))
    return delivered


def _not_found(submission: Submission, task: TaskAnswer) -> ResultNotFoundError:
    shown = [_without_what_signs_it(url) for url in task.urls[:_URLS_SHOWN]]
    more = len(task.urls) - len(shown)
    kept = say_many("{count} URL in it", "{count} URLs in it", len(task.urls)) if task.urls else say("no URLs in it")
    if shown:
        named = say("{urls} and {count} more", urls=", ".join(shown), count=more) if more > 0 else ", ".join(shown)
        kept = say("{kept} ({urls})", kept=kept, urls=named)
    message = say(
        "task {task} succeeded and is paid for, but its result is not where it should be; the whole answer "
        "is kept, with {kept}: `mediapreflight tasks show {submission}` prints it",
        task=submission.task_id,
        kept=kept,
        submission=submission.id,
    )
    return ResultNotFoundError(submission.task_id or "", message, urls=task.urls, status=200, request_id=task.request_id)


def _without_what_signs_it(url: str) -> str:
    parts = urlsplit(url)
    return display_name(f"{parts.netloc.rpartition('@')[2]}{parts.path}")[:_MOST_OF_A_URL]


def video_name(model: Model, submission: Submission, id_length: int | None = None) -> str:
    """The name of the result: from the job's first file and the task's id, or its beginning.

    So a second run finds the file of the first.
    """
    inputs = job_of(submission).inputs
    role = next((role for role in model.roles if inputs.get(role)), "")
    first = inputs[role] if role else model.id
    if is_data_url(first):
        first = model.roles[role].kind
    stem = os.fsencode(file_name(Path(first.partition("?")[0]).stem))[:_MAX_STEM_BYTES].decode("utf-8", "ignore") or model.id
    return f"{stem}-{(submission.task_id or '')[:id_length]}.mp4"
