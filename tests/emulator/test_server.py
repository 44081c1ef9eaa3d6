"""The calls over HTTP, as the documents have them."""

import base64
import http.server
import json
import os
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from mediapreflight import probe
from mediapreflight.emulator import EVERYWHERE, Emulator, limits
from mediapreflight.people import see_picture

from .caller import DETECTORS, FILES, FIXTURES, GENERATORS, Caller, model, refused, refused_by_host

EMO, WAN, RETALK = model("emo-v1"), model("wan2.6-i2v"), model("videoretalk")
POLICY_LIFE, UPLOAD_LIFE, DAY = 300, 48 * 3600, 86_400


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A picture with nobody in it, of a size every model takes."""
    Image.new("RGB", (640, 640), (120, 120, 120)).save(tmp_path / "grey.png")
    return tmp_path / "grey.png"


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(96 * 2**20)
    return path


class Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A web server on loopback that has the fixtures."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Files(*a, directory=str(FIXTURES))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


# --- who may call what -----------------------------------------------------------------------------------------------


def test_calls_without_the_right_key_are_refused() -> None:
    with Emulator(api_key="sk-right") as service, httpx.Client() as client:
        for path in ("/uploads", "/tasks", "/tasks/", "/tasks/x", "/services/aigc/image2video/video-synthesis", "/services/none"):
            for header in (None, "Bearer", "Basic sk-right", "sk-right", "Bearer sk-wrong"):
                sent = {} if header is None else {"Authorization": header}
                method = "POST" if "services" in path else "GET"
                refused(client.request(method, service.base_url + path, headers=sent), 401, "InvalidApiKey")
        assert client.get(f"{service.base_url}/tasks", headers={"Authorization": "Bearer sk-right"}).status_code == 200


def test_any_key_will_do_where_none_is_named(at_once: Caller) -> None:
    assert at_once.list()["total"] == 0


@pytest.mark.parametrize("entry", [*GENERATORS[:1], *DETECTORS[:1]], ids=lambda entry: entry.id)
def test_mode_of_the_call_must_be_that_of_the_model(at_once: Caller, entry) -> None:
    wrong = None if entry.service.mode == "asynchronous" else "enable"
    refused(at_once.call(entry, at_once.body(entry), X_DashScope_Async=wrong), 403, "AccessDenied", "does not support")
    assert at_once.service.tasks == []


def test_model_that_is_not_known_or_not_here(at_once: Caller) -> None:
    refused(at_once.call(EMO, {"model": "emo-v9", "input": {"image_url": "https://example.com/a.png"}}), 404, "ModelNotFound")
    refused(at_once.call(WAN, at_once.body(EMO)), 400, "InvalidParameter", "Model not exist.")
    answer = at_once.http.post(f"{at_once.service.base_url}/services/aigc/nothing", json={})
    refused(answer, 400, "InvalidParameter", "url error")
    refused(at_once.http.get(f"{at_once.service.base_url}/nothing"), 404, "NotFound")
    refused(at_once.http.put(f"{at_once.service.base_url}/tasks/x"), 405, "NotFound")


def test_slash_behind_a_path_is_taken(at_once: Caller) -> None:
    body = at_once.body(EMO)
    headers = {"X-DashScope-Async": "enable", "X-DashScope-OssResourceResolve": "enable"}
    assert at_once.http.post(f"{at_once.origin}{EMO.service.path}/", json=body, headers=headers).status_code == 200


# --- uploads ---------------------------------------------------------------------------------------------------------


def test_policy_as_documented(at_once: Caller) -> None:
    policy = at_once.policy("emo-v1")
    assert policy["upload_dir"].startswith("dashscope-instant/")
    assert policy["upload_host"].startswith(at_once.origin)
    assert (policy["expire_in_seconds"], policy["max_file_size_mb"]) == (300, 1024)
    assert (policy["x_oss_object_acl"], policy["x_oss_forbid_overwrite"]) == ("private", "true")
    url = f"{at_once.service.base_url}/uploads"
    refused(at_once.http.get(url, params={"action": "getPolicy", "model": "emo-v9"}), 404, "ModelNotFound")
    refused(at_once.http.get(url, params={"action": "getPolicy"}), 400, "InvalidParameter", "Field required: model")
    refused(at_once.http.get(url, params={"model": "emo-v1"}), 400, "InvalidParameter")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Signature": "x"}, 403, "SignatureDoesNotMatch"),
        ({"Signature": "é"}, 403, "SignatureDoesNotMatch"),
        ({"policy": "x"}, 403, "SignatureDoesNotMatch"),
        ({"policy": None}, 403, "SignatureDoesNotMatch"),
        ({"OSSAccessKeyId": None}, 403, "InvalidAccessKeyId"),
        ({"key": "elsewhere/portrait.jpg"}, 403, "AccessDenied"),
        ({"key": None}, 403, "AccessDenied"),
        ({"x": "y" * 70_000}, 400, "InvalidArgument"),
    ],
)
def test_form_that_the_policy_does_not_cover(at_once: Caller, changes: dict, status: int, code: str) -> None:
    refused_by_host(at_once.send(at_once.policy("emo-v1"), FILES["image"], **changes), status, code)


def test_file_must_come_last(at_once: Caller) -> None:
    policy = at_once.policy("emo-v1")
    parts = [("file", ("a.jpg", b"x")), ("policy", (None, policy["policy"].encode()))]
    refused_by_host(at_once.open.post(policy["upload_host"], files=parts), 403, "InvalidAccessKeyId")


def test_body_that_is_no_form(at_once: Caller) -> None:
    host = at_once.policy("emo-v1")["upload_host"]
    refused_by_host(at_once.open.post(host, content=b"x"), 400, "InvalidArgument")
    refused_by_host(at_once.open.post(host, data={"a": "b"}, files={"other": b""}), 400, "InvalidArgument")
    broken = (b"x", b"--b\r\nx", b"--b\r\n\r\n", b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\nx", b"--b--", b"")
    for body in broken:
        for kind in ("multipart/form-data; boundary=b", "multipart/form-data", "multipart/form-data; boundary="):
            answer = at_once.open.post(host, content=body, headers={"Content-Type": kind})
            assert 400 <= answer.status_code < 500


def test_policy_lasts_five_minutes(standing: Caller) -> None:
    policy = standing.policy("emo-v1")
    standing.service.advance(POLICY_LIFE - 1)
    assert standing.send(policy, FILES["image"]).status_code == 200
    standing.service.advance(1)
    answer = standing.send(policy, FILES["image"], "another.jpg")
    refused_by_host(answer, 403, "AccessDenied")
    assert "Policy expired" in answer.text


def test_nothing_is_written_over(at_once: Caller) -> None:
    policy = at_once.policy("emo-v1")
    assert at_once.send(policy, FILES["image"]).status_code == 200
    refused_by_host(at_once.send(policy, FILES["image"]), 409, "FileAlreadyExists")
    assert at_once.send(policy, FILES["image"], **{"x-oss-forbid-overwrite": "false"}).status_code == 200


def test_file_over_the_size_of_the_policy(tmp_path: Path) -> None:
    for size, status in ((2**20, 200), (2**20 + 1, 400)):
        (tmp_path / "file.bin").write_bytes(bytes(size))
        with Emulator(max_file_size_mb=1) as service:
            caller = Caller(service)
            policy = caller.policy("emo-v1")
            assert policy["max_file_size_mb"] == 1
            answer = caller.send(policy, tmp_path / "file.bin")
            caller.close()
        assert answer.status_code == status
        assert status == 200 or "EntityTooLarge" in answer.text


def test_upload_host_does_not_want_the_key(at_once: Caller) -> None:
    policy = at_once.policy("emo-v1")
    answer = at_once.http.post(policy["upload_host"], data={"policy": policy["policy"]}, files={"file": b"x"})
    refused_by_host(answer, 400, "InvalidArgument")
    entry = at_once.service.log[-1]
    assert (entry["step"], entry["authorization"], entry["status"]) == ("upload", True, 400)


def test_large_file_goes_to_the_disk_and_not_to_memory(at_once: Caller, sparse: Path) -> None:
    policy = at_once.policy("videoretalk")
    tracemalloc.start()
    try:
        assert at_once.send(policy, sparse).status_code == 200
        assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
    finally:
        tracemalloc.stop()


def test_oldest_upload_makes_way(at_once: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILES", 2)
    urls = [at_once.upload(WAN.id, FILES["image"]) for _ in range(3)]
    first, last = ({"model": WAN.id, "input": {"img_url": url}} for url in (urls[0], urls[-1]))
    refused(at_once.call(WAN, first), 400, "InvalidParameter.DataInspection")
    assert at_once.call(WAN, last).status_code == 200


def test_form_with_too_much_in_it(at_once: Caller) -> None:
    fields = {f"x-{number}": "y" * 20_000 for number in range(4)}
    refused_by_host(at_once.send(at_once.policy("emo-v1"), FILES["image"], **fields), 400, "InvalidArgument")
    refused_by_host(at_once.send(at_once.policy("emo-v1"), FILES["image"], "x" * 1024), 403, "AccessDenied")


# --- what URLs mean --------------------------------------------------------------------------------------------------


def test_uploaded_files_need_the_header_and_their_model(at_once: Caller) -> None:
    body = at_once.body(WAN)
    answer = at_once.call(WAN, body, X_DashScope_OssResourceResolve=None)
    refused(answer, 400, "invalid_parameter_error", "does not appear to be valid")
    other = model("wan2.5-i2v-preview")
    refused(at_once.call(other, body | {"model": other.id}), 400, "InvalidParameter.DataInspection")
    refused(at_once.call(WAN, {"model": WAN.id, "input": {"img_url": "oss://nothing"}}), 400, "InvalidParameter.DataInspection")
    assert at_once.service.tasks == []


def test_uploaded_file_lasts_two_days(standing: Caller) -> None:
    body = standing.body(WAN)
    standing.service.advance(UPLOAD_LIFE - 1)
    assert standing.call(WAN, body).status_code == 200
    standing.service.advance(1)
    refused(standing.call(WAN, body), 400, "InvalidParameter.DataInspection")


def test_base64_where_the_model_takes_it(at_once: Caller) -> None:
    data = f"data:image/jpeg;base64,{base64.b64encode(FILES['image'].read_bytes()).decode()}"
    task_id = at_once.create(WAN, {"image": data}, duration=2, resolution="720P")
    assert at_once.query(task_id)["output"]["task_status"] == "SUCCEEDED"
    for bad in ("data:image/jpeg;base64,", "data:image/jpeg;base64,?", "data:text/plain;base64,eA==", "data:image/jpeg,x"):
        refused(at_once.call(WAN, at_once.body(WAN, {"image": bad})), 400, "InvalidParameter", "url error")
    refused(at_once.call(EMO, at_once.body(EMO, {"image": data})), 400, "InvalidParameter", "url error")
    (kept,) = (task["request"]["input"]["img_url"] for task in at_once.service.tasks)
    assert kept.startswith("data:image/jpeg;base64,sha256-")
    assert len(kept) < 200


def test_base64_with_its_slashes_escaped(at_once: Caller) -> None:
    data = f"data:image/jpeg;base64,{base64.b64encode(FILES['image'].read_bytes()).decode()}"
    body = json.dumps(at_once.body(WAN, {"image": data}, duration=2, resolution="720P")).replace("/", "\\/")
    headers = {"Content-Type": "application/json", "X-DashScope-Async": "enable"}
    answer = at_once.http.post(at_once.origin + WAN.service.path, content=body, headers=headers)
    assert at_once.status(answer.json()["output"]["task_id"]) == "SUCCEEDED"


def test_call_that_is_too_long(at_once: Caller) -> None:
    body = at_once.body(WAN, {"image": "https://example.com/a.png"}, prompt="x" * 70_000)
    refused(at_once.call(WAN, body), 400, "BadRequest.TooLarge")
    headers = {"Content-Type": "application/json", "X-DashScope-Async": "enable"}
    endless = (b" " * 2**20 for _ in range(100))
    refused(at_once.http.post(at_once.origin + WAN.service.path, content=endless, headers=headers), 400, "BadRequest.TooLarge")
    assert at_once.service.tasks == []


@pytest.mark.parametrize(
    "url", ["portrait.jpg", "file:///portrait.jpg", "ftp://example.com/a.jpg", "http://", "http://[", "https:///a"]
)
def test_what_is_no_url(at_once: Caller, url: str) -> None:
    refused(at_once.call(WAN, at_once.body(WAN, {"image": url})), 400, "InvalidParameter", "url error")


def test_url_on_loopback_is_fetched_and_judged(at_once: Caller, web: str) -> None:
    good = at_once.create(WAN, {"image": f"{web}/portrait-3x4.jpg"}, duration=2, resolution="720P")
    assert at_once.status(good) == "SUCCEEDED"
    answer = at_once.open.get(at_once.query(good)["output"]["video_url"])
    assert answer.headers["content-type"] == "video/mp4"
    for path, code in (("nothing.jpg", "InvalidFile.DownloadFailed"), ("away", "InvalidFile.DownloadFailed")):
        output = at_once.query(at_once.create(WAN, {"image": f"{web}/{path}"}))["output"]
        assert (output["task_status"], output["code"]) == ("FAILED", code)


def test_url_on_loopback_where_nobody_listens(at_once: Caller) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Files) as server:
        port = server.server_port
    output = at_once.query(at_once.create(EMO, {"audio": f"http://localhost:{port}/voice.wav"}))["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidURL.ConnectionRefused")


def test_url_elsewhere_is_taken_as_it_is(at_once: Caller) -> None:
    """192.0.2.0/24 leads nowhere: a connection would not be refused, it would hang."""
    body = at_once.body(RETALK, {"video": "http://192.0.2.1/a.mp4", "audio": "https://192.0.2.1/b.wav"})
    answer = at_once.call(RETALK, body)
    assert answer.status_code == 200
    assert at_once.status(answer.json()["output"]["task_id"]) == "SUCCEEDED"


# --- what is wrong with media ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "files", "code"),
    [
        ("videoretalk", {"video": FIXTURES / "video/fps-75.mp4"}, "InvalidFile.Resolution"),
        ("videoretalk", {"audio": FIXTURES / "portrait.jpg"}, "InvalidFile.Format"),
        ("videoretalk", {"ref_image": FIXTURES / "voice.wav"}, "InvalidFile.Format"),
        ("emo-v1", {"audio": FIXTURES / "voice.aac"}, "InvalidURL"),
        ("liveportrait", {"audio": FIXTURES / "voice.aac"}, "InvalidParameter.UnsupportedFileFormat"),
        ("wan2.6-i2v", {"image": FIXTURES / "formats/rgb.png"}, "InvalidParameter"),
    ],
)
def test_media_the_service_does_not_take_fail_the_task(at_once: Caller, name: str, files: dict, code: str) -> None:
    body = at_once.query(at_once.create(model(name), files))
    assert (body["output"]["task_status"], body["output"]["code"]) == ("FAILED", code)
    (role,) = files
    assert body["output"]["message"].startswith(model(name).roles[role].field)
    assert "usage" not in body


def test_file_that_is_no_media_fails_the_task(at_once: Caller, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(FILES["image"].read_bytes()[:20_000])
    for name in ("text.jpg", "cut.jpg"):
        output = at_once.query(at_once.create(WAN, {"image": tmp_path / name}))["output"]
        assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter.DataInspection")


def test_box_outside_the_picture_fails_the_task(at_once: Caller) -> None:
    task_id = at_once.create(EMO, face_bbox=[700, 700, 800, 800], ext_bbox=[600, 600, 1000, 1000])
    assert at_once.query(task_id)["output"]["code"] == "InvalidParameter"


def test_template_that_is_none(at_once: Caller) -> None:
    entry = model("animate-anyone-gen2")
    output = at_once.query(at_once.create(entry, {"image": FIXTURES / "full-body.jpg"}, template_id="mine"))["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidFile.Template.Content")


@pytest.mark.skipif(os.name != "posix", reason="sets a path for processes that start")
def test_crash_on_a_file_is_not_one_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: str) -> None:
    code = (
        "import os, sys\nsys.addaudithook(lambda event, told: event == 'open' and str(told[0]).endswith('.bmp') and os.abort())"
    )
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "portrait.bmp").write_bytes(FILES["image"].read_bytes())
    with Emulator(seconds_per_task=0, detection="assume") as service:
        caller = Caller(service)
        output = caller.query(caller.create(WAN, {"image": tmp_path / "portrait.bmp"}))["output"]
        assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter.DataInspection")
        assert "crashed" in output["message"]
        assert caller.status(caller.create(WAN)) == "SUCCEEDED"
        caller.close()


# --- detect calls ----------------------------------------------------------------------------------------------------


@pytest.fixture
def looking() -> Iterator[Caller]:
    with Emulator() as service:
        caller = Caller(service)
        yield caller
        caller.close()


def detected(caller: Caller, name: str, path: Path, **parameters: str) -> dict:
    entry = model(name)
    answer = caller.call(entry, caller.body(entry, {"image": path}, **parameters))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["usage"] == {"image_count": 1}
    return body["output"]


def test_boxes_are_those_of_the_face_in_the_picture(looking: Caller) -> None:
    face = list(see_picture(FILES["image"]).faces[0].bbox)
    for ratio, (across, down) in {"1:1": (1, 1), "3:4": (3, 4)}.items():
        output = detected(looking, "emo-detect-v1", FILES["image"], ratio=ratio)
        left, top, right, bottom = output["ext_bbox"]
        assert (output["check_pass"], output["face_bbox"]) == (True, face)
        assert (right - left) * down == (bottom - top) * across
    output = detected(looking, "emoji-detect-v1", FILES["image"])
    assert set(output) == {"bbox_face", "ext_bbox_face"}
    assert output["bbox_face"] == face


def test_verdicts_in_the_shape_of_each_call(looking: Caller) -> None:
    assert detected(looking, "liveportrait-detect", FILES["image"]) == {"pass": True}
    assert detected(looking, "wan2.2-s2v-detect", FILES["image"]) == {"check_pass": True, "humanoid": True}
    found = {
        style: detected(looking, "animate-anyone-detect-gen2", FIXTURES / name)
        for style, name in (("full", "full-body.jpg"), ("half", "half-body.jpg"))
    }
    assert found == {style: {"check_pass": True, "bodystyle": style} for style in found}


@pytest.mark.sweep
def test_picture_with_nobody_in_it(looking: Caller, grey: Path) -> None:
    emo = detected(looking, "emo-detect-v1", grey)
    assert (emo["check_pass"], emo["code"]) == (False, "InvalidFile.NoHuman")
    assert set(emo) == {"check_pass", "code", "message"}
    assert set(detected(looking, "liveportrait-detect", grey)) == {"pass", "message"}
    assert set(detected(looking, "animate-anyone-detect-gen2", grey)) == {"check_pass", "reason"}
    assert set(detected(looking, "emoji-detect-v1", grey)) == {"code", "message"}


def test_picture_that_is_too_small_or_no_picture(looking: Caller) -> None:
    assert detected(looking, "emo-detect-v1", FIXTURES / "formats/rgb.png")["code"] == "InvalidFile.Resolution"
    entry = model("liveportrait-detect")
    answer = looking.call(entry, looking.body(entry, {"image": FILES["audio"]}))
    refused(answer, 400, "InvalidParameter.UnsupportedFileFormat")


def test_picture_nobody_looks_at_is_assumed_to_show_a_face(at_once: Caller, grey: Path) -> None:
    output = detected(at_once, "emo-detect-v1", grey)
    left, top, right, bottom = output["ext_bbox"]
    face = output["face_bbox"]
    assert output["check_pass"]
    assert right - left == bottom - top
    assert 0 <= left <= face[0] < face[2] <= right <= 640
    assert 0 <= top <= face[1] < face[3] <= bottom <= 640


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_life_of_a_task(standing: Caller) -> None:
    task_id = standing.create(EMO)
    output = standing.query(task_id)["output"]
    assert (output["task_status"], output["submit_time"]) == ("PENDING", "2027-01-15 16:00:00.000")
    standing.service.advance(60)
    output = standing.query(task_id)["output"]
    assert (output["task_status"], output["scheduled_time"]) == ("RUNNING", "2027-01-15 16:00:20.000")
    assert "end_time" not in output
    standing.service.advance(60)
    body = standing.query(task_id)
    assert (body["output"]["task_status"], body["output"]["end_time"]) == ("SUCCEEDED", "2027-01-15 16:01:40.000")
    assert body["usage"] == {"video_duration": 3.96, "video_ratio": "1:1"}
    standing.service.advance(DAY)
    assert standing.query(task_id)["output"] == {"task_id": task_id, "task_status": "UNKNOWN"}
    assert standing.status("never-was") == "UNKNOWN"


def test_list_as_documented(standing: Caller) -> None:
    first = standing.create(EMO)
    standing.service.advance(10)
    second = standing.create(WAN)
    standing.service.advance(30)
    page = standing.list()
    assert [row["task_id"] for row in page["data"]] == [second, first]
    assert {name: page[name] for name in ("total", "total_page", "page_no", "page_size")} == {
        "total": 2,
        "total_page": 1,
        "page_no": 1,
        "page_size": 10,
    }
    row = page["data"][1]
    assert (row["gmt_create"], row["start_time"], row["end_time"]) == (1_800_000_000_000, 1_800_000_020_000, None)
    assert (row["model_name"], row["status"]) == ("emo-v1", "RUNNING")
    assert row["user_api_unique_key"] == "apikey:v1:aigc:image2video:video-synthesis:emo-v1"


def test_filters_and_pages_of_the_list(standing: Caller) -> None:
    made = []
    for entry in (EMO, WAN, EMO):
        made.append(standing.create(entry))
        standing.service.advance(10)

    def listed(**filters: object) -> list[int]:
        return [made.index(row["task_id"]) for row in standing.list(**filters)["data"]]

    assert listed(model_name="emo-v1") == [2, 0]
    assert listed(status="RUNNING") == [1, 0]
    assert listed(status="PENDING") == [2]
    assert listed(task_id=made[1]) == [1]
    assert listed(start_time="20270115160010") == [2, 1]
    assert listed(end_time="20270115160010") == [1, 0]
    assert listed(start_time="20270115160005", end_time="20270115160015") == [1]
    assert listed(page_size=2) == [2, 1]
    assert listed(page_size=2, page_no=2) == [0]
    assert listed(page_no=9) == []
    standing.service.advance(DAY)
    assert listed() == []


@pytest.mark.parametrize(
    "filters",
    [
        {"page_no": 0},
        {"page_no": "x"},
        {"page_size": 0},
        {"page_size": 10**9},
        {"start_time": "yesterday"},
        {"start_time": "2027115160000"},
        {"end_time": "2027011516000\uff10"},
        {"start_time": "20270113000000", "end_time": "20270115000000"},
        {"start_time": "20270115000000", "end_time": "20270114000000"},
        {"start_time": "99991231235959"},
    ],
)
def test_list_that_cannot_be_meant(standing: Caller, filters: dict) -> None:
    refused(standing.http.get(f"{standing.service.base_url}/tasks/", params=filters), 400, "InvalidParameter")


def test_only_a_task_that_waits_is_cancelled(standing: Caller) -> None:
    waiting, running = standing.create(EMO), standing.create(WAN)
    url = f"{standing.service.base_url}/tasks/{{}}/cancel"
    answer = standing.http.post(url.format(waiting))
    assert (answer.status_code, list(answer.json())) == (200, ["request_id"])
    standing.service.advance(50)
    for task_id in (waiting, running, "never-was"):
        refused(standing.http.post(url.format(task_id)), 400, "UnsupportedOperation", "PENDING")
    assert (standing.status(waiting), standing.status(running)) == ("CANCELED", "RUNNING")


def test_tasks_and_uploads_belong_to_the_account_of_their_key(standing: Caller) -> None:
    owner = standing.http.headers["Authorization"]
    body = standing.body(WAN)
    task_id = standing.call(WAN, body).json()["output"]["task_id"]
    url = f"{standing.service.base_url}/tasks/{task_id}/cancel"
    rows = []
    for key in ("sk-other", "sk-test"):
        standing.http.headers["Authorization"] = f"Bearer {key}"
        assert standing.status(task_id) == "PENDING"
        assert standing.call(WAN, body).status_code == 200
        rows.extend(standing.list()["data"][:1])
    assert rows[0]["caller_uid"] == rows[1]["caller_uid"] == rows[0]["caller_parent_id"]
    assert rows[0]["api_key_id"] != rows[1]["api_key_id"]
    standing.http.headers["Authorization"] = "Bearer stranger.1"
    assert standing.status(task_id) == "UNKNOWN"
    assert standing.list()["total"] == 0
    refused(standing.http.post(url), 400, "UnsupportedOperation")
    refused(standing.call(WAN, body), 400, "InvalidParameter.DataInspection")
    standing.http.headers["Authorization"] = owner
    assert standing.list()["total"] == 3
    assert standing.http.post(url).status_code == 200


def test_every_answer_has_the_time_of_the_service(standing: Caller) -> None:
    standing.service.advance(3600)
    for client, path in ((standing.http, "/api/v1/tasks"), (standing.http, "/nothing"), (standing.open, "/emulator/tasks")):
        assert client.get(standing.origin + path).headers["date"] == "Fri, 15 Jan 2027 09:00:00 GMT"


def test_too_many_submissions_and_queries(at_once: Caller) -> None:
    body = at_once.body(RETALK)
    answers = [at_once.call(RETALK, body) for _ in range(3)]
    assert answers[0].status_code == 200
    refused(answers[-1], 429, "Throttling.RateQuota")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert len(at_once.service.tasks) < 3
    queries = [at_once.http.get(f"{at_once.service.base_url}/tasks/x").status_code for _ in range(60)]
    assert set(queries) == {200, 429}
    assert queries[:20] == [200] * 20


# --- results ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def result(at_once: Caller) -> str:
    """The URL of a video."""
    return at_once.query(at_once.create(EMO))["output"]["results"]["video_url"]


def test_result_in_ranges(at_once: Caller, result: str) -> None:
    whole = at_once.open.get(result)
    etag, size = whole.headers["etag"], len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    for asked, start, stop in (("0-99", 0, 100), ("100-", 100, size), ("-5", size - 5, size), (f"5-{size * 2}", 5, size)):
        part = at_once.open.get(result, headers={"Range": f"bytes={asked}", "If-Range": etag})
        assert (part.status_code, part.content) == (206, whole.content[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        assert part.headers["etag"] == etag
    other = at_once.open.get(result, headers={"Range": "bytes=0-99", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)
    for asked in (f"{size}-", "x"):
        assert at_once.open.get(result, headers={"Range": f"bytes={asked}"}).status_code == 416
    head = at_once.open.head(result)
    assert (head.status_code, int(head.headers["content-length"]), head.content) == (200, size, b"")


def test_link_is_signed_and_dies_after_a_day(standing: Caller) -> None:
    task_id = standing.create(EMO)
    standing.service.advance(100)
    url = standing.query(task_id)["output"]["results"]["video_url"]
    unsigned = url.partition("?")[0]
    altered = url[:-1] + ("1" if url.endswith("0") else "0")
    for forged in (unsigned, altered, url.replace("Expires=18", "Expires=19"), url.replace("Expires=18", "Expires=x")):
        refused_by_host(standing.open.get(forged), 403, "SignatureDoesNotMatch")
    refused_by_host(standing.http.get(url), 400, "InvalidArgument")
    standing.service.advance(DAY - 1)
    assert standing.open.get(url).status_code == 200
    standing.service.advance(1)
    refused_by_host(standing.open.get(url), 403, "AccessDenied")


# --- faults ----------------------------------------------------------------------------------------------------------


def at_step(caller: Caller, step: str) -> tuple[httpx.Client, str, str, dict]:
    """The call that a step is made of: client, method, URL, and what goes with it."""
    if step == "upload":
        policy = caller.policy("emo-v1")
        form = {"OSSAccessKeyId": policy["oss_access_key_id"], "Signature": policy["signature"], "policy": policy["policy"]}
        form["key"] = f"{policy['upload_dir']}/a.jpg"
        return caller.open, "POST", policy["upload_host"], {"data": form, "files": {"file": FILES["image"].read_bytes()}}
    if step in ("detect", "create"):
        entry = model("emo-detect-v1" if step == "detect" else "emo-v1")
        headers = {"X-DashScope-OssResourceResolve": "enable"} | ({"X-DashScope-Async": "enable"} if step == "create" else {})
        return caller.http, "POST", caller.origin + entry.service.path, {"json": caller.body(entry), "headers": headers}
    task_id = caller.create(WAN, resolution="720P", duration=2)
    if step == "result":
        return caller.open, "GET", caller.query(task_id)["output"]["video_url"], {}
    base = caller.service.base_url
    tails = {
        "policy": "/uploads?action=getPolicy&model=emo-v1",
        "query": f"/tasks/{task_id}",
        "list": "/tasks/",
        "cancel": f"/tasks/{task_id}/cancel",
    }
    return caller.http, "POST" if step == "cancel" else "GET", base + tails[step], {}


@pytest.mark.parametrize("step", ["policy", "upload", "detect", "create", "query", "list", "cancel", "result"])
def test_every_fault_at_every_step(at_once: Caller, step: str) -> None:
    client, method, url, call = at_step(at_once, step)
    for fault in EVERYWHERE:
        at_once.service.fail(step, fault)
        try:
            answer = client.request(method, url, timeout=httpx.Timeout(20, read=1 if fault == "stall" else 20), **call)
        except httpx.TransportError as error:
            seen: object = type(error)
        else:
            seen = answer.status_code
        entry = at_once.service.log[-1]
        assert (entry["step"], entry["fault"]) == (step, fault)
        match fault:
            case "429" | "500" | "503":
                assert seen == int(fault) == entry["status"]
            case "reset" | "lost":
                # A client that was still sending hears of it while it sends, or finds the line dead when it listens.
                assert seen in (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
                assert entry["status"] is None
            case "stall":
                assert seen is httpx.ReadTimeout
            case "cut":
                assert seen is httpx.RemoteProtocolError or (step == "upload" and seen in (200, 409))
            case "junk":
                assert seen == 200
                assert b"<html>" in answer.content
            case "slow":
                assert seen in (200, 400, 409)


def test_lost_answer_leaves_its_work_and_a_reset_does_not(at_once: Caller) -> None:
    body = at_once.body(EMO)
    for fault, count in (("reset", 0), ("500", 0), ("lost", 1)):
        at_once.service.fail("create", fault)
        if fault == "500":
            assert at_once.call(EMO, body).status_code == 500
        else:
            with pytest.raises(httpx.TransportError):
                at_once.call(EMO, body)
        assert len(at_once.service.tasks) == count
    assert at_once.list(model_name="emo-v1")["total"] == 1


def test_picture_that_is_refused_on_request(at_once: Caller) -> None:
    entry = model("emo-detect-v1")
    at_once.service.fail("detect", "refused")
    refused(at_once.call(entry, at_once.body(entry)), 400, "InvalidFile.NoHuman", "no human body")
    assert at_once.call(entry, at_once.body(entry)).json()["output"]["check_pass"]


def test_faults_of_one_step(at_once: Caller) -> None:
    at_once.service.fail("policy", "expired")
    refused_by_host(at_once.send(at_once.policy("emo-v1"), FILES["image"]), 403, "AccessDenied")
    at_once.service.fail("upload", "expired")
    refused_by_host(at_once.send(at_once.policy("emo-v1"), FILES["image"]), 403, "AccessDenied")
    at_once.service.fail("create", "failed")
    task_id = at_once.create(WAN, resolution="720P", duration=2)
    assert at_once.query(task_id)["output"]["code"] == "InternalError"
    at_once.service.fail("query", "unknown", times=2)
    assert [at_once.status(task_id) for _ in range(3)] == ["UNKNOWN", "UNKNOWN", "FAILED"]
    url = at_once.query(at_once.create(EMO))["output"]["results"]["video_url"]
    at_once.service.fail("result", "expired")
    refused_by_host(at_once.open.get(url), 403, "AccessDenied")
    assert at_once.open.get(url).status_code == 200


# --- the emulator's own ----------------------------------------------------------------------------------------------


def test_faults_and_time_over_http(standing: Caller) -> None:
    task_id = standing.create(EMO)
    assert standing.open.post(f"{standing.origin}/emulator/clock", json={"advance": 60}).status_code == 200
    assert standing.status(task_id) == "RUNNING"
    asked = {"step": "query", "fault": "503", "times": 2}
    assert standing.open.post(f"{standing.origin}/emulator/faults", json=asked).status_code == 200
    url = f"{standing.service.base_url}/tasks/{task_id}"
    assert [standing.http.get(url).status_code for _ in range(3)] == [503, 503, 200]
    assert standing.open.get(f"{standing.origin}/emulator/tasks").json() == standing.service.tasks
    assert standing.open.get(f"{standing.origin}/emulator/log").json() == standing.service.log


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b""),
        ("faults", b"[]"),
        ("faults", b'{"step": "create"}'),
        ("faults", b'{"step": "create", "fault": "unknown"}'),
        ("faults", b'{"step": "create", "fault": "lost", "times": 0}'),
        ("clock", b"\xff"),
        ("clock", b'{"advance": -1}'),
        ("clock", b'{"advance": "1"}'),
        ("clock", b'{"advance": 1e300}'),
        ("clock", b" " * 10_000),
    ],
)
def test_what_the_emulator_does_not_understand(at_once: Caller, path: str, body: bytes) -> None:
    answer = at_once.open.post(f"{at_once.origin}/emulator/{path}", content=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, "BadRequest.TooLarge" if len(body) > 5000 else "InvalidParameter")


def test_time_has_an_end_and_no_more_faults_wait_than_may(at_once: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAULTS", 2)
    fault = {"step": "list", "fault": "429"}
    asked = [at_once.open.post(f"{at_once.origin}/emulator/faults", json=fault).status_code for _ in range(3)]
    assert asked == [200, 200, 400]
    moved = [at_once.open.post(f"{at_once.origin}/emulator/clock", json={"advance": 10**9}).status_code for _ in range(300)]
    assert set(moved) == {200, 400}
    assert at_once.http.get(f"{at_once.service.base_url}/tasks/x").status_code == 200


def test_log_keeps_no_long_texts(at_once: Caller) -> None:
    names = {f"x{'y' * 3000}": "1", **{f"X-{number}": "1" for number in range(40)}}
    at_once.http.get(f"{at_once.service.base_url}/{'a' * 2000}", params={"b" * 2000: "c" * 2000}, headers=names)
    assert len(json.dumps(at_once.service.log)) < 3000


def test_log_says_who_sent_the_key_where_and_holds_no_signature(at_once: Caller, result: str) -> None:
    at_once.open.get(result)
    log = at_once.service.log
    assert [entry["step"] for entry in log] == ["policy", "upload", "policy", "upload", "create", "query", "result"]
    assert [entry["authorization"] for entry in log] == [True, False, True, False, True, True, False]
    assert {entry["status"] for entry in log} == {200}
    assert "X-DashScope-Async" in log[4]["headers"]
    text = json.dumps(log)
    assert result.rpartition("Signature=")[2] not in text
    assert "sk-test" not in text


def test_tasks_say_what_was_asked(at_once: Caller) -> None:
    body = at_once.body(EMO, style_level="calm")
    answer = at_once.call(EMO, body)
    (task,) = at_once.service.tasks
    assert (task["task_id"], task["model"], task["status"]) == (answer.json()["output"]["task_id"], "emo-v1", "SUCCEEDED")
    assert task["request"] == body


def test_result_of_one_task_is_the_input_of_another(at_once: Caller, result: str, tmp_path: Path) -> None:
    """As in a pipeline; and its link is one to loopback."""
    (tmp_path / "first.mp4").write_bytes(at_once.open.get(result).content)
    assert probe(tmp_path / "first.mp4").width == 512
    entry = model("wan2.2-animate-move")
    task_id = at_once.create(entry, {"video": result})
    assert at_once.status(task_id) == "SUCCEEDED"


def test_client_that_goes_away_in_the_middle_leaves_nothing(at_once: Caller) -> None:
    import socket

    policy = at_once.policy("emo-v1")
    host = at_once.origin.removeprefix("http://")
    head = (
        f"POST /oss HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n"
    )
    fields = {
        "OSSAccessKeyId": policy["oss_access_key_id"],
        "Signature": policy["signature"],
        "policy": policy["policy"],
        "key": f"{policy['upload_dir']}/a.jpg",
    }
    form = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    form += '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nhalf of it'
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port))) as connection:
        connection.sendall((head + form).encode())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    body = at_once.body(EMO, {"image": f"oss://{policy['upload_dir']}/a.jpg"})
    refused(at_once.call(EMO, body), 400, "InvalidParameter.DataInspection")
