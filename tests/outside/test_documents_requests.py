"""What the service receives for each model: paths, headers, fields, parameters and their types, as its documents print them."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from mediapreflight import Job, JobNotFitError, UsageError

from .here import BODY, DANCE, HEAD, PORTRAIT, VOICE, Here, header
from .home import FIXTURES, picture

FACES, FIGURES = "/api/v1/services/aigc/image2video/face-detect", "/api/v1/services/aigc/image2video/aa-detect"
TEMPLATES = "/api/v1/services/aigc/image2video/aa-template-generation"
PEOPLE = "/api/v1/services/aigc/image2video/video-synthesis"
VIDEOS = "/api/v1/services/aigc/video-generation/video-synthesis"


class Model(NamedTuple):
    """What the documents print of one: files by role with their request field, other inputs, parameters, what is obligatory."""

    path: str
    files: dict[str, tuple[str, Path]]
    inputs: Mapping[str, Any] = MappingProxyType({})
    parameters: Mapping[str, Any] = MappingProxyType({})
    obligatory: tuple[str, ...] = ()
    detect: str = ""
    region: str = "beijing"


SMALL = FIXTURES / "full-body.jpg"
IMAGE = {"image": ("image_url", PORTRAIT)}
FRAME = {"image": ("img_url", PORTRAIT)}
SOUND = {"audio": ("audio_url", VOICE)}
WORDS = {"prompt": "the wind turns", "negative_prompt": "blur"}
WAN = {"prompt_extend": False, "watermark": True, "seed": 2147483647}
MOVE = Model(
    PEOPLE,
    {"image": ("image_url", BODY), "video": ("video_url", DANCE)},
    {"watermark": True},
    {"mode": "wan-pro", "check_image": False},
    ("mode",),
)

MODELS = {
    "emo-v1": Model(PEOPLE, IMAGE | SOUND, {}, {"style_level": "active"}, (), "emo-detect-v1"),
    "liveportrait": Model(
        PEOPLE,
        IMAGE | SOUND,
        {},
        {
            "template_id": "active",
            "eye_move_freq": 0.25,
            "video_fps": 30,
            "mouth_move_strength": 1.5,
            "paste_back": False,
            "head_move_strength": 0,
        },
        (),
        "liveportrait-detect",
    ),
    "videoretalk": Model(
        PEOPLE,
        {"video": ("video_url", HEAD), "ref_image": ("ref_image_url", PORTRAIT)} | SOUND,
        {},
        {"video_extension": True, "query_face_threshold": 200},
    ),
    "animate-anyone-template-gen2": Model(TEMPLATES, {"video": ("video_url", DANCE)}),
    "animate-anyone-gen2": Model(
        PEOPLE,
        {"image": ("image_url", BODY)},
        {"template_id": "AACT.a1.b2-c3.out"},
        {"use_ref_img_bg": True, "video_ratio": "3:4"},
        ("template_id",),
        "animate-anyone-detect-gen2",
    ),
    "emoji-v1": Model(PEOPLE, IMAGE, {"driven_id": "jingdian_lei"}, {}, ("driven_id",), "emoji-detect-v1"),
    "wan2.2-s2v": Model(PEOPLE, IMAGE | SOUND, {}, {"resolution": "720P"}, (), "wan2.2-s2v-detect"),
    "wan2.2-animate-move": MOVE,
    "wan2.2-animate-mix": MOVE,
    "video-style-transform": Model(
        VIDEOS,
        {"video": ("video_url", HEAD)},
        {},
        {"style": 7, "video_fps": 25, "animate_emotion": False, "min_len": 540, "use_SR": True},
    ),
    "wan2.7-i2v": Model(
        VIDEOS,
        {"first_frame": ("first_frame", PORTRAIT), "driving_audio": ("driving_audio", VOICE)},
        WORDS,
        {"resolution": "720P", "duration": 15} | WAN,
    ),
    "wan2.6-i2v": Model(VIDEOS, FRAME | SOUND, WORDS, {"resolution": "720P", "duration": 10, "shot_type": "multi", **WAN}),
    "wan2.6-i2v-flash": Model(VIDEOS, FRAME | SOUND, WORDS, {"resolution": "720P", "duration": 2, "audio": True, **WAN}),
    "wan2.6-i2v-us": Model(
        VIDEOS, {"image": ("img_url", SMALL)}, WORDS, {"resolution": "720P", "duration": 15} | WAN, region="virginia"
    ),
    "wan2.5-i2v-preview": Model(VIDEOS, FRAME | SOUND, WORDS, {"resolution": "480P", "duration": 10} | WAN),
    "wan2.2-i2v-flash": Model(VIDEOS, FRAME, WORDS, {"resolution": "480P", "duration": 5} | WAN),
    "wan2.2-i2v-plus": Model(VIDEOS, FRAME, WORDS, {"resolution": "480P"} | WAN),
    "wanx2.1-i2v-turbo": Model(VIDEOS, FRAME, WORDS, {"resolution": "480P", "duration": 3} | WAN),
    "wanx2.1-i2v-plus": Model(VIDEOS, FRAME, WORDS, {"resolution": "720P", "duration": 5} | WAN),
}
DETECTS = {
    "emo-detect-v1": (FACES, PORTRAIT, {"ratio": "1:1"}),
    "liveportrait-detect": (FACES, PORTRAIT, None),
    "emoji-detect-v1": (FACES, PORTRAIT, {"ratio": "1:1"}),
    "wan2.2-s2v-detect": (FACES, PORTRAIT, None),
    "animate-anyone-detect-gen2": (FIGURES, BODY, None),
}
BOXES = {
    "emo-v1": {"face_bbox": [223, 132, 404, 313], "ext_bbox": [87, 0, 540, 453]},
    "emoji-v1": {"face_bbox": [223, 132, 404, 313], "ext_bbox": [114, 12, 513, 411]},
}
"""As the stand-in's detect calls answer them."""


