"""From a registered job to a running task: upload the inputs, make the detect call, send the create call once.

Detect and create calls may cost money, so they are recorded before they are sent, and sent again only if they certainly had
no effect. If the answer to a create call is lost, `settling` looks for its task. One create call of a model runs
at any time, over all processes that share the ledger, so that tasks in the list cannot be confused.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from ..catalog import Model
from ..errors import (
    DetectionRefusedError,
    LedgerError,
    LostAnswerError,
    RequestRefusedError,
    ServiceError,
    SubmitError,
    UnreachableError,
    UploadError,
    UsageError,
)
from ..job import Job, is_oss_url, is_url, revised, with_local_paths
from ..language import say
from ..media.data_url import is_data_url
from ..media.source import display_name
from ..text import listed
from .calls import UNSURE, Service, UnknownOutcome, ask_once, concurrent_tasks, may_pass, retried, turn, wait_out
from .dashscope.answers import Detection, TaskAnswer, parse_created, parse_detection, refusal_of
from .dashscope.endpoint import known_region
from .dashscope.requests import call_request, model_id, sent_roles
from .forecast import actual
from .http import Request
from .inputs import Local, examined, inline_url, look_at, upload
from .ledger import Key, Submission
from .pipeline import has_boxes
from .session import Session
from .settling import ensure_own, recorded, settle, tasks_before


def job_of(submission: Submission) -> Job:
    """The job as it was registered. Raises LedgerError if its record is not a job."""
    record = submission.job
    try:
        return Job(record["model"], parameters=record["parameters"], region=record.get("region"), **record["inputs"])
    except (UsageError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise LedgerError(
            say("submission {submission}: its job cannot be read: {error}", submission=submission.id, error=error)
        ) from None


def sendable(model: Model, submission: Submission, given: Job | None) -> Job:
    """The job to send: as it was registered, with the files of the caller's job `given`, which may have been moved since."""
    job = job_of(submission)
    if given is not None:
        own = with_local_paths(given, model).inputs
        return revised(job, inputs={**job.inputs, **{name: own[name] for name in model.roles if name in own}})
    if not submission.resumable:
        raise UsageError(
            say(
                "submission {submission} has an input that the ledger does not keep (a signed or data: URL); "
                "submit the job again",
                submission=submission.id,
            )
        )
    return job


async def send(session: Session, submission: Submission, given: Job | None = None) -> Submission:
    """Bring a claimed submission to the stage `created` or beyond, from any stage.

    Args:
        given: the job as the caller has it, with the same files, wherever they are now.

    Raises SubmitError. The submission is then `failed` if the service refused it, else open: it can be sent later.
    """
    service = Service.of(session, submission)
    if submission.stage in ("sending", "unclear"):
        submission = await settle(service, submission)
    if submission.stage != "ready":
        return submission
    job = sendable(service.model, submission, given)
    try:
        boxes = await _detected(service, submission, job)
        roles = sent_roles(service.model, job.inputs, job.parameters)
        urls = {role: await _delivered(service, submission, role, job.inputs[role]) for role in roles}
    except ServiceError as error:
        await session.run(_record_refusal, session, submission, error)
        raise
    return await _created(service, submission, job, urls, boxes)


def _is_final(error: SubmitError) -> bool:
    """Whether the job itself is refused; after a wrong key, an unpaid bill or a failure of the service it stays open."""
    return isinstance(error, RequestRefusedError | DetectionRefusedError) and not error.retry_helps


def _record_refusal(session: Session, submission: Submission, error: ServiceError) -> None:
    if _is_final(error):
        session.ledger.failed(submission.id, None, error.code, error.service_message)
    if isinstance(error, RequestRefusedError | DetectionRefusedError):
        _forget_uploads(session, submission)


def _forget_uploads(session: Session, submission: Submission) -> None:
    """Make the next attempt upload the files again: the temporary space may have lost them, and no code says so clearly."""
    model = session.catalog.model(submission.model)
    for each in filter(None, (model, session.catalog.detector_of(model))):
        for sha256 in submission.hashes.values():
            sent_as = model_id(each, known_region(submission.region))
            session.ledger.forget(Key("upload", session.account, sent_as, submission.base_url, sha256))


# --- inputs


