"""A registered job to a running task: inputs delivered, picture detected, create call sent once.

Detect and create calls may bill, so they are written down before they are sent, and sent again only where surely nothing was
made of them. Where the answer to a create call is lost, `settling` looks for its task. One create call of a model is on its way
at any time, over all processes that share the ledger, so that a task in the list cannot be mistaken for another job's.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..catalog import Model
from ..errors import (
    DetectionRefusedError,
    LedgerError,
    RequestRefusedError,
    ServiceError,
    SubmitError,
    UnreachableError,
    UploadError,
    UsageError,
)
from ..job import Job, is_oss_url, is_url, revised, with_local_paths
from ..media.data_url import is_data_url
from ..media.source import display_name
from .calls import UnknownOutcome, ask, ask_once, concurrent_tasks, may_pass, model_rate, query_rate, turn, wait_out
from .cost import Cost, actual, rounded
from .dashscope.answers import TaskAnswer, parse_created, parse_task, refusal_of
from .dashscope.endpoint import Endpoint, known_region
from .dashscope.requests import create_request, inline_url, model_id, query_request, sent_roles
from .detecting import detect
from .ledger import Submission
from .registering import has_boxes
from .session import Session
from .settling import Before, ensure_own, recorded, settle, tasks_before
from .uploads import Local, examined, upload
from .urls import look_at


def job_of(submission: Submission) -> Job:
    """The job as it was registered. Raises LedgerError where its record is none of a job."""
    record = submission.job
    try:
        return Job(record["model"], parameters=record["parameters"], region=record.get("region"), **record["inputs"])
    except (UsageError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise LedgerError(f"submission {submission.id}: its job cannot be read: {error}") from None


def sendable(model: Model, submission: Submission, given: Job | None) -> Job:
    """The job to be sent: as it was registered, with the files of `given`, the caller's own, which may have been moved since."""
    job = job_of(submission)
    if given is not None:
        own = with_local_paths(given, model).inputs
        return revised(job, inputs={**job.inputs, **{name: own[name] for name in model.roles if name in own}})
    if not submission.resumable:
        raise UsageError(
            f"submission {submission.id} has an input that the ledger does not keep (a signed or data: URL); submit the job again"
        )
    return job


async def send(session: Session, submission: Submission, given: Job | None = None) -> Submission:
    """Bring a claimed submission to the stage `created` or beyond, from whatever stage it was left in.

    Args:
        given: the job as the caller has it, with the same files, wherever they are now.

    Raises SubmitError. The submission then is `failed` where the service refused it, else open: sending can be taken up again.
    """
    model = session.catalog.model(submission.model)
    endpoint = session.endpoint_of(submission)
    if submission.stage in ("sending", "unclear"):
        submission = await settle(session, endpoint, model, submission)
    if submission.stage != "ready":
        return submission
    job = sendable(model, submission, given)
    try:
        boxes = await _detected(session, endpoint, model, submission, job)
        urls = await _delivered(session, endpoint, model, submission, job)
    except ServiceError as error:
        await session.run(_record_refusal, session, submission, error)
        raise
    return await _created(session, endpoint, model, submission, job, urls, boxes)


def _is_final(error: SubmitError) -> bool:
    """Whether the job itself is refused; a wrong key, an unpaid bill or a bad day of the service leave it open."""
    return isinstance(error, RequestRefusedError | DetectionRefusedError) and not error.retry_helps


def _record_refusal(session: Session, submission: Submission, error: ServiceError) -> None:
    if _is_final(error):
        session.ledger.failed(submission.id, None, error.code, error.service_message)
    if isinstance(error, RequestRefusedError | DetectionRefusedError):
        _forget_uploads(session, submission)


def _forget_uploads(session: Session, submission: Submission) -> None:
    """Let the next attempt upload the files anew: the temporary space may have lost them, which no code tells for sure."""
    model = session.catalog.model(submission.model)
    for each in (model, *([session.catalog.model(model.service.detect)] if model.service.detect else [])):
        for sha256 in submission.hashes.values():
            sent_as = model_id(each, known_region(submission.region))
            session.ledger.forget_upload(session.account, sent_as, submission.base_url, sha256)


# --- inputs


async def _delivered(session: Session, endpoint: Endpoint, model: Model, submission: Submission, job: Job) -> dict[str, str]:
    """A URL for every input file that the service will use, by role."""
    urls = {}
    for name in sent_roles(model, job.inputs, job.parameters):
        urls[name] = await _delivered_input(session, endpoint, model, submission, name, job.inputs[name])
    return urls


async def _delivered_input(
    session: Session, endpoint: Endpoint, model: Model, submission: Submission, role: str, value: str
) -> str:
    if is_oss_url(value):
        return value
    if is_url(value):
        if session.look_at_urls:
            await look_at(session, value, model.roles[role])
        return value
    session.tell("upload", submission, display_name(value))
    local = await session.run(_registered_file, session, submission, role, value)
    no_space = endpoint.region not in session.catalog.provider.upload_regions.documented
    if model.roles[role].base64 and (no_space or is_data_url(value) or submission.job.get("inline")):
        return await session.run(inline_url, value, local.sha256)
    sent_as = model_id(model, endpoint.region)
    return await upload(session, endpoint, sent_as, local, submission)


