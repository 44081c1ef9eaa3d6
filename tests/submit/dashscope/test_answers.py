"""Answers as the documents print them, broken ones, and anything at all."""

import json
import time
from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediapreflight.catalog import Model, builtin_catalog
from mediapreflight.errors import (
    AccessRefusedError,
    DetectionRefusedError,
    KeyRefusedError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
    ServiceFaultError,
    ThrottledError,
)
from mediapreflight.submit.dashscope.answers import (
    ListedTask,
    Policy,
    TaskAnswer,
    error_of,
    failure_of,
    is_own_error,
    parse_cancel,
    parse_created,
    parse_detection,
    parse_list,
    parse_policy,
    parse_task,
    refusal_of,
)
from mediapreflight.submit.http import Answer

MODELS = tuple(model for model in builtin_catalog().models() if model.service)
ID = "a8532587-xxxx-0c46"
REQUEST = "7574ee8f-xxxx"
DAY_MS = 1_700_000_000_000


def model(name: str) -> Model:
    return builtin_catalog().model(name)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def without(table: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != name}


DATA = {
    "policy": "eyJl",
    "signature": "g5K=",
    "upload_dir": "dashscope-instant/xxx/2024-07-18/xxx",
    "upload_host": "https://dashscope-file-xxx.oss-cn-beijing.aliyuncs.com",
    "expire_in_seconds": 300,
    "max_file_size_mb": 100,
    "capacity_limit_mb": 999999999,
    "oss_access_key_id": "LTAI",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}


class TestPolicy:
    def test_as_documented(self) -> None:
        policy = parse_policy(answer({"request_id": REQUEST, "data": DATA}))
        form = {
            "OSSAccessKeyId": "LTAI",
            "Signature": "g5K=",
            "policy": "eyJl",
            "x-oss-object-acl": "private",
            "x-oss-forbid-overwrite": "true",
        }
        assert policy == Policy(DATA["upload_dir"], DATA["upload_host"], 100, form)
        assert not any(secret in repr(policy) for secret in ("eyJl", "g5K=", "LTAI"))

    def test_a_flag_that_is_no_text(self) -> None:
        assert parse_policy(answer({"data": {**DATA, "x_oss_forbid_overwrite": True}})).form["x-oss-forbid-overwrite"] == "true"

    def test_without_a_size(self) -> None:
        assert parse_policy(answer({"data": without(DATA, "max_file_size_mb")})).max_file_size_mb is None

    @pytest.mark.parametrize(
        "name", [name for name in DATA if name not in ("capacity_limit_mb", "expire_in_seconds", "max_file_size_mb")]
    )
    def test_what_is_missing_is_named(self, name: str) -> None:
        with pytest.raises(ProtocolError, match=f"data.{name}") as caught:
            parse_policy(answer({"request_id": REQUEST, "data": without(DATA, name)}))
        assert caught.value.request_id == REQUEST

    @pytest.mark.parametrize(
        "host",
        ["http://oss.example", "ftp://oss.example", "oss.example", "https://u:p@oss.example", "https://a/?b", "https://a b"],
    )
    def test_files_go_to_no_insecure_host(self, host: str) -> None:
        with pytest.raises(ProtocolError, match="upload_host"):
            parse_policy(answer({"data": {**DATA, "upload_host": host}}))

    def test_the_stand_in_on_this_machine_may_be_plain_http(self) -> None:
        assert parse_policy(answer({"data": {**DATA, "upload_host": "http://127.0.0.1:8/upload"}})).upload_host.endswith(
            "/upload"
        )

    @pytest.mark.parametrize(
        ("folder", "kept"), [("a/b/", "a/b"), ("a/bX", "a/bX"), ("dashscope-instant/x.y=", "dashscope-instant/x.y=")]
    )
    def test_a_slash_at_the_end_of_the_folder_is_taken_off(self, folder: str, kept: str) -> None:
        assert parse_policy(answer({"data": {**DATA, "upload_dir": folder}})).upload_dir == kept

    def test_an_error_code_beside_the_leave_is_no_error_of_the_call(self) -> None:
        assert parse_policy(answer({"data": DATA, "code": "Success"})).form["policy"] == "eyJl"

    def test_what_is_wrong_is_said(self) -> None:
        with pytest.raises(ProtocolError, match=r": data\.upload_dir is not a plain folder$"):
            parse_policy(answer({"data": {**DATA, "upload_dir": "../x"}}))
        with pytest.raises(ProtocolError, match=r": data\.upload_host is plain http, which is allowed only for loopback hosts$"):
            parse_policy(answer({"data": {**DATA, "upload_host": "http://oss.example"}}))

    @pytest.mark.parametrize("folder", ["", "/", "../x", "a/../b", "/a", "a//b", "a b", "a\nb", "a?b", 7])
    def test_folders_that_are_refused(self, folder: object) -> None:
        with pytest.raises(ProtocolError, match="upload_dir"):
            parse_policy(answer({"data": {**DATA, "upload_dir": folder}}))


