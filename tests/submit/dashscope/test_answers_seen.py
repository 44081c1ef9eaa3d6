"""Answers as users of the service have met them, and their like: each with what is to be made of it."""

import json
from typing import Any

import pytest

from mediapreflight.catalog import builtin_catalog
from mediapreflight.errors import AccessRefusedError, RequestRefusedError, ServiceError, ThrottledError
from mediapreflight.submit.dashscope.answers import (
    TaskAnswer,
    error_of,
    failure_of,
    parse_created,
    parse_detection,
    parse_task,
    refusal_of,
)
from mediapreflight.submit.http import Answer

TASK = "f3c1d2aa-0000-4f6e-9d1e-7a2b"
VIDEO = "https://results.example/7f/clip-41?Expires=1790000000&Signature=q%2Fz%3D"
FILE = "https://results.example/7f/clip-41.mp4?Expires=1790000000&Signature=q%2Fz%3D"
PICTURE = "https://results.example/7f/cover.png?Expires=1790000000&Signature=q%2Fz%3D"
BOXES = ("REQ010", "REQ011", "REQ012")
PICTURE_SIDES = ("IMG005", "IMG006")
VIDEO_SIDES = ("VID003", "VID004")
URLS = ("REQ015",)
NO_REASON = "the picture did not pass the service's check"


def came(body: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body, ensure_ascii=False).encode())


def asked(name: str, body: Any) -> TaskAnswer:
    return parse_task(came(body), builtin_catalog().model(name), TASK)


def succeeded(**output: Any) -> dict[str, Any]:
    return {"request_id": "r-7", "output": {"task_id": TASK, "task_status": "SUCCEEDED", **output}}


# --- what was made


@pytest.mark.every("name", ["emo-v1", "videoretalk", "video-style-transform", "wan2.2-animate-move", "wan2.7-i2v"])
@pytest.mark.every(
    "output",
    [
        {"video_url": VIDEO},
        {"results": {"video_url": VIDEO}},
        {"results": [{"video_url": VIDEO}]},
        {"results": [{"code": "InternalError", "message": "m"}, {"video_url": VIDEO}]},
        {"output_video_url": VIDEO},
        {"results": {"output_video_url": VIDEO}},
        {"result": {"videos": [{"video_url": VIDEO, "cover_url": PICTURE}]}},
        {"cover_url": PICTURE, "video_url": VIDEO},
        {"input": {"video_url": "https://a.example/mine.mp4"}, "results": {"video_url": VIDEO}},
        {
            "input_video_url": "https://a.example/mine.mp4",
            "ref_video_url": "https://a.example/r.mp4",
            "deep": {"video_url": VIDEO},
        },
    ],
    ids=str,
)
def test_a_video_is_found_wherever_it_stands(name: str, output: dict[str, Any]) -> None:
    task = asked(name, succeeded(**output))
    assert (task.status, task.result, task.body) == ("SUCCEEDED", VIDEO, {})


@pytest.mark.parametrize(
    "output",
    [{"results": [{"url": FILE}]}, {"results": [FILE]}, {"url": FILE}, {"choices": [{"content": [{"video": FILE}]}]}],
    ids=str,
)
def test_a_video_is_told_by_the_end_of_its_path(output: dict[str, Any]) -> None:
    assert asked("wan2.6-i2v", succeeded(**output, cover=PICTURE)).result == FILE


def test_the_documented_place_comes_first() -> None:
    other = "https://results.example/other.mp4"
    body = succeeded(video_url=other, output_video_url=other, results={"video_url": VIDEO})
    assert asked("emo-v1", body).result == VIDEO
    assert asked("videoretalk", body).result == other


@pytest.mark.parametrize("output", [{"video_url": VIDEO, "origin_prompt": "rain"}, {"results": {"video_url": VIDEO}}], ids=str)
@pytest.mark.parametrize("told", [{}, {"task_id": TASK}, {"task_status": None}, {"task_status": "done!"}], ids=str)
def test_a_result_without_a_state_is_that_of_a_task_that_succeeded(output: dict[str, Any], told: dict[str, Any]) -> None:
    task = asked("wan2.7-i2v", {"output": {**output, **told}, "usage": {"duration": 4, "output_video_duration": 4}})
    assert (task.task_id, task.status, task.result, task.seconds) == (TASK, "SUCCEEDED", VIDEO, 4.0)


