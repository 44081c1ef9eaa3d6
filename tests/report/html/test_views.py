from pathlib import Path

import pytest

from mediapreflight import Finding, ImageFacts, InputReport, Job, JobReport, check
from mediapreflight.catalog import builtin_catalog
from mediapreflight.media.facts import AudioFacts, VideoFacts
from mediapreflight.media.previews import Preview, Sound, Still
from mediapreflight.people.facts import Face, FrameContent, PictureContent, SpeechFacts, VideoContent
from mediapreflight.prepare.av.steps import Trim
from mediapreflight.prepare.outlook import Outlook
from mediapreflight.prepare.record import StepRecord
from mediapreflight.prepare.steps import Expected, FilePlan
from mediapreflight.report.html import views
from mediapreflight.report.html.views import InputView, fact_rows, job_view, named_boxes, parted, shots, step_views, wave
from mediapreflight.rules import RULES

EMO = builtin_catalog().model("emo-v1")


def speaking(*speech: tuple[float, float]) -> SpeechFacts:
    figures = dict.fromkeys(("loudness_dbfs", "speech_level_dbfs", "noise_floor_dbfs", "peak_dbfs"), -20.0)
    shares = dict.fromkeys(("other_sound_share", "clipping_share"), 0.0)
    return SpeechFacts(heard_s=80.0, speech_share=0.75, speech=speech, pauses=(), **figures, **shares)


def voice(*, cut: Trim | None = None) -> InputView:
    """A recording of 80 s for EMO, which takes less than 60 s."""
    facts = AudioFacts(path="a.wav", format="wav", bytes=1000, duration_s=80.0)
    item = InputReport(path="a.wav", facts=facts, content=speaking((8.0, 16.0), (40.0, 80.0)))
    job = JobReport(model="emo-v1", ok=True, parameters={}, fields={}, inputs={"audio": item}, findings=())
    steps = () if cut is None else (cut,)
    plan = FilePlan(role="audio", kind="audio", source="a.wav", suffix="wav", steps=steps, expected=Expected())
    (view,) = job_view(1, job, EMO, {"audio": Preview(sound=Sound((0.5,) * 100, 80.0))}, {"audio": Outlook(plan)}).inputs
    return view


def test_speech_limit_and_cut_stand_where_they_are_in_time() -> None:
    drawn = voice(cut=Trim(reason="AUD003 audio-too-long", end_s=56.0, of_s=80.0, place="pause")).wave
    assert drawn.speech == ((100.0, 100.0), (500.0, 500.0))
    assert drawn.limit == 750.0
    assert drawn.dropped == ((700.0, 300.0),)
    assert drawn.caption == "80.00 s of sound; somebody speaks for 75% of it; prepare would keep 0.00 to 56.00 s"


def test_part_of_a_recording_leaves_both_ends_out() -> None:
    drawn = voice(cut=Trim(reason="AUD003 audio-too-long", start_s=8.0, end_s=56.0, of_s=80.0)).wave
    assert drawn.dropped == ((0.0, 100.0), (700.0, 300.0))


def test_nothing_is_cut_without_a_step() -> None:
    assert voice().wave.dropped == ()


def test_limit_beyond_the_recording_is_not_drawn() -> None:
    assert wave(Sound((0.5,), 10.0), 10.0, limit_s=10.0).limit is None


def test_silence_is_still_a_line() -> None:
    assert wave(Sound((0.0, 1.0), 1.0), 1.0).path == "M250 49.4L750 3L750 97L250 50.6Z"


def test_shorter_sound_on_a_longer_line_ends_early() -> None:
    assert max(float(point.split()[0]) for point in wave(Sound((1.0,) * 4, 5.0), 10.0).path[1:-1].split("L")) < 500


def face(*box: int) -> Face:
    angles = dict.fromkeys(("yaw_deg", "pitch_deg", "roll_deg"), 0.0)
    return Face(bbox=box, score=0.9, keypoints=(), sharpness=1.0, brightness=100.0, contrast=30.0, **angles)


