"""Readers that hang or die, and what becomes of those who asked."""

import ast
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

import mediapreflight
from mediapreflight import Job, Prepared, PrepareError, UnreadableMediaError, check, check_many, plan, prepare, prepare_jobs
from mediapreflight.agents import pictures
from mediapreflight.catalog import builtin_catalog
from mediapreflight.check.containment import UNCONTAINED, Containment, contained
from mediapreflight.check.measure import Measured, look_at_file, measure_file, measure_jobs, measure_to_be_cut, read_facts
from mediapreflight.cli import faces, main
from mediapreflight.cli.pages import checked_page
from mediapreflight.emulator import videos
from mediapreflight.media.facts import ImageFacts, Level
from mediapreflight.media.previews import NOTHING, preview_of
from mediapreflight.media.probe import probe
from mediapreflight.people.facts import Face, FrameContent, PictureContent, VideoContent
from mediapreflight.people.portraits import find_portrait
from mediapreflight.people.speech import speech_timeline
from mediapreflight.prepare.av import video
from mediapreflight.prepare.av.likeness import first_unlike
from mediapreflight.prepare.av.packets import survey
from mediapreflight.prepare.image.picture import run_image
from mediapreflight.report.style import Style
from mediapreflight.studio import previews
from mediapreflight.workers.processes import CrashError, Processes, _decoder

# Stands before the real library in processes that start from here on, and dies of some pictures or never comes back from them.
LIBRARY = """
import os, sys, time
me, here = sys.modules.pop(__name__), sys.path.pop(0)
import simplejpeg as real
sys.modules[__name__] = me
sys.path.insert(0, here)
def decode_jpeg_header(data, **options):
    if data.endswith(b"CRASH"):
        os.abort()
    if data.endswith(b"HANG"):
        time.sleep(60)
    return real.decode_jpeg_header(data, **options)
decode_jpeg = real.decode_jpeg
"""


@pytest.fixture
def spoilt(fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a picture that its decoder dies of (`CRASH`) or never comes back from (`HANG`)."""
    import simplejpeg  # noqa: F401 - this process keeps the real one

    (tmp_path / "library").mkdir()
    (tmp_path / "library/simplejpeg.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path / "library")

    def make(end: str) -> Path:
        path = tmp_path / f"{end}.jpg"
        path.write_bytes((fixtures / "portrait.jpg").read_bytes() + end.encode())
        return path

    return make


# The same for any library, by what a process does: it dies, or sleeps, as soon as it opens or imports a certain thing.
SITE = """
import os, sys, time
def watch(event, arguments):
    if event == {event!r} and {word!r} in str(arguments[0]):
        {deed}
sys.addaudithook(watch)
"""
DIES, SLEEPS = "os.abort()", "time.sleep(60)"


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes processes that start from here on die or sleep as soon as they open a file or import a module of such a name."""

    def spoil(event: str, word: str, deed: str = DIES) -> None:
        folder = tmp_path / "site"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(SITE.format(event=event, word=word, deed=deed))
        monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)

    return spoil


@pytest.fixture
def containment() -> Iterator[Callable[..., Containment]]:
    made: list[Containment] = []

    def make(time_limit_s: float = 60) -> Containment:
        made.append(contained(time_limit_s))
        return made[-1]

    yield make
    for each in made:
        each.close()


def measured(within: Containment, level: Level, **inputs: Path) -> dict[str, Measured]:
    return within.measured({role: str(path) for role, path in inputs.items()}, builtin_catalog().model("emo-v1"), level)


def copied(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes())
    return target


def test_what_is_measured_is_what_is_measured_without(fixtures: Path, containment: Callable[..., Containment]) -> None:
    files = {"image": fixtures / "portrait.jpg", "audio": fixtures / "voice.wav"}
    assert measured(containment(), "content", **files) == measured(UNCONTAINED, "content", **files)


def test_process_stays_from_one_call_to_the_next(containment: Callable[..., Containment], deeds: ModuleType) -> None:
    within = containment()
    pids = {within.call("a file", deeds.pid) for _ in range(3)}
    assert len(pids) == 1 and os.getpid() not in pids


def test_without_a_limit_all_runs_here() -> None:
    with contained(None) as within:
        assert within.call("a file", os.getpid) == os.getpid()
    assert within.call("a file", os.getpid) == os.getpid()


