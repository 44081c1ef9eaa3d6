"""A registered job to a running task: inputs delivered, picture detected, create call sent once.

The create call may bill, so it is written down before it is sent. Where its answer is lost, the task list tells whether the task
was made; only a call that made none is sent again. One create call of a model is on its way at any time, over all processes that
share the ledger, so that a task in the list cannot be mistaken for another job's.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from ..catalog import Model
from ..errors import (
    DetectionRefusedError,
    LedgerError,
    LostAnswerError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
    ServiceFaultError,
    SubmitError,
    TransportError,
    UnclearTaskError,
    UnreachableError,
    UploadError,
    UsageError,
)
from ..job import Job, is_url, revised
from ..probe import probe
from ..probe.source import display_name
from .answers import (
    Detection,
    ListedTask,
    TaskAnswer,
    TaskPage,
    parse_created,
    parse_detection,
    parse_list,
    parse_task,
    refusal_of,
)
from .calls import ask, concurrent_tasks, model_rate, query_rate
from .cost import Cost, actual, rounded
from .endpoint import Endpoint, known_region
from .exchange import Answer, Call, Flow, Sleep
from .ledger import Submission
from .registering import has_boxes
from .requests import create_request, data_url, detect_request, list_request, model_id, query_request, sent_roles
from .surroundings import Surroundings
from .uploads import Local, examined, upload
from .urls import look_at

# HTTP dates have whole seconds, and the service's clock need not agree with itself over its machines.
_CLOCK_TOLERANCE_S = 3.0
_LIST_PAGE = 50
_LIST_PAGES = 20
# How often a create call that made no task is sent before the caller hears of it.
_CREATE_ATTEMPTS = 4


def job_of(submission: Submission) -> Job:
    """The job as it was registered."""
    record = submission.job
    return Job(record["model"], parameters=record["parameters"], region=record.get("region"), **record["inputs"])


def sendable(submission: Submission, given: Job | None) -> Job:
    """The job to be sent: as it was registered, with the URLs of `given`, the caller's own, where the ledger keeps none."""
    job = job_of(submission)
    if submission.resumable:
        return job
    if given is None:
        raise UsageError(f"submission {submission.id} has a signed URL as input, and the ledger keeps none; submit the job again")
    return revised(job, inputs={name: given.inputs[name] if is_url(value) else value for name, value in job.inputs.items()})


def send(around: Surroundings, submission: Submission, given: Job | None = None) -> Flow[Submission]:
    """Bring a claimed submission to the stage `created` or beyond, from whatever stage it was left in.

    Args:
        given: the job as the caller has it, for what the ledger does not keep of it.

    Raises SubmitError. The submission then is `failed` where the service refused it, else open: sending can be taken up again.
    """
    model = around.catalog.model(submission.model)
    endpoint = around.endpoint_of(submission)
    if submission.stage == "sending":
        submission = yield from settle(around, endpoint, model, submission)
    if submission.stage != "ready":
        return submission
    job = sendable(submission, given)
    try:
        urls = yield from _delivered(around, endpoint, model, submission, job)
        boxes = yield from _detected(around, endpoint, model, submission, job)
    except ServiceError as error:
        if _is_final(error):
            yield Call(functools.partial(_record_refusal, around, submission, error))
        raise
    return (yield from _created(around, endpoint, model, submission, job, urls, boxes))


def _is_final(error: SubmitError) -> bool:
    """Whether the job itself is refused; a wrong key, an unpaid bill or a bad day of the service leave it open."""
    return isinstance(error, RequestRefusedError | DetectionRefusedError) and not error.retry_helps


def _record_refusal(around: Surroundings, submission: Submission, error: ServiceError) -> None:
    around.ledger.failed(submission.id, None, error.code, error.service_message)
    _forget_uploads(around, submission)