def test_faces_lie_over_the_frame_they_were_seen_in() -> None:
    samples = (
        FrameContent(time_s=0.0, faces=(face(1, 2, 11, 22),)),
        FrameContent(time_s=1.5, faces=(), bystanders=(face(5, 5, 9, 9),)),
    )
    content = VideoContent(width=100, height=200, samples=samples)
    stills = tuple(Still(b"", 10, 20, time) for time in (0.0, 1.0, 1.5))
    first, second, third = shots(Preview(stills), VideoFacts(path="v", width=100, height=200), content, ())
    assert [(box.sort, box.x, box.y, box.width, box.height) for box in first.boxes] == [("face", 1, 2, 10, 20)]
    assert second.boxes == ()
    assert [box.sort for box in third.boxes] == ["bystander"]
    assert [shot.caption for shot in (first, second, third)] == ["0.0 s", "1.0 s", "1.5 s"]


def test_what_only_may_be_a_face_lies_over_the_picture() -> None:
    content = PictureContent(width=100, height=200, faces=(), doubtful=(face(5, 5, 9, 9),))
    (shot,) = shots(Preview((Still(b"", 10, 20),)), ImageFacts(path="p", width=100, height=200), content, ())
    assert [box.sort for box in shot.boxes] == ["doubtful"]


def test_boxes_of_the_job_go_before_proposed_ones(finding) -> None:
    proposed: Finding = finding("info", name="boxes-proposed", measured={"face_bbox": [1, 1, 2, 2], "ext_bbox": [0, 0, 3, 3]})
    item = InputReport(path="p.png", facts=ImageFacts(path="p.png", width=9, height=9))
    job = JobReport(
        model="emo-v1", ok=True, parameters={}, fields={"ext_bbox": [0, 0, 9, 9]}, inputs={"image": item}, findings=(proposed,)
    )
    (view,) = job_view(1, job, EMO, {"image": Preview((Still(b"", 9, 9),))}, {}).inputs
    ((outer, inner),) = [shot.boxes for shot in view.shots]
    assert (outer.sort, outer.width) == ("ext_bbox", 9)
    assert (inner.sort, inner.x) == ("face_bbox", 1)


def test_boxes_turned_inside_out_have_no_size() -> None:
    (box,) = named_boxes({"face_bbox": [9, 9, 1, 1]})
    assert (box.width, box.height) == (0, 0)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("p.png", ("", "p.png")),
        ("a/b/p.png", ("a/b/", "p.png")),
        ("https://a.b/c.mp3", ("https://a.b/", "c.mp3")),
        ("/", ("", "")),
        ("folder/", ("", "folder")),
    ],
)
def test_paths_in_two(path: str, parts: tuple[str, str]) -> None:
    assert parted(path) == parts


def test_a_path_of_windows_is_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_SLASHES", "/\\")
    assert parted("C:\\pictures\\a.png") == ("C:\\pictures\\", "a.png")
    assert parted("https://a.b/c.png") == ("https://a.b/", "c.png")


def test_lengths_that_differ_are_both_shown() -> None:
    rows = dict(
        fact_rows(AudioFacts(path="a", format="mp3", bytes=16_328, audio_codec="mp3", duration_s=4.03, stated_duration_s=161.28))
    )
    assert rows == {"Format": "mp3", "Bytes": "16,328", "Length": "4.03 s", "Header says": "161.28 s"}


def test_steps_name_the_rule_they_are_for() -> None:
    steps = (
        StepRecord(name="scale", detail="", reason="IMG005 image-side-too-short"),
        StepRecord(name="encode", detail="", reason="asked for"),
    )
    fixed, asked = step_views(steps)
    assert fixed.code == "IMG005"
    assert fixed.code in RULES
    assert asked.code is None


def test_what_prepare_cannot_read_it_is_not_said_to_fix(fixtures: Path) -> None:
    path = str(fixtures / "faults" / "truncated.mp3")
    report = check(Job("emo-v1", whole=False, audio=path), level="decode", contained=False)
    assert any(finding.fixable for finding in report.findings)
    (view,) = job_view(1, report.jobs[0], builtin_catalog().model("emo-v1"), {}, {}).inputs
    assert [finding.code for finding in view.findings if finding.fixable] == []
