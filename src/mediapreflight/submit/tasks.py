"""What callers do with jobs and tasks, as flows: the client's methods are these, one to one."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..catalog import Model
from ..errors import RequestRefusedError, TaskExpiredError, TaskFailed, UsageError
from ..job import Job
from .answers import Detection, ListedTask, TaskAnswer, parse_cancel, parse_list
from .calls import ask, query_rate
from .endpoint import Endpoint
from .exchange import Call, Flow, Sleep
from .ledger import Submission
from .registering import fitting, new_submission
from .requests import cancel_request, list_request, model_id
from .sending import detect, refresh, send
from .surroundings import Boxes, Surroundings
from .uploads import examined, upload
from .waiting import fetch, wait

_LIST_PAGE = 50


@dataclass(frozen=True)
class Task:
    """What the service made of a job, as it was last seen.

    Attributes:
        id: the service's task id.
        status: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN, or one of the model's own.
        request_id: what the provider's support asks for.
        number: the submission's number in the ledger.
        result: the URL of the video, which lives 24 h, or a template id; None before it has succeeded.
        seconds: what was billed, where the answer says.
        code, message: why it failed; empty where it did not.
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


def submit_flow(
    around: Surroundings,
    job: Job,
    *,
    boxes: Boxes = "service",
    ratio: str | None = None,
    again: bool = False,
    force: bool = False,
    out: str | os.PathLike[str] | None = None,
) -> Flow[Task]:
    """`Client.submit`."""
    model = around.catalog.model(job.model)
    if model.service.mode == "synchronous":
        raise UsageError(f"{model.id} answers at once and makes no task; use `detect`")
    report = yield Call(functools.partial(fitting, around, job, force=force))
    entry = yield Call(functools.partial(new_submission, around, job, report, boxes=boxes, ratio=ratio, out=out))
    (submission,) = yield Call(lambda: around.ledger.register([entry], again=again))
    if submission.stage in ("ready", "sending"):
        claimed = yield from claimed_flow(around, submission)
        with _released(around, claimed):
            submission = yield from send(around, claimed, job)
    return task_of(submission)


def task_of(submission: Submission) -> Task:
    """A submission whose task was created, as a task."""
    return Task(
        id=submission.task_id or "",
        model=submission.model,
        status=submission.status or "PENDING",
        request_id=submission.request_id or "",
        number=submission.id,
        seconds=submission.seconds_billed,
        code=submission.error_code or "",
        message=submission.error_message or "",
    )


def _seen(submission: Submission, answer: TaskAnswer) -> Task:
    return Task(
        id=answer.task_id,
        model=submission.model,
        status=answer.status,
        request_id=answer.request_id,
        number=submission.id,
        result=answer.result,
        seconds=answer.seconds,
        code=answer.code,
        message=answer.message,
    )


def claimed_flow(around: Surroundings, submission: Submission) -> Flow[Submission]:
    """Take a submission over as soon as no other living process or thread works on it."""
    while (claimed := (yield Call(lambda: around.ledger.claim(submission.id)))) is None:
        around.tell("queue", submission, "in the hands of another process")
        yield Sleep(around.pace.queue_interval)
    return claimed  # type: ignore[no-any-return]


@contextmanager
def _released(around: Surroundings, submission: Submission) -> Iterator[None]:
    try:
        yield
    finally:
        around.ledger.release(submission.id)


def finish_flow(
    around: Surroundings,
    submission: Submission,
    out: str | os.PathLike[str] | None = None,
    *,
    given: Job | None = None,
    timeout: float | None = None,
    detach: bool = False,
) -> Flow[tuple[Submission, TaskAnswer | None, Path | str | None]]:
    """Bring a submission to its end, from wherever it stands: the record, the task's last answer, and what came.

    Args:
        given: the job as the caller has it, for what the ledger does not keep of it.
        detach: stop as soon as its task is created.
    """
    claimed = yield from claimed_flow(around, submission)
    with _released(around, claimed):
        current = yield from send(around, claimed, given)
        if current.stage == "failed":
            raise _failure(current)
        if detach and current.stage == "created":
            return current, None, None
        home = yield Call(functools.partial(_at_home, current, out))
        if home is not None:
            return current, None, home
        answer = yield from wait(around, current, timeout=timeout)
        came = yield from fetch(around, current, answer, out)
    final: Submission = yield Call(lambda: around.ledger.submission(current.id))
    return final, answer, came


def _at_home(submission: Submission, out: str | os.PathLike[str] | None) -> Path | str | None:
    """What an earlier run brought home, where it still is, and is where it is wanted."""
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
        return TaskExpiredError(f"task {submission.task_id}: {message}")
    if submission.task_id is None:
        return RequestRefusedError(code, message, status=400)
    return TaskFailed(submission.task_id, code, message, status=200, request_id=submission.request_id or "")


