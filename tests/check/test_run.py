import itertools
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

import mediapreflight
from mediapreflight import Catalog, Job, Report, UnknownModelError, UnknownRuleError, UsageError, check, check_many, probe
from mediapreflight.check.judge import judge
from mediapreflight.check.measure import measure
from mediapreflight.check.run import check_jobs, lone_job, role_of
from mediapreflight.media.facts import LEVELS
from mediapreflight.rules import RULES, rules_in, selection
from mediapreflight.rules.base import InputCase, JobCase


@pytest.fixture(scope="module")
def everything(fixtures: Path) -> list[Path]:
    """Every file of the fixtures, and what is no file."""
    return [*sorted(path for path in fixtures.rglob("*.*") if path.suffix != ".py"), fixtures, fixtures / "missing.png"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths opened from here on."""
    paths: list[str] = []
    really_open = os.open

    def spy(path: Any, *more: Any, **options: Any) -> int:
        paths.append(os.fsdecode(path))
        return really_open(path, *more, **options)

    monkeypatch.setattr(os, "open", spy)
    return paths


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


# --- one job, many jobs ----------------------------------------------------------------------------------------------


def test_job_that_fits(fixtures: Path) -> None:
    report = check(Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav"), level="decode")
    assert report.ok
    assert report.findings == ()
    (job,) = report.jobs
    assert (job.model, job.ok, set(job.inputs)) == ("emo-v1", True, {"image", "audio"})
    assert job.inputs["image"].facts.width == 640
    assert job.inputs["audio"].facts.duration_s == pytest.approx(3.96, abs=0.01)


def test_job_that_does_not_fit(fixtures: Path) -> None:
    job = Job("emo-v1", image=fixtures / "formats/still.gif", parameters={"style_level": "clam"})
    report = check(job, level="decode")
    assert not report.ok
    assert not report.jobs[0].ok
    assert {"FILE006", "IMG005", "REQ001", "REQ006"} <= set(codes(report))


def test_warnings_alone_are_ok(fixtures: Path) -> None:
    report = check(Job("wan2.7-i2v", first_frame=fixtures / "orientation/exif-6.jpg"), level="decode", select=["IMG008"])
    assert [finding.severity for finding in report.findings] == ["warning"]
    assert report.ok


def test_unchecked_is_never_a_pass() -> None:
    assert not check(Job("wan2.6-i2v", image="https://a.b/c.png"), level="decode").ok


def test_jobs_in_any_iterable_in_their_order(fixtures: Path) -> None:
    names = ["portrait.jpg", "formats/rgba.png", "half-body.jpg"]
    jobs = (Job("wan2.6-i2v", image=fixtures / name) for name in names)
    report = check(jobs, level="metadata")
    assert [job.inputs["image"].path for job in report.jobs] == [str(fixtures / name) for name in names]
    assert [job.ok for job in report.jobs] == [True, False, True]


def test_no_jobs() -> None:
    report = check([])
    assert report.ok
    assert report.jobs == ()
    assert report.summary.jobs == 0


def test_alias_and_own_catalog(fixtures: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('extends = "emo-v1"\nid = "our-emo"\naliases = ["emo-ours"]\n[roles.image.side]\ndocumented = "<= 10"\n'
                   'safe = "<= 10"\nsource = "EMO"\nsafe_source = "EMO"\n')  # fmt: skip
    report = check(Job("emo-ours", image=fixtures / "portrait.jpg"), level="metadata", catalog=Catalog([own]))
    assert report.jobs[0].model == "our-emo"
    assert "IMG006" in codes(report)
    with pytest.raises(UnknownModelError):
        check(Job("emo-ours", image=fixtures / "portrait.jpg"))


def test_parameters_and_fields_are_in_the_report(fixtures: Path) -> None:
    job = Job("emo-v1", image=fixtures / "portrait.jpg", face_bbox=[1, 2, 3, 4], nonsense=5, parameters={"style_level": "calm"})
    (done,) = check(job, level="metadata").jobs
    assert done.parameters == {"style_level": "calm"}
    assert done.fields == {"face_bbox": [1, 2, 3, 4], "nonsense": 5}


def test_inputs_left_empty_are_not_in_the_report() -> None:
    (done,) = check(Job("emo-v1", image=None, audio="")).jobs
    assert done.inputs == {}


# --- levels and selection --------------------------------------------------------------------------------------------


def test_level_metadata_reads_no_data(fixtures: Path) -> None:
    job = Job("emo-v1", whole=False, image=fixtures / "faults/corrupt-scan.jpg")
    assert "FILE011" not in codes(check(job, level="metadata"))
    assert "FILE011" in codes(check(job, level="decode"))


def test_select_and_ignore(fixtures: Path) -> None:
    job = Job("wan2.6-i2v", image=fixtures / "formats/rgba.png")
    assert set(codes(check(job, level="metadata"))) >= {"IMG001", "IMG005"}
    assert codes(check(job, level="metadata", select=["image-has-alpha"])) == ["IMG001"]
    assert codes(check(job, level="metadata", select=["IMG"], ignore=["IMG001"])) == ["IMG005"]
    assert codes(check(job, level="metadata", ignore=["ALL"])) == []


def test_unselected_rules_leave_the_facts_in_place(fixtures: Path) -> None:
    (job,) = check(Job("wan2.6-i2v", image=fixtures / "formats/rgba.png"), level="metadata", ignore=["ALL"]).jobs
    assert job.inputs["image"].facts.has_alpha


@pytest.mark.every("model", Catalog().ids())
def test_file_by_itself_gives_the_rules_of_whole_jobs_nothing_to_find(fixtures: Path, model: str) -> None:
    """They are skipped for it, which must be seen nowhere."""
    known = Catalog().model(model)
    for role, accepted in known.roles.items():
        for name in ("portrait.jpg", "voice.wav", "dance.mp4", "formats/rgba.png", "missing.png"):
            path = str(fixtures / name)
            facts = probe(path, "metadata")
            job = Job(model, whole=False, **{role: path})
            case = JobCase(known, job, {role: InputCase(known, role, accepted, path, facts)})
            found = [rule.code for group in ("request", "pair") for rule in rules_in(group) for _ in rule.check(case)]
            assert found == []


def test_findings_come_in_the_order_of_the_registry(fixtures: Path) -> None:
    """First those of each file, then those of the request and of pairs."""
    order = list(RULES)
    report = check(Job("videoretalk", whole=False, video=fixtures / "video/late-picture.mp4"), level="decode")
    assert codes(report) == sorted(codes(report), key=order.index)
    assert len(codes(report)) > 2


# --- what is asked for wrongly ---------------------------------------------------------------------------------------


def test_unknown_model_is_refused_before_any_file_is_opened(fixtures: Path, opened: list[str]) -> None:
    good, bad = Job("emo-v1", image=fixtures / "portrait.jpg"), Job("emo-v2", image=fixtures / "portrait.jpg")
    with pytest.raises(UnknownModelError) as caught:
        check([good, bad], level="metadata")
    assert "emo-v1" in caught.value.suggestions
    assert str(fixtures / "portrait.jpg") not in opened


def test_unknown_rule_is_refused_before_any_file_is_opened(fixtures: Path, opened: list[str]) -> None:
    for options in ({"select": ["IMG999"]}, {"ignore": ["IMG999"]}):
        with pytest.raises(UnknownRuleError):
            check(Job("emo-v1", image=fixtures / "portrait.jpg"), **options)
    assert str(fixtures / "portrait.jpg") not in opened


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"model": "emo-v2"}, UnknownModelError),
        ({"model": "emo-v1", "select": ["nope"]}, UnknownRuleError),
        ({"model": "emo-v1", "role": "picture"}, UsageError),
        ({"model": "emo-v1", "role": "parameters"}, UsageError),
    ],
)
def test_check_many_refuses_at_once_and_reads_no_path(options: dict[str, Any], error: type[Exception]) -> None:
    def paths() -> Iterator[str]:
        pytest.fail("a path was asked for")
        yield ""

    with pytest.raises(error):
        check_many(paths(), **options)


@pytest.mark.parametrize("value", [5, 1.5, [5], {"path": "a.png"}, True])
def test_input_that_is_neither_path_nor_url(value: object) -> None:
    with pytest.raises(UsageError, match="image of emo-v1 must be a path or a URL"):
        check(Job("emo-v1", image=value))


# --- files by themselves ---------------------------------------------------------------------------------------------


def test_each_file_in_the_role_of_its_kind(fixtures: Path) -> None:
    paths = [fixtures / "portrait.jpg", fixtures / "voice.wav", fixtures / "talking-head.mp4"]
    reports = list(check_many(paths, model="videoretalk", level="metadata"))
    assert [list(report.jobs[0].inputs) for report in reports] == [["ref_image"], ["audio"], ["video"]]
    assert "REQ001" not in [code for report in reports for code in codes(report)]


def test_role_that_is_asked_for(fixtures: Path) -> None:
    (report,) = check_many([fixtures / "voice.wav"], model="videoretalk", role="video", level="metadata")
    assert codes(report)[0] == "FILE005"


def test_paths_of_every_sort(fixtures: Path) -> None:
    path = fixtures / "portrait.jpg"
    for one in (path, str(path), os.fsencode(path)):
        (report,) = check_many([one], model="emo-v1", level="metadata")
        assert report.ok


def test_kind_comes_from_the_bytes_and_from_the_name_only_where_they_say_nothing(fixtures: Path) -> None:
    catalog = Catalog()
    retalk = catalog.model("videoretalk")
    assert role_of(str(fixtures / "faults/png-named-jpg.jpg"), retalk) == "ref_image"
    assert role_of(str(fixtures / "faults/text-named-png.png"), retalk) == "ref_image"
    assert role_of(str(fixtures / "faults/playlist-named-mp4.mp4"), retalk) == "video"
    assert role_of("nowhere.mp3", retalk) == "audio"


def test_kind_the_model_does_not_take_is_named(fixtures: Path) -> None:
    (report,) = check_many([fixtures / "talking-head.mp4"], model="emo-v1", level="metadata")
    assert codes(report)[0] == "FILE005"


def test_no_kind_at_all_is_named(fixtures: Path) -> None:
    (report,) = check_many([fixtures / "README.md"], model="emo-v1", level="metadata")
    assert codes(report) == ["FILE004"]


def test_kind_that_two_inputs_take_must_be_told_apart(fixtures: Path) -> None:
    path = fixtures / "portrait.jpg"
    with pytest.raises(UsageError, match="first_frame=FILE or last_frame=FILE"):
        list(check_many([path], model="wan2.7-i2v"))
    (report,) = check_many([path], model="wan2.7-i2v", role="last_frame", level="metadata")
    assert report.ok


# --- what is not done ------------------------------------------------------------------------------------------------


def test_urls_are_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: Any, **__: Any) -> NoReturn:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_network)
    report = check(Job("emo-v1", image="https://a.b/c.png", audio="http://a.b/c.mp3"), level="decode")
    assert codes(report) == ["REQ014", "REQ014"]
    assert all(done.facts is None for done in report.jobs[0].inputs.values())


def test_judging_opens_no_file(fixtures: Path, opened: list[str]) -> None:
    model = Catalog().model("emo-v1")
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav", ext_bbox=[0, 0, 700, 700])
    facts = measure(job, model, "decode")
    assert set(facts) == {"image", "audio"}
    opened.clear()
    judge(job, model, facts, selection())
    assert [path for path in opened if str(fixtures) in path] == []


def test_only_the_named_files_are_opened(fixtures: Path, opened: list[str]) -> None:
    """Playlists and scripts name other files; those stay closed."""
    named = [fixtures / "faults/playlist-named-mp4.mp4", fixtures / "faults/concat-named-mp4.mp4"]
    list(check_many(named, model="videoretalk", level="decode"))
    assert {path for path in opened if str(fixtures) in path} == {str(path) for path in named}


# --- workers and streams ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(everything: list[Path]) -> list[str]:
    """The report of each file as JSON, one worker."""
    return [report.to_json() for report in check_many(everything, model="videoretalk", level="decode")]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started after the third file."""
    for level in LEVELS:
        monkeypatch.setitem(sys.modules["mediapreflight.check.run"]._PATIENCE_S, level, 0.0)


@pytest.mark.parametrize(
    ("count", "each", "rest", "expected"),
    [
        (90, 0.0001, 0.0, []),
        (90, 0.01, 0.0, [(2, 8)]),
        (90, 0.2, 0.0, [(1, 8)]),
        # What takes long once is the loading of a library. As many files must follow as were measured.
        (50, 0.01, 0.0, []),
        # No more processes than this one keeps busy.
        (90, 0.01, 0.004, [(2, 3)]),
        (90, 0.01, 0.02, [(2, 1)]),
    ],
)
def test_processes_are_started_if_they_pay(
    fixtures: Path,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    each: float,
    rest: float,
    expected: list[tuple[int, int]],
) -> None:
    """`each`, `rest`: seconds of measuring a file, and of all else. `expected`: jobs in a portion, and processes."""
    run = sys.modules["mediapreflight.check.run"]
    clock = itertools.accumulate(itertools.chain([0.0, 5.0, rest, 3.0], itertools.cycle([rest, each])))
    asked: list[tuple[int, int]] = []

    def by_processes(orders: Iterator[object], settings: Any, portion: int) -> Iterator[object]:
        asked.append((portion, settings.workers))
        return iter([*orders][:0])

    monkeypatch.setattr(run, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(run, "_by_processes", by_processes)
    reports = check_many([fixtures / "portrait.jpg"] * count, model="liveportrait", level="metadata", workers=8)
    assert (sum(1 for _ in reports) == count) == (not expected)
    assert asked == expected


@pytest.mark.sweep
@pytest.mark.usefixtures("impatient")
def test_report_is_the_same_by_more_workers_than_cores(everything: list[Path], alone: list[str]) -> None:
    reports = check_many(everything, model="videoretalk", level="decode", workers=8)
    assert [report.to_json() for report in reports] == alone


@pytest.mark.usefixtures("impatient")
def test_report_is_the_same_by_threads_where_no_process_can_be_started(
    everything: list[Path], alone: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    reports = check_many(everything, model="videoretalk", level="decode", workers=2)
    assert [report.to_json() for report in reports] == alone


@pytest.mark.usefixtures("impatient")
def test_report_is_the_same_where_starting_a_process_fails(
    everything: list[Path], alone: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    reports = check_many(everything, model="videoretalk", level="decode", workers=2)
    assert [report.to_json() for report in reports] == alone


@pytest.mark.usefixtures("impatient")
def test_whole_report_is_the_same_by_several_workers(everything: list[Path], alone: list[str]) -> None:
    model = Catalog().model("videoretalk")
    jobs = [lone_job(str(path), model) for path in everything]
    several = check(jobs, level="decode", workers=2)
    assert [Report(jobs=(job,)).to_json() for job in several.jobs] == alone


def test_report_is_the_same_the_second_time(everything: list[Path], alone: list[str]) -> None:
    assert [report.to_json() for report in check_many(everything, model="videoretalk", level="decode")] == alone


def test_reports_stream_one_by_one(fixtures: Path) -> None:
    asked: list[int] = []

    def paths() -> Iterator[Path]:
        for number in range(5):
            asked.append(number)
            yield fixtures / "portrait.jpg"

    reports = check_many(paths(), model="emo-v1", level="metadata")
    for expected in range(1, 6):
        next(reports)
        assert len(asked) == expected


@pytest.mark.sweep
@pytest.mark.parametrize("workers", [2, 8])
@pytest.mark.usefixtures("impatient")
def test_workers_read_ahead_by_a_bounded_number_of_files(fixtures: Path, workers: int) -> None:
    asked = 0

    def paths() -> Iterator[Path]:
        nonlocal asked
        while True:
            asked += 1
            yield fixtures / "portrait.jpg"

    reports = check_many(paths(), model="emo-v1", level="metadata", workers=workers)
    for number in range(3000):
        next(reports)
        assert number < asked <= number + 64 * 5 * (workers + 1)
    reports.close()


def test_fault_on_the_way_comes_after_what_was_done_before(fixtures: Path) -> None:
    jobs = [Job("emo-v1", image=fixtures / "portrait.jpg"), Job("emo-v1", image=5)]
    reports = check_jobs(jobs, level="metadata")
    assert next(reports).model == "emo-v1"
    with pytest.raises(UsageError):
        next(reports)


@pytest.mark.usefixtures("impatient")
def test_fault_comes_through_from_many_workers(fixtures: Path) -> None:
    jobs = [Job("emo-v1", image=fixtures / "portrait.jpg")] * 5
    with pytest.raises(UsageError):
        check([*jobs, Job("emo-v1", image=5)], level="metadata", workers=4)


@pytest.mark.usefixtures("impatient")
def test_processes_need_nothing_of_the_callers_main_module(fixtures: Path, tmp_path: Path) -> None:
    """A script without `if __name__ == "__main__"`, with a catalog of its own."""
    own = tmp_path / "own.toml"
    own.write_text('extends = "emo-v1"\nid = "our-emo"\n')
    (tmp_path / "script.py").write_text(
        "import sys\nfrom mediapreflight import Catalog, check_many\nprint('once')\n"
        "sys.modules['mediapreflight.check.run']._PATIENCE_S['metadata'] = 0\n"
        "for report in check_many(sys.argv[1:], model='our-emo', catalog=Catalog(['own.toml']), level='metadata', workers=2):\n"
        "    print(report.ok, report.jobs[0].model)\n"
    )
    pictures = [str(fixtures / "portrait.jpg")] * 6
    done = run_python("script.py", *pictures, cwd=tmp_path)
    assert done == "once\n" + "True our-emo\n" * 6


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture on which the decoder dies, as native code can: in processes that start from here on."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library/simplejpeg.py").write_text(
        "import os, sys\nme, here = sys.modules.pop(__name__), sys.path.pop(0)\nimport simplejpeg as real\n"
        "sys.modules[__name__] = me\nsys.path.insert(0, here)\n"
        "def decode_jpeg_header(data, **options):\n"
        "    os.abort() if data.endswith(b'CRASH') else None\n    return real.decode_jpeg_header(data, **options)\n"
        "decode_jpeg = real.decode_jpeg\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "library")
    path = tmp_path / "crash.jpg"
    fixtures = Path(__file__).resolve().parents[2] / "fixtures"
    path.write_bytes((fixtures / "portrait.jpg").read_bytes() + b"CRASH")
    return path


@pytest.mark.usefixtures("impatient")
def test_crash_of_a_library_spoils_its_own_file_only(fixtures: Path, crashing: Path) -> None:
    import simplejpeg  # noqa: F401 - this process keeps the real one

    good = fixtures / "portrait.jpg"
    paths = [good, good, crashing, good, fixtures / "faults/corrupt-scan.jpg", good]
    reports = list(check_many(paths, model="emo-v1", level="decode", workers=2))
    assert [codes(report) for report in reports] == [[], [], ["FILE012"], [], ["FILE011"], []]
    (finding,) = reports[2].findings
    assert (finding.severity, finding.path) == ("unchecked", str(crashing))
    assert "the process that reads it crashed" in finding.message


@pytest.mark.usefixtures("impatient")
def test_crash_spoils_one_input_of_a_job_only(fixtures: Path, crashing: Path) -> None:
    import simplejpeg  # noqa: F401

    whole = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav")
    spoilt = Job("emo-v1", image=crashing, audio=fixtures / "voice.wav")
    report = check([whole, spoilt, whole], level="decode", workers=2)
    assert [job.ok for job in report.jobs] == [True, False, True]
    assert codes(report) == ["FILE012"]
    assert report.jobs[1].inputs["audio"].facts.duration_s == pytest.approx(3.96, abs=0.01)


@pytest.mark.sweep
@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise there")
def test_interrupt_ends_everything_at_once(fixtures: Path, tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(
        "import itertools, sys\nfrom mediapreflight import check_many\n"
        "reports = check_many(itertools.repeat(sys.argv[1]), model='emo-v1', level='decode', workers=4)\n"
        "for number, report in enumerate(reports):\n    if number % 100 == 0: print(number, flush=True)\n"
    )
    command = [sys.executable, "endless.py", str(fixtures / "portrait.jpg")]
    with subprocess.Popen(
        command, cwd=tmp_path, env=with_sources(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as running:
        assert running.stdout is not None
        for _ in range(3):
            running.stdout.readline()
        os.killpg(running.pid, signal.SIGINT)
        # The pipes stay open until the last process that has them is gone.
        _, errors = running.communicate(timeout=120)
    assert errors.count(b"Traceback") == errors.count(b"KeyboardInterrupt") == 1


def with_sources() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1])}


def run_python(*arguments: str, cwd: Path) -> str:
    """What a program prints; it must end well and complain of nothing."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=with_sources(), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_reports_are_picklable(fixtures: Path) -> None:
    for report in check_many([fixtures / "portrait.jpg", fixtures / "dance.mp4"], model="videoretalk", level="decode"):
        assert pickle.loads(pickle.dumps(report)) == report


# --- hostile names and values ----------------------------------------------------------------------------------------


def test_name_that_is_no_utf8(fixtures: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n.jpg"
    Path(os.fsdecode(name)).write_bytes((fixtures / "portrait.jpg").read_bytes())
    (report,) = check_many([name], model="emo-v1", level="decode")
    assert report.ok
    assert report.jobs[0].inputs["image"].path == f"{tmp_path}/\\xff\n.jpg"
    assert "\\\\xff" in report.to_json()


@pytest.mark.parametrize("name", ["\ud800.png", "a\0b.png"])
def test_name_no_file_can_have(name: str) -> None:
    report = check(Job("emo-v1", whole=False, image=name), level="decode")
    assert codes(report) == ["FILE002"]
    assert report.to_json()


def test_values_no_encoder_takes(fixtures: Path) -> None:
    """Arguments of the command line may hold bytes that are no UTF-8; Python hands them on as half surrogate pairs."""
    parameters = {"style_level": "\udcff", "\udcfe": "\udcfd"}
    report = check(Job("emo-v1", whole=False, face_bbox="\udcfc", parameters=parameters), level="metadata")
    assert codes(report) == ["REQ003", "REQ006", "REQ009"]
    assert "\\\\udcff" in report.to_json()


@pytest.mark.parametrize("value", [10**400, float("nan"), float("inf"), None, [[]], {"a": {"b": 1}}])
def test_values_of_any_shape_can_be_reported(value: object) -> None:
    report = check(Job("liveportrait", whole=False, parameters={"video_fps": value, "other": value}), level="metadata")
    assert not report.ok
    assert report.to_json(indent=2)


def test_empty_name_is_no_file_that_fits() -> None:
    with pytest.raises(UsageError, match="empty name"):
        list(check_many([""], model="emo-v1", role="image"))
