"""The error codes of the documents, as answers to create calls, detect calls and queries: what is said, and what is done."""

import re
from itertools import pairwise
from typing import Any

import pytest

from mediapreflight import (
    AccessRefusedError,
    DetectionRefusedError,
    Job,
    KeyRefusedError,
    RequestRefusedError,
    ServiceError,
    ServiceFaultError,
    TaskFailed,
    ThrottledError,
)

from .here import BODY, PORTRAIT, VOICE, Here, answer_of
from .scenarios import own_words

REFUSED = {
    "InvalidParameter": "Field required: input.audio_url",
    "InvalidParameter.UnsupportedFileFormat": "Input files format not supported.",
    "InvalidParamter.OutOfDefinition": "The type or value of video_fps is out of definition.",
    "InvalidParameter.Ratio": "ratio is not supported",
    "InvalidURL": "The input audio is longer than 60s.",
    "InvalidFile.AudioLengthError": "audio length must be between 1s and 180s",
    "InvalidFile.NoHuman": "The input image has no human body.",
    "InvalidFile.MultiHuman": "The input image has multi human bodies.",
    "InvalidFile.BodyProportion": "The proportion of the detected person in the picture is too large or too small.",
    "InvalidFile.FacePose": "The pose of the detected face is invalid.",
    "InvalidFile.FrontBody": "The pose of the detected person is invalid.",
    "InvalidFile.FullFace": "The detected face is not complete.",
    "InvalidFile.FullBody": "The first frame is not a full body.",
    "InvalidFile.BodyPose": "The pose of the detected person is invalid.",
    "InvalidFile.Content": "The input image has several persons.",
    "InvalidFile.Value": "The value of the image is invalid.",
    "InvalidFile.Resolution": "The resolution is out of 640 ~ 2048.",
    "InvalidFile.FPS": "The FPS is out of 15 ~ 60.",
    "InvalidFile.Size": "The size must be less than 5MB.",
    "InvalidFile.Duration": "The duration is out of 2s ~ 120s.",
    "InvalidFile.ImageSize": "The ratio must be at most 2.",
    "InvalidFile.AspectRatio": "The aspect ratio is out of 3:1 to 1:3.",
    "InvalidFile.Format": "The format is invalid.",
    "InvalidFile.Openerror": "The file cannot be opened.",
    "InvalidFile.Template.Content": "Invalid template content.",
    "InvalidImage.ImageSize": "The size of image is beyond limit.",
    "InvalidImage.NoHumanFace": "No human face detected.",
    "InvalidImage.FileFormat": "The format is invalid.",
    "InvalidImage.NoHuman": "The input image has no human body.",
    "InvalidImage.MultiHuman": "The input image has multi human bodies.",
    "InvalidImage.FullFace": "The face is not complete.",
    "InvalidVideo.NoHuman": "The input video has no human body.",
    "InvalidImageResolution": "The resolution is out of 256x256 to 5760x3240.",
    "InvalidImageFormat": "The format cannot be read.",
    "InvalidInputLength": "The side is beyond limit.",
    "InvalidPerson": "There is no person.",
}
"""HTTP 400, about a file or a field: some rule of ours would have found it."""

REFUSED_OTHERWISE = {
    "InvalidFile.FaceNotMatch": "There is no matched face in the video.",  # nothing here compares faces
    "BadRequest.EmptyInput": "Required input missing from request.",
    "BadRequest.EmptyParameters": "Required parameters missing.",
    "BadRequest.EmptyModel": "Required model missing.",
    "BadRequest.IllegalInput": "The request is malformed.",
    "BadRequest.TooLarge": "Payload too large.",
    "BadRequest.ResourceNotExist": "The resource does not exist.",
    "UnsupportedOperation": "The operation is unsupported.",
    "DataInspectionFailed": "Input data may contain inappropriate content.",
    "data_inspection_failed": "Input data may contain inappropriate content.",
    "IPInfringementSuspect": "Input data is suspected of infringement.",
    "CustomRoleBlocked": "The content does not pass the rule.",
}
DOWNLOADS = {
    "InvalidParameter.InputDownloadFailed": "Failed to download input files.",
    "InvalidParameter.FileDownload": "Download of the video failed.",
    "InvalidURL.ConnectionRefused": "Connection refused.",
    "InvalidURL.Timeout": "Download took longer than 60 s.",
    "InvalidFile.DownloadFailed": "Download failed.",
    "BadRequest.InputDownloadFailed": "Failed to download.",
    "InvalidParameter.DataInspection": "Failed to download the media resource in time.",
}
"""The service could not fetch a URL: trying again can help, and REQ015 is about URLs."""