def wait_flow(
    around: Surroundings, task: Task | str, out: str | os.PathLike[str] | None, timeout: float | None
) -> Flow[Path | str]:
    """`Client.wait`."""
    submission = yield from _known(around, task)
    _, _, came = yield from finish_flow(around, submission, out, timeout=timeout)
    assert came is not None
    return came


def fetch_flow(around: Surroundings, task: Task | str) -> Flow[Task]:
    """`Client.fetch`."""
    submission = yield from _known(around, task)
    claimed: Submission | None = yield Call(lambda: around.ledger.claim(submission.id))
    if claimed is None:
        return task_of(submission)
    with _released(around, claimed):
        model, endpoint = _place(around, claimed)
        return _seen(claimed, (yield from refresh(around, endpoint, model, claimed)))


def download_flow(around: Surroundings, task: Task | str, out: str | os.PathLike[str]) -> Flow[Path | str]:
    """`Client.download`."""
    submission = yield from _known(around, task)
    claimed = yield from claimed_flow(around, submission)
    with _released(around, claimed):
        answer = yield from wait(around, claimed, timeout=0)
        return (yield from fetch(around, claimed, answer, out))


def cancel_flow(around: Surroundings, task: Task | str) -> Flow[None]:
    """`Client.cancel`."""
    submission = yield from _known(around, task)
    yield from cancel_submission_flow(around, submission)


def cancel_submission_flow(around: Surroundings, submission: Submission) -> Flow[None]:
    """Cancel a submission whose task is PENDING, or that was not sent yet."""
    if submission.task_id is not None:
        _, endpoint = _place(around, submission)
        request = cancel_request(endpoint, submission.task_id)
        yield from ask(around, request, query_rate(around, endpoint), parse_cancel, repeatable=True)
    claimed: Submission | None = yield Call(lambda: around.ledger.claim(submission.id))
    if claimed is None:
        # Whoever works on it will see that it is gone.
        return
    with _released(around, claimed):
        yield Call(lambda: around.ledger.failed(claimed.id, "CANCELED", "Canceled", "it was canceled"))


def _known(around: Surroundings, task: Task | str) -> Flow[Submission]:
    task_id = task if isinstance(task, str) else task.id
    found: Submission | None = yield Call(lambda: around.ledger.by_task(task_id))
    if found is None:
        raise UsageError(f"task {task_id!r} is not in the ledger; tasks of other machines are listed by `list`")
    return found


def _place(around: Surroundings, submission: Submission) -> tuple[Model, Endpoint]:
    return around.catalog.model(submission.model), around.endpoint_of(submission)


def list_flow(around: Surroundings, model: str | None, status: str | None) -> Flow[tuple[ListedTask, ...]]:
    """`Client.list`."""
    endpoint = around.home()
    name = None if model is None else model_id(around.catalog.model(model), endpoint.region)
    tasks: list[ListedTask] = []
    number = 1
    while True:
        request = list_request(endpoint, model_name=name, status=status, page_no=number, page_size=_LIST_PAGE)
        page = yield from ask(around, request, query_rate(around, endpoint), parse_list, repeatable=True)
        tasks += page.tasks
        if number >= page.total_page or not page.tasks:
            return tuple(tasks)
        number += 1


def upload_flow(around: Surroundings, path: str, model: str, region: str | None) -> Flow[str]:
    """`Client.upload`."""
    known = around.catalog.model(model)
    endpoint = around.endpoint(around.region_of(known, region))
    local = yield Call(functools.partial(examined, path))
    return (yield from upload(around, endpoint, model_id(known, endpoint.region), local))


def detect_flow(around: Surroundings, job: Job, ratio: str | None) -> Flow[Detection]:
    """`Client.detect`."""
    asked = around.catalog.model(job.model)
    if asked.service.mode == "asynchronous" and asked.service.detect is None:
        raise UsageError(f"{asked.id} has no detect call")
    detector = around.catalog.model(asked.service.detect) if asked.service.detect else asked
    endpoint = around.endpoint(around.region_of(detector, job.region))
    inputs = {name: job.inputs[name] for name in detector.roles if job.inputs.get(name)}
    if not inputs:
        raise UsageError(f"{detector.id} wants {' and '.join(detector.roles)}")
    own: dict[str, Any] = dict(job.parameters) if detector is asked else {}
    return (yield from detect(around, endpoint, detector, inputs, {"ratio": ratio, **own}))


def template_flow(around: Surroundings, video: str, model: str, timeout: float | None) -> Flow[str]:
    """`Client.template`."""
    maker = around.catalog.model(model).service.template
    if maker is None:
        raise UsageError(f"{model} takes no template")
    role = next(iter(around.catalog.model(maker).roles))
    inputs: dict[str, Any] = {role: video}
    task = yield from submit_flow(around, Job(maker, **inputs))
    return str((yield from wait_flow(around, task, None, timeout)))