def obligatory(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and parameters without which the model makes nothing."""
    return tuple(
        {name: value for name, value in given.items() if name in model.obligatory} for given in (model.inputs, model.parameters)
    )  # type: ignore[return-value]


def urls(name: str, body: dict[str, Any]) -> dict[str, str]:
    """The URLs of a create call, by request field; those of wan2.7-i2v stand in an array."""
    if name == "wan2.7-i2v":
        return {one["type"]: one["url"] for one in body["input"]["media"]}
    return {field: value for field, value in body["input"].items() if field.endswith("_url")}


def others(body: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a create call that are no files."""
    return {field: value for field, value in body["input"].items() if field != "media" and not field.endswith("_url")}


@pytest.mark.parametrize("name", MODELS)
def test_the_service_receives_no_more_than_what_was_said(here: Here, name: str) -> None:
    model = MODELS[name]
    inputs, parameters = obligatory(model)
    files = {role: path for role, (_, path) in model.files.items() if role != "ref_image"}
    with here.client() as client:
        task = client.submit(Job(name, parameters=parameters, region=model.region, **files, **inputs))
        result = client.wait(task, here.out)
    [entry] = here.service.log("create")
    assert (entry["method"], entry["target"].rstrip("/")) == ("POST", model.path)
    assert header(entry, "Content-Type") == "application/json"
    assert header(entry, "X-DashScope-Async") == "enable"
    is_uploaded = model.region == "beijing"  # no document knows a temporary space in Virginia
    assert header(entry, "X-DashScope-OssResourceResolve") == ("enable" if is_uploaded else None)
    body = json.loads(entry["body"])
    assert body.keys() <= {"model", "input", "parameters"}
    assert body["model"] == name
    assert body.get("parameters", {}) == parameters
    assert others(body) == inputs | BOXES.get(name, {})
    sent = {field: url for field, url in urls(name, body).items() if url}
    assert sent.keys() == {field for role, (field, _) in model.files.items() if role in files}
    assert all(url.startswith("oss://" if is_uploaded else "data:image/jpeg;base64,") for url in sent.values())
    assert str(result).startswith("AACT.") or Path(result).read_bytes() == HEAD.read_bytes()
    assert [json.loads(one["body"])["model"] for one in here.service.log("detect")] == [model.detect] * bool(model.detect)


def text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", MODELS)
def test_settings_from_the_command_line_have_the_documents_types_and_places(here: Here, name: str) -> None:
    model = MODELS[name]
    files = [f"{role}={path}" for role, (_, path) in model.files.items()]
    settings = [
        word for given in (model.inputs, model.parameters) for n, v in given.items() for word in ("--set", f"{n}={text(v)}")
    ]
    said = here.dry_run("--model", name, *files, *settings, "--region", model.region)
    assert said.status == 0, said.all
    [job] = said.json()["jobs"]
    [create] = [one for one in job["requests"] if one["purpose"] == "create"]
    assert create["url"].removesuffix("/").endswith(model.path)
    assert create["headers"]["X-DashScope-Async"] == "enable"
    body = create["json"]
    assert {n: (type(v), v) for n, v in body.get("parameters", {}).items()} == {
        n: (type(body["parameters"][n]) if v == 0 else type(v), v) for n, v in model.parameters.items()
    }
    assert others(body).keys() - {"face_bbox", "ext_bbox"} == model.inputs.keys()
    assert {n: others(body)[n] for n in model.inputs} == model.inputs
    assert urls(name, body).keys() == {field for field, _ in model.files.values()}
    assert here.service.log() == []


@pytest.mark.parametrize("name", DETECTS)
def test_detect_calls_are_synchronous_and_carry_what_their_pages_print(here: Here, name: str) -> None:
    path, image, parameters = DETECTS[name]
    with here.client() as client:
        assert client.detect(Job(name, image=image)).passed
    [entry] = here.service.log("detect")
    assert (entry["method"], entry["target"].rstrip("/")) == ("POST", path)
    assert header(entry, "Content-Type") == "application/json"
    assert header(entry, "X-DashScope-Async") is None, "detect calls are synchronous"
    assert header(entry, "X-DashScope-OssResourceResolve") == "enable"
    body = json.loads(entry["body"])
    assert body["input"].keys() == {"image_url"}
    assert body.get("parameters") in ((parameters,) if parameters else (None, {}))


@pytest.mark.parametrize("ratio", ["1:1", "3:4"])
def test_the_ratio_of_the_boxes_is_asked_of_the_detect_call(here: Here, ratio: str) -> None:
    with here.client() as client:
        client.submit(Job("emo-v1", image=PORTRAIT, audio=VOICE), ratio=ratio)
    [detect] = here.service.log("detect")
    assert json.loads(detect["body"])["parameters"] == {"ratio": ratio}
    [body] = here.created()
    left, top, right, bottom = body["input"]["ext_bbox"]
    assert abs((right - left) / (bottom - top) - {"1:1": 1, "3:4": 0.75}[ratio]) < 0.01
    assert "ratio" not in body.get("parameters", {}), "the ratio is no parameter of emo-v1"


def test_boxes_that_are_given_are_sent_and_nobody_is_asked(here: Here) -> None:
    boxes = {"face_bbox": [220, 130, 400, 310], "ext_bbox": [90, 10, 530, 450]}
    with here.client() as client:
        client.submit(Job("emo-v1", image=PORTRAIT, audio=VOICE, **boxes))
    assert here.service.log("detect") == []
    assert {name: here.created()[0]["input"][name] for name in boxes} == boxes


@pytest.mark.parametrize("name", ["emo-v1", "emoji-v1"])
def test_local_boxes_ask_nobody_and_are_exact(here: Here, name: str) -> None:
    inputs, _ = obligatory(MODELS[name])
    files = {role: path for role, (_, path) in MODELS[name].files.items()}
    with here.client() as client:
        client.submit(Job(name, **files, **inputs), boxes="local")
    assert here.service.log("detect") == []
    sent = here.created()[0]["input"]
    left, top, right, bottom = sent["ext_bbox"]
    assert right - left == bottom - top
    assert left <= sent["face_bbox"][0] and sent["face_bbox"][2] <= right
    assert top <= sent["face_bbox"][1] and sent["face_bbox"][3] <= bottom
    assert all(isinstance(one, int) for one in sent["face_bbox"] + sent["ext_bbox"])


OUTSIDE = [
    ("emo-v1", "style_level", "wild"),
    ("liveportrait", "template_id", "sing"),
    ("liveportrait", "eye_move_freq", 1.01),
    ("liveportrait", "video_fps", 14),
    ("liveportrait", "video_fps", 31),
    ("liveportrait", "mouth_move_strength", 1.51),
    ("liveportrait", "head_move_strength", -0.01),
    ("liveportrait", "paste_back", "sometimes"),
    ("videoretalk", "query_face_threshold", 119),
    ("videoretalk", "query_face_threshold", 201),
    ("animate-anyone-gen2", "video_ratio", "1:1"),
    ("emoji-v1", "driven_id", "mengwa_kun_2"),
    ("wan2.2-s2v", "resolution", "1080P"),
    ("wan2.2-animate-move", "mode", "wan-max"),
    ("video-style-transform", "style", 8),
    ("video-style-transform", "video_fps", 26),
    ("video-style-transform", "min_len", 600),
    ("wan2.7-i2v", "duration", 16),
    ("wan2.7-i2v", "resolution", "480P"),
    ("wan2.6-i2v", "shot_type", "many"),
    ("wan2.6-i2v", "seed", 2147483648),
    ("wan2.6-i2v", "duration", 1),
    ("wan2.6-i2v-flash", "duration", 16),
    ("wan2.6-i2v-us", "duration", 7),
    ("wan2.5-i2v-preview", "duration", 15),
    ("wan2.2-i2v-flash", "duration", 3),
    ("wan2.2-i2v-plus", "resolution", "720P"),
    ("wanx2.1-i2v-turbo", "duration", 6),
    ("wanx2.1-i2v-turbo", "resolution", "1080P"),
    ("wanx2.1-i2v-plus", "resolution", "480P"),
]


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [pytest.param(*one, marks=[pytest.mark.sweep] if n % 2 else []) for n, one in enumerate(OUTSIDE)],
)
def test_a_value_outside_the_documents_is_refused_before_anything_is_asked(
    here: Here, name: str, setting: str, value: Any
) -> None:
    model = MODELS[name]
    inputs, parameters = obligatory(model)
    (inputs if setting in model.inputs else parameters)[setting] = value
    files = {role: path for role, (_, path) in model.files.items()}
    with here.client() as client, pytest.raises((JobNotFitError, UsageError), match=setting):
        client.submit(Job(name, parameters=parameters, region=model.region, **files, **inputs))
    assert here.service.log() == []