ACCOUNT = {
    (400, "Arrearage"): "Access denied, an overdue payment.",
    (400, "InvalidParameter"): "The product is not activated, activate it and try again.",
    (403, "AccessDenied"): "No access to the model.",
    (403, "AccessDenied.Unpurchased"): "Not purchased.",
    (403, "Model.AccessDenied"): "No access.",
    (403, "App.AccessDenied"): "No access.",
    (403, "Workspace.AccessDenied"): "No access.",
    (403, "Endpoint.AccessDenied"): "No access.",
    (403, "AllocationQuota.FreeTierOnly"): "The free tier is used up.",
    (429, "CommodityNotPurchased"): "Not purchased.",
    (429, "PrepaidBillOverdue"): "Overdue.",
    (429, "PostpaidBillOverdue"): "Overdue.",
}
MISSING = {(404, "ModelNotFound"), (404, "model_not_found"), (404, "WorkSpaceNotFound"), (404, "NotFound"), (409, "Conflict")}
THROTTLED = {
    "Throttling",
    "Throttling.RateQuota",
    "LimitRequests",
    "Throttling.BurstRate",
    "Throttling.AllocationQuota",
    "insufficient_quota",
    "Throttling.Concurrency",
    "limit_burst_rate",
}
FAULTS = {
    (500, "InternalError"),
    (500, "InternalError.Algo"),
    (500, "InternalError.FileUpload"),
    (500, "InternalError.Upload"),
    (500, "SystemError"),
    (500, "ModelServiceFailed"),
    (500, "RequestTimeOut"),
    (503, "ModelServingError"),
    (503, "ModelUnavailable"),
}
RULE = re.compile(r"[A-Z]{3,6}\d{3}")


def answered(here: Here, status: int, code: str, message: str, times: int = 0) -> ServiceError:
    """What a create call raises that is answered so; and it can be sent once that has passed."""
    body = {"code": code, "message": message, "request_id": "0a1b"}
    here.service.fault("create", work="no", status=status, body=body, times=times)
    with here.client() as client:
        with pytest.raises(ServiceError) as caught:
            client.submit(here.wan(), inline=True)
        here.service.recover()
        client.submit(here.wan(), inline=True)
    assert len(here.service.tasks()) == 1, "the refused call made nothing, so that the job can be sent"
    error = caught.value
    assert (error.code, error.service_message, error.status, error.request_id) == (code, message, status, "0a1b")
    assert code in str(error)
    assert message in str(error)
    assert "\n" not in str(error)
    return error


def calls(here: Here) -> int:
    """The create calls, but for the one that went well in the end."""
    return len(here.service.log("create")) - 1


@pytest.mark.parametrize(
    "code", [pytest.param(code, marks=[pytest.mark.sweep] if n % 3 else []) for n, code in enumerate(REFUSED)]
)
def test_a_refused_file_or_field_names_the_rules_that_find_it(here: Here, code: str) -> None:
    error = answered(here, 400, code, REFUSED[code])
    assert isinstance(error, RequestRefusedError)
    assert error.retry_helps is False
    assert calls(here) == 1
    assert error.rules
    assert all(RULE.fullmatch(rule) for rule in error.rules)


@pytest.mark.parametrize("code", REFUSED_OTHERWISE)
def test_a_refused_request_is_sent_once(here: Here, code: str) -> None:
    error = answered(here, 400, code, REFUSED_OTHERWISE[code])
    assert isinstance(error, RequestRefusedError)
    assert error.retry_helps is False
    assert calls(here) == 1


@pytest.mark.parametrize("code", DOWNLOADS)
def test_a_url_that_could_not_be_fetched_may_be_tried_again(here: Here, code: str) -> None:
    error = answered(here, 400, code, DOWNLOADS[code])
    assert error.retry_helps is True
    assert error.rules == ("REQ015",)


@pytest.mark.parametrize(("status", "code"), ACCOUNT, ids=str)
def test_a_fault_of_the_account_blames_no_file(here: Here, status: int, code: str) -> None:
    error = answered(here, status, code, ACCOUNT[status, code])
    assert set(error.rules) <= {"PAIR005"}, "the wrong region at most"
    assert error.retry_helps is False
    assert calls(here) == 1
    if status in (403, 429):
        assert isinstance(error, AccessRefusedError)