def _registered_file(session: Session, submission: Submission, role: str, path: str) -> Local:
    """The file, as long as it is the one that was registered. Raises UploadError where it is not."""
    local = examined(session, path)
    if submission.hashes.get(role, local.sha256) != local.sha256:
        raise UploadError(f"{display_name(path)}: is no longer the file that was submitted; submit the job again")
    return local


# --- detection


async def _detected(session: Session, endpoint: Endpoint, model: Model, submission: Submission, job: Job) -> dict[str, Any]:
    """The fields that the model's detect call fills, and its consent; nothing where the caller asked for no call."""
    if model.service.detect is None or submission.boxes != "service":
        return {}
    if submission.fields:
        return submission.fields
    if has_boxes(model, job):
        return {}
    detector = session.catalog.model(model.service.detect)
    inputs = {name: job.inputs[name] for name in detector.roles if job.inputs.get(name)}
    session.tell("detect", submission, detector.id)
    parameters = {"ratio": submission.job.get("ratio")}
    detection = await detect(session, endpoint, detector, inputs, parameters, submission, again=submission.again)
    if not detection.passed:
        raise refusal_of(detection)
    fields = {name: detection.fields[name] for name, field in model.fields.items() if field.filled_by}
    await session.run(session.ledger.filled, submission.id, fields)
    return fields


# --- the create call


async def _created(
    session: Session,
    endpoint: Endpoint,
    model: Model,
    submission: Submission,
    job: Job,
    urls: Mapping[str, str],
    boxes: Mapping[str, Any],
) -> Submission:
    given = {name: value for name, value in job.inputs.items() if name not in model.roles}
    request = create_request(endpoint, model, urls, {**boxes, **given}, job.parameters, endpoint.region)
    rate = model_rate(session, endpoint, model)
    for attempt in range(session.pace.attempts):
        is_last = attempt + 1 == session.pace.attempts
        sending = await _turn_to_send(session, endpoint, model, submission)
        began = session.elapsed()
        try:
            task = await ask_once(session, request, parse_created)
        except UnknownOutcome as unknown:
            settled = await settle(session, endpoint, model, sending, began=began, failed=unknown.failed)
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
            await wait_out(session, error, attempt, rate)
        else:
            return await recorded(session, submission, task)
    raise AssertionError("the last attempt returns or raises")


async def _turn_to_send(session: Session, endpoint: Endpoint, model: Model, submission: Submission) -> Submission:
    """Wait until fewer tasks of the model are open than may run at once, and mark this submission as being sent."""
    most = concurrent_tasks(model, endpoint.region)
    while True:
        while obstacles := await session.run(session.ledger.in_the_way, submission.id, most):
            session.tell("queue", submission, f"{len(obstacles)} before it")
            for other in obstacles:
                await _look_after(session, endpoint, other)
            await session.sleep(session.pace.queue_interval)
        before = await tasks_before(session, endpoint, model)
        await turn(session, model_rate(session, endpoint, model))
        session.tell("create", submission, model.id)
        if not await session.run(_begin, session, submission, most, before):
            return await session.run(session.ledger.submission, submission.id)


def _begin(session: Session, submission: Submission, most: int | None, before: Before | None) -> tuple[Submission, ...]:
    record = None if before is None else before.record()
    return session.ledger.begin_sending(submission.id, most, record, session.service_clock.now())


async def _look_after(session: Session, endpoint: Endpoint, other: Submission) -> None:
    """Bring a submission that stands in the way up to date, where nobody else does: its process has ended or left it."""
    if other.stage == "created" and other.polled_at and abs(session.clock() - other.polled_at) < session.poll_interval:
        return
    async with session.claimed_if_idle(other) as claimed:
        if claimed is None:
            return
        model = session.catalog.model(claimed.model)
        # Its own caller will hear of what is wrong with it; here it only stands in the way.
        with suppress(SubmitError):
            if claimed.stage == "sending":
                await settle(session, endpoint, model, claimed)
            elif claimed.stage == "created":
                await refresh(session, endpoint, model, claimed)


async def refresh(session: Session, endpoint: Endpoint, model: Model, submission: Submission) -> TaskAnswer:
    """Query a created task, and record what it has become."""
    request = query_request(endpoint, submission.task_id or "")
    parse = functools.partial(parse_task, model=model, task_id=submission.task_id or "")
    task = await ask(session, request, query_rate(session, endpoint), parse, repeatable=True)
    if submission.stage == "created":
        await ensure_own(session, submission, task)
        await session.run(_record, session, submission, task)
    return task


def _record(session: Session, submission: Submission, task: TaskAnswer) -> None:
    if task.status == "SUCCEEDED":
        cost = _actual_cost(session, submission, task)
        amount = None if cost.amount is None else float(rounded(cost.amount))
        session.ledger.succeeded(submission.id, task.seconds, amount, cost.currency, task.record)
    elif task.status in ("FAILED", "CANCELED"):
        session.ledger.failed(submission.id, task.status, task.code, task.message)
        _forget_uploads(session, submission)
    else:
        session.ledger.polled(submission.id, task.status)


def _actual_cost(session: Session, submission: Submission, task: TaskAnswer) -> Cost:
    job = job_of(submission)
    whole = revised(job, inputs={**job.inputs, **submission.fields})
    model = session.catalog.model(submission.model)
    asked = submission.job.get("ratio")
    return actual(whole, model, task.seconds, region=submission.region, ratio=asked, answered=task.ratio)
