"""Who is to be seen and heard: when it is measured, what a report holds of it, and what happens where it cannot be."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

import mediapreflight
from mediapreflight import Job, Report, check, plan
from mediapreflight.catalog import builtin_catalog
from mediapreflight.check.measure import measure
from mediapreflight.errors import UnreadableMediaError
from mediapreflight.people.facts import PictureContent, SpeechFacts, VideoContent
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.schemas import report_schema

SOURCES = str(Path(mediapreflight.__file__).parents[1])
MAIN = "from mediapreflight.cli import main\nsys.exit(main(sys.argv[1:]))\n"


class Result(NamedTuple):
    status: int
    out: str
    err: str


def run_without(missing: str, *arguments: str | Path, code: str = MAIN) -> Result:
    """The command line where these libraries cannot be imported, not by the processes it starts either."""
    with tempfile.TemporaryDirectory() as folder:
        for name in missing.split(","):
            (Path(folder) / f"{name}.py").write_text(f'raise ModuleNotFoundError("No module named {name!r}", name={name!r})')
        done = subprocess.run(
            [sys.executable, "-c", "import sys\n" + code, *arguments],
            env=os.environ | {"PYTHONPATH": os.pathsep.join((folder, SOURCES)), "MEDIAPREFLIGHT_CACHE_DIR": f"{folder}/cache"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
    return Result(done.returncode, done.stdout, done.stderr)


def content_of(model: str, level: str = "content", **given: Any) -> Any:
    """What is measured of the content of a job's one file."""
    ((_, measured),) = measure(Job(model, whole=False, **given), builtin_catalog().model(model), level).items()
    return measured.content


# --- when it is measured ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_cheaper_levels_look_at_nobody(fixtures: Path, level: str) -> None:
    assert content_of("emo-v1", level, image=fixtures / "portrait.jpg") is None
    job = Job("animate-anyone-gen2", whole=False, image=fixtures / "portrait.jpg")
    assert check(job, level=level, select=["FACE", "BODY", "VOICE", "CONT", "PAIR"]).findings == ()
    assert check(job, select=["BODY"]).findings != ()


@pytest.mark.parametrize(
    ("model", "role", "name"),
    [
        ("wan2.6-i2v", "image", "portrait.jpg"),
        ("wan2.6-i2v", "audio", "voice.wav"),
        ("wan2.2-animate-move", "video", "dance.mp4"),
        ("video-style-transform", "video", "dance.mp4"),
    ],
)
def test_models_without_a_demand_look_at_nobody(fixtures: Path, model: str, role: str, name: str) -> None:
    assert content_of(model, **{role: fixtures / name}) is None


def test_models_without_a_demand_load_no_detector(fixtures: Path) -> None:
    code = (
        "from mediapreflight import check, Job\n"
        "assert check(Job('wan2.6-i2v', whole=False, image=sys.argv[1], audio=sys.argv[2])).ok\n"
        "print(sorted({'mediapipe', 'cv2'} & set(sys.modules)))\n"
    )
    result = run_without("nothing", fixtures / "portrait.jpg", fixtures / "voice.wav", code=code)
    assert result == (0, "[]\n", "")


@pytest.mark.parametrize(
    "name", ["corrupt-scan.jpg", "corrupt-scan-slightly.jpg", "truncated.jpg", "text-named-png.png", "giant.png", "empty.jpg"]
)
def test_file_with_problems_is_not_looked_at(fixtures: Path, name: str) -> None:
    report = check(Job("emo-v1", whole=False, image=fixtures / "faults" / name))
    assert report.jobs[0].inputs["image"].content is None
    assert not report.ok
    assert {finding.code for finding in report.findings if finding.code.startswith(("FACE", "CONT", "PAIR"))} == set()


@pytest.mark.parametrize(("role", "name"), [("image", "voice.wav"), ("image", "talking-head.mp4"), ("audio", "portrait.jpg")])
def test_file_of_another_kind_is_not_looked_at(fixtures: Path, role: str, name: str) -> None:
    assert content_of("emo-v1", **{role: fixtures / name}) is None