@pytest.mark.parametrize("level", ["decode", "content"])
def test_crash_spoils_its_own_file_only(fixtures: Path, containment, spoilt, level: Level) -> None:
    within = containment()
    found = measured(within, level, image=spoilt("CRASH"), audio=fixtures / "voice.wav")
    facts = found["image"].facts
    assert (facts.width, facts.problems) == (640, ("not measured: the process that reads it crashed",))
    assert found["audio"].facts.duration_s == pytest.approx(3.96, abs=0.01)
    assert not measured(within, level, image=fixtures / "portrait.jpg")["image"].facts.problems


def test_what_takes_too_long_is_not_measured_and_the_next_file_is(fixtures: Path, containment, spoilt) -> None:
    within = containment(time_limit_s=3)
    facts = measured(within, "decode", image=spoilt("HANG"))["image"].facts
    assert (facts.width, facts.problems) == (640, ("not measured: it takes longer than 3 s",))
    assert not measured(within, "decode", image=fixtures / "portrait.jpg")["image"].facts.problems


def test_detectors_that_crash_leave_the_facts(fixtures: Path, containment, children) -> None:
    children("import", "cv2")
    found = measured(containment(), "content", image=fixtures / "portrait.jpg")["image"]
    assert found.facts == probe(fixtures / "portrait.jpg")
    assert (found.content, found.trouble) == (None, "the process that reads it crashed")


def test_file_that_no_reader_survives_is_named(tmp_path: Path, fixtures: Path, containment, children) -> None:
    path = copied(fixtures / "portrait.jpg", tmp_path / "bad.jpg")
    children("open", "bad.jpg")
    within = containment()
    facts = within.facts(str(path), "decode")
    assert (facts.kind, facts.path, facts.problems) == (
        "unknown",
        str(path),
        ("not measured: the process that reads it crashed",),
    )
    with pytest.raises(UnreadableMediaError, match=r"bad\.jpg: the process that reads it crashed"):
        within.call(str(path), probe, path)


def test_errors_of_a_call_come_back(tmp_path: Path, containment) -> None:
    from mediapreflight.people import see_picture

    with pytest.raises(UnreadableMediaError, match="no such file"):
        containment().call("gone.png", see_picture, tmp_path / "gone.png")


def test_what_is_closed_says_nothing_of_a_file(fixtures: Path, containment) -> None:
    within = containment()
    within.close()
    with pytest.raises(CrashError):
        within.call("a file", probe, "a file")
    with pytest.raises(CrashError):
        within.facts(str(fixtures / "portrait.jpg"), "decode")


