"""Where nothing that finds people is installed: what needs a face says so before anything else, and the rest is done."""

import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediapreflight import Client, Job
from mediapreflight.emulator import Emulator
from mediapreflight.errors import JobNotFitError, MissingLibraryError
from mediapreflight.prepare.execute import prepare
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.plan import plan
from mediapreflight.submit.pipeline import SubmitOptions

pytestmark = pytest.mark.sweep

FACE, EXT = [226, 134, 403, 311], [93, 0, 536, 443]


@pytest.fixture(autouse=True)
def nothing_that_finds_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)


def job(model: str, picture: Path, fixtures: Path, **more: Any) -> Job:
    return Job(model, image=picture, audio=fixtures / "voice.mp3", **more)


@pytest.mark.parametrize(
    ("job", "options"),
    [
        (Job("emo-v1", image="missing.jpg"), PrepareOptions()),
        (Job("emo-v1", image="missing.jpg", face_bbox=FACE), PrepareOptions(ratio="3:4")),
        (Job("liveportrait", image="missing.jpg"), PrepareOptions(upright=True)),
        (Job("liveportrait", image="missing.jpg", face=2), PrepareOptions()),
    ],
)
def test_what_needs_a_face_is_refused_before_a_file_is_opened(tmp_path: Path, job: Job, options: PrepareOptions) -> None:
    with pytest.raises(MissingLibraryError, match="it is not installed") as caught:
        prepare(job, out=tmp_path / "out", options=options)
    assert caught.value.fix == 'pip install "mediapreflight[people]"'
    assert not (tmp_path / "out").exists()
    with pytest.raises(MissingLibraryError, match="it is not installed"):
        plan(job, options=options, level="decode")


def test_boxes_that_are_given_need_no_face(fixtures: Path, tmp_path: Path) -> None:
    ready = prepare(
        job("emo-v1", fixtures / "portrait.jpg", fixtures, face_bbox=FACE, ext_bbox=EXT),
        out=tmp_path,
        level="decode",
        contained=False,
    )
    assert ready.record.fields == {"face_bbox": FACE, "ext_bbox": EXT}


def test_a_picture_without_boxes_is_prepared(fixtures: Path, tmp_path: Path) -> None:
    with Image.open(fixtures / "portrait.jpg") as picture:
        picture.convert("RGBA").save(tmp_path / "p.tiff")
    ready = prepare(job("liveportrait", tmp_path / "p.tiff", fixtures), out=tmp_path / "out", level="decode", contained=False)
    assert ready.record.ok
    assert ready.steps["image"]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    with Emulator(0, 0.01, detection="assume") as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MEDIAPREFLIGHT_STATE_DIR", str(tmp_path / "state"))
        yield service


def test_local_boxes_are_refused_before_a_file_is_opened(service: Any, tmp_path: Path) -> None:
    with Client() as client, pytest.raises(MissingLibraryError, match="emo-v1 takes boxes around a face"):
        client.deliver([Job("emo-v1", image="missing.jpg")], SubmitOptions(out=tmp_path, boxes="local"))


def test_the_detect_call_finds_the_boxes_of_a_picture_that_had_to_be_prepared(
    service: Any, fixtures: Path, tmp_path: Path
) -> None:
    with Image.open(fixtures / "portrait.jpg") as picture:
        picture.save(tmp_path / "p.tiff")
    emo = job("emo-v1", tmp_path / "p.tiff", fixtures)
    with Client(time_limit_s=None) as client:
        (result,) = client.deliver([emo], SubmitOptions(out=tmp_path / "out", level="decode"))
    assert result.status == "SUCCEEDED", result
    assert result.video is not None


def test_unchecked_content_is_not_sent_unless_the_level_says_so(service: Any, fixtures: Path) -> None:
    portrait = job("liveportrait", fixtures / "portrait.jpg", fixtures)
    with Client(time_limit_s=None) as client:
        with pytest.raises(JobNotFitError, match=r'pip install "mediapreflight\[people\]"'):
            client.submit(portrait)
        assert client.submit(portrait, level="decode").id
