"""The dry run: the very flows that send a job, played against answers made up here, to see each request they would make.

Nothing is sent and nothing is written down: the ledger is a copy in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..catalog import Model
from ..errors import MediaPreflightError
from ..job import Job, is_url
from .exchange import Answer, Call, Effect, Flow, Request, Send, Sleep
from .ledger import NewSubmission, Submission
from .registering import with_local_boxes
from .requests import model_id
from .sending import send
from .surroundings import Surroundings
from .tasks import claimed_flow, detect_flow
from .waiting import wait

# The reserved top-level domain of names that lead nowhere.
_UPLOAD_HOST = "https://host-named-by-the-policy.invalid"
_RESULT = "https://host-named-by-the-task.invalid/result.mp4"
_TASK_ID = "id-of-the-task"
_OK = 200


def rehearsed(around: Surroundings, entry: NewSubmission, job: Job) -> tuple[Request, ...]:
    """The requests that would be made for a job that is about to be registered, in order; those of uploads known to the ledger
    are not among them, nor the look at input URLs. Boxes a detect call would fill are this machine's prediction.
    """
    stage = _stage(around)
    (submission,) = stage.ledger.register([entry])
    return _played(stage, _whole(stage, submission, job), job)


def rehearsed_detection(around: Surroundings, job: Job, ratio: str | None) -> tuple[Request, ...]:
    """The requests of a job for a detect call."""
    stage = _stage(around)
    return _played(stage, detect_flow(stage, job, ratio), job)


def _whole(around: Surroundings, submission: Submission, job: Job) -> Flow[None]:
    """A job to its end, but for the folder that a download writes to."""
    claimed = yield from claimed_flow(around, submission)
    task = yield from wait(around, (yield from send(around, claimed, job)))
    if is_url(task.result):
        yield Send(Request("download", "GET", task.result or ""))


def _stage(around: Surroundings) -> Surroundings:
    return replace(around, ledger=around.ledger.copied(), look_at_urls=False)


def _played(around: Surroundings, flow: Flow[Any], job: Job) -> tuple[Request, ...]:
    requests: list[Request] = []
    try:
        effect: Effect = next(flow)
        while True:
            result: Any = None
            match effect:
                case Send(request):
                    requests.append(request)
                    result = _answer(around, request, job)
                case Call(function):
                    try:
                        result = function()
                    except MediaPreflightError as error:
                        effect = flow.throw(error)
                        continue
                case Sleep():
                    pass
            effect = flow.send(result)
    except StopIteration:
        return tuple(requests)
    finally:
        flow.close()


def _answer(around: Surroundings, request: Request, job: Job) -> Answer:
    match request.purpose:
        case "policy":
            return _json({"data": _POLICY})
        case "detect":
            return _json(_detection(_sent_model(around, request), around, job))
        case "create":
            return _json({"output": {"task_id": _TASK_ID, "task_status": "PENDING"}})
        case "query":
            return _json(_succeeded(around.catalog.model(job.model)))
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


def _sent_model(around: Surroundings, request: Request) -> Model:
    sent = request.json["model"]
    return next(model for model in around.catalog.models() if sent in {model.id, *(model_id(model, r) for r in model.regions)})


def _detection(detector: Model, around: Surroundings, job: Job) -> dict[str, Any]:
    """A pass, with the boxes that the detect call is expected to find."""
    answer: dict[str, Any] = {"output": {}}
    if detector.service.verdict is not None:
        _put(answer, detector.service.verdict, True)
    predicted: Mapping[str, Any] = {}
    if detector.service.returns:
        try:
            predicted = with_local_boxes(around, job, around.catalog.model(job.model), None).inputs
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
