"""Every model's result is a video as the catalog's output rule has it."""

import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mediapreflight import Job, VideoFacts, probe
from mediapreflight.submit.forecast import differences, expected_output

from .caller import FILES, FIXTURES, GENERATORS, Caller, at, model, needed_roles

pytestmark = pytest.mark.sweep

CHOSEN = {"duration": 2, "resolution": "480P"}
PICTURES = {"animate-anyone-gen2": FIXTURES / "full-body.jpg"}


def small(entry) -> dict:
    """Values that make the smallest video a model has."""
    found = {}
    for name, value in CHOSEN.items():
        known = entry.parameters.get(name)
        if known is not None:
            taken = known.choices is None or value in known.choices
            found[name] = value if taken and value in known.interval else (known.choices or (known.default,))[0]
    return found


ONE_OF_EACH_FAMILY = list({entry.extends or entry.id: entry for entry in GENERATORS if entry.output}.values())


def made(caller: Caller, task_id: str, folder: Path) -> tuple[VideoFacts, dict]:
    """The facts of a task's video, and what is billed."""
    entry = model(caller.service.tasks[-1]["model"])
    body = caller.query(task_id)
    assert body["output"]["task_status"] == "SUCCEEDED", body
    path = folder / "made.mp4"
    path.write_bytes(caller.open.get(at(body, entry.service.result)).content)
    facts = probe(path)
    assert facts.problems == ()
    assert (facts.kind, facts.format, facts.video_codec) == ("video", "mp4", "h264")
    return facts, body["usage"]


@pytest.mark.parametrize("entry", ONE_OF_EACH_FAMILY, ids=lambda entry: entry.id)
def test_result_is_as_the_catalog_says(at_once: Caller, tmp_path: Path, entry) -> None:
    files = {"image": PICTURES[entry.id]} if entry.id in PICTURES else {}
    values = small(entry)
    body = at_once.body(entry, files, **values)
    answer = at_once.call(entry, body)
    facts, usage = made(at_once, answer.json()["output"]["task_id"], tmp_path)

    roles = needed_roles(entry)
    sources = {name: files.get(name, FILES[entry.roles[name].kind]) for name in roles}
    inputs = {name: value for name, value in body["input"].items() if name in entry.fields}
    job = Job(entry.id, parameters=body["parameters"], **inputs, **sources)
    expected = expected_output(job, entry, {name: probe(path) for name, path in sources.items()})
    assert differences(expected, facts) == ()
    billed = [at({"usage": usage}, path) for path in entry.service.usage_seconds]
    assert billed == [pytest.approx(facts.duration_s, abs=1 / facts.fps)] * len(billed)


def test_documented_size_of_wan(at_once: Caller, tmp_path: Path) -> None:
    Image.new("RGB", (750, 1000), (200, 40, 40)).save(tmp_path / "red.png")
    task_id = at_once.create(model("wan2.6-i2v"), {"image": tmp_path / "red.png"}, resolution="720P", duration=2, prompt="red")
    facts, usage = made(at_once, task_id, tmp_path)
    assert (facts.width, facts.height, facts.fps, facts.duration_s) == (816, 1104, 30, 2)
    assert facts.audio_codec == "aac"
    assert usage == {"output_video_duration": 2, "duration": 2, "input_video_duration": 0, "SR": 720, "video_count": 1}
    assert at_once.query(task_id)["output"]["orig_prompt"] == "red"
    with av.open(str(tmp_path / "made.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert np.abs(frames[0][:600].mean(axis=(0, 1)) - (200, 40, 40)).max() < 12, "the picture is to be seen"
    assert np.abs(frames[0].astype(int) - frames[30]).max() > 50, "something moves"


def test_ratio_of_the_box_is_that_of_the_video(at_once: Caller, tmp_path: Path) -> None:
    task_id = at_once.create(model("emo-v1"), face_bbox=[223, 132, 404, 313], ext_bbox=[80, 0, 560, 640])
    facts, usage = made(at_once, task_id, tmp_path)
    assert (facts.width, facts.height, usage["video_ratio"]) == (512, 704, "3:4")


def test_sound_is_that_of_the_recording(at_once: Caller, tmp_path: Path) -> None:
    made(at_once, at_once.create(model("emo-v1")), tmp_path)

    def loudness(path: Path) -> np.ndarray:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
            heard = np.concatenate(
                [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
            )
        return np.sqrt(np.square(heard[: 16_000 * 3].reshape(-1, 1600)).mean(axis=1))

    assert np.corrcoef(loudness(tmp_path / "made.mp4"), loudness(FILES["audio"]))[0, 1] > 0.95


def test_video_without_sound_where_that_is_asked_for(at_once: Caller, tmp_path: Path) -> None:
    values = {"resolution": "720P", "duration": 2}
    task_id = at_once.create(model("wan2.6-i2v-flash"), audio=False, **values)
    assert made(at_once, task_id, tmp_path)[0].audio_codec is None


def test_video_of_the_looped_length(at_once: Caller, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "long.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000 * 6), np.int16), format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
    entry = model("videoretalk")
    task_id = at_once.create(entry, {"audio": tmp_path / "long.wav"}, video_extension=True)
    facts, usage = made(at_once, task_id, tmp_path)
    assert facts.duration_s == pytest.approx(6, abs=0.05)
    assert usage == {"video_duration": 6, "video_ratio": "standard", "size": "640*640", "fps": 25}


def test_template_in_place_of_a_video(at_once: Caller) -> None:
    entry = model("animate-anyone-template-gen2")
    body = at_once.query(at_once.create(entry, {"video": FIXTURES / "dance.mp4"}))
    assert set(body["output"]) == {"task_id", "task_status", "submit_time", "scheduled_time", "end_time", "template_id"}
    assert body["usage"] == {"video_duration": 3, "video_ratio": "standard"}
    template = body["output"]["template_id"]
    assert template.startswith("AACT.")
    use = model("animate-anyone-gen2")
    assert at_once.status(at_once.create(use, {"image": FIXTURES / "full-body.jpg"}, template_id=template)) == "SUCCEEDED"


def test_inputs_that_are_not_here_make_a_video_too(at_once: Caller, tmp_path: Path) -> None:
    entry = model("liveportrait")
    task_id = at_once.create(entry, {"image": "https://192.0.2.1/a.png", "audio": "https://192.0.2.1/b.wav"})
    facts, usage = made(at_once, task_id, tmp_path)
    assert (facts.width, facts.height, facts.duration_s) == (1280, 720, 5)
    assert usage["video_duration"] == 5


def test_further_results_and_how_long_they_are_kept(at_once: Caller) -> None:
    entry = model("kling/kling-v3-video-generation")
    body = at_once.query(at_once.create(entry, duration=3))
    links = [at(body, path) for path in (entry.service.result, *entry.service.other_results)]
    assert len(links) == 2 and len(set(links)) == 1
    expires = float(links[0].partition("Expires=")[2].partition("&")[0])
    assert expires - time.time() == pytest.approx(30 * 86400, abs=600)