async def _delivered(service: Service, submission: Submission, role: str, value: str) -> str:
    """A URL for an input file."""
    session = service.session
    if is_oss_url(value):
        return value
    if is_url(value):
        if session.look_at_urls:
            await look_at(session, value, service.model.roles[role])
        return value
    session.tell("upload", submission, display_name(value))
    local = await session.run(_registered_file, session, submission, role, value)
    takes = service.model.roles[role]
    no_space = not takes.uploads or service.endpoint.region not in session.catalog.terms.upload_regions.documented
    if takes.base64 and (no_space or is_data_url(value) or submission.job.get("inline")):
        return await session.run(inline_url, value, local.sha256)
    return await upload(service, local, submission)


def _registered_file(session: Session, submission: Submission, role: str, path: str) -> Local:
    """The file, as long as it is the one that was registered. Raises UploadError if it is not."""
    local = examined(session, path)
    if submission.hashes.get(role, local.sha256) != local.sha256:
        raise UploadError(say("{path}: is no longer the file that was submitted; submit the job again", path=display_name(path)))
    return local


# --- detection


async def _detected(service: Service, submission: Submission, job: Job) -> dict[str, Any]:
    """The fields that the model's detect call fills; nothing if the caller wants no call. Raises if it refuses the picture."""
    session = service.session
    detect_model = session.catalog.detector_of(service.model)
    if detect_model is None or submission.boxes != "service":
        return {}
    if submission.fields:
        return submission.fields
    if has_boxes(service.model, job):
        return {}
    session.tell("detect", submission, detect_model.id)
    parameters = {"ratio": submission.job.get("ratio")}
    detection = await detect(replace(service, model=detect_model), job, parameters, submission, again=submission.again)
    if not detection.passed:
        raise refusal_of(detection)
    fields = {name: detection.fields[name] for name, field in service.model.fields.items() if field.filled_by}
    await session.run(session.ledger.filled, submission.id, fields)
    return fields


_LOST_DETECTION = say(
    "the answer to the detect call for this picture was lost, and the call may have been billed; "
    "`--again` makes it again, `--boxes local` does without it",
)


async def detect(
    service: Service, job: Job, parameters: Mapping[str, Any], submission: Submission | None = None, *, again: bool = False
) -> Detection:
    """Make a detect call for a job's picture; an answer of the last 24 h for the same bytes is not paid for again.

    Args:
        parameters: those that are None, or that the call does not have, are left out.
        again: also call if the answer to the same call was lost.

    Raises LostAnswerError if there was no answer, now or the last time: the call costs money, so it is not repeated
    automatically. Raises UsageError if there is no picture.
    """
    role = next((name for name in service.model.roles if job.inputs.get(name)), None)
    if role is None:
        raise UsageError(say("{model} needs {roles}", model=service.model.id, roles=listed(tuple(service.model.roles))))
    session, value = service.session, job.inputs[role]
    values = {name: value for name, value in parameters.items() if name in service.model.parameters and value is not None}
    local = None if is_url(value) else await session.run(examined, session, value)
    # The file at a URL may change, so its answer is not used again; but the call is still recorded.
    what = local.sha256 if local is not None else hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    key = Key("detection", session.account, service.model.id, service.endpoint.base_url, what, str(values.get("ratio", "")))
    while True:
        known = await session.run(session.ledger.kept, key)
        if known is not None:
            return Detection(**known)
        url = value if local is None else await upload(service, local, submission)
        state = await session.run(session.ledger.begin_detection, key, again=again)
        if state == "begun":
            break
        if state == "lost":
            raise LostAnswerError(_LOST_DETECTION)
        if state == "under way":
            await session.sleep(session.pace.queue_interval)
    request = call_request(service.endpoint, service.model, {role: url}, {}, values)
    try:
        return await _asked(service, request, key, keep=local is not None or is_oss_url(value))
    finally:
        session.ledger.end_detection(key)