@pytest.mark.parametrize(
    "name", ["emo-v1", "liveportrait", "videoretalk", "animate-anyone-gen2", "emoji-v1", "wan2.2-animate-mix", "wan2.6-i2v"]
)
def test_what_is_obligatory_is_asked_for(here: Here, name: str) -> None:
    """Everything but one: the message names it, and the service hears nothing."""
    model = MODELS[name]
    inputs, parameters = obligatory(model)
    optional = {"ref_image"} | ({"audio"} if name.startswith("wan") else set())
    given: dict[str, Any] = {role: path for role, (_, path) in model.files.items() if role not in optional} | inputs | parameters
    with here.client() as client:
        for left_out in given:
            rest = {one: value for one, value in given.items() if one != left_out}
            job = Job(
                name,
                parameters={one: value for one, value in rest.items() if one in parameters},
                **{one: value for one, value in rest.items() if one not in parameters},
            )
            with pytest.raises((JobNotFitError, UsageError), match=left_out):
                client.submit(job)
    assert here.service.log() == []


SETS = {
    ("first_frame",): True,
    ("first_frame", "driving_audio"): True,
    ("first_frame", "last_frame"): True,
    ("first_frame", "last_frame", "driving_audio"): True,
    ("first_clip",): True,
    ("first_clip", "last_frame"): True,
    ("last_frame",): False,
    ("driving_audio",): False,
    ("last_frame", "driving_audio"): False,
    ("first_frame", "first_clip"): False,
    ("first_clip", "driving_audio"): False,
    ("first_clip", "last_frame", "driving_audio"): False,
    (): False,
}