@pytest.mark.parametrize(("status", "code"), sorted(MISSING))
def test_what_is_not_found_is_not_asked_for_again(here: Here, status: int, code: str) -> None:
    error = answered(here, status, code, "It is not there.")
    assert isinstance(error, RequestRefusedError)
    assert error.retry_helps is False
    assert calls(here) == 1


@pytest.mark.parametrize("code", ["InvalidApiKey", "invalid_api_key", "NOT AUTHORIZED"])
def test_a_wrong_key_is_said_as_such(here: Here, code: str) -> None:
    error = answered(here, 401, code, "Incorrect API key provided.")
    assert isinstance(error, KeyRefusedError)
    assert error.rules == ()
    assert calls(here) == 1


@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_a_throttled_call_is_sent_again_a_few_times(here: Here, code: str) -> None:
    error = answered(here, 429, code, "Requests rate limit exceeded, please try again later.")
    assert isinstance(error, ThrottledError)
    assert error.retry_helps is True
    assert error.rules == ()
    assert calls(here) == 3, "as many attempts as the pace has"


def test_a_throttled_call_that_goes_well_then_makes_one_task(here: Here) -> None:
    here.service.fault("create", work="no", status=429, body=own_words("Throttling.BurstRate"), times=2)
    with here.client() as client:
        client.submit(here.wan())
    assert len(here.service.log("create")) == 3
    assert len(here.service.tasks()) == 1


@pytest.mark.parametrize(("status", "code"), sorted(FAULTS))
def test_a_fault_of_the_service_is_sent_again_once_the_list_shows_nothing(here: Here, status: int, code: str) -> None:
    error = answered(here, status, code, "Try again later.")
    assert isinstance(error, ServiceFaultError)
    assert error.retry_helps is True
    assert 1 <= calls(here) <= 3
    steps = [entry["step"] for entry in here.service.log() if entry["step"] in ("create", "list")]
    assert ("create", "create") not in list(pairwise(steps)), "never again before the list was read"


# ---- as the end of a task

ENDS = (
    [(code, message, False) for code, message in list(REFUSED.items())[::4]]
    + [(code, message, True) for code, message in DOWNLOADS.items()]
    + [(code, "Try again later.", True) for _, code in sorted(FAULTS)[::3]]
)


def test_the_end_of_a_task_is_read_as_the_answer_to_a_create_call_is(here: Here) -> None:
    """Many codes in one test: what differs is the table alone."""
    with here.client() as client:
        for number, (code, message, helps) in enumerate(ENDS):
            task = client.submit(here.wan(f"{number}"), inline=True)
            here.service.fault("query", status=200, body=answer_of(task, "FAILED", code=code, message=message))
            with pytest.raises(TaskFailed) as caught:
                client.wait(task, here.out)
            error = caught.value
            assert (error.code, error.service_message, error.task_id, error.status) == (code, message, task.id, 200)
            assert error.retry_helps is helps, code
            assert bool(error.rules) == (code in REFUSED or code in DOWNLOADS), code


UNKNOWN = [("Brand.NewCode", "Something new."), ("ServiceBusy", "x"), ("", "only words"), ("weird code\n\x1b[31m", "y")]


@pytest.mark.parametrize(("code", "message"), UNKNOWN)
def test_an_unknown_end_keeps_its_words(here: Here, code: str, message: str) -> None:
    here.service.rules(fails={"waves": [code, message]})
    said = here.submit(*here.wan_words())
    assert said.status == 1
    [job] = said.json()["jobs"]
    error = job["error"]
    assert message in error["message"]
    assert "\x1b" not in said.all
    assert error["rules"] == []
    assert error["retry_helps"] is None, "nobody knows"
    assert job["status"] == "FAILED"


# ---- what the command line makes of them

EXITS = [
    (400, "InvalidFile.Format", 1),
    (400, "DataInspectionFailed", 1),
    (400, "Arrearage", 1),
    (403, "Model.AccessDenied", 1),
    (404, "ModelNotFound", 1),
    (429, "Throttling.AllocationQuota", 1),
    (429, "PostpaidBillOverdue", 1),
    (500, "InternalError", 1),
]