def test_a_flat_answer() -> None:
    task = asked("wan2.6-i2v", {"task_id": "other", "task_status": "SUCCEEDED", "video_url": VIDEO, "request_id": "r"})
    assert (task.task_id, task.result) == (TASK, VIDEO)


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "FAILED", "UNKNOWN"])
def test_a_url_makes_no_success_of_another_state(status: str) -> None:
    body = {"output": {"task_id": TASK, "task_status": status, "video_url": VIDEO}}
    task = asked("wan2.6-i2v", body)
    assert (task.status, task.result, task.body) == (status, None, {})


@pytest.mark.parametrize(
    ("output", "urls"),
    [
        ({}, ()),
        ({"results": [{"orig_prompt": "a lamp", "url": PICTURE}], "task_metrics": {"TOTAL": 1}}, (PICTURE,)),
        ({"video_url": "", "text": f"see {VIDEO} or <{PICTURE}>, {VIDEO}"}, (VIDEO, PICTURE)),
        ({"video_url": "oss://bucket/x.mp4"}, ()),
    ],
    ids=str,
)
def test_an_answer_whose_result_is_not_found_is_kept_whole(output: dict[str, Any], urls: tuple[str, ...]) -> None:
    body = {**succeeded(**output), "usage": {"image_count": 1}}
    task = asked("wan2.6-i2v", body)
    assert (task.status, task.result) == ("SUCCEEDED", None)
    assert task.body == task.record == body
    assert task.urls == urls


# --- what is said of it


def test_the_facts_of_a_task() -> None:
    body = succeeded(
        video_url=VIDEO,
        orig_prompt="雨",
        actual_prompt="a street\nin the rain",
        submit_time="2026-02-03 23:59:58.004",
        scheduled_time="2026-02-04 00:00:01.500",
        end_time="2026-02-04 00:01:00",
    )
    body["usage"] = {
        "duration": 6.0,
        "output_video_duration": 6,
        "SR": "720",
        "size": "1280x720",
        "fps": "30",
        "video_ratio": "16:9",
    }
    task = asked("wan2.5-i2v-preview", body)
    assert (task.seconds, task.size, task.fps, task.SR, task.ratio) == (6.0, "1280x720", 30.0, 720, "16:9")
    assert (task.orig_prompt, task.actual_prompt) == ("雨", "a street\nin the rain")
    assert task.record == {
        "orig_prompt": "雨",
        "actual_prompt": "a street\nin the rain",
        "size": "1280x720",
        "fps": 30.0,
        "SR": 720,
        "ratio": "16:9",
        "submit_time": "2026-02-03T23:59:58.004000+08:00",
        "scheduled_time": "2026-02-04T00:00:01.500000+08:00",
        "end_time": "2026-02-04T00:01:00+08:00",
        "usage": body["usage"],
    }
    assert VIDEO not in json.dumps(task.record)


def test_a_signed_url_is_not_kept_where_the_result_was_found() -> None:
    body = {**succeeded(video_url=VIDEO), "usage": {"duration": 5, "of": VIDEO}}
    assert asked("wan2.6-i2v", body).record == {"usage": {"duration": 5, "of": "https://results.example/7f/clip-41"}}


@pytest.mark.parametrize(
    ("usage", "seconds"),
    [
        ('{"duration": 7}', 7.0),
        ('{"video_duration": "5.2"}', 5.2),
        ({"video_duration": 5.2, "video_ratio": "standard"}, 5.2),
        ({"duration": "9"}, 9.0),
        ({"output_video_duration": 3, "input_video_duration": 2, "duration": 5}, 3.0),
        ("{", None),
        ("[5]", None),
        ([], None),
        (None, None),
        ({"duration": -1}, None),
    ],
    ids=str,
)
def test_billed_seconds_under_all_documented_names(usage: object, seconds: float | None) -> None:
    assert asked("wan2.6-i2v", {**succeeded(video_url=VIDEO), "usage": usage}).seconds == seconds
    inside = succeeded(video_url=VIDEO, usage=usage)
    assert asked("wan2.6-i2v", inside).seconds == seconds