def test_url_is_not_looked_at() -> None:
    (job,) = check(Job("emo-v1", whole=False, image="https://a.b/c.png")).jobs
    assert job.inputs["image"].content is None


# --- what is measured ------------------------------------------------------------------------------------------------


def test_each_kind_of_content(fixtures: Path) -> None:
    seen = content_of("liveportrait", image=fixtures / "portrait.jpg")
    assert isinstance(seen, PictureContent)
    assert (seen.width, seen.height, len(seen.faces), seen.bodies) == (640, 640, 1, None)
    assert isinstance(content_of("liveportrait", audio=fixtures / "voice.wav"), SpeechFacts)
    watched = content_of("videoretalk", video=fixtures / "talking-head.mp4")
    assert isinstance(watched, VideoContent)
    assert [sample.bodies for sample in watched.samples] == [None] * len(watched.samples)
    assert watched.samples[0].time_s == 0


def test_bodies_only_where_the_model_asks_for_them(fixtures: Path) -> None:
    half = fixtures / "half-body.jpg"
    assert len(content_of("animate-anyone-gen2", image=half).bodies) == 1
    assert content_of("videoretalk", ref_image=half).bodies is None


def test_bodies_of_a_portrait_only_where_the_boxes_are_of_half_a_body(fixtures: Path) -> None:
    half = fixtures / "half-body.jpg"
    assert content_of("emo-v1", image=half).bodies is None
    assert content_of("emo-detect-v1", image=half).bodies is None
    assert content_of("wan2.2-s2v", image=half).bodies is None
    assert len(content_of("emo-v1", image=half, face_bbox=[173, 74, 275, 176], ext_bbox=[10, 0, 382, 496]).bodies) == 1
    assert len(content_of("emo-detect-v1", image=half, parameters={"ratio": "3:4"}).bodies) == 1
    (planned,) = plan(Job("emo-v1", image=half, whole=False), options=PrepareOptions(ratio="3:4"))
    assert len(planned.measured["image"].content.bodies) == 1


def test_template_is_looked_at_where_its_rules_look(fixtures: Path) -> None:
    (first,) = content_of("animate-anyone-template-gen2", video=fixtures / "dance.mp4").samples
    assert first.time_s == 0
    assert [body.framing for body in first.bodies] == ["full"]