@pytest.mark.parametrize("roles", SETS, ids=" + ".join)
def test_wan27_takes_the_sets_of_media_that_are_legal(here: Here, roles: tuple[str, ...]) -> None:
    media = {"first_frame": PORTRAIT, "last_frame": PORTRAIT, "driving_audio": VOICE, "first_clip": HEAD}
    job = Job("wan2.7-i2v", **{role: media[role] for role in roles}, prompt="on and on")
    with here.client() as client:
        if not SETS[roles]:
            with pytest.raises((JobNotFitError, UsageError)):
                client.submit(job)
            assert here.service.log() == []
            return
        client.submit(job)
    [body] = here.created()
    assert [one["type"] for one in body["input"]["media"]].count(roles[0]) == 1
    assert {one["type"] for one in body["input"]["media"]} == set(roles)
    assert all(one.keys() == {"type", "url"} for one in body["input"]["media"])


def test_base64_is_sent_inside_the_request_and_needs_no_resolve_header(here: Here) -> None:
    with here.client() as client:
        client.submit(here.wan(), inline=True)
    [entry] = here.service.log("create")
    url = json.loads(entry["body"])["input"]["img_url"]
    assert url.startswith("data:image/png;base64,")
    assert header(entry, "X-DashScope-OssResourceResolve") is None
    assert here.service.log("policy") == here.service.log("upload") == []