@pytest.mark.parametrize(
    ("said", "read"),
    [(480, 480), ("1080P", 1080), ("720p", 720), (720.0, 720), ("high", None), (True, None), (10**400, None), ("9" * 5000, None)],
    ids=lambda value: str(value)[:9],
)
def test_resolution_classes(said: object, read: int | None) -> None:
    resolution = asked("wan2.6-i2v", {**succeeded(video_url=VIDEO), "usage": {"SR": said}}).SR
    assert resolution == read


# --- what went wrong: status 200 is a task that ended FAILED


def error(status: int, code: str, message: str) -> ServiceError:
    if status == 200:
        body = {"output": {"task_id": TASK, "task_status": "FAILED", "code": code, "message": message}}
        return failure_of(asked("wan2.6-i2v", body))
    with pytest.raises(ServiceError) as caught:
        parse_created(came({"code": code, "message": message, "request_id": "r-9"}, status))
    return caught.value


FETCHING = [
    "Failed to find the requested media resource during the data inspection process.",
    "Failed to download http://files.example/k.jpg",
    "Download the media resource timed out during the data inspection process.",
    "Unable to download the media resource.",
    "Failed to download multimodal content",
    "download image failed, url: https://files.example/a.png",
    "Could not fetch https://files.example/a.png: 403",
    "The input url is not accessible, please check",
    "cannot open url https://files.example/a.png",
    "Error while downloading the video",
    "Couldn't retrieve the audio from its URL",
    "The image URL can't be reached",
    "Connection timed out",
    "Failed to get the image from its url",
    "can not download the image",
    "HTTPSConnectionPool(host='a', port=443): Max retries exceeded with url: /x.png (Caused by ConnectTimeoutError)",
    "404 Client Error: Not Found for url: https://files.example/b.png",
    "media resource not found",
    "资源下载失败",
]


@pytest.mark.every("message", FETCHING)
@pytest.mark.every("code", ["InvalidParameter", "InvalidParameter.DataInspection", "InvalidURL", "Unheard.Of", ""])
@pytest.mark.every("status", [200, 400])
def test_a_url_that_was_not_fetched(status: int, code: str, message: str) -> None:
    found = error(status, code, message)
    assert (found.rules, found.retry_helps) == (URLS, True)
    assert str(found) == (f"{code}: {message}" if code else message)


@pytest.mark.parametrize("code", ["InvalidURL.Timeout", "InvalidURL.ConnectionRefused", "InvalidFile.DownloadFailed"])
def test_a_code_of_a_url_that_was_not_fetched(code: str) -> None:
    assert (error(400, code, "").rules, error(200, code, "").retry_helps) == (URLS, True)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Arrearage", "Access denied, please make sure your account is in good standing. overdue-payment"),
        ("InvalidParameter", "Your account has an overdue payment."),
        ("InvalidParameter", "The product is not activated, please confirm that you have activated products and try again."),
        ("InvalidParameter", "Access denied."),
        ("Unheard", "Access to model denied. Please make sure you are eligible for using the model."),
        ("AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."),
        ("InvalidParameter", "Please activate the service first."),
        ("AccessDenied", "m"),
        ("AccessDenied.Unpurchased", "Access to model denied."),
    ],
)
def test_faults_of_the_account_name_no_rule(code: str, message: str) -> None:
    for status in (200, 400):
        found = error(status, code, message)
        assert (found.rules, found.retry_helps) == ((), False)
        assert found.code == code
        assert found.service_message == message
        assert isinstance(found, AccessRefusedError) or status == 200