def _forget_uploads(around: Surroundings, submission: Submission) -> None:
    """Let the next attempt upload the files anew: the temporary space may have lost them, which no code tells for sure."""
    model = around.catalog.model(submission.model)
    for each in (model, *([around.catalog.model(model.service.detect)] if model.service.detect else [])):
        for sha256 in submission.hashes.values():
            sent_as = model_id(each, known_region(submission.region))
            around.ledger.forget_upload(around.account, sent_as, submission.base_url, sha256)


# --- inputs


def _delivered(around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission, job: Job) -> Flow[dict[str, str]]:
    """A URL for every input file that the service will use, by role."""
    urls = {}
    for name in sent_roles(model, job.inputs, job.parameters):
        urls[name] = yield from _delivered_input(around, endpoint, model, submission, name, job.inputs[name])
    return urls


def _delivered_input(
    around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission, role: str, value: str
) -> Flow[str]:
    if value.startswith("oss://"):
        return value
    if is_url(value):
        if around.look_at_urls:
            yield from look_at(value, model.roles[role], allow_private=around.private_urls, random=around.random)
        return value
    around.tell("upload", submission, display_name(value))
    local: Local = yield Call(functools.partial(_registered_file, submission, role, value))
    if endpoint.region not in around.catalog.provider.upload_regions.documented and model.roles[role].base64:
        return str((yield Call(functools.partial(_inline, value))))
    sent_as = model_id(model, endpoint.region)
    return (yield from upload(around, endpoint, sent_as, local, submission))


def _inline(path: str) -> str:
    """A picture as a `data:` URL."""
    return data_url(path, probe(path, "metadata").format or "")


def _registered_file(submission: Submission, role: str, path: str) -> Local:
    """The file, as long as it is the one that was registered. Raises UploadError where it is not."""
    local = examined(path)
    if submission.hashes.get(role, local.sha256) != local.sha256:
        raise UploadError(f"{display_name(path)}: is no longer the file that was submitted; submit the job again")
    return local


# --- detection


def _detected(around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission, job: Job) -> Flow[dict[str, Any]]:
    """The fields that the model's detect call fills, and its consent; nothing where the caller asked for no call."""
    if model.service.detect is None or submission.boxes != "service":
        return {}
    if submission.fields:
        return submission.fields
    if has_boxes(model, job):
        return {}
    detector = around.catalog.model(model.service.detect)
    inputs = {name: job.inputs[name] for name in detector.roles if job.inputs.get(name)}
    around.tell("detect", submission, detector.id)
    detection = yield from detect(around, endpoint, detector, inputs, {"ratio": submission.job.get("ratio")}, submission)
    if not detection.passed:
        raise refusal_of(detection)
    fields = {name: detection.fields[name] for name, field in model.fields.items() if field.filled_by}
    yield Call(lambda: around.ledger.filled(submission.id, fields))
    return fields


def detect(
    around: Surroundings,
    endpoint: Endpoint,
    detector: Model,
    inputs: Mapping[str, str],
    parameters: Mapping[str, Any],
    submission: Submission | None = None,
) -> Flow[Detection]:
    """Ask a detect call about a picture; an answer of the last 24 h about the same bytes is not paid for again.

    Args:
        inputs: a path or URL by role. parameters: what is None, or no parameter of the call, is left out.

    Raises LostAnswerError where no answer came: the call bills, so it is not repeated here.
    """
    values = {name: value for name, value in parameters.items() if name in detector.parameters and value is not None}
    (role, value) = next(iter(inputs.items()))
    sent_as = model_id(detector, endpoint.region)
    if is_url(value) or value.startswith("oss://"):
        key = value.partition("?")[0] if not is_url(value) else None
        url = value
    else:
        local: Local = yield Call(functools.partial(examined, value))
        key = local.sha256
        url = yield from upload(around, endpoint, sent_as, local, submission)
    ratio = str(values.get("ratio", ""))
    if key is not None:
        known = yield Call(lambda: around.ledger.detection(around.account, detector.id, endpoint.base_url, key, ratio))
        if known is not None:
            return Detection(**known)
    request = detect_request(endpoint, detector, {role: url}, values)
    parse = functools.partial(parse_detection, model=detector)
    detection = yield from ask(around, request, model_rate(around, endpoint, detector), parse, repeatable=False)
    if key is not None:
        record = {name: getattr(detection, name) for name in Detection.__dataclass_fields__}
        yield Call(lambda: around.ledger.remember_detection(around.account, detector.id, endpoint.base_url, key, ratio, record))
    return detection


