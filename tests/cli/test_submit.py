"""`mediapreflight submit` and `tasks` against the stand-in service, as a user runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from mediapreflight import probe
from mediapreflight.emulator import Emulator
from mediapreflight.schemas import result_schema

from .conftest import environment

pytestmark = pytest.mark.usefixtures("fixtures_measured_once")
WAN = ("--model", "wan2.6-i2v", "--set", "duration=2", "--set")


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(seconds_per_task=0.1, detection="assume") as emulator:
        yield emulator


@pytest.fixture
def submit(run, service: Emulator, fixtures: Path, tmp_path: Path) -> Callable[..., object]:
    """`submit("submit", …)` in a folder of its own; fixtures are named by their absolute path."""
    env = {**service.environment, "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state")}

    def call(*arguments: str | Path, **more):
        hurry = ("--poll-interval", "0.05") if arguments[0] in ("submit", "tasks") else ()
        return run(*arguments, *hurry, cwd=tmp_path, env=env | more.pop("env", {}), **more)

    return call


TARGETS = {
    "emo-v1": ["image=portrait.jpg", "audio=voice.mp3"],
    "liveportrait": ["image=portrait.jpg", "audio=voice.wav"],
    "videoretalk": ["video=talking-head.mp4", "audio=voice.wav"],
    "animate-anyone-gen2": ["image=full-body.jpg", "--set", "template_id=AACT.a.b-c.d"],
    "wan2.6-i2v": ["image=portrait.jpg", "--set", "prompt=x", "--set", "duration=2"],
}


def targets(model: str, fixtures: Path) -> list[str]:
    return [word.replace("=", f"={fixtures}/", 1) if "." in word and "_id" not in word else word for word in TARGETS[model]]


@pytest.mark.parametrize(
    "model", ["emo-v1", "wan2.6-i2v", *(pytest.param(model, marks=pytest.mark.sweep) for model in list(TARGETS)[1:4])]
)
def test_every_system_from_files_to_video(model: str, submit, fixtures: Path, tmp_path: Path) -> None:
    done = submit("submit", "--model", model, *targets(model, fixtures), "--out", "out", "--output-format", "json")
    assert (done.status, done.err) == (0, "")
    document = json.loads(done.out)
    jsonschema.validate(document, result_schema())
    (job,) = document["jobs"]
    assert (job["model"], job["status"], job["error"]) == (model, "SUCCEEDED", None)
    assert probe(tmp_path / job["video"]).problems == ()
    assert job["notes"] == []
    assert job["seconds_billed"] > 0
    assert not Path(job["video"]).is_absolute()


def test_text_says_what_came_and_what_it_cost(submit, fixtures: Path) -> None:
    done = submit("submit", "--model", "emo-v1", *targets("emo-v1", fixtures), "--out", "out")
    first, last = done.out.splitlines()
    assert first.startswith("emo-v1  ")
    assert "SUCCEEDED  3.96 s  0.05 USD  -> out/portrait-" in first
    assert last == "1 of 1 job delivered. Billed for the tasks by the documented prices: 0.05 USD."
    again = submit("submit", "--model", "emo-v1", *targets("emo-v1", fixtures), "--out", "out")
    # It is not billed a second time, and not counted a second time.
    assert again.out.splitlines() == [
        first.replace("0.05 USD", "billed earlier: 0.05 USD"),
        "  note  submitted by an earlier run; `--again` makes a new task",
        "1 of 1 job delivered.",
    ]


def test_second_run_names_the_same_video_from_wherever_it_is_run(submit, fixtures: Path, tmp_path: Path) -> None:
    args = ("submit", *WAN, "prompt=left/right", f"image={fixtures / 'portrait.jpg'}", "--output-format", "json")
    (first,) = json.loads(submit(*args, "--out", "out").out)["jobs"]
    (second,) = json.loads(submit(*args, "--out", "out").out)["jobs"]
    assert (second["video"], second["template_id"]) == (first["video"], None)
    (row,) = json.loads(submit("tasks", "--output-format", "json").out)
    assert row["result"] == str(tmp_path / first["video"])
    listed = submit("tasks").out
    assert str(fixtures / "portrait.jpg") in listed
    assert "left/right" not in listed
    (moved,) = json.loads(submit(*args, "--out", "elsewhere").out)["jobs"]
    assert (tmp_path / moved["video"]).read_bytes() == (tmp_path / first["video"]).read_bytes()


def test_many_jobs_one_line_each_and_status_1_where_one_failed(submit, service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    lines = [
        {"model": "wan2.6-i2v", "image": str(fixtures / "portrait.jpg"), "prompt": f"take {n}", "parameters.duration": 2}
        for n in range(3)
    ]
    lines.append({"model": "wan2.6-i2v", "image": str(fixtures / "voice.wav"), "prompt": "no picture"})
    (tmp_path / "jobs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    service.fail("create", "failed")
    done = submit("submit", "jobs.jsonl", "--out", "out", "--output-format", "concise")
    assert done.status == 1
    assert len(done.out.splitlines()) == 4
    assert done.out.count("SUCCEEDED") == 2
    assert done.out.count("FAILED") == 1
    assert "NOT SENT" in done.out
    assert "FILE005" in done.out


def test_what_does_not_fit_is_prepared_first(submit, fixtures: Path, tmp_path: Path) -> None:
    picture = fixtures / "orientation/exif-6.jpg"
    args = ("submit", "--model", "wan2.6-i2v", f"image={picture}", "--set", "prompt=x", "--set", "duration=2", "--out", "out")
    refused = submit(*args, "--no-prepare")
    assert refused.status == 1
    assert "NOT SENT" in refused.out
    assert "\n  next: " in refused.out
    done = submit(*args)
    assert (done.status, done.err) == (0, "")
    assert "\n  prepared  image: EXIF orientation 6: 80 x 60 to 60 x 80 px; " in done.out
    assert (tmp_path / "out" / "prepared" / "prepared.json").is_file()
    assert (tmp_path / "out" / "prepared" / "exif-6.jpg").is_file()


def test_what_is_lost_is_not_sent_to_be_prepared(submit, fixtures: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    # Too small, which can be fixed, and cut off, which cannot.
    Image.open(fixtures / "portrait.jpg").resize((120, 120)).save(broken)
    broken.write_bytes(broken.read_bytes()[:2_000])
    done = submit("submit", *WAN, "prompt=x", f"image={broken}", "--out", "out")
    assert done.status == 1
    assert f"NOT SENT  {broken}: FILE010 file-truncated: is cut off" in done.out
    assert not (tmp_path / "out").exists()


def test_prepared_json_is_a_job_file(submit, fixtures: Path) -> None:
    args = ("--model", "emo-v1", *targets("emo-v1", fixtures))
    assert submit("prepare", *args, "--out", "ready").status == 0
    done = submit("submit", "ready/prepared.json", "--out", "out")
    assert done.status == 0, done
    assert "delivered" in done.out


def test_detached_job_is_resumed_by_tasks(submit, fixtures: Path, tmp_path: Path) -> None:
    args = ("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}")
    left = submit(*args, "--detach", "--out", "out")
    assert left.status == 0
    assert "PENDING" in left.out
    assert left.out.endswith("1 task running; `mediapreflight tasks resume` fetches it.\n")
    assert not (tmp_path / "out").exists()
    head, row = submit("tasks").out.splitlines()
    assert head.split() == ["number", "registered", "stage", "status", "model", "task", "inputs", "result"]
    assert head.index("model") == row.index("wan2.6-i2v")
    assert "  created  " in row
    assert submit("tasks", "--output-format", "concise").out.split() == row.split()
    done = submit("tasks", "resume", "--output-format", "json")
    assert done.status == 0
    (job,) = json.loads(done.out)["jobs"]
    assert (job["resumed"], job["number"]) == (True, 1)
    assert list((tmp_path / "out").glob("portrait-*.mp4"))
    assert "delivered" in submit("tasks").out
    assert submit("tasks", "resume").out == "No job is open.\n"
    assert "submission 1 has ended (delivered)" in submit("tasks", "cancel", "1").out
    again = submit(*args, "--dry-run", "--out", "out").out.splitlines()
    assert again[0].startswith("# wan2.6-i2v: 0 requests; ")
    assert again[-1] == (
        "# an earlier run submitted it as number 1 (delivered); it is not billed again; `--again` makes a new task"
    )


def test_a_job_that_was_never_sent_is_not_called_billed(submit, fixtures: Path) -> None:
    args = ("submit", "--model", "wan2.6-i2v", "image=http://127.0.0.1:1/a.jpg", "--set", "prompt=x", "--out", "out")
    assert "NOT SENT" in submit(*args).out
    said = submit(*args, "--dry-run").out.splitlines()
    assert "# an earlier run recorded it as submission 1, but did not send it" in said


def test_tasks_can_be_canceled_by_number_or_id(run, fixtures: Path, tmp_path: Path) -> None:
    with Emulator(seconds_per_task=1000) as slow:
        env = {**slow.environment, "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state")}
        for prompt in ("one", "two"):
            run(
                "submit",
                *WAN,
                f"prompt={prompt}",
                f"image={fixtures / 'portrait.jpg'}",
                "--detach",
                "--out",
                "o",
                env=env,
                cwd=tmp_path,
            )
        ids = [row["task_id"] for row in json.loads(run("tasks", "--output-format", "json", env=env).out)]
        # All of its kind that may run at once are running; the emulator cancels what still waits.
        outcome = run("tasks", "cancel", "1", ids[0], env=env)
        assert "anceled" in outcome.out
        assert "nothing" not in outcome.err
        unknown = run("tasks", "cancel", "77", env=env)
    assert unknown.status == 2
    assert "'77' is not a task or number in the ledger" in unknown.err


def test_a_task_that_waits_no_more_is_not_canceled(submit, service: Emulator, fixtures: Path) -> None:
    submit("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}", "--detach")
    while service.tasks[0]["status"] == "PENDING":
        time.sleep(0.02)
    done = submit("tasks", "cancel", "1")
    assert done.status == 1
    assert done.out.endswith("; only a waiting task can be canceled; `mediapreflight tasks resume` fetches a running one\n")


def test_dry_run_sends_and_writes_nothing_and_needs_no_key(submit, service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    for form in ("text", "curl", "json"):
        done = submit(
            "submit", "--model", "emo-v1", *targets("emo-v1", fixtures), "--dry-run", "--output-format", form,
            env={"DASHSCOPE_API_KEY": ""},
        )  # fmt: skip
        assert (done.status, done.err) == (0, "")
        assert "face_bbox" in done.out
    assert service.log == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--boxes", "local")])
def test_a_file_by_itself_is_no_job_to_be_paid_for(submit, service: Emulator, fixtures: Path, more: tuple[str, ...]) -> None:
    picture, voice, take = fixtures / "portrait.jpg", fixtures / "voice.wav", fixtures / "talking-head.mp4"
    alone = submit("submit", "--model", "liveportrait", picture, "--out", "out", *more)
    assert alone.status == 1
    assert "REQ001 input-missing: audio" in alone.out
    both = submit("submit", "--model", "videoretalk", take, voice, "--out", "out", *more)
    assert both.status == 2
    assert f"needs audio and video; to make one job of these files, write video={take} audio={voice}\n" in both.err
    assert service.log == []


def test_what_is_forced_without_a_picture_asks_no_detect_call(submit, service: Emulator, fixtures: Path) -> None:
    done = submit("submit", "--force", "--model", "liveportrait", f"audio={fixtures / 'voice.wav'}", "--out", "out")
    assert (done.status, list(service.tasks)) == (1, [])
    assert "NOT SENT  liveportrait-detect needs image" in done.out


def test_estimate_above_the_limit_sends_nothing(submit, service: Emulator, fixtures: Path) -> None:
    over = submit("submit", "--model", "emo-v1", *targets("emo-v1", fixtures), "--out", "out", "--max-cost", "0.01")
    assert over.status == 2
    assert "nothing was sent: 0.0454 USD is more than 0.01" in over.err
    unknown = submit("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}", "--out", "out", "--max-cost", "5")
    assert unknown.status == 2
    assert "unknown" in unknown.err
    assert "; `--prices any` uses a third party's price if there is one\n" in unknown.err
    wan = ("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}", "--prices", "any", "--max-cost")
    assert "is more than 0.01" in submit(*wan, "0.01", "--out", "out").err
    rehearsed = submit(*wan, "0.01", "--dry-run")
    assert (rehearsed.status, rehearsed.out.count("/video-synthesis")) == (2, 1)
    assert "is more than 0.01" in rehearsed.err
    assert service.log == []
    assert submit(*wan, "5", "--out", "out").status == 0
    # A price that nobody confirms is no bill.
    (row,) = json.loads(submit("tasks", "--output-format", "json").out)
    assert (row["amount"], row["estimated_amount"]) == (None, None)
    assert submit("submit", "--model", "emo-v1", *targets("emo-v1", fixtures), "--out", "out", "--max-cost", "1").status == 0


def test_prediction_is_shown_beforehand(submit, fixtures: Path, tmp_path: Path) -> None:
    Image.open(fixtures / "portrait-3x4.jpg").resize((750, 1000)).save(tmp_path / "p.jpg")
    wan = submit("submit", *WAN, "prompt=x", "--set", "resolution=720P", "image=p.jpg", "--dry-run")
    assert "# expected: 816 x 1104 px, 30 fps, 2.00 s\n" in wan.out
    emo = submit("submit", "--model", "emo-v1", *targets("emo-v1", fixtures), "--dry-run", "--ratio", "3:4")
    assert "# expected: 512 x 704 px, 15 fps, 3.96 s\n" in emo.out


@pytest.mark.sweep
@pytest.mark.parametrize(("answer", "status", "creates"), [("n", 2, 0), ("y", 0, 1), ("", 2, 0)])
def test_terminal_is_asked_once_before_what_bills(
    answer: str, status: int, creates: int, service: Emulator, fixtures: Path, tmp_path: Path
) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "mediapreflight", "submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}"]
    env = environment(**service.environment, MEDIAPREFLIGHT_STATE_DIR=str(tmp_path / "state"))
    process = subprocess.Popen(
        [*command, "--out", "out", "--poll-interval", "0.05"],
        cwd=tmp_path, env=env, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.write(ours, f"{answer}\n".encode())
    process.communicate(timeout=60)
    os.close(theirs)
    # A terminal hands out no more than it holds, which may end within a character.
    said = os.read(ours, 65536).decode(errors="replace")
    os.close(ours)
    assert said.count("[y/N]") == 1
    assert "Send 1 job to http://127.0.0.1" in said
    assert process.returncode == status
    assert sum(entry["step"] == "create" for entry in service.log) == creates


def test_detect_model_prints_its_verdict(submit, fixtures: Path) -> None:
    done = submit(
        "submit", "--model", "emo-detect-v1", f"image={fixtures / 'portrait.jpg'}", "--out", "out", "--output-format", "json"
    )
    assert done.status == 0
    (job,) = json.loads(done.out)["jobs"]
    assert len(job["detected"]["face_bbox"]) == 4


def test_model_that_cannot_be_sent_is_refused_before_anything_is_asked_for(submit, fixtures: Path) -> None:
    inputs = (f"image={fixtures / 'portrait.jpg'}", f"audio={fixtures / 'voice.mp3'}")
    refused = submit("submit", "--model", "kling-avatar", *inputs, env={"DASHSCOPE_API_KEY": ""})
    assert refused.status == 2
    assert "jobs cannot be sent there" in refused.err


def test_template_model_prints_the_template(submit, fixtures: Path) -> None:
    done = submit("submit", "--model", "animate-anyone-template-gen2", f"video={fixtures / 'dance.mp4'}", "--out", "out")
    assert done.status == 0
    assert "-> AACT." in done.out


@pytest.mark.parametrize(
    ("arguments", "env", "line"),
    [
        ((), {}, "choose a folder for the videos with --out DIR"),
        (("--out", "o"), {"DASHSCOPE_API_KEY": ""}, "no API key"),
        (("--out", "o", "--region", "mars"), {}, "unknown region 'mars'"),
        (("--out", "o", "--base-url", "http://example.org/api/v1"), {}, "loopback"),
        (("--out", "o", "--max-cost", "-1"), {}, "not a number above 0"),
        (("--out", "o", "--output-format", "curl"), {}, "needs --dry-run"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments, env, line: str, submit, service: Emulator, fixtures: Path) -> None:
    done = submit("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}", *arguments, env=env)
    assert done.status == 2
    assert done.out == ""
    assert line in done.err
    assert len(done.err.splitlines()) == 1
    assert service.log == []


def test_wrong_key_is_one_line_and_the_job_stays_open(run, fixtures: Path, tmp_path: Path) -> None:
    with Emulator(api_key="sk-right-0123456789", seconds_per_task=0.1) as locked:
        env = {
            **locked.environment,
            "DASHSCOPE_API_KEY": "sk-wrong-0123456789",
            "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state"),
        }
        args = ("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}", "--out", "out", "--poll-interval", "0.05")
        done = run(*args, env=env, cwd=tmp_path)
        assert done.status == 2
        assert "InvalidApiKey" in done.err
        assert "sk-wrong" not in done.out + done.err
        # What the wrong key began is not sent on the right one's account unless somebody says so.
        left = run("tasks", "resume", "--poll-interval", "0.05", env=env | locked.environment, cwd=tmp_path)
        assert left.status == 1
        assert left.err.startswith("mediapreflight: left alone: submission 1 belongs to the key of account ")
        assert "submit the job once more with `--again`" in left.err
        assert run(*args, env=env | locked.environment, cwd=tmp_path).status == 0


def test_task_list_of_a_new_user_is_empty(submit) -> None:
    assert submit("tasks").out == "Nothing was submitted yet.\n"
    assert json.loads(submit("tasks", "--output-format", "json").out) == []


def test_a_task_is_adopted_only_by_a_job_that_was_sent_and_has_no_result(submit, fixtures: Path) -> None:
    submit("submit", *WAN, "prompt=x", f"image={fixtures / 'portrait.jpg'}", "--out", "out")
    refused = submit("tasks", "adopt", "1", json.loads(submit("tasks", "--output-format", "json").out)[0]["task_id"])
    assert refused.status == 2
    assert refused.err == (
        "mediapreflight: submission 1 is delivered: only one that was sent and has no result can adopt a task\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="a signal of POSIX")
def test_whoever_interrupts_resume_is_told_how_to_go_on(fixtures: Path, tmp_path: Path) -> None:
    with Emulator(seconds_per_task=60) as slow:
        env = environment() | slow.environment | {"MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state")}
        command = [sys.executable, "-m", "mediapreflight"]
        image = f"image={fixtures / 'portrait.jpg'}"
        subprocess.run([*command, "submit", *WAN, "prompt=x", image, "--detach"], env=env, check=True, capture_output=True)
        resume = [*command, "tasks", "resume", "--out", str(tmp_path), "--poll-interval", "0.05"]
        with subprocess.Popen(resume, env=env, stderr=subprocess.PIPE, text=True) as process:
            while not any(entry["step"] == "query" for entry in slow.log):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=120)[1] == (
                "mediapreflight: interrupted; `mediapreflight tasks resume` finishes what is open\n"
            )
        assert process.returncode == 130


def test_boxes_that_somebody_gave_wrongly_are_not_replaced_and_sent(submit, service: Emulator, fixtures: Path) -> None:
    wrong = (*targets("emo-v1", fixtures), "--set", "face_bbox=1,2,3,4", "--boxes", "local")
    done = submit("submit", "--model", "emo-v1", *wrong, "--out", "out")
    assert done.status == 1
    assert "NOT SENT" in done.out
    assert not service.tasks
    rehearsed = submit("submit", "--model", "emo-v1", *wrong, "--dry-run")
    assert "not sent" in rehearsed.out


def test_dry_run_of_a_face_that_prepare_crops_to(submit, fixtures: Path, tmp_path: Path) -> None:
    couple = tmp_path / "couple.png"
    with Image.open(fixtures / "portrait.jpg") as portrait:
        both = Image.new("RGB", (1400, 800))
        both.paste(portrait.resize((800, 800)), (0, 0))
        both.paste(portrait.resize((600, 600)), (800, 200))
    both.save(couple)
    done = submit("submit", "--model", "emo-v1", f"image={couple}", f"audio={fixtures / 'voice.mp3'}", "--face", "2", "--dry-run")
    assert (done.status, done.err) == (0, "")
    assert "its files would be prepared first" in done.out


def test_dry_run_of_a_job_that_is_prepared_first_is_not_taken_for_the_one_with_the_files_as_they_are(
    submit, fixtures: Path, tmp_path: Path
) -> None:
    couple = tmp_path / "couple.png"
    with Image.open(fixtures / "portrait.jpg") as portrait:
        both = Image.new("RGB", (1280, 640))
        both.paste(portrait, (0, 0))
        both.paste(portrait, (640, 0))
    both.save(couple)
    job = ("submit", "--model", "liveportrait", f"image={couple}", f"audio={fixtures / 'voice.wav'}", "--out", "out")
    assert submit(*job).status == 0
    assert "an earlier run" in submit(*job, "--dry-run").out
    chosen = submit(*job, "--face", "2", "--dry-run").out
    assert "its files would be prepared first" in chosen
    assert "an earlier run" not in chosen