class TestDetection:
    def test_emo(self) -> None:
        output = {"check_pass": True, "face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
        found = parse_detection(
            answer({"output": output, "usage": {"image_count": 1}, "request_id": REQUEST}), model("emo-detect-v1")
        )
        assert (found.passed, found.reason, found.code, found.images, found.request_id) == (True, "", "", 1, REQUEST)
        assert found.fields == {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
        assert found.output == output

    def test_emo_refuses(self) -> None:
        output = {"check_pass": False, "code": "InvalidFile.NoHuman", "message": "The input image has no human body."}
        found = parse_detection(answer({"output": output, "usage": {"image_count": 1}}), model("emo-detect-v1"))
        assert (found.passed, found.fields, found.code) == (False, {}, "InvalidFile.NoHuman")
        error = refusal_of(found)
        assert isinstance(error, DetectionRefusedError)
        assert str(error) == "InvalidFile.NoHuman: The input image has no human body."
        assert error.rules == ("FACE001", "BODY001")
        assert not error.retry_helps

    @pytest.mark.parametrize("message", ["success", ""])
    def test_liveportrait(self, message: str) -> None:
        body = {"output": {"pass": True, "message": message}, "usage": {"image_count": 1}, "request_id": REQUEST}
        found = parse_detection(answer(body), model("liveportrait-detect"))
        assert (found.passed, found.reason, found.fields) == (True, "", {})

    def test_a_refusal_carries_what_support_asks_for_and_whether_to_try_again(self) -> None:
        output = {"check_pass": False, "code": "InvalidFile.NoHuman", "message": "m"}
        found = parse_detection(answer({"output": output, "request_id": REQUEST}), model("emo-detect-v1"))
        error = refusal_of(found)
        assert (error.status, error.request_id, error.retry_helps) == (200, REQUEST, False)
        again = {"check_pass": False, "code": "InternalError", "message": "m"}
        assert refusal_of(parse_detection(answer({"output": again}), model("emo-detect-v1"))).retry_helps is True

    def test_the_wording_of_a_refusal_may_change_what_it_means(self) -> None:
        slow = {"check_pass": False, "code": "InvalidParameter.DataInspection", "message": "inspection timeout"}
        assert refusal_of(parse_detection(answer({"output": slow}), model("emo-detect-v1"))).retry_helps is True
        assert not refusal_of(
            parse_detection(answer({"output": {**slow, "message": "inspection"}}), model("emo-detect-v1"))
        ).retry_helps

    def test_liveportrait_refuses(self) -> None:
        body = {"output": {"pass": False, "message": "No human face detected."}, "usage": {"image_count": 1}}
        found = parse_detection(answer(body), model("liveportrait-detect"))
        assert (found.passed, found.reason, found.images) == (False, "No human face detected.", 1)

    def test_animate_anyone(self) -> None:
        body = {"output": {"check_pass": True, "bodystyle": "full", "reason": "success"}, "usage": {"image_count": 1}}
        found = parse_detection(answer(body), model("animate-anyone-detect-gen2"))
        assert (found.passed, found.reason, found.output["bodystyle"]) == (True, "", "full")
        reason = "The input image has no human body or multi human bodies."
        refused = parse_detection(
            answer({"output": {"check_pass": False, "bodystyle": "", "reason": reason}}), model("animate-anyone-detect-gen2")
        )
        assert (refused.passed, refused.reason, refused.images) == (False, reason, None)

    def test_s2v(self) -> None:
        found = parse_detection(answer({"output": {"check_pass": True, "humanoid": True}}), model("wan2.2-s2v-detect"))
        assert (found.passed, found.output["humanoid"]) == (True, True)

    def test_emoji_has_no_flag(self) -> None:
        boxes = {"bbox_face": [212, 194, 460, 441], "ext_bbox_face": [63, 30, 609, 575]}
        found = parse_detection(answer({"output": boxes}), model("emoji-detect-v1"))
        assert found.passed
        assert found.fields == {"face_bbox": [212, 194, 460, 441], "ext_bbox": [63, 30, 609, 575]}
        refused = {"code": "InvalidFile.FacePose", "message": "turned"}
        for output in (refused, {**boxes, **refused}, {"bbox_face": [212, 194, 460, 441]}):
            assert not parse_detection(answer({"output": output}), model("emoji-detect-v1")).passed

    def test_a_refusal_without_its_flag(self) -> None:
        found = parse_detection(answer({"output": {"code": "InvalidFile.MultiHuman", "message": "m"}}), model("emo-detect-v1"))
        assert (found.passed, found.code) == (False, "InvalidFile.MultiHuman")

    def test_code_and_message_of_a_refusal_may_stand_outside_of_the_output(self) -> None:
        body = {"output": {"check_pass": False}, "code": "InvalidFile.NoHuman", "message": "nobody"}
        found = parse_detection(answer(body), model("emo-detect-v1"))
        assert (found.passed, found.code, found.reason) == (False, "InvalidFile.NoHuman", "nobody")
        inside = {"output": {"check_pass": False, "code": "InvalidFile.FacePose", "message": "turned"}, **without(body, "output")}
        found = parse_detection(answer(inside), model("emo-detect-v1"))
        assert (found.code, found.reason) == ("InvalidFile.FacePose", "turned")

    def test_a_message_stands_in_where_the_documented_reason_is_missing(self) -> None:
        found = parse_detection(answer({"output": {"check_pass": False, "message": "m"}}), model("animate-anyone-detect-gen2"))
        assert found.reason == "m"

    def test_a_picture_that_passed_has_no_code_and_no_reason(self) -> None:
        body = {"output": {"pass": True, "message": "fine"}, "code": "Success", "message": "fine"}
        found = parse_detection(answer(body), model("liveportrait-detect"))
        assert (found.passed, found.code, found.reason) == (True, "", "")

    @pytest.mark.parametrize("place", ["output", "beside"])
    def test_a_code_has_an_end(self, place: str) -> None:
        code = {"code": "C" * 500}
        body = {"output": {"check_pass": False, **(code if place == "output" else {})}, **(code if place == "beside" else {})}
        assert parse_detection(answer(body), model("emo-detect-v1")).code == "C" * 128

    def test_a_refusal_without_a_word(self) -> None:
        error = refusal_of(parse_detection(answer({"output": {"pass": False}}), model("liveportrait-detect")))
        assert str(error) == "the picture did not pass the service's check"

    @pytest.mark.parametrize(
        "output",
        [
            {},
            {"check_pass": "yes"},
            {"check_pass": 1},
            {"check_pass": True},
            {"check_pass": True, "face_bbox": [1, 2, 3], "ext_bbox": [1, 2, 3, 4]},
            {"check_pass": True, "face_bbox": {"x": 1}, "ext_bbox": [1, 2, 3, 4]},
            {"check_pass": True, "face_bbox": [1, 2, 3, "4"], "ext_bbox": [1, 2, 3, 4]},
        ],
    )
    def test_what_is_not_understood(self, output: dict[str, Any]) -> None:
        with pytest.raises(ProtocolError, match="cannot be understood: "):
            parse_detection(answer({"output": output}), model("emo-detect-v1"))

    def test_what_is_not_understood_is_named(self) -> None:
        for output, reason in (
            ({"check_pass": 1}, "output.check_pass is neither true nor false"),
            ({"check_pass": True, "ext_bbox": [1, 2, 3, 4]}, "output.face_bbox is missing or cannot be used"),
        ):
            with pytest.raises(ProtocolError) as caught:
                parse_detection(answer({"output": output, "request_id": REQUEST}), model("emo-detect-v1"))
            assert str(caught.value) == f"the answer of the service cannot be understood: {reason}"
            assert (caught.value.status, caught.value.request_id, caught.value.code) == (200, REQUEST, "")

    def test_an_error_in_place_of_the_output(self) -> None:
        with pytest.raises(RequestRefusedError, match=r"^InvalidFile\.FacePose: turned$"):
            parse_detection(answer({"code": "InvalidFile.FacePose", "message": "turned"}), model("emo-detect-v1"))


def task(**output: Any) -> dict[str, Any]:
    return {"request_id": REQUEST, "output": {"task_id": ID, "task_status": "SUCCEEDED", **output}}


class TestTask:
    def test_created(self) -> None:
        made = parse_created(answer({"request_id": REQUEST, "output": {"task_id": ID, "task_status": "PENDING"}}))
        assert made == TaskAnswer(task_id=ID, status="PENDING", request_id=REQUEST)

    def test_an_error_code_beside_a_task_is_no_error_of_the_call(self) -> None:
        body = {"code": "Success", "output": {"task_id": ID, "task_status": "PENDING"}}
        assert parse_created(answer(body)).task_id == ID

    def test_succeeded(self) -> None:
        body = task(
            results={"video_url": "http://result.example/a.mp4?Expires=1&Signature=x"},
            submit_time="2026-03-15 08:00:00.250",
            scheduled_time="2026-03-15 08:00:01.000",
            end_time="2026-03-15 08:01:00.000",
        )
        body["usage"] = {"video_duration": 13.93, "video_ratio": "1:1"}
        done = parse_task(answer(body), model("emo-v1"))
        assert done.result == "http://result.example/a.mp4?Expires=1&Signature=x"
        assert (done.seconds, done.usage) == (13.93, body["usage"])
        times = (done.submit_time, done.scheduled_time, done.end_time)
        assert [time and time.timestamp() for time in times] == [1773532800.25, 1773532801.0, 1773532860.0]
        assert times[0] and times[0].isoformat() == "2026-03-15T08:00:00.250000+08:00"

    @pytest.mark.parametrize(
        ("name", "output", "usage", "seconds"),
        [
            ("videoretalk", {"video_url": "https://a.example/v"}, {"video_duration": 5.0}, 5.0),
            ("video-style-transform", {"output_video_url": "https://a.example/v"}, {"duration": 3, "SR": 720}, 3.0),
            ("wan2.6-i2v", {"video_url": "https://a.example/v"}, {"output_video_duration": 10, "duration": 12}, 10.0),
            ("wan2.6-i2v", {"video_url": "https://a.example/v"}, {"duration": "10"}, 10.0),
            ("wan2.2-s2v", {"results": {"video_url": "https://a.example/v"}}, {"duration": 4.5}, 4.5),
            ("emoji-v1", {"video_url": "https://a.example/v"}, {}, None),
            ("emoji-v1", {"video_url": "https://a.example/v"}, {"video_duration": "long"}, None),
        ],
    )
    def test_where_result_and_seconds_stand_is_data(
        self, name: str, output: dict[str, Any], usage: dict[str, Any], seconds: float | None
    ) -> None:
        done = parse_task(answer({**task(**output), "usage": usage}), model(name))
        assert (done.result, done.seconds) == ("https://a.example/v", seconds)

    def test_a_template(self) -> None:
        done = parse_task(answer(task(template_id="AACT.xxx.xxx-xxx.xxx")), model("animate-anyone-template-gen2"))
        assert done.result == "AACT.xxx.xxx-xxx.xxx"
        for elsewhere in (
            task(results=[{"template_id": "AACT.1"}]),
            {"template_id": "AACT.1", "output": {"task_status": "SUCCEEDED"}},
        ):
            assert parse_task(answer(elsewhere), model("animate-anyone-template-gen2")).result == "AACT.1"
        assert parse_task(answer(task(template_id="../x")), model("animate-anyone-template-gen2")).result is None

    @pytest.mark.parametrize("status", ["PENDING", "RUNNING", "PRE-PROCESSING", "POST-PROCESSING", "SUSPENDED", "QUEUED"])
    def test_states_in_between(self, status: str) -> None:
        assert parse_task(answer(task(task_status=status)), model("videoretalk")).status == status

    @pytest.mark.parametrize("status", ["FAILED", "CANCELED", "UNKNOWN"])
    def test_states_that_end_a_task(self, status: str) -> None:
        ended = parse_task(answer(task(task_status=status)), model("emo-v1"))
        assert (ended.status, ended.result) == (status, None)

    def test_failed(self) -> None:
        failed = parse_task(
            answer(task(task_status="FAILED", code="InvalidURL", message="The input audio is longer than 60s.")), model("emo-v1")
        )
        error = failure_of(failed)
        assert (error.task_id, str(error)) == (ID, "InvalidURL: The input audio is longer than 60s.")
        assert (error.rules, error.retry_helps, error.request_id) == (("AUD003",), False, REQUEST)
        # The answer that says so is itself a success of HTTP.
        assert (error.status, error.code) == (200, "InvalidURL")

    def test_failed_where_a_new_task_may_succeed(self) -> None:
        failed = parse_task(answer(task(task_status="FAILED", code="InternalError.Timeout", message="m")), model("emo-v1"))
        assert failure_of(failed).retry_helps

    def test_code_and_message_of_a_failure_may_stand_outside_of_the_output(self) -> None:
        body = {**task(task_status="FAILED"), "code": "InternalError", "message": "m"}
        failed = parse_task(answer(body), model("emo-v1"))
        assert (failed.code, failed.message) == ("InternalError", "m")

    @pytest.mark.parametrize("place", ["output", "beside"])
    def test_a_code_has_an_end(self, place: str) -> None:
        code = {"code": "C" * 500}
        body = task(task_status="FAILED", **code) if place == "output" else {**task(task_status="FAILED"), **code}
        assert parse_task(answer(body), model("emo-v1")).code == "C" * 128

    def test_a_task_that_succeeded_has_no_code_and_no_message(self) -> None:
        body = {**task(video_url="https://a.example/v", code="Success", message="m"), "code": "Success", "message": "m"}
        done = parse_task(answer(body), model("videoretalk"))
        assert (done.status, done.code, done.message) == ("SUCCEEDED", "", "")

    def test_a_moment_with_a_zone_is_of_that_zone(self) -> None:
        body = task(task_status="RUNNING", submit_time="2026-03-15T00:00:00+00:00", end_time="soon")
        running = parse_task(answer(body), model("emo-v1"))
        assert running.submit_time and running.submit_time.isoformat() == "2026-03-15T00:00:00+00:00"
        assert running.end_time is None

    def test_canceled_without_a_word(self) -> None:
        assert str(failure_of(parse_task(answer(task(task_status="CANCELED")), model("emo-v1")))) == "the task ended CANCELED"

    @pytest.mark.parametrize("task_id", [None, "", "..", "a/b", "a\nb", 7, "a" * 129])
    def test_ids_that_are_refused(self, task_id: object) -> None:
        with pytest.raises(ProtocolError, match="task_id"):
            parse_created(answer(task(task_id=task_id)))
        # Whoever asks about a task knows its id.
        asked = answer(task(task_id=task_id, task_status="RUNNING"))
        assert parse_task(asked, model("emo-v1")).task_id == ""
        assert parse_task(asked, model("emo-v1"), ID).task_id == ID

    @pytest.mark.parametrize("status", [None, "", "succeeded", "A B", 7])
    def test_states_that_are_refused(self, status: object) -> None:
        with pytest.raises(ProtocolError, match="task_status"):
            parse_task(answer(task(task_status=status)), model("emo-v1"))
        assert parse_created(answer(task(task_status=status))).status == "PENDING"

    def test_an_error_in_place_of_the_state_is_told_in_its_words(self) -> None:
        body = {"output": {"code": "InvalidFile.Value", "message": "too dark"}}
        for parse in (parse_created, lambda came: parse_task(came, model("emo-v1"))):
            with pytest.raises(RequestRefusedError, match=r"^InvalidFile\.Value: too dark$"):
                parse(answer(body))

    @pytest.mark.every(
        "url",
        [
            None,
            "",
            "file:///etc/passwd",
            "oss://a/b",
            "https://",
            "//a/b",
            "https://a.example/\n",
            "https://a.example/\x1b",
            "https://a b/",
            "https://[",
            "https://a.example:0/",
            7,
        ],
    )
    def test_what_is_no_url_of_the_web_is_no_result(self, url: object) -> None:
        body = task(video_url=url)
        done = parse_task(answer(body), model("videoretalk"))
        assert (done.status, done.result, done.body, done.record) == ("SUCCEEDED", None, body, body)

    def test_results_may_stand_at_any_port(self) -> None:
        done = parse_task(answer(task(video_url="https://a.example:1/v")), model("videoretalk"))
        assert done.result == "https://a.example:1/v"

    def test_an_error_in_place_of_the_task(self) -> None:
        with pytest.raises(ThrottledError):
            parse_created(answer({"code": "Throttling.RateQuota", "message": "m", "request_id": REQUEST}))


RECORD = {
    "api_key_id": "1",
    "caller_parent_id": "1122",
    "caller_uid": "1133",
    "gmt_create": DAY_MS + 500,
    "start_time": DAY_MS + 1000,
    "model_name": "emo-v1",
    "region": "cn-beijing",
    "request_id": REQUEST,
    "status": "RUNNING",
    "task_id": ID,
    "user_api_unique_key": "apikey:v1:aigc:image2video:video-synthesis:emo-v1",
}
PAGE = {"total": 1, "total_page": 1, "page_no": 1, "page_size": 10, "data": [RECORD], "request_id": REQUEST}


class TestList:
    def test_as_documented(self) -> None:
        page = parse_list(answer(PAGE))
        assert page.tasks == (
            ListedTask(
                ID,
                "emo-v1",
                "RUNNING",
                DAY_MS / 1000 + 0.5,
                DAY_MS / 1000 + 1,
                None,
                REQUEST,
                api_key_id="1",
                caller_uid="1133",
                caller_parent_id="1122",
                user_api_unique_key="apikey:v1:aigc:image2video:video-synthesis:emo-v1",
                region="cn-beijing",
            ),
        )
        assert (page.total_page, page.total, page.gaps) == (1, 1, 0)

    def test_an_error_code_beside_the_list_is_no_error_of_the_call(self) -> None:
        assert parse_list(answer({**PAGE, "code": "Success"})).total == 1

    def test_of_a_task_that_has_ended(self) -> None:
        record = {**RECORD, "end_time": DAY_MS + 2250, "status": "SUCCEEDED"}
        (listed,) = parse_list(answer({**PAGE, "data": [record]})).tasks
        assert (listed.status, listed.end) == ("SUCCEEDED", DAY_MS / 1000 + 2.25)

    def test_names_have_an_end(self) -> None:
        record = {**RECORD, "model_name": "m" * 500, "request_id": "r" * 500}
        (listed,) = parse_list(answer({**PAGE, "data": [record]})).tasks
        assert (listed.model_name, listed.request_id) == ("m" * 128, "r" * 128)

    def test_of_records_that_say_no_more_than_the_task(self) -> None:
        page = parse_list(answer({**PAGE, "data": [{"task_id": ID}]}))
        assert page.tasks == (ListedTask(ID, "", "", None, None, None, ""),)
        assert page.gaps == 0

    @pytest.mark.parametrize(
        ("change", "read"),
        [
            ({"status": "gone to bed"}, {"status": ""}),
            ({"status": 3, "model_name": None}, {"status": "", "model_name": ""}),
            ({"gmt_create": "soon"}, {"created": None}),
            ({"gmt_create": str(DAY_MS)}, {"created": DAY_MS / 1000}),
            ({"api_key_id": 42, "caller_uid": 2**62, "caller_parent_id": True}, {"api_key_id": "42", "caller_uid": str(2**62)}),
            ({"region": ["x"], "user_api_unique_key": "a\x1b\nb"}, {"region": "", "user_api_unique_key": "a\\x1b b"}),
        ],
    )
    def test_of_records_that_say_something_else(self, change: dict[str, Any], read: dict[str, Any]) -> None:
        (listed,) = parse_list(answer({**PAGE, "data": [{**RECORD, **change}]})).tasks
        assert {name: getattr(listed, name) for name in read} == read

    @pytest.mark.parametrize(
        "gap",
        ["x", None, [], {}, without(RECORD, "task_id"), {**RECORD, "task_id": "a/b"}, {**RECORD, "task_id": 7}],
        ids=str,
    )
    def test_a_record_that_names_no_task_is_a_gap(self, gap: object) -> None:
        page = parse_list(answer({**PAGE, "data": [RECORD, gap]}))
        assert [listed.task_id for listed in page.tasks] == [ID]
        assert page.gaps == 1

    @pytest.mark.parametrize(
        ("said", "count"),
        [(3, 3), ("3", 3), (3.0, 3), (0, 0), (None, None), (-1, None), (2.5, None), ("x", None), (True, None), (1e300, None)],
    )
    def test_counts(self, said: object, count: int | None) -> None:
        for name in ("total", "total_page"):
            page = parse_list(answer({**PAGE, name: said}))
            assert getattr(page, name) == count
            assert len(page.tasks) == 1
        page = parse_list(answer({"data": [RECORD]}))
        assert (page.total, page.total_page) == (None, None)

    @pytest.mark.parametrize("data", [[], None])
    def test_of_no_task(self, data: object) -> None:
        assert parse_list(answer({**PAGE, "total": 0, "total_page": 0, "data": data})).tasks == ()

    @pytest.mark.parametrize("change", [{"data": None}, {"data": {}}, {"data": "x"}, {"data": None, "total": None}], ids=str)
    def test_an_answer_without_records_is_no_empty_list(self, change: dict[str, Any]) -> None:
        with pytest.raises(ProtocolError) as caught:
            parse_list(answer({**PAGE, **change}, 203))
        assert str(caught.value) == "the answer of the service cannot be understood: it has no list `data`"
        assert (caught.value.status, caught.value.request_id) == (203, REQUEST)


class TestCancel:
    def test_as_documented(self) -> None:
        assert parse_cancel(answer({"request_id": REQUEST})) == REQUEST

    def test_a_task_that_has_begun(self) -> None:
        message = "Failed to cancel the task, please confirm if the task is in PENDING status."
        for status in (400, 200):
            with pytest.raises(RequestRefusedError) as caught:
                parse_cancel(answer({"code": "UnsupportedOperation", "message": message, "request_id": REQUEST}, status))
            assert (caught.value.code, caught.value.request_id) == ("UnsupportedOperation", REQUEST)


@pytest.mark.parametrize("status", [400, 408, 429, 500])
def test_only_the_service_itself_refuses_in_its_own_form(status: int) -> None:
    own = {"code": "InternalError", "message": "m", "request_id": "r"}
    inside = {"output": {"code": "InternalError", "message": "m"}, "request_id": "r"}
    assert all(is_own_error(answer(body, status)) for body in (own, inside, {"error": own, "request_id": "r"}))
    with_task = {**own, "output": {"task_id": ID, "task_status": "PENDING"}}
    for other in (without(own, "request_id"), without(own, "code"), {"error": own}, with_task, {}):
        assert not is_own_error(answer(other, status))
        assert not is_own_error(answer(other, status, x_request_id="of-a-gateway"))


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (401, "InvalidApiKey", KeyRefusedError),
            (403, "AccessDenied", AccessRefusedError),
            (400, "InvalidParameter", RequestRefusedError),
            (404, "ModelNotFound", RequestRefusedError),
            (409, "Conflict", RequestRefusedError),
            (429, "Throttling.RateQuota", ThrottledError),
            (500, "InternalError", ServiceFaultError),
            (503, "ModelUnavailable", ServiceFaultError),
        ],
    )
    def test_of_the_service(self, status: int, code: str, kind: type[ServiceError]) -> None:
        error = error_of(answer({"code": code, "message": "so it is", "request_id": REQUEST}, status))
        assert type(error) is kind
        assert (error.code, error.service_message, error.status, error.request_id) == (code, "so it is", status, REQUEST)
        assert str(error) == f"{code}: so it is"

    def test_every_parser_raises_it(self) -> None:
        refused = answer({"code": "InvalidApiKey", "message": "m"}, 401)
        for parse in (parse_policy, parse_created, parse_list, parse_cancel):
            with pytest.raises(KeyRefusedError):
                parse(refused)
        for parse_with_model in (parse_detection, parse_task):
            with pytest.raises(KeyRefusedError):
                parse_with_model(refused, model("emo-v1"))

    def test_in_the_other_style_of_the_service(self) -> None:
        error = error_of(answer({"error": {"code": "invalid_parameter_error", "message": "m"}, "request_id": REQUEST}, 400))
        assert (error.code, error.service_message, error.request_id) == ("invalid_parameter_error", "m", REQUEST)

    def test_a_code_or_a_message_alone_will_do(self) -> None:
        alone = error_of(answer({"code": "InvalidParameter"}, 400))
        assert (alone.code, alone.service_message) == ("InvalidParameter", "")
        assert error_of(answer({"message": "so it is"}, 400)).service_message == "so it is"

    def test_a_code_has_an_end(self) -> None:
        assert error_of(answer({"code": "C" * 500, "message": "m"}, 400)).code == "C" * 128

    def test_of_the_upload_host(self) -> None:
        body = b"""<?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message>
            <RequestId>66E9</RequestId><HostId>a &amp; b</HostId></Error>"""
        error = error_of(answer(body, 403))
        assert isinstance(error, AccessRefusedError)
        assert (error.code, error.request_id, error.retry_helps) == ("AccessDenied", "66E9", True)
        assert error.service_message == "Invalid according to Policy: Policy expired."

    def test_of_the_upload_host_in_bytes_that_are_no_text(self) -> None:
        error = error_of(answer(b"<Error><Code>A&lt;\xff</Code><Message>\xfe</Message></Error>", 403))
        assert (error.code, error.service_message) == ("A<\N{REPLACEMENT CHARACTER}", "\N{REPLACEMENT CHARACTER}")

    def test_other_markup_is_no_error_of_the_upload_host(self) -> None:
        error = error_of(answer(b"<html><Code>AccessDenied</Code><Message>m</Message></html>", 403))
        assert (error.code, error.service_message) == ("", "")

    @pytest.mark.parametrize("status", [199, 300])
    def test_a_task_in_an_answer_that_is_no_success_does_not_count(self, status: int) -> None:
        with pytest.raises(ServiceError):
            parse_created(answer(task(task_status="PENDING"), status))

    @pytest.mark.every(
        ("status", "kind"),
        [
            (302, ProtocolError),
            (401, KeyRefusedError),
            (403, AccessRefusedError),
            (418, RequestRefusedError),
            (429, ThrottledError),
            (502, ServiceFaultError),
        ],
    )
    @pytest.mark.every("body", [b"", b"<html>Bad Gateway</html>", b"[]", b"null", b"{}", b"\xff\x00"])
    def test_of_whatever_stands_in_between(self, status: int, kind: type[ServiceError], body: bytes) -> None:
        error = error_of(answer(body, status))
        assert type(error) is kind
        assert str(error) == f"HTTP status {status}"
        assert error.retry_helps is {302: None, 429: True, 502: True}.get(status, False)

    def test_the_request_id_may_stand_in_a_header(self) -> None:
        assert error_of(answer(b"", 500, x_request_id="r1")).request_id == "r1"
        assert error_of(answer(b"", 403, x_oss_request_id="r2")).request_id == "r2"

    def test_a_request_id_has_an_end(self) -> None:
        assert error_of(answer(b"", 500, x_request_id="r" * 500)).request_id == "r" * 128

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b"\xff"])
    def test_a_success_that_is_no_json_object_is_not_understood(self, body: bytes) -> None:
        with pytest.raises(ProtocolError) as caught:
            parse_cancel(answer(body, x_request_id="r1"))
        assert str(caught.value) == "the answer of the service cannot be understood: it is not a JSON object"
        assert (caught.value.status, caught.value.request_id) == (200, "r1")

    def test_foreign_text_is_one_short_line(self) -> None:
        error = error_of(answer({"code": "A\x1b[31m", "message": "line\nnext\t\u202e\x07" + "x" * 9000}, 400))
        assert str(error).isprintable()
        assert error.service_message.startswith("line next \\u202e\\x07xxx")
        assert len(str(error)) < 700

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("7", 7.0), (" 0 ", 0.0), ("", None), ("-1", None), ("1e9", None), ("soon", None), ("9" * 30, None), ("nan", None)],
    )
    def test_retry_after_in_seconds(self, text: str, seconds: float | None) -> None:
        assert error_of(answer(b"", 429, retry_after=text)).retry_after == seconds

    def test_retry_after_as_a_date(self) -> None:
        sent, until = "Sun, 15 Nov 2026 08:00:00 GMT", "Sun, 15 Nov 2026 08:02:30 GMT"
        assert error_of(answer(b"", 503, retry_after=until, date=sent)).retry_after == 150
        assert error_of(answer(b"", 503, retry_after=sent, date=until)).retry_after == 0
        assert error_of(answer(b"", 503, retry_after="Sun, 15 Nov 2026 16:02:30 +0800", date=sent)).retry_after == 150
        by_this_clock = error_of(answer(b"", 503, retry_after=formatdate(time.time() + 100, usegmt=True))).retry_after
        assert by_this_clock is not None
        assert 0 < by_this_clock <= 101

    @pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's zone cannot be changed")
    def test_a_date_without_a_zone_is_of_greenwich(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        try:
            sent, until = "Sun, 15 Nov 2026 08:00:00 GMT", "Sun, 15 Nov 2026 08:02:30 -0000"
            assert error_of(answer(b"", 503, retry_after=until, date=sent)).retry_after == 150
        finally:
            monkeypatch.undo()
            time.tzset()


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["SUCCEEDED", ID, "https://a.example/v"])
)
NAMES = st.sampled_from(
    sorted(
        {
            "output",
            "data",
            "usage",
            "error",
            "code",
            "message",
            "request_id",
            "task_id",
            "task_status",
            "total",
            "total_page",
            "page_no",
        }
        | {"status", "gmt_create", "submit_time", "results", *DATA}
        | {part for each in MODELS for path in (each.service.result, each.service.verdict) if path for part in path.split(".")}
        | {part for each in MODELS for path in each.service.returns.values() for part in path.split(".")}
    )
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)
BODIES = st.binary() | DOCUMENTS.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "date", "x-request-id", "content-type"]), st.text())


