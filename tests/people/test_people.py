"""The public functions, and what they return as JSON, pickled, and beside the models they come from."""

import hashlib
import os
import pickle
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

import mediapreflight
from mediapreflight import people
from mediapreflight.people import close_detectors, listen, see_picture, watch_video
from mediapreflight.people.facts import PictureContent, SpeechFacts, VideoContent


def test_a_picture_with_its_faces(fixtures):
    content = see_picture(fixtures / "portrait.jpg")
    assert (content.width, content.height) == (640, 640)
    assert len(content.faces) == 1
    assert content.bystanders == ()
    assert content.bodies is None


def test_a_picture_with_everybody_in_it(fixtures):
    content = see_picture(str(fixtures / "portrait.jpg"), bodies=True)
    assert [body.framing for body in content.bodies] == ["head"]
    assert content.faces == see_picture(fixtures / "portrait.jpg").faces


def test_a_video_from_its_first_frame_on(fixtures):
    content = watch_video(fixtures / "talking-head.mp4", samples=4)
    assert (content.width, content.height) == (640, 640)
    assert [len(sample.faces) for sample in content.samples] == [1, 1, 1, 1]
    assert content.samples[0].time_s == 0
    assert [sample.time_s for sample in content.samples] == pytest.approx([0, 1, 2, 3], abs=0.3)
    assert all(sample.bodies is None for sample in content.samples)


def test_the_bodies_of_a_video(fixtures):
    content = watch_video(fixtures / "dance.mp4", samples=2, bodies=True)
    assert [body.framing for body in content.samples[0].bodies] == ["full"]
    assert content.samples[1].bodies is None


def test_as_many_samples_as_said(fixtures):
    assert len(watch_video(fixtures / "talking-head.mp4").samples) == people.DEFAULT_SAMPLES


@pytest.mark.parametrize(
    ("look", "name", "kind"),
    [
        (lambda path: see_picture(path, bodies=True), "full-body.jpg", PictureContent),
        (lambda path: watch_video(path, samples=2, bodies=True), "dance.mp4", VideoContent),
        (listen, "voice.wav", SpeechFacts),
    ],
)
def test_contents_are_json_and_can_be_pickled(fixtures, look, name, kind):
    content = look(fixtures / name)
    assert type(content) is kind
    assert msgspec.json.decode(msgspec.json.encode(content), type=PictureContent | VideoContent | SpeechFacts) == content
    assert pickle.loads(pickle.dumps(content)) == content
    with pytest.raises(AttributeError):
        content.kind_of_nothing = 1


def test_closing_is_safe_at_any_time(fixtures):
    close_detectors()
    close_detectors()
    before = see_picture(fixtures / "portrait.jpg", bodies=True)
    close_detectors()
    assert see_picture(fixtures / "portrait.jpg", bodies=True) == before
    close_detectors()


def test_facts_and_boxes_load_no_heavy_library():
    code = """
import sys
import mediapreflight.people, mediapreflight.people.facts, mediapreflight.people.geometry
print(sorted({"cv2", "mediapipe", "numpy", "av", "PIL"} & set(sys.modules)))
"""
    source = Path(mediapreflight.__file__).resolve().parents[1]
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_the_models_are_the_ones_their_readme_names():
    assets = files(people).joinpath("assets")
    readme = assets.joinpath("README.md").read_text()
    sums = dict(reversed(line) for line in re.findall(r"([0-9a-f]{64})  (\S+)", readme))
    models = {item.name for item in assets.iterdir() if item.name.endswith((".tflite", ".onnx", ".task", ".npz"))}
    assert models == set(sums)
    for name, digest in sums.items():
        assert hashlib.sha256(assets.joinpath(name).read_bytes()).hexdigest() == digest
        assert f"`{name}`" in readme
    for notice in ("LICENSE-centerface.txt", "LICENSE-mediapipe.txt", "LICENSE-silero-vad.txt", "LICENSE-yunet.txt", "NOTICE.md"):
        assert f"`{notice}`" in readme
        assert assets.joinpath(notice).is_file()