@pytest.mark.every(
    ("status", "code", "message"),
    [
        (429, "limit_burst_rate", "Request rate increased too quickly"),
        (429, "limit_requests", "You exceeded your current requests list."),
        (429, "Throttling.User", "m"),
        (429, "throttling_rate_quota", "m"),
        (429, "Unheard", "m"),
        (429, "", ""),
        (400, "limit_burst_rate", "m"),
        (400, "Throttling.Concurrency", "m"),
        (400, "", "Requests rate limit exceeded, please try again later."),
        (400, "Unheard", "Too many requests"),
        (400, "Unheard", "Requests throttling triggered."),
        (400, "Unheard", "Allocated quota exceeded, please increase your quota limit."),
        (400, "Unheard", "concurrent requests limit reached"),
    ],
)
def test_throttled(status: int, code: str, message: str) -> None:
    found = error(status, code, message)
    assert isinstance(found, ThrottledError)
    assert (found.retry_helps, found.rules) == (True, ())
    if code:
        assert error(200, code if code != "Unheard" else "limit_burst_rate", message).retry_helps


def test_frames_have_rates_too() -> None:
    assert not isinstance(error(400, "InvalidFile.FPS", "frame rate limit is 60"), ThrottledError)


def test_what_may_have_made_a_task_is_never_taken_for_a_refusal() -> None:
    for code, message in (("Throttling", "rate limit"), ("InvalidParameter", "Access denied"), ("", "too many requests")):
        assert type(error(500, code, message)).__name__ == "ServiceFaultError"


@pytest.mark.every(
    ("status", "code", "message", "rules"),
    [
        (200, "InvalidImage.MultiHuman", "Several people in the picture.", ("FACE002", "BODY002")),
        (200, "InvalidImage.NoHuman", "Nobody in the picture.", ("FACE001", "BODY001")),
        (400, "InvalidImage.FullFace", "Face not whole.", ("FACE005", "FACE010")),
        (200, "InvalidVideo.NoHuman", "Nobody in the video.", ("FACE012", "BODY001")),
        (400, "InvalidVideo.Duration", "2s ~ 30s", ("VID009", "VID010", "VID011")),
        (400, "InvalidParameter.Ratio", "ratio 2:1 is not supported", ("REQ006", "REQ011")),
        (200, "InvalidParameter", "Field required: input.media", ("REQ001",)),
        (400, "InvalidParameter", "Missing required parameter: input.audio_url", ("REQ001",)),
        (400, "InvalidParameter", "driven_id is required", ("REQ001",)),
        (400, "InvalidParameter", "Invalid bbox input", BOXES),
        (400, "InvalidParameter", "Invalid ext_bbox.", BOXES),
        (200, "InvalidParameter", "The face bounding box is out of the picture", BOXES),
        (400, "InvalidParameter", "Video must be either a public URL or a Base64", URLS),
        (400, "InvalidParameter", "Invalid image_url", URLS),
        (400, "InvalidParameter", "Image area must be between 1000 and 9000 pixels. Got area=4.", PICTURE_SIDES),
        (200, "Unheard", "The number of pixels of the image is too small", PICTURE_SIDES),
        (400, "InternalError.Algo.InvalidParameter", "The image length and width are wrong. [height:5]", PICTURE_SIDES),
        (400, "InvalidParameter", "width must be between 300 and 6000", PICTURE_SIDES),
        (400, "InvalidParameter", "The image is too small, 9x9", PICTURE_SIDES),
        (400, "InvalidParameter", "The image's longest edge exceeds 4096", PICTURE_SIDES),
        (400, "InvalidFile.Size", "The image size must be less than 5MB", ("FILE008",)),
        (400, "InvalidParameter", "audio_url can not be empty", ("REQ001",)),
        (400, "InvalidParameter", "URL must start with http:// or https://", URLS),
        (400, "InvalidParameter", "The video width and height must be at most 2048", VIDEO_SIDES),
        (400, "InvalidParameter", "image aspect ratio must be between 1:3 and 3:1", ("IMG007",)),
        (400, "InvalidParameter", "the aspect ratio of the video is too large", ("VID005",)),
        (200, "ServiceUnavailable", "try again", ()),
        (400, "InvalidParameter.Unheard", "so it is", ()),
        (200, "", "sound too long", ()),
    ],
)
def test_what_would_have_found_it(status: int, code: str, message: str, rules: tuple[str, ...]) -> None:
    found = error(status, code, message)
    assert found.rules == rules
    assert str(found) == (f"{code}: {message}" if code else message)
    assert found.retry_helps is not True