@pytest.mark.parametrize(("status", "code", "exit_status"), EXITS)
def test_a_job_that_failed_at_the_service_ends_with_1_and_its_words(here: Here, status: int, code: str, exit_status: int) -> None:
    here.service.fault("create", work="no", status=status, body=own_words(code), times=0)
    said = here.submit(*here.wan_words())
    assert said.status == exit_status
    answer = said.json()
    assert answer["ok"] is False
    [job] = answer["jobs"]
    assert job["ok"] is False
    assert (job["error"]["code"], job["task_id"], job["video"]) == (code, None, None)
    assert own_words(code)["message"] in job["error"]["message"]


# ---- detect calls


@pytest.mark.parametrize("stands", ["output", "400", "400 output"])
@pytest.mark.parametrize("code", ["InvalidFile.FacePose", "InvalidImage.NoHuman", "InvalidParameter.Ratio"])
def test_a_refusal_of_the_detect_call_is_read_wherever_it_stands(here: Here, code: str, stands: str) -> None:
    here.service.rules(detection=[code, REFUSED[code]], detection_refuses=stands)
    with here.client() as client, pytest.raises(ServiceError) as caught:
        client.submit(Job("emo-v1", image=PORTRAIT, audio=VOICE))
    assert (caught.value.code, caught.value.service_message) == (code, REFUSED[code])
    assert caught.value.rules
    assert len(here.service.log("detect")) == 1
    assert here.created() == []
    assert not any("model=emo-v1" in entry["target"] for entry in here.service.log("policy"))


REFUSING: list[tuple[str, dict[str, Any], str]] = [
    ("liveportrait", {"pass": False, "message": "No human face detected."}, "No human face detected."),
    ("animate-anyone-gen2", {"check_pass": False, "bodystyle": "", "reason": "no human body or multi"}, "no human body or multi"),
    ("wan2.2-s2v", {"check_pass": False, "humanoid": False, "code": "InvalidFile.NoHuman", "message": "Nobody."}, "Nobody."),
    ("emo-v1", {"check_pass": False}, ""),
    ("emo-v1", {"check_pass": False, "code": None, "message": None}, ""),
    ("emoji-v1", {"code": "InvalidFile.FacePose", "message": "Turned away."}, "Turned away."),
]


@pytest.mark.parametrize(("model", "output", "words"), REFUSING, ids=str)
def test_each_detect_call_refuses_in_its_own_form(here: Here, model: str, output: dict[str, Any], words: str) -> None:
    body = {"output": output, "usage": {"image_count": 1}, "request_id": "r-2"}
    here.service.fault("detect", status=200, body=body)
    jobs = {
        "animate-anyone-gen2": Job(model, image=BODY, template_id="AACT.1.2-3.4"),
        "emoji-v1": Job(model, image=PORTRAIT, driven_id="dagong_wunai"),
    }
    with here.client() as client, pytest.raises(DetectionRefusedError, match=words or None):
        client.submit(jobs.get(model, Job(model, image=PORTRAIT, audio=VOICE)))
    assert here.created() == []


def test_a_detect_call_bills_once_for_a_picture(here: Here) -> None:
    """Two jobs, two runs, two clients: the picture is the same, and what was said of it is known."""
    with here.client() as client:
        client.wait(client.submit(Job("liveportrait", image=PORTRAIT, audio=VOICE)), here.out)
        client.wait(client.submit(Job("liveportrait", image=PORTRAIT, audio=VOICE, parameters={"video_fps": 15})), here.out)
    with here.client() as client:
        client.submit(Job("liveportrait", image=PORTRAIT, audio=VOICE, parameters={"paste_back": False}))
        client.detect(Job("liveportrait", image=PORTRAIT))
    assert sum(entry["billed"] for entry in here.service.log("detect")) == 1
    assert len(here.created()) == 3


def test_a_refused_picture_is_not_paid_for_twice(here: Here) -> None:
    """s2v-detect bills even when the check fails; the same picture would fail again."""
    here.service.rules(detection=["InvalidFile.NoHuman", "Nobody."])
    for _ in range(2):
        with here.client() as client, pytest.raises(DetectionRefusedError):
            client.submit(Job("wan2.2-s2v", image=PORTRAIT, audio=VOICE))
    assert len(here.service.log("detect")) == 1


def test_a_throttled_detect_call_is_sent_again(here: Here) -> None:
    here.service.fault("detect", work="no", status=429, body=own_words("Throttling.RateQuota"))
    with here.client() as client:
        client.submit(Job("liveportrait", image=PORTRAIT, audio=VOICE))
    assert sum(entry["billed"] for entry in here.service.log("detect")) == 1
    assert len(here.created()) == 1