def test_documented_jobs_are_all_clear(fixtures: Path) -> None:
    """The notes say which boxes would be used; nothing else is found."""
    jobs = [
        Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3"),
        Job("liveportrait", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav"),
        Job("videoretalk", video=fixtures / "talking-head.mp4", audio=fixtures / "voice.wav"),
        Job("animate-anyone-gen2", image=fixtures / "full-body.jpg", template_id="AACT.1.2-3.4"),
        Job("animate-anyone-template-gen2", video=fixtures / "dance.mp4"),
    ]
    report = check(jobs)
    assert [(finding.code, finding.severity) for finding in report.findings] == [("PAIR008", "info")]
    assert report.ok


def test_silence_is_told_once(fixtures: Path) -> None:
    report = check(Job("emo-v1", whole=False, audio=fixtures / "faults/silent.wav"))
    assert [finding.code for finding in report.findings] == ["AUD005"]


# --- the report ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jobs(fixtures: Path) -> list[Job]:
    """Every kind of content, files that are judged badly, and files that are not looked at."""
    alone = {"whole": False}
    return [
        Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav", face_bbox=[1, 1, 50, 50]),
        Job("emo-detect-v1", **alone, image=fixtures / "portrait.jpg", parameters={"ratio": "3:4"}),
        Job("animate-anyone-gen2", **alone, image=fixtures / "half-body.jpg"),
        Job("animate-anyone-gen2", **alone, image=fixtures / "portrait.jpg"),
        Job("animate-anyone-template-gen2", **alone, video=fixtures / "dance.mp4"),
        Job("videoretalk", **alone, video=fixtures / "dance.mp4", ref_image=fixtures / "formats/rgb.png"),
        Job("videoretalk", **alone, video=fixtures / "video/encrypted.mp4"),
        Job("liveportrait", **alone, image=fixtures / "faults/corrupt-scan.jpg", audio=fixtures / "faults/silent.wav"),
        Job("wan2.6-i2v", **alone, image=fixtures / "portrait.jpg"),
    ]


@pytest.fixture(scope="module")
def report(jobs: Sequence[Job]) -> Report:
    return check(jobs)


def test_schema_holds_for_content(report: Report) -> None:
    jsonschema.Draft202012Validator(report_schema()).validate(json.loads(report.to_json()))


def test_content_is_in_the_report(report: Report) -> None:
    emo, _, _, _, template, _, encrypted, damaged, wan = json.loads(report.to_json())["jobs"]
    face = emo["inputs"]["image"]["content"]["faces"][0]
    assert [type(corner) for corner in face["bbox"]] == [int] * 4
    assert emo["inputs"]["audio"]["content"]["speech_share"] > 0.5
    assert template["inputs"]["video"]["content"]["samples"][0]["bodies"][0]["framing"] == "full"
    for job, role in ((encrypted, "video"), (damaged, "image"), (wan, "image")):
        assert job["inputs"][role]["content"] is None


def test_report_is_the_same_for_any_number_of_workers(report: Report, jobs: Sequence[Job]) -> None:
    assert check(jobs, workers=4).to_json() == report.to_json()


def test_report_can_be_pickled(report: Report) -> None:
    assert pickle.loads(pickle.dumps(report)) == report


# --- what cannot be measured -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "told"),
    [
        ("cv2", 'OpenCV does not load (it is not installed); pip install "mediapreflight[people]"'),
        ("numpy", "see `mediapreflight doctor`"),
    ],
)
def test_missing_library_is_unchecked_and_never_a_pass(fixtures: Path, library: str, told: str) -> None:
    result = run_without(library, "check", "--model", "videoretalk", fixtures / "talking-head.mp4")
    assert (result.status, result.err) == (1, "")
    (line,) = [line for line in result.out.splitlines() if "CONT001" in line]
    assert line.strip().startswith("unchecked CONT001 content-not-measured: its content was not checked: ")
    assert told in line
    assert "next: fix that, or choose the level decode" in result.out
    assert result.out.count("Found 1 unchecked finding") == 1


def test_bodies_are_unchecked_without_mediapipe_and_faces_are_not(fixtures: Path) -> None:
    result = run_without("mediapipe", "check", "--model", "animate-anyone-gen2", fixtures / "full-body.jpg")
    assert result.status == 1
    assert 'mediapipe does not load (it is not installed); pip install "mediapreflight[people]"' in result.out
    assert run_without("mediapipe", "check", "--model", "liveportrait", fixtures / "portrait.jpg").status == 0


def test_missing_library_leaves_what_needs_none_of_it(fixtures: Path) -> None:
    """A recording is heard without mediapipe, a picture of another model is not looked at, and other levels run."""
    job = ("--model", "emo-v1", fixtures / "voice.wav")
    assert run_without("mediapipe,cv2", "check", *job).status == 0
    assert run_without("mediapipe,cv2", "check", "--model", "wan2.6-i2v", fixtures / "portrait.jpg").status == 0
    result = run_without("mediapipe,cv2", "check", "--model", "emo-v1", "--level", "decode", fixtures / "portrait.jpg")
    assert (result.status, result.err) == (0, "")


def test_unchecked_can_be_ignored_by_name(fixtures: Path) -> None:
    result = run_without("cv2", "check", "--model", "liveportrait", "--ignore", "content-not-measured", fixtures / "portrait.jpg")
    assert result.status == 0


def test_content_that_does_not_decode(monkeypatch: pytest.MonkeyPatch, fixtures: Path) -> None:
    def fail(path: str, **_: Any) -> None:
        raise UnreadableMediaError(path, "cannot be decoded (bad Huffman code)")

    monkeypatch.setattr("mediapreflight.people.see_picture", fail)
    (finding,) = check(Job("emo-v1", whole=False, image=fixtures / "portrait.jpg"), contained=False).findings
    assert (finding.code, finding.severity, finding.role) == ("CONT001", "unchecked", "image")
    assert finding.message == "its content was not checked: cannot be decoded (bad Huffman code)"
