"""The provider's own Python SDK, unchanged, takes the emulator for the service."""

from collections.abc import Iterator
from pathlib import Path

import dashscope
import httpx
import pytest

from mediapreflight import probe
from mediapreflight.catalog import builtin_catalog
from mediapreflight.emulator import Emulator
from mediapreflight.submit.dashscope.endpoint import Endpoint
from mediapreflight.submit.dashscope.requests import call_request

PROMPT = "She smiles and looks up"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(seconds_per_task=0.5, api_key="sk-of-the-sdk", detection="assume") as service:
        monkeypatch.setattr(dashscope, "base_http_api_url", service.base_url)
        monkeypatch.setattr(dashscope, "api_key", "sk-of-the-sdk")
        yield service


def steps(service: Emulator) -> list[str]:
    return [entry["step"] for entry in service.log]


def create(fixtures: Path, **values):
    return dashscope.VideoSynthesis.async_call(
        model="wan2.6-i2v",
        prompt=PROMPT,
        img_url=f"file://{fixtures / 'portrait.jpg'}",
        audio_url=f"file://{fixtures / 'voice.mp3'}",
        resolution="720P",
        **values,
    )


def test_image_to_video_from_a_local_file_to_the_video(service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    answer = dashscope.VideoSynthesis.call(
        model="wan2.6-i2v", prompt=PROMPT, img_url=f"file://{fixtures / 'portrait-3x4.jpg'}", resolution="720P", duration=3
    )
    assert (answer.status_code, answer.output.task_status) == (200, "SUCCEEDED"), answer
    assert answer.usage["output_video_duration"] == 3
    (tmp_path / "video.mp4").write_bytes(httpx.get(answer.output.video_url).content)
    facts = probe(tmp_path / "video.mp4")
    assert (facts.video_codec, facts.fps, facts.width, facts.height) == ("h264", 30, 816, 1104)
    assert (facts.duration_s, facts.audio_codec, facts.problems) == (3, "aac", ())

    log = service.log
    assert steps(service)[:3] == ["policy", "upload", "create"]
    assert set(steps(service)[3:]) == {"query", "result"}
    assert {entry["status"] for entry in log} == {200}
    assert not log[1]["authorization"]
    (task,) = service.tasks
    assert task["request"]["input"]["img_url"].startswith("oss://")
    assert task["request"]["parameters"] == {"resolution": "720P", "duration": 3}


def test_create_fetch_and_wait(service: Emulator, fixtures: Path) -> None:
    task = create(fixtures, duration=2)
    assert (task.status_code, task.output.task_status) == (200, "PENDING")
    assert steps(service).count("upload") == 2
    assert dashscope.VideoSynthesis.fetch(task).output.task_id == task.output.task_id
    done = dashscope.VideoSynthesis.wait(task, wait_timeout=30)
    assert done.output.task_status == "SUCCEEDED"
    assert httpx.get(done.output.video_url).headers["content-type"] == "video/mp4"


def test_list_and_cancel(monkeypatch: pytest.MonkeyPatch, fixtures: Path) -> None:
    with Emulator(seconds_per_task=100, clock=lambda: 1_800_000_000.0, detection="assume") as service:
        monkeypatch.setattr(dashscope, "base_http_api_url", service.base_url)
        monkeypatch.setattr(dashscope, "api_key", "sk-any")
        first, second = create(fixtures), create(fixtures)
        assert dashscope.VideoSynthesis.cancel(second).status_code == 200
        service.advance(50)
        refused = dashscope.VideoSynthesis.cancel(first)
        assert (refused.status_code, refused.code) == (400, "UnsupportedOperation")
        page = dashscope.VideoSynthesis.list(model_name="wan2.6-i2v", page_size=5)
        assert page.status_code == 200
        assert {row["task_id"]: row["status"] for row in page.output["data"]} == {
            first.output.task_id: "RUNNING",
            second.output.task_id: "CANCELED",
        }
        assert dashscope.VideoSynthesis.list(status="SUCCEEDED").output["total"] == 0


def test_errors_reach_the_sdk(service: Emulator, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = create(fixtures, duration=99)
    assert (answer.status_code, answer.code) == (400, "InvalidParameter")
    small = f"file://{fixtures / 'formats' / 'rgb.png'}"
    failed = dashscope.VideoSynthesis.call(model="wan2.6-i2v", prompt=PROMPT, img_url=small)
    assert (failed.output.task_status, failed.output.code) == ("FAILED", "InvalidParameter")
    monkeypatch.setattr(dashscope, "api_key", "sk-another")
    unknown = dashscope.VideoSynthesis.fetch("some-task")
    assert (unknown.status_code, unknown.code) == (401, "InvalidApiKey")


def test_unavailable_while_waiting_is_asked_again(service: Emulator, fixtures: Path) -> None:
    task = create(fixtures, duration=2)
    service.fail("query", "503")
    assert dashscope.VideoSynthesis.wait(task, wait_timeout=30).output.task_status == "SUCCEEDED"
    assert next(entry["status"] for entry in service.log if entry["step"] == "query") == 503


A, B, CLIP, VOICE = (f"https://h.example/{name}" for name in ("a.png", "b.png", "a.mp4", "v.mp3"))
VIDEO = {"type": "reference_video", "url": CLIP, "reference_voice": VOICE}
LINK = {"type": "link", "url": "https://h.example/page"}
# By model: files, fields and parameters as a job gives them, and the same in the words of the SDK.
SAME = [
    (
        "wan2.7-r2v",
        {"reference_image": A, "reference_video": CLIP, "reference_video_voice": VOICE},
        {"prompt": PROMPT},
        {"resolution": "720P", "duration": 10, "ratio": "1:1"},
        {"media": [{"type": "reference_image", "url": A}, VIDEO]},
    ),
    (
        "wan3.0-video",
        {"reference_image": A},
        {"prompt": PROMPT, "link": LINK["url"]},
        {"resolution": "720P", "ratio": "adaptive"},
        {"media": [{"type": "reference_image", "url": A}, LINK]},
    ),
    (
        "wan2.6-r2v",
        {"reference_image": A, "reference_image_2": B, "reference_video": CLIP},
        {"prompt": PROMPT},
        {"size": "1280*720", "shot_type": "multi"},
        {"reference_urls": [A, B, CLIP]},
    ),
    (
        "wan2.2-kf2v-flash",
        {"first_frame": A, "last_frame": B},
        {"prompt": PROMPT, "negative_prompt": "blur"},
        {"resolution": "480P"},
        {"first_frame_url": A, "last_frame_url": B, "negative_prompt": "blur"},
    ),
    (
        "wan2.7-videoedit",
        {"video": CLIP, "reference_image": A},
        {"prompt": PROMPT},
        {"resolution": "720P", "audio_setting": "origin"},
        {"media": [{"type": "reference_image", "url": A}, {"type": "video", "url": CLIP}]},
    ),
    (
        "happyhorse-1.1-r2v",
        {"reference_image": A, "reference_image_2": B},
        {"prompt": PROMPT},
        {"resolution": "480P", "ratio": "9:21", "duration": 3},
        {"media": [{"type": "reference_image", "url": A}, {"type": "reference_image", "url": B}]},
    ),
]


@pytest.mark.parametrize(("name", "urls", "fields", "parameters", "words"), SAME, ids=[each[0] for each in SAME])
def test_the_sdk_sends_the_same(service: Emulator, name: str, urls: dict, fields: dict, parameters: dict, words: dict) -> None:
    answer = dashscope.VideoSynthesis.async_call(model=name, prompt=PROMPT, **words, **parameters)
    assert answer.status_code == 200, answer
    (sent,) = [task["request"] for task in service.tasks]
    # What the SDK adds of its own: one that it calls deprecated, and the last part of the path.
    assert (sent["input"].pop("extend_prompt"), sent["input"].pop("function")) == (True, "video-synthesis")
    ours = call_request(Endpoint("beijing", service.base_url), builtin_catalog().model(name), urls, fields, parameters)
    assert ours.json == {"model": name, "input": sent["input"], "parameters": sent["parameters"]}
