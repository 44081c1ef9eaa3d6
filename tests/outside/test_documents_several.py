"""What the service receives from models that take several files, or files by their type: bodies as their documents print them."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest

from .here import PORTRAIT, Here
from .stand_in import KEY_A

PEOPLE = "/api/v1/services/aigc/image2video/video-synthesis"
VIDEOS = "/api/v1/services/aigc/video-generation/video-synthesis"
A, B, C = "https://h.example/a.png", "https://h.example/b.png", "https://h.example/c.png"
CLIP, CLIP_2, SOUND = "https://h.example/a.mp4", "https://h.example/b.mp4", "https://h.example/v.mp3"
WORDS = {"prompt": "Image 1 sings the words of Audio 1"}


class Body(NamedTuple):
    """What is given, file by file, and what `input` holds of the files: an array of media, or other fields."""

    files: tuple[tuple[str, str], ...]
    media: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, Any] = MappingProxyType({})
    parameters: Mapping[str, Any] = MappingProxyType({})
    inputs: Mapping[str, Any] = WORDS
    path: str = VIDEOS


def of_types(*files: tuple[str, str], inputs: Mapping[str, Any] = WORDS, **parameters: Any) -> Body:
    """Files that are named after their types."""
    return Body(files, files, parameters=parameters, inputs=inputs)


FRAMES = (("first_frame", A), ("last_frame", B))
REFERENCES = (("reference_image", A), ("reference_image", B), ("reference_video", CLIP))
WAN30 = of_types(
    ("reference_image", A),
    ("reference_audio", SOUND),
    resolution="720P",
    ratio="adaptive",
    duration=5,
    audio=True,
    prompt_extend=True,
    watermark=False,
    seed=-1,
)
WAN27 = of_types(*REFERENCES, resolution="720P", ratio="16:9", duration=10, prompt_extend=False, watermark=True, seed=7)
EDIT = of_types(("video", CLIP), ("reference_image", A), resolution="720P", duration=0, audio_setting="origin", ratio="4:3")
WAN26 = Body(
    REFERENCES,
    fields={"reference_urls": [A, B, CLIP]},
    inputs=WORDS | {"negative_prompt": "blur"},
    parameters={"size": "1280*720", "duration": 10, "shot_type": "multi", "prompt_extend": False, "watermark": True, "seed": 1},
)
HORSE = of_types(("first_frame", A), resolution="480P", duration=15, watermark=False, seed=1)
HORSES = of_types(*(("reference_image", url) for url in (C, A, B)), resolution="720P", ratio="9:21", duration=3, watermark=False)
KF = Body(
    FRAMES,
    fields={"first_frame_url": A, "last_frame_url": B},
    inputs=WORDS | {"negative_prompt": "blur"},
    parameters={"resolution": "720P", "duration": 5, "prompt_extend": False, "watermark": True, "seed": 0},
    path=PEOPLE,
)
KLING = of_types(*FRAMES, mode="std", duration=15, audio=True, watermark=True)
OMNI = of_types(
    ("refer", B), ("refer", A), ("feature", CLIP), mode="pro", aspect_ratio="1:1", duration=10, audio=False, multi_shot=False
)


def vidu(resolution: str, duration: int, **more: Any) -> Body:
    return of_types(("image", A), resolution=resolution, duration=duration, watermark=True, seed=1, **more)


def vidu_frames(resolution: str, duration: int, **more: Any) -> Body:
    parameters = {"resolution": resolution, "duration": duration, "watermark": False, **more}
    return Body(FRAMES, (("image", A), ("image", B)), parameters=parameters)


def pixverse(duration: int, **more: Any) -> Body:
    parameters = {"resolution": "540P", "duration": duration, "audio": True, "watermark": True, "seed": 1, **more}
    return Body((("image", A),), (("image_url", A),), parameters=parameters)


def pixverse_frames(duration: int) -> Body:
    return of_types(*FRAMES, resolution="1080P", duration=duration, audio=False)


def pixverse_references(duration: int) -> Body:
    pictures = (("image", C), ("image", A))
    return Body(pictures, (("image_url", C), ("image_url", A)), parameters={"size": "1280*720", "duration": duration})


BODIES = {
    "wan3.0-video": WAN30,
    "wan3.0-video-prime": of_types(*FRAMES, inputs={}, duration=-1),
    "wan2.7-r2v": WAN27,
    "wan2.7-videoedit": EDIT,
    "wan2.6-r2v": WAN26,
    "wan2.6-r2v-flash": WAN26._replace(parameters={**WAN26.parameters, "audio": False}),
    "happyhorse-1.1-i2v": HORSE,
    "happyhorse-1.0-i2v": HORSE,
    "happyhorse-1.1-r2v": HORSES,
    "happyhorse-1.0-r2v": HORSES,
    "happyhorse-1.0-video-edit": of_types(("video", CLIP), ("reference_image", A), resolution="720P", audio_setting="origin"),
    "wan2.2-kf2v-flash": KF,
    "wanx2.1-kf2v-plus": KF,
    "kling/kling-v3-video-generation": KLING,
    "kling/kling-v3-omni-video-generation": OMNI,
    "vidu/viduq3-pro_img2video": vidu("540P", 16, audio=True),
    "vidu/viduq3-pro-fast_img2video": vidu("720P", 1, audio=True),
    "vidu/viduq3-turbo_img2video": vidu("1080P", 16, audio=False),
    "vidu/viduq2-pro_img2video": vidu("1080P", 10),
    "vidu/viduq2-turbo_img2video": vidu("720P", 10),
    "vidu/viduq2-pro-fast_img2video": vidu("720P", 10),
    "vidu/viduq3-pro_start-end2video": vidu_frames("540P", 16, audio=True),
    "vidu/viduq3-turbo_start-end2video": vidu_frames("1080P", 16, audio=True),
    "vidu/viduq2-pro_start-end2video": vidu_frames("720P", 10),
    "vidu/viduq2-turbo_start-end2video": vidu_frames("1080P", 1),
    "vidu/viduq2_reference2video": of_types(*(("image", url) for url in (C, B, A)), resolution="720P", duration=10),
    "vidu/viduq2-pro_reference2video": of_types(("image", A), ("video", CLIP), ("video", CLIP_2), duration=0),
    "pixverse/pixverse-c1-it2v": pixverse(15),
    "pixverse/pixverse-v6-it2v": pixverse(1, shot_type="multi"),
    "pixverse/pixverse-v5.6-it2v": pixverse(10),
    "pixverse/pixverse-c1-kf2v": pixverse_frames(15),
    "pixverse/pixverse-v6-kf2v": pixverse_frames(1),
    "pixverse/pixverse-v5.6-kf2v": pixverse_frames(8),
    "pixverse/pixverse-v6-r2v": pixverse_references(15),
    "pixverse/pixverse-v5.6-r2v": pixverse_references(5),
    "pixverse/pixverse-lipsync": Body(
        (("video", CLIP), ("audio", SOUND)),
        (("video_url", CLIP), ("audio_url", SOUND)),
        parameters={"watermark": True},
        inputs={},
    ),
}
SWEPT = ("-turbo", "-fast", "-prime", "-plus", "-1.0-i2v", "-1.0-r2v", "-flash", "viduq2-pro_img", "viduq2-pro_start", "-c1-")


def words_of(name: str, body: Body) -> list[str]:
    settings = {**body.inputs, **body.parameters}
    written = {key: json.dumps(value) if isinstance(value, bool) else str(value) for key, value in settings.items()}
    files = [f"{role}={url}" for role, url in body.files]
    return ["--model", name, *files, *(word for key, value in written.items() for word in ("--set", f"{key}={value}"))]


def by_type(media: Any) -> dict[str, list[str]]:
    """URLs in their order: the documents count each type apart."""
    found: dict[str, list[str]] = {}
    for kind, url in media:
        found.setdefault(kind, []).append(url)
    return found


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.sweep] if any(each in name for each in SWEPT) else []) for name in BODIES]
)
def test_a_dry_run_shows_the_body_that_the_documents_print(here: Here, name: str) -> None:
    body = BODIES[name]
    said = here.dry_run(*words_of(name, body))
    assert said.status == 0, said.all
    [job] = said.json()["jobs"]
    [create] = [one for one in job["requests"] if one["purpose"] == "create"]
    assert (create["method"], create["headers"]["X-DashScope-Async"]) == ("POST", "enable")
    assert create["url"].endswith(body.path)
    assert here.service.log() == []
    sent = create["json"]
    # Nothing but the key is hidden in what a dry run shows: sent as it stands, the service takes it.
    answer = httpx.post(create["url"], headers=create["headers"] | {"Authorization": f"Bearer {KEY_A}"}, json=sent)
    assert (answer.status_code, answer.json()["output"]["task_status"]) == (200, "PENDING"), answer.text
    assert (sent.keys(), sent["model"]) == ({"model", "input", "parameters"}, name)
    media = sent["input"].pop("media", [])
    assert all(each.keys() == {"type", "url"} for each in media)
    assert by_type((each["type"], each["url"]) for each in media) == by_type(body.media)
    assert sent["input"] == {**body.inputs, **body.fields}
    assert sent["parameters"] == body.parameters


LOCAL = (
    ("wan3.0-video", "reference_image", "oss://"),
    ("wan2.7-r2v", "reference_image", "oss://"),
    ("happyhorse-1.1-i2v", "first_frame", "data:image/jpeg;base64,"),
    ("happyhorse-1.1-r2v", "reference_image", "data:image/jpeg;base64,"),
)


@pytest.mark.parametrize(("name", "role", "start"), LOCAL)
def test_a_local_picture_travels_as_the_documents_allow(here: Here, name: str, role: str, start: str) -> None:
    said = here.dry_run("--model", name, f"{role}={PORTRAIT}", "--set", "prompt=a")
    assert said.status == 0, said.all
    [create] = [one for one in said.json()["jobs"][0]["requests"] if one["purpose"] == "create"]
    [item] = create["json"]["input"]["media"]
    assert (item["type"], item["url"][: len(start)]) == (role, start)
    assert ("X-DashScope-OssResourceResolve" in create["headers"]) == (start == "oss://")


@pytest.mark.parametrize("name", ["kling/kling-v3-video-generation", "vidu/viduq3-pro_img2video", "pixverse/pixverse-c1-it2v"])
def test_a_local_file_is_refused_where_only_urls_are_taken(here: Here, name: str) -> None:
    role = "first_frame" if "kling" in name else "image"
    settings = ("resolution=720P", "duration=5", "prompt=a")
    said = here.dry_run(
        "--model", name, f"{role}={PORTRAIT}", *(word for each in settings[2 * ("kling" in name) :] for word in ("--set", each))
    )
    assert said.status != 0
    assert "http(s)" in said.all and str(PORTRAIT.name) in said.all
    assert here.service.log() == []


@pytest.mark.parametrize(("region", "zone"), [("tokyo", "ap-northeast-1"), ("hongkong", "cn-hongkong")])
def test_regions_that_have_a_host_by_workspace_only(here: Here, region: str, zone: str) -> None:
    words = (*words_of("wan3.0-video", WAN30), "--region", region)
    said = here.dry_run(*words, "--workspace", "llm-w1", DASHSCOPE_HTTP_BASE_URL=None)
    assert said.status == 0, said.all
    [create] = [one for one in said.json()["jobs"][0]["requests"] if one["purpose"] == "create"]
    assert create["url"] == f"https://llm-w1.{zone}.maas.aliyuncs.com{VIDEOS}"
    without = here.dry_run(*words, DASHSCOPE_HTTP_BASE_URL=None)
    assert without.status == 2
    assert "workspace" in without.err


@pytest.mark.parametrize(
    ("name", "file"), [("happyhorse-1.0-video-edit", f"video={CLIP}"), ("wan3.0-video", f"reference_video={CLIP}")]
)
def test_no_cost_is_foretold_where_input_seconds_are_billed_too(here: Here, name: str, file: str) -> None:
    """The asked seconds alone would be too little."""
    words = ("--model", name, file, "--set", "prompt=a", "--region", "singapore", "--prices", "any")
    said = here.dry_run(*words)
    assert said.status == 0, said.all
    assert "unknown" in said.json()["jobs"][0]["estimate"]
    assert here.dry_run(*words, "--max-cost", "1000").status != 0


def items(**files: str) -> list[dict[str, str]]:
    return [{"type": name, "url": url} for name, url in files.items()]


VOICED = {"type": "reference_image", "url": A}, {"type": "reference_video", "url": CLIP, "reference_voice": SOUND}
SHOTS = [{"index": 1, "prompt": "near", "duration": 2}, {"index": 2, "prompt": "far", "duration": 3}]
# By model: the words on the command line, and `input` as its document has it.
KEYED = [
    (
        "wan2.7-r2v",
        (f"reference_image={A}", f"reference_video={CLIP}", f"reference_video_voice={SOUND}", "--set", "prompt=a"),
        {"media": [*VOICED], "prompt": "a"},
    ),
    (
        "pixverse/pixverse-c1-r2v",
        (f"image={A},{B}", *(word for each in ("ref_name=cat", "ref_name_2=dog", "size=1280*720") for word in ("--set", each))),
        {"media": [{"type": "image_url", "url": A, "ref_name": "cat"}, {"type": "image_url", "url": B, "ref_name": "dog"}]},
    ),
    (
        "pixverse/pixverse-v6-r2v-omni",
        (f"image={A}", f"video={CLIP}", "--set", "resolution=720P", "--set", "aspect_ratio=auto", "--set", "duration=0"),
        {"media": items(image_url=A, video_url=CLIP)},
    ),
    (
        "pixverse/pixverse-lipsync",
        (f"video={CLIP}", "--set", "lip_sync_tts_speaker_id=7", "--set", "lip_sync_tts_content=Good day"),
        {
            "media": [
                *items(video_url=CLIP),
                {"type": "lip_sync_tts_speaker_id", "id": "7"},
                {"type": "lip_sync_tts_content", "content": "Good day"},
            ]
        },
    ),
    (
        "wan3.0-video",
        (f"reference_image={A}", "--set", "link=https://h.example/page", "--set", "prompt=a"),
        {"media": [*items(reference_image=A), {"type": "link", "url": "https://h.example/page"}], "prompt": "a"},
    ),
    (
        "kling/kling-v3-omni-video-generation",
        (
            f"feature={CLIP}",
            *("--set", "aspect_ratio=1:1", "--set", "keep_original_sound=yes", "--set", f"multi_prompt={json.dumps(SHOTS)}"),
            *("--set", 'element_list=[{"element_id": "160"}]'),
        ),
        {
            "media": [{"type": "feature", "url": CLIP, "keep_original_sound": "yes"}],
            "element_list": [{"element_id": "160"}],
            "multi_prompt": SHOTS,
        },
    ),
    (
        "wanx2.1-vace-plus",
        (f"ref_image={A},{B}", *("--set", "function=image_reference", "--set", "prompt=a", "--set", "obj_or_bg=obj,bg")),
        {"ref_images_url": [A, B], "function": "image_reference", "prompt": "a"},
    ),
    (
        "wanx2.1-vace-plus",
        (
            f"video={CLIP}",
            f"mask_image={A}",
            *(
                "--set",
                "function=video_edit",
                "--set",
                "prompt=a",
                "--set",
                "mask_frame_id=1",
                "--set",
                "control_condition=depth",
            ),
        ),
        {"video_url": CLIP, "mask_image_url": A, "function": "video_edit", "prompt": "a", "mask_frame_id": 1},
    ),
]


@pytest.mark.parametrize(("name", "words", "inputs"), KEYED, ids=[each[0] for each in KEYED])
def test_keys_of_files_lists_and_items_that_are_no_files(here: Here, name: str, words: tuple[str, ...], inputs: Any) -> None:
    said = here.dry_run("--model", name, *words)
    assert said.status == 0, said.all
    [create] = [one for one in said.json()["jobs"][0]["requests"] if one["purpose"] == "create"]
    assert create["json"]["input"] == inputs
    answer = httpx.post(create["url"], headers=create["headers"] | {"Authorization": f"Bearer {KEY_A}"}, json=create["json"])
    assert (answer.status_code, answer.json()["output"]["task_status"]) == (200, "PENDING"), answer.text
    assert create["json"].get("parameters", {}).get("obj_or_bg", ["obj", "bg"]) == ["obj", "bg"]
