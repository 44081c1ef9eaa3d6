"""The dry run: a job is sent as ever, but the answers are made up here, to see each request that would be made.

Nothing is sent and nothing is written down: the ledger is a copy in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio

from ..catalog import Model
from ..errors import MediaPreflightError
from ..job import Job, is_url
from .dashscope.requests import model_id
from .http.exchange import Answer, Request, Send
from .ledger import NewSubmission
from .registering import with_local_boxes
from .sending import send
from .session import Session
from .tasks import detect_picture
from .waiting import wait

# The reserved top-level domain of names that lead nowhere.
_UPLOAD_HOST = "https://host-named-by-the-policy.invalid"
_RESULT = "https://host-named-by-the-task.invalid/result.mp4"
_TASK_ID = "id-of-the-task"
_OK = 200


def rehearsed(session: Session, entry: NewSubmission, job: Job) -> tuple[Request, ...]:
    """The requests that would be made for a job that is about to be registered, in order; those of uploads known to the ledger
    are not among them, nor the look at input URLs. Boxes a detect call would fill are this machine's prediction.
    """
    requests: list[Request] = []
    stage = _stage(session, job, requests)
    (submission,) = stage.ledger.register([entry])
    if not session.account and submission.account:
        # Without a key nobody says which account it is: an open job is shown as the run of its own key.
        stage = replace(stage, account=submission.account)

    async def whole() -> None:
        """A job to its end, but for the folder that a download writes to."""
        async with stage.claimed(submission) as own:
            task = await wait(stage, await send(stage, own, job))
        if is_url(task.result):
            await stage.send(Request("download", "GET", task.result or ""))

    anyio.run(whole)
    return tuple(requests)


def rehearsed_detection(session: Session, job: Job, ratio: str | None) -> tuple[Request, ...]:
    """The requests of a job for a detect call."""
    requests: list[Request] = []
    anyio.run(detect_picture, _stage(session, job, requests), job, ratio)
    return tuple(requests)


def _stage(session: Session, job: Job, requests: list[Request]) -> Session:
    """The session without a wire, which notes each request and makes up its answer, and without waits."""

    async def noted(send: Send) -> Answer:
        requests.append(send.request)
        return _answer(session, send.request, job)

    async def no_wait(seconds: float) -> None:
        """Nothing takes time here."""

    return replace(session, ledger=session.ledger.copied(), wire=noted, sleep=no_wait, look_at_urls=False)


def _answer(session: Session, request: Request, job: Job) -> Answer:
    match request.purpose:
        case "policy":
            return _json({"data": _POLICY})
        case "detect":
            return _json(_detection(_sent_model(session, request), session, job))
        case "create":
            return _json({"output": {"task_id": _TASK_ID, "task_status": "PENDING"}})
        case "query":
            return _json(_succeeded(session.catalog.model(job.model)))
        case _:
            return Answer(_OK, {})


_POLICY = {
    "policy": "policy",
    "signature": "signature",
    "upload_dir": "directory-named-by-the-policy",
    "upload_host": _UPLOAD_HOST,
    "expire_in_seconds": 300,
    "max_file_size_mb": 1024,
    "oss_access_key_id": "id-named-by-the-policy",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}


def _sent_model(session: Session, request: Request) -> Model:
    sent = request.json["model"]
    return next(model for model in session.catalog.models() if sent in {model.id, *(model_id(model, r) for r in model.regions)})


def _detection(detector: Model, session: Session, job: Job) -> dict[str, Any]:
    """A pass, with the boxes that the detect call is expected to find."""
    answer: dict[str, Any] = {"output": {}}
    if detector.service.verdict is not None:
        _put(answer, detector.service.verdict, True)
    predicted: Mapping[str, Any] = {}
    if detector.service.returns:
        try:
            predicted = with_local_boxes(session, job, session.catalog.model(job.model), None).inputs
        except MediaPreflightError:
            predicted = {}
    for field, path in detector.service.returns.items():
        _put(answer, path, predicted.get(field) or [0, 0, 0, 0])
    return answer


def _succeeded(model: Model) -> dict[str, Any]:
    answer: dict[str, Any] = {"output": {"task_id": _TASK_ID, "task_status": "SUCCEEDED"}}
    path = model.service.result or "output.video_url"
    _put(answer, path, _RESULT if path.endswith("url") else "template-id-named-by-the-task")
    return answer


def _put(answer: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        answer = answer.setdefault(name, {})
    answer[last] = value


def _json(value: Any) -> Answer:
    return Answer(_OK, {"content-type": "application/json"}, json.dumps({"request_id": "id-of-the-request", **value}).encode())