# --- the create call


def _created(
    around: Surroundings,
    endpoint: Endpoint,
    model: Model,
    submission: Submission,
    job: Job,
    urls: Mapping[str, str],
    boxes: Mapping[str, Any],
) -> Flow[Submission]:
    given = {name: value for name, value in job.inputs.items() if name not in model.roles}
    request = create_request(endpoint, model, urls, {**boxes, **given}, job.parameters, endpoint.region)
    for _ in range(_CREATE_ATTEMPTS):
        yield from _turn_to_send(around, endpoint, model, submission)
        around.tell("create", submission, model.id)
        try:
            task = yield from ask(around, request, model_rate(around, endpoint, model), parse_created, repeatable=False)
        except (LostAnswerError, ServiceFaultError, ProtocolError) as error:
            lost = error
            answered = not isinstance(error, LostAnswerError)
            submission = yield from settle(around, endpoint, model, submission, answered=answered)
            if submission.stage != "ready":
                return submission
        except (UnreachableError, ServiceError) as error:
            if isinstance(error, ServiceError) and _is_final(error):
                yield Call(functools.partial(_record_refusal, around, submission, error))
            else:
                yield Call(functools.partial(around.ledger.not_created, submission.id))
            raise
        else:
            return (yield from _recorded(around, submission, task))
    raise lost


def _recorded(around: Surroundings, submission: Submission, task: TaskAnswer | ListedTask) -> Flow[Submission]:
    updated: Submission = yield Call(lambda: around.ledger.created(submission.id, task.task_id, task.request_id, task.status))
    return updated


def _turn_to_send(around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission) -> Flow[None]:
    """Wait until fewer tasks of the model are open than may run at once, and mark this submission as being sent."""
    most = concurrent_tasks(model, endpoint.region)
    while obstacles := (yield Call(lambda: around.ledger.begin_sending(submission.id, most))):
        around.tell("queue", submission, f"{len(obstacles)} before it")
        for other in obstacles:
            yield from _look_after(around, endpoint, other)
        yield Sleep(around.pace.queue_interval)


def _look_after(around: Surroundings, endpoint: Endpoint, other: Submission) -> Flow[None]:
    """Bring a submission that stands in the way up to date, where nobody else does: its process has ended or left it."""
    if not (yield Call(lambda: around.ledger.is_idle(other))):
        return
    if other.stage == "created" and other.polled_at and abs(around.clock() - other.polled_at) < around.poll_interval:
        return
    claimed: Submission | None = yield Call(lambda: around.ledger.claim(other.id))
    if claimed is None:
        return
    model = around.catalog.model(claimed.model)
    try:
        if claimed.stage == "sending":
            yield from settle(around, endpoint, model, claimed)
        elif claimed.stage == "created":
            yield from refresh(around, endpoint, model, claimed)
    except (UnclearTaskError, TransportError, ServiceError, LedgerError):
        # Its own caller will hear of it; here it only stands in the way.
        return
    finally:
        around.ledger.release(claimed.id)


def refresh(around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission) -> Flow[TaskAnswer]:
    """Query a created task, and record what it has become."""
    request = query_request(endpoint, submission.task_id or "")
    parse = functools.partial(parse_task, model=model)
    task = yield from ask(around, request, query_rate(around, endpoint), parse, repeatable=True)
    if submission.stage == "created":
        yield Call(functools.partial(_record, around, submission, task))
    return task