async def _asked(service: Service, request: Request, key: Key, *, keep: bool) -> Detection:
    """Send an announced detect call when the rate allows it, and record the result."""
    session = service.session
    parse = functools.partial(parse_detection, model=service.model)
    try:
        detection = await retried(session, lambda: ask_once(session, request, parse), service.rate, may_pass)
    except UnknownOutcome as unknown:
        if not unknown.failed or (isinstance(unknown.error, ServiceError) and unknown.error.status in UNSURE):
            raise LostAnswerError(f"{_LOST_DETECTION} ({unknown.error})") from None
        await session.run(session.ledger.forget, key)
        raise unknown.error from None
    except (UnreachableError, ServiceError):
        await session.run(session.ledger.forget, key)
        raise
    if keep:
        await session.run(session.ledger.keep, key, asdict(detection))
    else:
        await session.run(session.ledger.forget, key)
    return detection


# --- the create call


async def _created(
    service: Service,
    submission: Submission,
    job: Job,
    urls: Mapping[str, str],
    boxes: Mapping[str, Any],
) -> Submission:
    session = service.session
    given = {name: value for name, value in job.inputs.items() if name not in service.model.roles}
    request = call_request(service.endpoint, service.model, urls, {**boxes, **given}, job.parameters)
    for attempt in range(session.pace.attempts):
        is_last = attempt + 1 == session.pace.attempts
        sending = await _turn_to_send(service, submission)
        began = session.elapsed()
        try:
            task = await ask_once(session, request, parse_created)
        except UnknownOutcome as unknown:
            settled = await settle(service, sending, began=began, failed=unknown.failed)
            if settled.stage != "ready":
                return settled
            if is_last:
                raise unknown.error from None
        except (UnreachableError, ServiceError) as error:
            if isinstance(error, ServiceError):
                await session.run(_record_refusal, session, submission, error)
            if _is_final(error):
                raise
            await session.run(session.ledger.not_created, submission.id)
            if is_last or not may_pass(error):
                raise
            await wait_out(session, error, attempt, service.rate)
        else:
            return await recorded(session, submission, task)
    raise AssertionError("the last attempt returns or raises")


async def _turn_to_send(service: Service, submission: Submission) -> Submission:
    """Wait until a task of the model may be created, and mark this submission as `sending`."""
    session = service.session
    most = concurrent_tasks(service.model, service.endpoint.region)
    while True:
        while obstacles := await session.run(session.ledger.in_the_way, submission.id, most):
            session.tell("queue", submission, say("{count} ahead of it", count=len(obstacles)))
            for other in obstacles:
                await _look_after(service, other)
            await session.sleep(session.pace.queue_interval)
        before = await tasks_before(service)
        await turn(session, service.rate)
        session.tell("create", submission, service.model.id)
        record = None if before is None else before.record()
        sent_at = session.service_clock.now()
        if not await session.run(session.ledger.begin_sending, submission.id, most, record, sent_at):
            return await session.run(session.ledger.submission, submission.id)


async def _look_after(service: Service, other: Submission) -> None:
    """Update a submission that blocks this one, if its process has ended or released it."""
    session = service.session
    if other.stage == "created" and other.polled_at and abs(session.clock() - other.polled_at) < session.poll_interval:
        return
    async with session.claimed_if_idle(other) as claimed:
        if claimed is None:
            return
        # Its own caller gets its errors; here it only blocks this submission.
        with suppress(SubmitError):
            if claimed.stage == "sending":
                await settle(service, claimed)
            elif claimed.stage == "created":
                await refresh(service, claimed)


async def refresh(service: Service, submission: Submission) -> TaskAnswer:
    """Query a created task, and record what it has become."""
    task = await service.task(submission.task_id or "")
    if submission.stage == "created":
        await ensure_own(service.session, submission, task)
        await service.session.run(_record, service.session, submission, task)
    return task


def _record(session: Session, submission: Submission, task: TaskAnswer) -> None:
    if task.status == "SUCCEEDED":
        job, model = job_of(submission), session.catalog.model(submission.model)
        whole = revised(job, inputs={**job.inputs, **submission.fields})
        ratio = submission.job.get("ratio")
        cost = actual(whole, model, task.seconds, region=submission.region, ratio=ratio, answered=task.ratio)
        amount = None if cost.amount is None else float(cost.amount)
        session.ledger.succeeded(submission.id, task.seconds, amount, cost.currency, task.record)
    elif task.status in ("FAILED", "CANCELED"):
        session.ledger.failed(submission.id, task.status, task.code, task.message)
        _forget_uploads(session, submission)
    else:
        session.ledger.polled(submission.id, task.status)
