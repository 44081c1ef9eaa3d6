"""A dry run says what the run does: the same files, steps, boxes and findings."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediapreflight import Job
from mediapreflight.media.facts import Level
from mediapreflight.people.geometry import Box
from mediapreflight.prepare.execute import Prepared, prepare_jobs
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.plan import BOXES, JobPlan, plan

pytestmark = pytest.mark.usefixtures("fixtures_measured_once")

_MEDIA = {".jpg", ".png", ".bmp", ".webp", ".heic", ".avif", ".gif", ".tiff", ".mp4", ".mov", ".mp3", ".wav", ".m4a", ".flac"}
FIXTURES = f"{Path(__file__).resolve().parent.parent.parent / 'fixtures'}/"
FILES = sorted(str(path) for path in Path(FIXTURES).rglob("*") if path.suffix in _MEDIA)
INPUTS = (
    *(("liveportrait", "image"), ("emo-v1", "image"), ("animate-anyone-gen2", "image"), ("wan2.6-i2v", "image")),
    *(("videoretalk", "video"), ("animate-anyone-template-gen2", "video"), ("liveportrait", "audio"), ("wan2.6-i2v", "audio")),
)
OPTIONS = st.sampled_from(
    [
        PrepareOptions(),
        PrepareOptions(fit="pad"),
        PrepareOptions(fit="crop"),
        PrepareOptions(trim="end"),
    ]
)


def both(job: Job, options: PrepareOptions, level: Level) -> tuple[JobPlan, Prepared]:
    (planned,) = plan(job, options=options, level=level)
    with tempfile.TemporaryDirectory() as out:
        (made,) = prepare_jobs([job], out=out, options=options, level=level)
    return planned, made


# A small face in frames that are scaled up; a face that is blurred once it is enlarged; what cannot be made, and is looked at.
@example(f"{FIXTURES}formats/h264.ts", ("videoretalk", "video"), PrepareOptions(), "content")
@example(f"{FIXTURES}formats/baseline.jpg", ("emo-v1", "image"), PrepareOptions(), "content")
@example(f"{FIXTURES}video/encrypted.mp4", ("videoretalk", "video"), PrepareOptions(), "content")
@example(f"{FIXTURES}faults/text-bomb.png", ("emo-v1", "image"), PrepareOptions(), "decode")
@given(file=st.sampled_from(FILES), place=st.sampled_from(INPUTS), options=OPTIONS, level=st.sampled_from(["decode", "content"]))
def test_of_one_file(file: str, place: tuple[str, str], options: PrepareOptions, level: Level) -> None:
    planned, made = both(Job(place[0], whole=False, **{place[1]: file}), options, level)
    assert planned.ok == made.record.ok
    assert not planned.ok or made.steps.keys() == planned.files.keys()
    for role, steps in made.steps.items():
        assert [step.name for step in steps] == [step.name for step in planned.files[role].steps]
    assert found(planned.stays, planned) == found(made.record.findings, planned)


def found(findings: Any, planned: JobPlan) -> set[tuple[str, str | None, str]]:
    """Without what is said of voices in recordings that get silence at their end: a dry run takes them to sound as before."""
    padded = {role for role, file in planned.files.items() if any(step.name == "pad-silence" for step in file.steps)}
    return {(each.name, each.role, each.severity) for each in findings if each.role not in padded or "voice" not in each.name}


@given(
    boxes=st.sampled_from([{}, {"face_bbox": [225, 131, 405, 311]}, {"ext_bbox": [90, 0, 540, 450]}]),
    ratio=st.sampled_from([None, "1:1", "3:4"]),
    turned=st.booleans(),
)
def test_boxes_that_the_job_does_not_give_are_shown(boxes: dict[str, Any], ratio: Any, turned: bool) -> None:
    image = f"{FIXTURES}orientation/exif-6.jpg" if turned else f"{FIXTURES}portrait.jpg"
    job = Job("emo-v1", image=image, audio=f"{FIXTURES}voice.mp3", **({} if turned else boxes))
    planned, made = both(job, PrepareOptions(ratio=ratio), "content")
    for name in BOXES:
        shown, sent = Box(*planned.foreseen.fields[name]), Box(*made.record.fields[name])
        assert shown.shared(sent) >= 0.9 * max(shown.area, sent.area)
    assert {each.name for each in planned.stays} == {each.name for each in made.record.findings}


def test_a_box_of_another_ratio_gives_way_to_the_requested_one(fixtures: Path) -> None:
    boxes = {"face_bbox": [225, 131, 405, 311], "ext_bbox": [90, 0, 540, 450]}
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3", **boxes)
    (planned,) = plan(job, options=PrepareOptions(ratio="3:4"))
    assert planned.to_dict()["fields"] == {"face_bbox": [225, 131, 405, 311], "ext_bbox": [75, 0, 555, 640]}
    assert [finding.name for finding in planned.stays] == ["half-body-not-shown"]
