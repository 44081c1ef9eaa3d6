"""Requests, field by field as the documents print them, for every model of the catalog through the same code."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import Model, builtin_catalog
from mediapreflight.catalog.schema import Condition
from mediapreflight.errors import UploadError, UsageError
from mediapreflight.submit.dashscope.answers import Policy
from mediapreflight.submit.dashscope.endpoint import Endpoint
from mediapreflight.submit.dashscope.requests import (
    call_request,
    cancel_request,
    list_request,
    model_id,
    policy_request,
    query_request,
    sent_roles,
    upload_request,
    uploaded_url,
)
from mediapreflight.submit.http import Request
from mediapreflight.submit.inputs import inline_url

from ..drive import inside

HOST = "https://dashscope.aliyuncs.com/api/v1"
BEIJING = Endpoint("beijing", HOST)
MODELS = tuple(model for model in builtin_catalog().models() if model.service)
JSON = {"Content-Type": "application/json"}
ASYNC = {**JSON, "X-DashScope-Async": "enable"}
IMAGE, AUDIO, VIDEO = "https://a.example/1.png", "https://a.example/1.mp3", "https://a.example/1.mp4"
OSS = "oss://dashscope-instant/1/a.png"
FACE, EXT = [302, 286, 610, 593], [71, 9, 840, 778]


def created(
    model: str,
    urls: dict[str, str],
    fields: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    endpoint: Endpoint = BEIJING,
) -> Request:
    return call_request(endpoint, builtin_catalog().model(model), urls, fields or {}, parameters or {})


def detected(model: str, values: dict[str, Any] | None = None, url: str = IMAGE) -> Request:
    return call_request(BEIJING, builtin_catalog().model(model), {"image": url}, {}, values or {})


# Model, URLs by role, fields, parameters, path, body. The bodies are those of the models' pages.
TASKS: list[tuple[str, dict[str, str], dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    (
        "emo-v1",
        {"image": IMAGE, "audio": AUDIO},
        {"face_bbox": FACE, "ext_bbox": EXT},
        {"style_level": "normal"},
        "image2video/video-synthesis",
        {
            "model": "emo-v1",
            "input": {"image_url": IMAGE, "audio_url": AUDIO, "face_bbox": FACE, "ext_bbox": EXT},
            "parameters": {"style_level": "normal"},
        },
    ),
    (
        "liveportrait",
        {"image": IMAGE, "audio": AUDIO},
        {},
        {
            "template_id": "normal",
            "eye_move_freq": 0.5,
            "video_fps": 30,
            "mouth_move_strength": 1,
            "paste_back": True,
            "head_move_strength": 0.7,
        },
        "image2video/video-synthesis",
        {
            "model": "liveportrait",
            "input": {"image_url": IMAGE, "audio_url": AUDIO},
            "parameters": {
                "template_id": "normal",
                "eye_move_freq": 0.5,
                "video_fps": 30,
                "mouth_move_strength": 1,
                "paste_back": True,
                "head_move_strength": 0.7,
            },
        },
    ),
    (
        "videoretalk",
        {"video": VIDEO, "audio": AUDIO},
        {},
        {"video_extension": False},
        "image2video/video-synthesis",
        {
            "model": "videoretalk",
            "input": {"video_url": VIDEO, "audio_url": AUDIO, "ref_image_url": ""},
            "parameters": {"video_extension": False},
        },
    ),
    (
        "animate-anyone-gen2",
        {"image": IMAGE},
        {"template_id": "AACT.xxx.xxx-xxx.xxx"},
        {"use_ref_img_bg": False, "video_ratio": "9:16"},
        "image2video/video-synthesis",
        {
            "model": "animate-anyone-gen2",
            "input": {"image_url": IMAGE, "template_id": "AACT.xxx.xxx-xxx.xxx"},
            "parameters": {"use_ref_img_bg": False, "video_ratio": "9:16"},
        },
    ),
    (
        "animate-anyone-template-gen2",
        {"video": VIDEO},
        {},
        {},
        "image2video/aa-template-generation",
        {"model": "animate-anyone-template-gen2", "input": {"video_url": VIDEO}},
    ),
    (
        "wan2.6-i2v",
        {"image": IMAGE, "audio": AUDIO},
        {"prompt": "a cat runs", "negative_prompt": "blur"},
        {"resolution": "720P", "duration": 10, "prompt_extend": True, "shot_type": "multi", "watermark": False, "seed": 7},
        "video-generation/video-synthesis",
        {
            "model": "wan2.6-i2v",
            "input": {"prompt": "a cat runs", "negative_prompt": "blur", "img_url": IMAGE, "audio_url": AUDIO},
            "parameters": {
                "resolution": "720P",
                "duration": 10,
                "prompt_extend": True,
                "shot_type": "multi",
                "watermark": False,
                "seed": 7,
            },
        },
    ),
    (
        "wanx2.1-i2v-turbo",
        {"image": IMAGE},
        {"template": "flying"},
        {"resolution": "480P", "duration": 3},
        "video-generation/video-synthesis",
        {
            "model": "wanx2.1-i2v-turbo",
            "input": {"img_url": IMAGE, "template": "flying"},
            "parameters": {"resolution": "480P", "duration": 3},
        },
    ),
    (
        "wan2.7-i2v",
        {"first_frame": IMAGE, "last_frame": OSS, "driving_audio": AUDIO},
        {"prompt": "a cat runs", "negative_prompt": "blur"},
        {"resolution": "720P", "duration": 10, "prompt_extend": True, "watermark": True},
        "video-generation/video-synthesis",
        {
            "model": "wan2.7-i2v",
            "input": {
                "prompt": "a cat runs",
                "negative_prompt": "blur",
                "media": [
                    {"type": "first_frame", "url": IMAGE},
                    {"type": "last_frame", "url": OSS},
                    {"type": "driving_audio", "url": AUDIO},
                ],
            },
            "parameters": {"resolution": "720P", "duration": 10, "prompt_extend": True, "watermark": True},
        },
    ),
    (
        "emoji-v1",
        {"image": IMAGE},
        {"driven_id": "mengwa_kaixin", "face_bbox": (212, 194, 460, 441), "ext_bbox": (63, 30, 609, 575)},
        {},
        "image2video/video-synthesis",
        {
            "model": "emoji-v1",
            "input": {
                "image_url": IMAGE,
                "driven_id": "mengwa_kaixin",
                "face_bbox": [212, 194, 460, 441],
                "ext_bbox": [63, 30, 609, 575],
            },
        },
    ),
    (
        "wan2.2-s2v",
        {"image": IMAGE, "audio": AUDIO},
        {},
        {"resolution": "480P"},
        "image2video/video-synthesis",
        {"model": "wan2.2-s2v", "input": {"image_url": IMAGE, "audio_url": AUDIO}, "parameters": {"resolution": "480P"}},
    ),
    (
        "wan2.2-animate-mix",
        {"image": IMAGE, "video": VIDEO},
        {"watermark": True},
        {"mode": "wan-std", "check_image": True},
        "image2video/video-synthesis",
        {
            "model": "wan2.2-animate-mix",
            "input": {"image_url": IMAGE, "video_url": VIDEO, "watermark": True},
            "parameters": {"mode": "wan-std", "check_image": True},
        },
    ),
    (
        "video-style-transform",
        {"video": VIDEO},
        {},
        {"style": 0, "video_fps": 15, "animate_emotion": True, "min_len": 720, "use_SR": False},
        "video-generation/video-synthesis",
        {
            "model": "video-style-transform",
            "input": {"video_url": VIDEO},
            "parameters": {"style": 0, "video_fps": 15, "animate_emotion": True, "min_len": 720, "use_SR": False},
        },
    ),
]


@pytest.mark.every(("model", "urls", "fields", "parameters", "path", "body"), TASKS)
def test_create(
    model: str, urls: dict[str, str], fields: dict[str, Any], parameters: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    request = created(model, urls, fields, parameters)
    assert (request.purpose, request.method, request.url) == ("create", "POST", f"{HOST}/services/aigc/{path}")
    assert request.json == body
    resolve = {"X-DashScope-OssResourceResolve": "enable"} if OSS in urls.values() else {}
    assert request.headers == {**ASYNC, **resolve}
    assert (request.params, request.form) == ({}, None)


@pytest.mark.parametrize(
    ("model", "values", "path", "parameters"),
    [
        ("emo-detect-v1", {"ratio": "3:4"}, "face-detect", {"ratio": "3:4"}),
        ("emo-detect-v1", {}, "face-detect", {"ratio": "1:1"}),
        ("emo-detect-v1", {"ratio": None}, "face-detect", {"ratio": "1:1"}),
        ("emoji-detect-v1", {}, "face-detect", {"ratio": "1:1"}),
        ("liveportrait-detect", {}, "face-detect", None),
        ("wan2.2-s2v-detect", {}, "face-detect", None),
        ("animate-anyone-detect-gen2", {}, "aa-detect", None),
    ],
)
def test_detect(model: str, values: dict[str, Any], path: str, parameters: dict[str, Any] | None) -> None:
    request = detected(model, values)
    stated = {} if parameters is None else {"parameters": parameters}
    assert (request.purpose, request.method, request.url) == ("detect", "POST", f"{HOST}/services/aigc/image2video/{path}")
    assert request.json == {"model": model, "input": {"image_url": IMAGE}, **stated}
    # Synchronous: no header that asks for a task.
    assert request.headers == JSON
    assert detected(model, values, OSS).headers == {**JSON, "X-DashScope-OssResourceResolve": "enable"}


def test_a_detect_call_goes_by_the_id_of_its_region_and_leaves_out_what_is_ignored() -> None:
    known = builtin_catalog().model("emo-detect-v1")
    role = msgspec.structs.replace(known.roles["image"], ignored_when=(Condition(parameter="ratio", equals="3:4"),))
    model = msgspec.structs.replace(known, region_ids={"singapore": "emo-intl"}, roles={"image": role})
    request = call_request(Endpoint("singapore", HOST), model, {"image": IMAGE}, {}, {"ratio": "3:4"})
    assert request.json == {"model": "emo-intl", "input": {}, "parameters": {"ratio": "3:4"}}
    here = call_request(BEIJING, model, {"image": IMAGE}, {}, {"ratio": "1:1"})
    assert here.json == {"model": "emo-detect-v1", "input": {"image_url": IMAGE}, "parameters": {"ratio": "1:1"}}


def test_a_reference_picture_takes_the_place_of_the_empty_one() -> None:
    assert created("videoretalk", {"video": VIDEO, "audio": AUDIO, "ref_image": IMAGE}).json["input"]["ref_image_url"] == IMAGE


def test_without_values_there_are_no_parameters() -> None:
    assert "parameters" not in created("emo-v1", {"image": IMAGE, "audio": AUDIO}, {"face_bbox": FACE, "ext_bbox": EXT}).json


def test_a_file_the_service_would_ignore_is_not_sent() -> None:
    silent = created("wan2.6-i2v-flash", {"image": IMAGE, "audio": OSS}, {}, {"audio": False})
    assert silent.json["input"] == {"img_url": IMAGE}
    assert silent.headers == ASYNC
    flash = builtin_catalog().model("wan2.6-i2v-flash")
    assert sent_roles(flash, {"image": IMAGE, "audio": AUDIO, "prompt": "x"}, {"audio": False}) == ("image",)
    assert sent_roles(flash, {"audio": AUDIO, "image": IMAGE}, {}) == ("image", "audio")


def test_a_file_may_be_ignored_because_of_another_one() -> None:
    known = builtin_catalog().model("emo-v1")
    image = msgspec.structs.replace(known.roles["image"], ignored_when=(Condition(role="audio", given=True),))
    model = msgspec.structs.replace(known, roles={**known.roles, "image": image})
    assert sent_roles(model, {"image": IMAGE, "audio": AUDIO}, {}) == ("audio",)
    assert sent_roles(model, {"image": IMAGE}, {}) == ("image",)


def test_a_required_parameter_with_a_choice_is_the_callers_to_choose() -> None:
    request = created("wan2.2-animate-mix", {"image": IMAGE, "video": VIDEO})
    assert "mode" not in request.json.get("parameters", {})


def test_what_goes_with_a_file_is_not_sent_without_it() -> None:
    voice = {"reference_image_voice": OSS}
    assert sent_roles(builtin_catalog().model("wan2.7-r2v"), voice, {}) == ()
    request = created("wan2.7-r2v", voice)
    assert request.json["input"] == {} and request.headers == ASYNC


def test_a_url_that_no_request_can_carry_names_its_role() -> None:
    with pytest.raises(UsageError, match=r"^image of emo-v1 has a value that cannot be sent in a request$"):
        created("emo-v1", {"image": "https://a.example/\ud800", "audio": AUDIO})


def test_a_picture_may_travel_inside_the_request(fixtures: Path) -> None:
    url = inside(str(fixtures / "portrait.jpg"))
    assert url.startswith("data:image/jpeg;base64,/9j/")
    request = created("wan2.5-i2v-preview", {"image": url})
    assert request.json["input"] == {"img_url": url}
    assert request.headers == ASYNC


@pytest.mark.every("name", ["formats/rgb.png", "formats/rgb.bmp", "formats/lossy.webp", "portrait.jpg"])
@pytest.mark.every("head", ["data:image/{};base64,", "DATA:;BASE64,", "data:image/tiff;charset=x;base64,"])
def test_data_urls_hold_the_file_and_state_its_type(name: str, head: str, fixtures: Path) -> None:
    content = (fixtures / name).read_bytes()
    format = {"jpg": "jpeg"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    canonical = f"data:image/{format};base64,{base64.b64encode(content).decode()}"
    assert inside(str(fixtures / name)) == canonical
    assert inside(head.format(format) + canonical.partition(",")[2]) == canonical


def test_what_cannot_travel_inside_is_named(tmp_path: Path, fixtures: Path) -> None:
    with pytest.raises(UploadError, match=r"gone\.png: cannot be read: no such file$"):
        inline_url(str(tmp_path / "gone.png"), "")
    with pytest.raises(UploadError, match=r"cannot be read: its name contains a character that no file name can have$"):
        inline_url("a\0b.png", "")
    with pytest.raises(UploadError, match=r"^data:image/png;base64,… \(2 bytes\): cannot be read: its Base64 is damaged"):
        inline_url("data:image/png;base64,AAA", "")
    with pytest.raises(UploadError, match=r"voice\.mp3: is mp3 and not a picture, so it cannot be sent inside a request$"):
        inline_url(str(fixtures / "voice.mp3"), "")
    with pytest.raises(UploadError, match=r"portrait\.jpg: changed while it was read; run it again$"):
        inline_url(str(fixtures / "portrait.jpg"), "0" * 64)


@pytest.mark.parametrize(
    ("model", "region", "sent"),
    [
        ("wanx2.1-i2v-plus", "beijing", "wanx2.1-i2v-plus"),
        ("wanx2.1-i2v-plus", "singapore", "wan2.1-i2v-plus"),
        ("wan2.1-i2v-turbo", "singapore", "wan2.1-i2v-turbo"),
        ("wan2.6-i2v", "virginia", "wan2.6-i2v"),
    ],
)
def test_the_id_of_the_region_is_sent(model: str, region: str, sent: str) -> None:
    assert model_id(builtin_catalog().model(model), region) == sent
    assert created(model, {"image": IMAGE}, endpoint=Endpoint(region, HOST)).json["model"] == sent


def test_what_only_a_forced_job_has_is_passed_on() -> None:
    request = created("emo-v1", {"image": IMAGE}, {"mood": "glad"}, {"speed": 2})
    assert request.json == {"model": "emo-v1", "input": {"image_url": IMAGE, "mood": "glad"}, "parameters": {"speed": 2}}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, "\ud800", ["\udcff"], b"bytes"])
def test_what_no_request_can_carry(value: Any) -> None:
    for fields, parameters in (({"prompt": value}, {}), ({}, {"prompt": value})):
        with pytest.raises(UsageError, match=r"^prompt of wan2\.6-i2v has a value that cannot be sent in a request$"):
            created("wan2.6-i2v", {"image": IMAGE}, fields, parameters)


PLAIN = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = PLAIN | st.lists(st.integers(), max_size=4) | st.tuples(st.integers(), st.integers())
URLS = st.sampled_from(["", IMAGE, OSS, "data:image/png;base64,AAAA"])


def nones(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(nones, value.values()))
    return any(map(nones, value)) if isinstance(value, list) else value is None


@given(st.data(), st.sampled_from(MODELS))
def test_promises_over_all_jobs(data: st.DataObject, model: Model) -> None:
    urls = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(model.roles, URLS)))
    fields = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(model.fields, VALUES)))
    parameters = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(model.parameters, VALUES)))
    region = data.draw(st.sampled_from(model.regions))
    try:
        request = call_request(Endpoint(region, HOST), model, urls, fields, parameters)
    except UsageError:
        # Halves of surrogate pairs are the only thing drawn here that no request can carry.
        assert any("\ud800" <= letter <= "\udfff" for letter in "".join(map(str, [*fields.values(), *parameters.values()])))
        return
    assert not nones(request.json)
    assert all(name.isascii() and value.isascii() and value.isprintable() for name, value in request.headers.items())
    sent = json.loads(httpx.Request(request.method, request.url, headers=request.headers, json=request.json).content)
    assert sent == request.json
    assert ("X-DashScope-OssResourceResolve" in request.headers) == (OSS in json.dumps(sent))
    assert ("X-DashScope-Async" in request.headers) == (model.service.mode == "asynchronous")
    assert request.carries_key


@pytest.mark.every("model", MODELS)
def test_every_model_goes_to_its_documented_path(model: Model) -> None:
    request = call_request(Endpoint(model.regions[0], HOST), model, {}, {}, {})
    assert request.url == "https://dashscope.aliyuncs.com" + model.service.path


POLICY = Policy(
    upload_dir="dashscope-instant/xxx/2024-07-18/xxx",
    upload_host="https://dashscope-file-xxx.oss-cn-beijing.aliyuncs.com",
    max_file_size_mb=100,
    form={
        "OSSAccessKeyId": "LTAI",
        "Signature": "c2lnbg==",
        "policy": "cG9saWN5",
        "x-oss-object-acl": "private",
        "x-oss-forbid-overwrite": "true",
    },
)


def test_policy() -> None:
    request = policy_request(BEIJING, "emo-v1")
    assert (request.purpose, request.method, request.url) == ("policy", "GET", f"{HOST}/uploads")
    assert request.params == {"action": "getPolicy", "model": "emo-v1"}
    assert request.headers == JSON
    assert request.carries_key


def test_upload() -> None:
    request = upload_request(POLICY, "/home/me/a.png", "1f.png")
    assert (request.purpose, request.method, request.url) == ("upload", "POST", POLICY.upload_host)
    assert request.form is not None
    assert dict(request.form.fields) == {
        "OSSAccessKeyId": "LTAI",
        "Signature": "c2lnbg==",
        "policy": "cG9saWN5",
        "key": "dashscope-instant/xxx/2024-07-18/xxx/1f.png",
        "x-oss-object-acl": "private",
        "x-oss-forbid-overwrite": "true",
        "success_action_status": "200",
    }
    assert (request.form.path, request.form.name) == ("/home/me/a.png", "1f.png")
    assert not request.carries_key
    assert uploaded_url(POLICY, "1f.png") == "oss://dashscope-instant/xxx/2024-07-18/xxx/1f.png"


def test_task_calls() -> None:
    query = query_request(BEIJING, "a8532587-xxxx")
    assert (query.purpose, query.method, query.url) == ("query", "GET", f"{HOST}/tasks/a8532587-xxxx")
    cancel = cancel_request(BEIJING, "a8532587-xxxx")
    assert (cancel.purpose, cancel.method, cancel.url) == ("cancel", "POST", f"{HOST}/tasks/a8532587-xxxx/cancel")
    assert (query.headers, query.json, cancel.headers, cancel.json) == ({}, None, {}, None)


@pytest.mark.parametrize("task_id", ["", ".", "..", "a/b", "../x", "a b", "a?b", "a\n", "ä", "a" * 129])
def test_what_is_no_task_id(task_id: str) -> None:
    for build in (query_request, cancel_request):
        with pytest.raises(UsageError, match="is not a task id"):
            build(BEIJING, task_id)


def test_list() -> None:
    plain = list_request(BEIJING, page_no=1, page_size=10)
    assert (plain.purpose, plain.method, plain.url) == ("list", "GET", f"{HOST}/tasks/")
    assert plain.params == {"page_no": "1", "page_size": "10"}
    full = list_request(BEIJING, model_name="emo-v1", page_no=2, page_size=50, status="RUNNING")
    assert full.params == {"model_name": "emo-v1", "page_no": "2", "page_size": "50", "status": "RUNNING"}