def test_where_no_process_can_be_started_all_runs_here(containment, deeds: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    within = containment()
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert within.call("a file", deeds.pid) == os.getpid()


CONTAINED = (
    measure_jobs,
    measure_file,
    measure_to_be_cut,
    look_at_file,
    read_facts,
    speech_timeline,
    run_image,
    survey,
    first_unlike,
    video._damage_in,
    find_portrait,
    preview_of,
    faces._save_pictures,
    pictures.seen,
    videos._render_here,
    previews.get_ready,
    previews.hear,
    previews.write_picture,
    previews.write_sound,
    previews.write_strip,
)


@pytest.mark.every("function", CONTAINED)
def test_what_runs_apart_says_what_it_returns(function: Callable[..., object]) -> None:
    assert isinstance(_decoder(function), msgspec.json.Decoder)


def test_list_of_what_runs_apart_is_whole() -> None:
    """Every function that the package hands to a containment, as its source names them."""
    named = set()
    for path in Path(mediapreflight.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not re.search(r"containment|self\._shown", source, re.IGNORECASE):
            continue
        for node in ast.walk(ast.parse(source)):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if re.fullmatch(r".*containment\.call", called) or (
                called in ("self._run", "self._found", "self.call") and path.name == "containment.py"
            ):
                named.add(ast.unparse(node.args[1]).removeprefix("previews."))
            elif re.fullmatch(r".*containment\.known", called):
                named.add(ast.unparse(node.args[2]).removeprefix("previews."))
            elif re.fullmatch(r"self\._shown", called):
                named.add(ast.unparse(node.args[3]).removeprefix("previews."))
    assert named - {"function", "write"} == {function.__name__ for function in CONTAINED}


# --- who asks: check


@pytest.mark.parametrize(
    ("end", "workers"), [("CRASH", 1), ("CRASH", 2), ("HANG", 1), pytest.param("HANG", 2, marks=pytest.mark.sweep)]
)
def test_check_survives_its_decoders(fixtures: Path, spoilt, end: str, workers: int) -> None:
    jobs = [Job("emo-v1", whole=False, image=path) for path in (spoilt(end), fixtures / "portrait.jpg")]
    spoiled, fine = check(jobs, level="decode", workers=workers, time_limit_s=3).jobs
    (finding,) = spoiled.findings
    assert (finding.code, finding.severity, finding.role) == ("FILE012", "unchecked", "image")
    assert spoiled.inputs["image"].facts.width == 640
    assert fine.ok


def test_check_many_survives_its_decoders(fixtures: Path, spoilt) -> None:
    paths = [spoilt("CRASH"), fixtures / "portrait.jpg"]
    spoiled, fine = check_many(paths, model="emo-v1", level="decode")
    assert [finding.code for finding in spoiled.findings] == ["FILE012"]
    assert fine.ok


def test_report_is_the_same_where_it_is_not_contained(fixtures: Path) -> None:
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav")
    assert check(job) == check(job, contained=False)


# --- prepare


def test_plan_survives_its_decoders(fixtures: Path, spoilt) -> None:
    jobs = [Job("emo-v1", whole=False, image=path) for path in (spoilt("CRASH"), fixtures / "portrait.jpg")]
    spoiled, fine = plan(jobs, level="decode")
    assert [finding.code for finding in spoiled.stays] == ["FILE012"]
    assert not fine.stays


def test_prepare_survives_its_decoders(tmp_path: Path, fixtures: Path, spoilt) -> None:
    jobs = [Job("emo-v1", whole=False, image=path) for path in (spoilt("CRASH"), fixtures / "portrait.jpg")]
    spoiled, fine = prepare_jobs(jobs, out=tmp_path / "out", level="decode")
    assert not spoiled.record.ok
    assert [finding.code for finding in spoiled.record.findings] == ["FILE012"]
    assert fine.record.ok


@pytest.mark.parametrize(
    ("deed", "limit", "says"), [(DIES, 60, "the process that reads it crashed"), (SLEEPS, 3, "it takes longer than 3 s")]
)
def test_picture_that_cannot_be_made_is_not_delivered(
    tmp_path: Path, fixtures: Path, children, deed: str, limit: float, says: str
) -> None:
    """The measure goes well here; it is the decoder of the picture to be converted that dies or sleeps."""
    children("import", "mediapreflight.media.image.pixels", deed)
    source = copied(fixtures / "formats/animated.gif", tmp_path / "moving.gif")
    job = Job("liveportrait", whole=False, image=source)
    with pytest.raises(PrepareError, match=rf"moving\.gif: {says}"):
        prepare(job, out=tmp_path / "out", level="decode", time_limit_s=limit)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["prepared.json"]
    assert source.read_bytes() == (fixtures / "formats/animated.gif").read_bytes()


@pytest.mark.sweep
def test_what_is_prepared_is_the_same_where_it_is_not_contained(tmp_path: Path, fixtures: Path) -> None:
    jobs = [
        Job("liveportrait", whole=False, image=fixtures / "formats/animated.gif"),
        Job("videoretalk", whole=False, video=fixtures / "formats/h264.mkv"),
        Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav"),
    ]

    def made(name: str, contained: bool) -> tuple[Prepared, ...]:
        return prepare_jobs(jobs, out=tmp_path / name, contained=contained)

    for here, apart in zip(made("here", False), made("apart", True), strict=True):
        assert here.steps == apart.steps
        assert [item.sha256 for item in here.record.inputs.values()] == [item.sha256 for item in apart.record.inputs.values()]
        assert [each.message for each in here.record.findings] == [each.message for each in apart.record.findings]


# --- the command line


def test_commands_survive_their_decoders(tmp_path: Path, fixtures: Path, children, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = copied(fixtures / "portrait.jpg", tmp_path / "bad.jpg"), fixtures / "portrait.jpg"
    children("open", "bad.jpg")
    assert main(["probe", str(bad), str(good), "--output-format", "concise"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("kind=unknown problems=not measured: the process that reads it crashed")
    assert "kind=image" in second
    assert main(["faces", str(bad), str(good)]) == 1
    shown = capsys.readouterr().out
    assert "the process that reads it crashed" in shown and "ext_bbox" in shown
    assert main(["check", "--model", "emo-v1", "--level", "decode", "--no-cache", f"image={bad}"]) == 1
    assert "the process that reads it crashed" in capsys.readouterr().out
    assert main(["prepare", "--model", "emo-v1", f"image={bad}", "--out", str(tmp_path / "out")]) == 1
    assert "the process that reads it crashed" in capsys.readouterr().out


# --- pages and results


def test_preview_that_crashes_is_left_out(tmp_path: Path, fixtures: Path, containment, children) -> None:
    path = copied(fixtures / "portrait.jpg", tmp_path / "bad.jpg")
    facts = probe(path)
    children("open", "bad.jpg")
    shown = containment().preview(str(path), facts)
    assert (shown.stills, shown.trouble) == ((), "the process that reads it crashed")


def test_addresses_are_never_opened_for_a_preview() -> None:
    facts = ImageFacts(path="https://a.b/c.png", format="png", width=1, height=1)
    assert UNCONTAINED.preview("https://a.b/c.png", facts) is NOTHING


def test_page_is_written_all_the_same(tmp_path: Path, fixtures: Path, children) -> None:
    path = copied(fixtures / "portrait.jpg", tmp_path / "bad.jpg")
    report = check(Job("emo-v1", whole=False, image=path), level="decode")
    children("open", "bad.jpg")
    page = "".join(checked_page(report.jobs, Style(False), None))
    assert "the process that reads it crashed" in page


# --- a process that was taken over


def face(*bbox: int) -> Face:
    values = dict.fromkeys(("score", "yaw_deg", "pitch_deg", "roll_deg", "sharpness", "brightness", "contrast"), 1.0)
    return Face(bbox=bbox, keypoints=(), **values)


@pytest.mark.parametrize(
    "content",
    [
        PictureContent(width=0, height=0, faces=()),
        PictureContent(width=4, height=4, faces=(face(1, 1, 5, 4),)),
        PictureContent(width=9, height=9, faces=(), bystanders=(face(5, 5, 1, 1),)),
        PictureContent(width=9, height=9, faces=(), doubtful=(face(5, 5, 10, 9),)),
        VideoContent(width=9, height=9, samples=(FrameContent(time_s=0, faces=(face(-1, 0, 1, 1),)),)),
    ],
)
def test_what_cannot_be_is_not_believed(fixtures: Path, containment, monkeypatch: pytest.MonkeyPatch, content) -> None:
    path = str(fixtures / "portrait.jpg")
    said = Measured(probe(path), content)

    def taken_over(_: Processes, function: Callable[..., object], *arguments: object, **_options: object) -> object:
        return {measure_jobs: [{"image": said}], measure_file: said, read_facts: said.facts}[function]

    monkeypatch.setattr(Processes, "call", taken_over)
    assert measured(containment(), "content", image=Path(path)) == {
        "image": Measured(said.facts, trouble="the process that reads it returned an impossible result")
    }


def test_files_that_nobody_asked_for_are_not_taken(fixtures: Path, containment, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(fixtures / "portrait.jpg")
    facts = probe(path)

    def taken_over(_: Processes, function: Callable[..., object], *arguments: object, **_options: object) -> object:
        return {measure_jobs: [{"audio": Measured(facts)}] * 2, read_facts: facts}[function]

    monkeypatch.setattr(Processes, "call", taken_over)
    assert measured(containment(), "decode", image=Path(path)) == {"image": Measured(facts)}


def test_check_tells_an_answer_that_is_none(fixtures: Path, children) -> None:
    """It writes to the pipe that answers go through."""
    children("open", "voice.wav", "os.write(4, (5).to_bytes(8, 'big') + b'nonse'); time.sleep(60)")
    report = check(Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav"), level="decode", time_limit_s=20)
    assert [finding.code for finding in report.findings if finding.role == "audio"] == ["FILE012"]
    (finding,) = (finding for finding in report.findings if finding.role == "audio")
    assert "the process that reads it gave an invalid answer" in finding.message
