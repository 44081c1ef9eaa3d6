"""The stand-in answers as the documents say, and errs as it is told to."""

import base64
import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from .stand_in import KEY_A, KEY_A2, KEY_B, StandIn

FACE_DETECT = "/services/aigc/image2video/face-detect"
PEOPLE = "/services/aigc/image2video/video-synthesis"
VIDEO = "/services/aigc/video-generation/video-synthesis"
ASYNC = {"X-DashScope-Async": "enable"}
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
WAN = {"model": "wan2.6-i2v", "input": {"img_url": "https://example.com/a.png", "prompt": "one"}}


@pytest.fixture
def http(service: StandIn) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.base_url, headers=of(KEY_A), trust_env=False, verify=False, timeout=10) as client:
        yield client


def of(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def create(http: httpx.Client, body: Any = WAN, **headers: str) -> httpx.Response:
    return http.post(VIDEO, json=body, headers=ASYNC | headers)


def made(http: httpx.Client, **headers: str) -> str:
    return str(create(http, **headers).json()["output"]["task_id"])


def finished(http: httpx.Client, task: str, **headers: str) -> dict[str, Any]:
    for _ in range(100):
        answer: dict[str, Any] = http.get(f"/tasks/{task}", headers=headers).json()
        if answer.get("output", {}).get("task_status") not in ("PENDING", "RUNNING"):
            return answer
        time.sleep(0.02)
    raise AssertionError(answer)


def policy(http: httpx.Client, model: str) -> dict[str, Any]:
    data: dict[str, Any] = http.get("/uploads", params={"action": "getPolicy", "model": model}).json()["data"]
    return data


def form(data: dict[str, Any], name: str = "a.png") -> dict[str, str]:
    return {
        "OSSAccessKeyId": data["oss_access_key_id"],
        "Signature": data["signature"],
        "policy": data["policy"],
        "key": f"{data['upload_dir']}/{name}",
        "x-oss-object-acl": data["x_oss_object_acl"],
        "x-oss-forbid-overwrite": data["x_oss_forbid_overwrite"],
        "success_action_status": "200",
    }


def uploaded(http: httpx.Client, model: str) -> str:
    data = policy(http, model)
    answer = httpx.post(data["upload_host"], data=form(data), files={"file": ("a.png", b"a picture")}, trust_env=False)
    assert (answer.status_code, answer.content) == (200, b"")
    return f"oss://{data['upload_dir']}/a.png"


# ---- as documented


def test_a_task_is_made_finishes_and_its_video_can_be_fetched(http: httpx.Client) -> None:
    said = create(http)
    assert said.status_code == 200
    assert said.json()["output"]["task_status"] == "PENDING"
    assert said.json()["request_id"]
    answer = finished(http, said.json()["output"]["task_id"])
    assert answer["output"]["task_status"] == "SUCCEEDED"
    assert answer["output"]["orig_prompt"] == "one"
    video = httpx.get(answer["output"]["video_url"], trust_env=False)
    assert video.content[4:8] == b"ftyp"
    piece = httpx.get(answer["output"]["video_url"], headers={"Range": "bytes=4-7"}, trust_env=False)
    assert (piece.status_code, piece.content) == (206, b"ftyp")


def test_an_upload_is_used_by_the_model_it_was_asked_for_and_with_the_header(http: httpx.Client) -> None:
    url = uploaded(http, "wan2.6-i2v")
    body = {"model": "wan2.6-i2v", "input": {"img_url": url}}
    assert create(http, body).json()["code"] == "invalid_parameter_error"
    assert create(http, body, **RESOLVE).status_code == 200
    other = {"model": "wan2.5-i2v-preview", "input": {"img_url": url}}
    assert create(http, other, **RESOLVE).json()["code"] == "InvalidParameter.DataInspection"
    assert create(http, body, **RESOLVE, **of(KEY_A2)).status_code == 200
    assert create(http, body, **RESOLVE, **of(KEY_B)).json()["code"] == "InvalidParameter.DataInspection"


def test_an_upload_is_refused_late_twice_or_with_its_file_first(service: StandIn, http: httpx.Client) -> None:
    data = policy(http, "wan2.6-i2v")
    assert json.loads(base64.b64decode(data["policy"]))["expiration"]

    def post() -> int:
        return httpx.post(data["upload_host"], data=form(data), files={"file": ("a.png", b"x")}, trust_env=False).status_code

    assert [post(), post()] == [200, 409]
    fields: Any = [("file", ("a.png", b"x")), *((name, (None, value)) for name, value in form(data).items())]
    assert httpx.post(data["upload_host"], files=fields, trust_env=False).status_code == 400
    service.rules(clock_offset=400.0)
    assert post() == 403


def test_detect_calls_answer_what_each_model_says(service: StandIn, http: httpx.Client) -> None:
    def ask(model: str, **parameters: str) -> httpx.Response:
        body = {"model": model, "input": {"image_url": "https://example.com/a.png"}, "parameters": parameters}
        path = FACE_DETECT if model != "animate-anyone-detect-gen2" else FACE_DETECT.replace("face", "aa")
        return http.post(path, json=body)

    emo = ask("emo-detect-v1", ratio="1:1").json()
    assert emo["output"] == {"check_pass": True, "face_bbox": [223, 132, 404, 313], "ext_bbox": [87, 0, 540, 453]}
    assert emo["usage"]["image_count"] == 1
    assert ask("emo-detect-v1").status_code == 400
    assert ask("liveportrait-detect").json()["output"]["pass"] is True
    assert ask("animate-anyone-detect-gen2").json()["output"]["bodystyle"] == "full"
    service.rules(detection=["InvalidFile.NoHuman", "The input image has no human body."])
    assert ask("emo-detect-v1", ratio="1:1").json()["output"]["check_pass"] is False
    service.rules(detection_refuses="400")
    assert ask("emo-detect-v1", ratio="1:1").status_code == 400
    assert sum(entry["billed"] for entry in service.log("detect")) == 4


EMO = {
    "image_url": "https://a.example/p.png",
    "audio_url": "https://a.example/v.wav",
    "face_bbox": [223, 132, 404, 313],
    "ext_bbox": [87, 0, 540, 453],
}


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        (VIDEO, WAN, {}, 403, "AccessDenied"),
        (VIDEO, WAN, ASYNC | {"Authorization": "Bearer sk-nobody"}, 401, "InvalidApiKey"),
        (VIDEO, WAN, ASYNC | {"Content-Type": "text/plain"}, 400, "BadRequest.IllegalInput"),
        (PEOPLE, WAN, ASYNC, 400, "InvalidParameter"),
        (VIDEO, {"model": "wan9", "input": {"img_url": "x"}}, ASYNC, 400, "InvalidParameter"),
        (VIDEO, {"input": {"img_url": "x"}}, ASYNC, 400, "BadRequest.EmptyModel"),
        (VIDEO, {"model": "wan2.6-i2v"}, ASYNC, 400, "BadRequest.EmptyInput"),
        (VIDEO, {"model": "wan2.6-i2v", "input": {"prompt": "one"}}, ASYNC, 400, "InvalidParameter"),
        (VIDEO, {"model": "wan2.6-i2v", "input": {"img_url": "/home/a.png"}}, ASYNC, 400, "InvalidURL"),
        (PEOPLE, {"model": "emo-v1", "input": EMO | {"ext_bbox": [0, 0, 10, 30]}}, ASYNC, 400, "InvalidParameter"),
        (PEOPLE, {"model": "liveportrait", "input": EMO | {"image_url": "data:image/png;base64,AA"}}, ASYNC, 400, "InvalidURL"),
    ],
)
def test_calls_are_judged_by_the_documents(
    http: httpx.Client, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    said = http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"} | headers)
    assert (said.status_code, said.json()["code"]) == (status, code)
    assert said.json()["message"]
    assert said.json()["request_id"]


def test_the_list_holds_the_accounts_tasks_page_by_page(service: StandIn, http: httpx.Client) -> None:
    mine = [made(http) for _ in range(3)]
    second = made(http, **of(KEY_A2))
    made(http, **of(KEY_B))
    answer = http.get("/tasks/", params={"page_size": 3, "page_no": 2}).json()
    assert (answer["total"], answer["total_page"], answer["page_no"], answer["page_size"]) == (4, 2, 2, 3)
    assert [row["task_id"] for row in answer["data"]] == mine[:1]
    rows = http.get("/tasks").json()["data"]
    assert [row["task_id"] for row in rows] == [second, *reversed(mine)]
    assert {row["api_key_id"] for row in rows} == {"50001", "50002"}
    assert {row["caller_parent_id"] for row in rows} == {"1001"}
    assert rows[0].keys() == {
        "api_key_id", "caller_parent_id", "caller_uid", "gmt_create", "start_time", "end_time", "region", "request_id", "status",
        "task_id", "user_api_unique_key", "model_name",
    }  # fmt: skip
    assert abs(rows[0]["gmt_create"] / 1000 - time.time()) < 60
    assert http.get("/tasks/", params={"model_name": "wan2.5-i2v-preview"}).json()["total"] == 0
    assert http.get("/tasks/", params={"status": "CANCELED"}).json()["total"] == 0


def test_the_lists_window_is_in_the_time_of_china_and_at_most_a_day(http: httpx.Client) -> None:
    made(http)
    now = datetime.now(timezone(timedelta(hours=8)))

    def ask(start: timedelta, end: timedelta) -> httpx.Response:
        window = {"start_time": f"{now + start:%Y%m%d%H%M%S}", "end_time": f"{now + end:%Y%m%d%H%M%S}"}
        return http.get("/tasks/", params=window)

    assert ask(timedelta(minutes=-1), timedelta(minutes=1)).json()["total"] == 1
    assert ask(timedelta(minutes=-9), timedelta(minutes=-8)).json()["total"] == 0
    assert ask(timedelta(hours=-25), timedelta(minutes=1)).status_code == 400


def test_only_pending_tasks_are_cancelled(service: StandIn, http: httpx.Client) -> None:
    service.rules(pending=30.0)
    task = made(http)
    assert list(http.post(f"/tasks/{task}/cancel").json()) == ["request_id"]
    again = http.post(f"/tasks/{task}/cancel")
    assert (again.status_code, again.json()["code"]) == (400, "UnsupportedOperation")
    assert http.get(f"/tasks/{task}").json()["output"]["task_status"] == "CANCELED"


def test_tasks_are_known_to_their_account_for_a_day(service: StandIn, http: httpx.Client) -> None:
    task = made(http)
    video = finished(http, task)["output"]["video_url"]
    assert finished(http, task, **of(KEY_A2))["output"]["task_status"] == "SUCCEEDED"
    assert http.get(f"/tasks/{task}", headers=of(KEY_B)).json()["output"]["task_status"] == "UNKNOWN"
    service.rules(clock_offset=25 * 3600.0)
    assert http.get(f"/tasks/{task}").json()["output"]["task_status"] == "UNKNOWN"
    assert httpx.get(video, trust_env=False).status_code == 403


# ---- as told to err


@pytest.mark.parametrize("work", ["yes", "no"])
@pytest.mark.parametrize(
    "delivery",
    ["reset unread", "reset unanswered", "closed unanswered", "reset in head", "reset in body", "closed in body", "too short"],
)
def test_an_answer_is_lost_on_its_way(service: StandIn, http: httpx.Client, work: str, delivery: str) -> None:
    service.fault("create", work=work, delivery=delivery)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        create(http)
    is_made = work == "yes" and delivery != "reset unread"
    assert len(service.tasks()) == is_made
    assert service.creates() == {"one": 1}
    assert create(http).status_code == 200


def test_late_work_shows_up_late(service: StandIn, http: httpx.Client) -> None:
    service.fault("create", work="late", late=3600, delivery="reset unanswered")
    with pytest.raises(httpx.ReadError):
        create(http)
    assert http.get("/tasks/").json()["total"] == 0
    service.rules(clock_offset=3700.0)
    assert http.get("/tasks/").json()["total"] == 1
    assert [entry["may_have_made"] for entry in service.log("create")] == [True]


def test_errors_are_told_apart_by_what_they_may_have_made(service: StandIn, http: httpx.Client) -> None:
    own = {"code": "InternalError", "message": "An internal error has occurred.", "request_id": "r"}
    service.fault("create", work="no", status=500, body=own)
    service.fault("create", work="yes", status=500, body=own)
    service.fault("create", work="no", status=502, body="<html>Bad Gateway</html>")
    service.fault("create", work="no", status=429, body=own | {"code": "Throttling.RateQuota"})
    assert [create(http).status_code for _ in range(4)] == [500, 500, 502, 429]
    assert [entry["may_have_made"] for entry in service.log("create")] == [False, True, True, False]


def test_faults_strike_so_often_so_long_after_so_many_for_one_job(service: StandIn, http: httpx.Client) -> None:
    service.fault("create", status=500, body={}, skip=1, times=2)
    assert [create(http).status_code for _ in range(4)] == [200, 500, 500, 200]
    service.fault("list", status=403, body={}, seconds=3600)
    assert [http.get("/tasks/").status_code for _ in range(3)] == [403] * 3
    service.rules(clock_offset=3700.0)
    assert http.get("/tasks/").status_code == 200
    service.fault("create", status=503, body={}, job="two")
    two = {"model": "wan2.6-i2v", "input": {"img_url": "https://example.com/a.png", "prompt": "two"}}
    assert [create(http).status_code, create(http, two).status_code] == [200, 503]


@pytest.mark.sweep
def test_bytes_are_slow_and_bombs_are_big(service: StandIn, http: httpx.Client) -> None:
    service.fault("query", body_interval=0.001)
    service.fault("query", head_interval=0.001)
    task = made(http)
    for _ in range(2):
        started = time.monotonic()
        assert http.get(f"/tasks/{task}").status_code == 200
        assert time.monotonic() - started > 0.1
    for encoding, most in (("gzip", 1e6), ("deflate", 1e6), ("gzip, gzip, gzip", 3e3)):
        service.fault("query", gigabytes=0.25, headers={"Content-Encoding": encoding})
        with http.stream("GET", f"/tasks/{task}") as answer:
            assert int(answer.headers["Content-Length"]) < most
            size = 0
            for piece in answer.iter_bytes(1 << 20):
                size += len(piece)
                if size > 1 << 27:
                    break
        assert size > 1 << 27


def test_nothing_listens_for_a_while(service: StandIn, http: httpx.Client) -> None:
    assert create(http).status_code == 200
    service.ask("POST", "/listener", {"down_s": 2})
    with pytest.raises(httpx.TransportError):
        create(http)
    with pytest.raises(httpx.ConnectError):
        create(http)
    while not service.tasks()[1:]:
        with contextlib.suppress(httpx.ConnectError):
            assert create(http).status_code == 200
    assert len(service.tasks()) == 2


def test_clocks_are_wrong(service: StandIn, http: httpx.Client) -> None:
    def ahead() -> float:
        return (parsedate_to_datetime(http.get("/tasks/").headers["Date"]) - datetime.now(UTC)).total_seconds()

    assert abs(ahead()) < 5
    service.rules(clock_offset=7200.0)
    assert abs(ahead() - 7200) < 5
    service.rules(date="-3600")
    assert abs(ahead() - 3600) < 5
    service.rules(date="Fri, 31 Dec 9999 23:59:59 GMT")
    assert parsedate_to_datetime(http.get("/tasks/").headers["Date"]).year == 9999
    service.rules(date="missing")
    assert "Date" not in http.get("/tasks/").headers


def test_lists_lag_and_lie(service: StandIn, http: httpx.Client) -> None:
    tasks = {made(http) for _ in range(4)}

    def listed(**asked: int) -> dict[str, Any]:
        answer: dict[str, Any] = http.get("/tasks/", params=asked).json()
        return answer

    service.rules(list_total="larger", list_total_page="one")
    assert (listed()["total"], listed()["total_page"]) == (11, 1)
    service.rules(list_total="zero", list_total_page="missing", list_page_no="missing")
    assert listed()["total"] == 0
    assert not {"total_page", "page_no"} & listed().keys()
    service.rules(list_twice=True)
    assert [row["task_id"] for row in listed()["data"]].count(next(iter(tasks))) == 2
    service.rules(list_twice=False, list_page_size=1, list_order="oldest")
    assert len(listed(page_size=100)["data"]) == 1
    service.rules(list_page_size=0, list_nulls=["gmt_create"], list_without=["model_name"])
    assert {row["gmt_create"] for row in listed()["data"]} == {None}
    assert not any("model_name" in row for row in listed()["data"])
    service.rules(list_lag=3600.0)
    assert listed()["data"] == []


def test_a_colleague_works_at_the_same_moment(service: StandIn, http: httpx.Client) -> None:
    service.rules(colleague=KEY_A2)
    made(http)
    assert {row["api_key_id"] for row in http.get("/tasks/").json()["data"]} == {"50001", "50002"}
    assert len(service.tasks()) == 1
    service.ask("POST", "/tasks", {"key": KEY_B, "model": "wan2.6-i2v", "ago_s": 60})
    assert len(service.tasks("colleague")) == 2


@pytest.mark.parametrize(
    ("shape", "place"),
    [
        ("documented", ("output", "video_url")),
        ("results", ("output", "results", "video_url")),
        ("results list", ("output", "results", 0, "video_url")),
        ("output list", ("output", 0, "video_url")),
        ("elsewhere", ("output", "media", "final", "address")),
        ("bare", ("output", "video_url")),
    ],
)
def test_the_video_stands_elsewhere(service: StandIn, http: httpx.Client, shape: str, place: tuple[Any, ...]) -> None:
    service.rules(shape=shape, running=0.0)
    answer: Any = http.get(f"/tasks/{made(http)}").json()
    assert ("task_id" in answer["output"]) == (shape not in ("bare", "output list"))
    for one in place:
        answer = answer[one]
    assert answer.startswith("http://127.0.0.1")


def test_keys_are_noticed_where_they_do_not_belong(service: StandIn, http: httpx.Client) -> None:
    create(http)
    data = policy(http, "wan2.6-i2v")
    httpx.post(data["upload_host"], headers=of(KEY_A), trust_env=False)
    create(http, WAN | {"note": KEY_A})
    assert [entry["keys_elsewhere"] for entry in service.log()] == [[], [], ["Authorization"], ["body"]]