def test_whether_to_try_again_is_not_known_of_an_unknown_code() -> None:
    assert error(200, "ServiceUnavailable", "x").retry_helps is None
    assert error(200, "", "sound too long").retry_helps is None
    assert error(503, "Unheard", "x").retry_helps is True


def test_a_url_error_can_mean_two_things() -> None:
    message = "url error, please check url! For details, see: https://help.example/error-url"
    found = error(400, "InvalidParameter", message)
    assert (found.rules, found.service_message) == (URLS, message)
    assert str(found) == (
        f"InvalidParameter: {message} (either the URL of an input is bad, or the request went to the wrong region or base URL, "
        "or in an old form of the call)"
    )


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameter", "No connection adapters were found for 'oss://dashscope-instant/k/v.mp4'"),
        ("invalid_parameter_error", "The provided URL oss://dashscope-instant/a.png does not appear to be valid."),
        ("", "Invalid URL 'oss://dashscope-instant/a.png'"),
    ],
)
def test_an_oss_url_without_its_header_is_our_own_fault(status: int, code: str, message: str) -> None:
    found = error(status, code, message)
    assert found.rules == ()
    assert "a fault of mediapreflight, not of the file" in str(found)
    assert found.service_message == message


# --- detect calls


@pytest.mark.parametrize("inside", [True, False])
def test_a_picture_refused_with_status_400(inside: bool) -> None:
    said = {"code": "InvalidFile.MultiHuman", "message": "Several people in the picture."}
    answer = came({"output": said, "request_id": "r"} if inside else {**said, "request_id": "r"}, 400)
    for name in ("emo-detect-v1", "wan2.2-s2v-detect"):
        with pytest.raises(RequestRefusedError) as caught:
            parse_detection(answer, builtin_catalog().model(name))
        assert (caught.value.code, caught.value.rules, caught.value.request_id) == (
            "InvalidFile.MultiHuman",
            ("FACE002", "BODY002"),
            "r",
        )


def test_code_and_words_are_put_together_from_both_places() -> None:
    found = error_of(came({"code": "InvalidFile.NoHuman", "message": "", "output": {"code": "", "message": "nobody"}}, 400))
    assert str(found) == "InvalidFile.NoHuman: nobody"


@pytest.mark.parametrize(
    ("name", "output", "text", "rules"),
    [
        ("emo-detect-v1", {"check_pass": False, "code": "", "message": ""}, NO_REASON, ()),
        ("wan2.2-s2v-detect", {"check_pass": False}, NO_REASON, ()),
        (
            "emoji-detect-v1",
            {"code": "InvalidFile.BodyProportion", "message": "The person is too small."},
            "InvalidFile.BodyProportion: The person is too small.",
            ("FACE003", "FACE004"),
        ),
        ("emo-detect-v1", {"code": "InvalidFile.NoHuman"}, f"InvalidFile.NoHuman: {NO_REASON}", ("FACE001", "BODY001")),
        ("liveportrait-detect", {"code": "InvalidImage.NoHuman"}, f"InvalidImage.NoHuman: {NO_REASON}", ("FACE001", "BODY001")),
    ],
)
def test_a_picture_that_does_not_pass(name: str, output: dict[str, Any], text: str, rules: tuple[str, ...]) -> None:
    found = parse_detection(came({"output": output, "usage": {"image_count": 1}}), builtin_catalog().model(name))
    assert (found.passed, found.images) == (False, 1)
    refusal = refusal_of(found)
    assert (str(refusal), refusal.rules, refusal.retry_helps) == (text, rules, False)