def _record(around: Surroundings, submission: Submission, task: TaskAnswer) -> None:
    if task.status == "SUCCEEDED":
        cost = _actual_cost(around, submission, task)
        amount = None if cost.amount is None else float(rounded(cost.amount))
        around.ledger.succeeded(submission.id, task.seconds, amount, cost.currency)
    elif task.status in ("FAILED", "CANCELED"):
        around.ledger.failed(submission.id, task.status, task.code, task.message)
        _forget_uploads(around, submission)
    else:
        around.ledger.polled(submission.id, task.status)


def _actual_cost(around: Surroundings, submission: Submission, task: TaskAnswer) -> Cost:
    job = job_of(submission)
    whole = revised(job, inputs={**job.inputs, **submission.fields})
    model = around.catalog.model(submission.model)
    return actual(whole, model, task.seconds, region=submission.region, ratio=submission.job.get("ratio"))


# --- a lost answer


def settle(
    around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission, *, answered: bool = False
) -> Flow[Submission]:
    """Find out from the task list whether a create call whose answer was lost made a task.

    Args:
        answered: whether something came back, so that the call is no longer on its way.

    Returns the submission in the stage `created` where exactly one task can be its own, and `ready` where there is none.
    Raises UnclearTaskError where there are several, and TransportError or ServiceError where the list cannot be had; it stays
    open then.
    """
    for pause in _pauses(around, submission, answered):
        yield Sleep(pause)
        found = yield from _candidates(around, endpoint, model, submission)
        if len(found) > 1:
            ids = tuple(task.task_id for task in found)
            message = f"the answer to its create call was lost, and each of these tasks could be its own: {', '.join(ids)}"
            yield Call(functools.partial(around.ledger.failed, submission.id, None, "Unclear", message))
            raise UnclearTaskError(message, ids)
        if found:
            return (yield from _recorded(around, submission, found[0]))
    ready: Submission = yield Call(lambda: around.ledger.not_created(submission.id))
    return ready


def _pauses(around: Surroundings, submission: Submission, answered: bool) -> Iterator[float]:
    """Waits between looks at the task list, until the call was sent so long ago that it can make no task any more."""
    pace = around.pace
    yield from pace.settle
    if answered:
        return
    # A clock that jumps must neither end this too early nor drag it out: what counts is what was waited, too.
    waited, sent = sum(pace.settle), submission.sent_at or around.clock()
    while waited < pace.create_deadline and around.clock() < sent + pace.create_deadline:
        yield pace.settle[-1]
        waited += pace.settle[-1]


def _candidates(around: Surroundings, endpoint: Endpoint, model: Model, submission: Submission) -> Flow[list[ListedTask]]:
    """The tasks of the model that were made since the call was sent and that the ledger does not know."""
    sent_as = model_id(model, endpoint.region)

    def dated(answer: Answer) -> tuple[TaskPage, float]:
        # What counts is the service's clock, which its answers tell.
        return parse_list(answer), _server_ahead(answer, around.clock())

    found: list[ListedTask] = []
    earliest = -math.inf
    for number in range(1, _LIST_PAGES + 1):
        request = list_request(endpoint, model_name=sent_as, page_no=number, page_size=_LIST_PAGE)
        page, ahead = yield from ask(around, request, query_rate(around, endpoint), dated, repeatable=True)
        now = around.clock()
        earliest = min(submission.sent_at or now, now) + ahead - _CLOCK_TOLERANCE_S
        found += [task for task in page.tasks if task.created is None or task.created >= earliest]
        if number >= page.total_page or not page.tasks:
            break
    known: set[str] = yield Call(lambda: around.ledger.knows_tasks([task.task_id for task in found]))
    return [task for task in found if task.task_id not in known and task.model_name in ("", sent_as)]


def _server_ahead(answer: Answer, now: float) -> float:
    """How far the service's clock is ahead of ours, in seconds; 0 where its answer does not tell."""
    try:
        date = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return 0.0
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