def test_data_file_and_oss_urls_go_where_wan_takes_them(here: Here) -> None:
    path = picture(here.folder)
    with here.client() as client:
        client.submit(Job("wan2.6-i2v", image=path.as_uri(), prompt="a"))
        oss = client.upload(path, model="wan2.6-i2v")
        client.submit(Job("wan2.6-i2v", image=oss, prompt="b"))
    first, second = (body["input"]["img_url"] for body in here.created())
    assert first.startswith("oss://")
    assert second == oss
    assert all(header(entry, "X-DashScope-OssResourceResolve") == "enable" for entry in here.service.log("create"))


def test_wan_audio_is_never_base64(here: Here) -> None:
    """The documents: http, https or oss for audio_url; no Base64."""
    with here.client() as client:
        client.submit(here.wan(audio=VOICE), inline=True)
    sent = here.created()[0]["input"]
    assert sent["img_url"].startswith("data:")
    assert sent["audio_url"].startswith("oss://")
    assert header(here.service.log("create")[0], "X-DashScope-OssResourceResolve") == "enable"


def test_a_model_elsewhere_is_refused_in_a_region_that_has_it_not(here: Here) -> None:
    for model, region in (("emo-v1", "singapore"), ("wan2.6-i2v-us", "beijing"), ("wan2.5-i2v-preview", "virginia")):
        given = MODELS[model]
        files = {role: path for role, (_, path) in given.files.items()}
        with here.client() as client, pytest.raises((JobNotFitError, UsageError), match=region.capitalize() + "|" + region):
            client.submit(Job(model, region=region, **files))
    assert here.service.log("create") == []


HOSTS = {
    "beijing": "dashscope.aliyuncs.com",
    "singapore": "dashscope-intl.aliyuncs.com",
    "virginia": "dashscope-us.aliyuncs.com",
}
ZONES = {"beijing": "cn-beijing", "singapore": "ap-southeast-1", "virginia": "us-east-1", "frankfurt": "eu-central-1"}


@pytest.mark.parametrize("region", HOSTS)
def test_each_region_has_its_host(here: Here, region: str) -> None:
    said = here.dry_run(*here.wan_words(), "--region", region, DASHSCOPE_HTTP_BASE_URL=None)
    assert said.status == 0, said.all
    urls = [one["url"] for one in said.json()["jobs"][0]["requests"] if one["purpose"] in ("policy", "create", "query", "list")]
    assert {url.split("/")[2] for url in urls} == {HOSTS[region]}


@pytest.mark.parametrize("region", ZONES)
def test_each_region_has_a_host_by_workspace(here: Here, region: str) -> None:
    words = (*here.wan_words(), "--region", region, "--workspace", "llm-w1")
    said = here.dry_run(*words, DASHSCOPE_HTTP_BASE_URL=None)
    assert said.status == 0, said.all
    [create] = [one for one in said.json()["jobs"][0]["requests"] if one["purpose"] == "create"]
    assert create["url"].split("/")[2] == f"llm-w1.{ZONES[region]}.maas.aliyuncs.com"


def test_frankfurt_has_no_host_without_a_workspace(here: Here) -> None:
    said = here.dry_run(*here.wan_words(), "--region", "frankfurt", DASHSCOPE_HTTP_BASE_URL=None)
    assert said.status == 2
    assert "workspace" in said.err