@given(BODIES, st.sampled_from([200, 200, 201, 302, 400, 403, 429, 500, 799]), HEADERS, st.sampled_from(MODELS))
@example(b"[" * 200_000, 200, {}, MODELS[0])
@example(b'{"output":' * 100_000, 400, {}, MODELS[0])
@example(b"1" * 5000, 200, {}, MODELS[0])
@example(b'{"total": 1e308, "total_page": ' + b"9" * 400 + b', "page_no": 1, "data": []}', 200, {}, MODELS[0])
@example(b"<Error>" * 10_000 + b"<Code>" * 10_000, 403, {}, MODELS[0])
@example(b'{"output": {"task_id": "a", "task_status": "FAILED", "submit_time": "0001-01-01"}}', 200, {}, MODELS[0])
@example(b"", 429, {"retry-after": "Mon, 01 Jan 0001 00:00:00 -0000"}, MODELS[0])
@example(b"", 429, {"retry-after": "Mon, 31 Dec 9999 23:59:59 -2359"}, MODELS[0])
def test_any_answer_is_a_result_or_one_of_our_errors(body: bytes, status: int, headers: dict[str, str], of: Model) -> None:
    came = Answer(status, headers, body)
    parsers = (
        parse_policy,
        parse_created,
        parse_list,
        parse_cancel,
        lambda each: parse_task(each, of),
        lambda each: parse_detection(each, of),
    )
    for parse in parsers:
        try:
            result = parse(came)
        except ServiceError as error:
            assert str(error).isprintable()
            assert error.request_id.isprintable()
        else:
            assert 200 <= status < 300
            # What was understood can be stored.
            assert msgspec.json.encode(result)
