"""A dry run says what the run does: the same files, steps, boxes and findings."""

import tempfile
import wave
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from mediapreflight import Job
from mediapreflight.errors import PrepareError, UsageError
from mediapreflight.job import revised
from mediapreflight.media.facts import Level
from mediapreflight.people.geometry import Box
from mediapreflight.prepare.execute import Prepared, prepare, prepare_jobs
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
    assume(turned or "ext_bbox" not in boxes or ratio != "3:4")
    image = f"{FIXTURES}orientation/exif-6.jpg" if turned else f"{FIXTURES}portrait.jpg"
    job = Job("emo-v1", image=image, audio=f"{FIXTURES}voice.mp3", **({} if turned else boxes))
    planned, made = both(job, PrepareOptions(ratio=ratio), "content")
    for name in BOXES:
        shown, sent = Box(*planned.foreseen.fields[name]), Box(*made.record.fields[name])
        assert shown.shared(sent) >= 0.9 * max(shown.area, sent.area)
    assert {each.name for each in planned.stays} == {each.name for each in made.record.findings}


def test_a_ratio_that_contradicts_a_given_box_is_refused(fixtures: Path, tmp_path: Path) -> None:
    """A given box is never replaced, and the ratio decides the price."""
    boxes = {"face_bbox": [225, 131, 405, 311], "ext_bbox": [90, 0, 540, 450]}
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3", **boxes)
    with pytest.raises(UsageError, match=r"ext_bbox .* is 1:1, and the requested ratio 3:4"):
        plan(job, options=PrepareOptions(ratio="3:4"))
    with pytest.raises(UsageError, match="leave out one of the two"):
        prepare(job, options=PrepareOptions(ratio="3:4"), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert prepare(job, options=PrepareOptions(ratio="1:1"), out=tmp_path / "out").record.fields == boxes


def test_whose_face_of_several_is_meant_is_never_guessed(fixtures: Path, tmp_path: Path) -> None:
    picture = tmp_path / "two.jpg"
    with Image.open(fixtures / "portrait.jpg") as one:
        both_sides = Image.new("RGB", (2 * one.width, one.height))
        both_sides.paste(one, (0, 0))
        both_sides.paste(ImageOps.mirror(one), (one.width, 0))
        both_sides.save(picture)
    job = Job("emo-v1", image=picture, audio=fixtures / "voice.mp3")
    (planned,) = plan(job)
    with pytest.raises(PrepareError, match="shows 2 faces") as stays:
        prepare(job, out=tmp_path / "several")
    assert "faces-several" in {each.name for each in planned.stays} & {each.name for each in stays.value.findings}
    assert prepare(job, out=tmp_path / "largest", options=PrepareOptions(crop_to_boxes=True)).ok
    assert prepare(revised(job, face=2), out=tmp_path / "second").ok


def test_lengths_are_those_of_the_new_files(fixtures: Path) -> None:
    job = Job("videoretalk", video=fixtures / "dance.mp4", audio=fixtures / "voice.wav")
    for options, differ in ((PrepareOptions(), True), (PrepareOptions(equal_lengths=True), False)):
        planned, made = both(job, options, "decode")
        for findings in (planned.stays, made.record.findings):
            assert ("lengths-differ" in {each.name for each in findings}) is differ


def test_lengths_are_those_of_each_part(fixtures: Path, tmp_path: Path) -> None:
    voice = tmp_path / "long.wav"
    with wave.open(str(voice), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1\0\2" * 4000 * 130)
    job = Job("videoretalk", video=fixtures / "dance.mp4", audio=voice)
    options = PrepareOptions(split=True)
    planned, made = plan(job, options=options, level="decode"), prepare_jobs([job], out=tmp_path / "out", options=options)
    told = [[each.message for each in part.stays if each.name == "lengths-differ"] for part in planned]
    assert told == [[each.message for each in part.findings if each.name == "lengths-differ"] for part in made]
    assert len(told) == 2 and told[0] != told[1]
