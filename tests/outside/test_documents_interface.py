"""Each promise of the interface that concerns `submit` and `tasks`: targets, options, exit status, JSON fields, environment."""

import csv
import json
import signal
import sqlite3
import time
from inspect import isfunction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import AsyncClient, Client, Job, Pace, WaitTimeoutError

from .here import HEAD, PORTRAIT, VOICE, Here, header
from .home import Home, picture
from .stand_in import KEY_A, KEY_B, StandIn

WAN = {"model": "wan2.6-i2v"}


def jobs_in(here: Here, form: str) -> Path:
    """Two jobs in a job file."""
    image = picture(here.folder).name
    path = here.folder / f"jobs.{form}"
    rows = [
        {"model": "wan2.6-i2v", "image": image, "prompt": prompt, "parameters.seed": seed}
        for prompt, seed in (("a", 1), ("b", 2))
    ]
    if form == "csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    else:
        table = '[[jobs]]\nmodel = "{model}"\nimage = "{image}"\nprompt = "{prompt}"\nparameters.seed = {seed}\n'
        text = "\n".join(table.format(seed=row["parameters.seed"], **row) for row in rows)
        path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("form", ["toml", "jsonl", "csv"])
def test_a_job_file_of_each_form_is_sent(here: Here, form: str) -> None:
    said = here.submit(jobs_in(here, form))
    assert said.status == 0, said.all
    sent = sorted((body["input"]["prompt"], body["parameters"]["seed"]) for body in here.created())
    assert sent == [("a", 1), ("b", 2)]
    answer = said.json()
    assert answer["schema"] == "mediapreflight.result/1"
    assert answer["ok"] is True
    assert {Path(job["video"]).parent for job in answer["jobs"]} == {here.out}


def test_what_prepare_wrote_is_sent(here: Here) -> None:
    from PIL import Image

    wide = here.folder / "wide.tif"
    Image.new("RGB", (700, 500), (20, 60, 120)).save(wide)
    made = here.command("prepare", "--model", "wan2.6-i2v", f"image={wide}", "--out", here.folder / "ready")
    assert made.status == 0, made.all
    said = here.submit(here.folder / "ready" / "prepared.json")
    assert said.status == 0, said.all
    assert len(here.created()) == 1


def test_submit_prepares_where_that_is_needed_and_not_where_it_is_forbidden(here: Here) -> None:
    from PIL import Image

    wide = here.folder / "wide.tif"
    Image.new("RGB", (700, 500), (20, 60, 120)).save(wide)
    forbidden = here.submit("--model", "wan2.6-i2v", f"image={wide}", "--no-prepare")
    assert forbidden.status == 1
    assert here.service.log("create") == []
    assert forbidden.json()["jobs"][0]["findings"]
    said = here.submit("--model", "wan2.6-i2v", f"image={wide}")
    assert said.status == 0, said.all
    assert list((here.out / "prepared").rglob("wide*")), "files it had to prepare lie under --out, in prepared/"
    [file] = here.service.files()
    assert not file["key"].endswith(".tif")


def test_one_bad_job_keeps_no_good_one_from_being_sent(here: Here) -> None:
    bad = here.folder / "bad.png"
    bad.write_bytes(b"no picture")
    jobs = here.folder / "jobs.jsonl"
    rows = [WAN | {"image": str(bad)}, WAN | {"image": str(picture(here.folder)), "prompt": "good"}]
    jobs.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    said = here.submit(jobs)
    assert said.status == 1
    assert [job["ok"] for job in said.json()["jobs"]] == [False, True]
    assert "bad.png" in said.all
    assert len(here.created()) == 1


RESULT = {"model", "task_id", "status", "request_id", "video", "video_url", "seconds_billed", "cost", "error"}


def test_the_result_has_the_fields_of_the_interface(here: Here) -> None:
    said = here.submit(*here.wan_words())
    assert said.err == "", "progress is for terminals"
    [job] = said.json()["jobs"]
    assert job.keys() >= RESULT
    assert job["cost"].keys() >= {"amount", "currency", "estimated"}
    [task] = here.service.tasks()
    assert (job["model"], job["task_id"], job["status"]) == ("wan2.6-i2v", task["id"], "SUCCEEDED")
    assert Path(job["video"]).read_bytes() == HEAD.read_bytes()
    assert job["error"] is None


def test_output_goes_to_a_file_where_that_is_said(here: Here) -> None:
    path = here.folder / "result.json"
    said = here.submit(*here.wan_words(), "--output", path)
    assert (said.status, said.out) == (0, "")
    assert json.loads(path.read_text("utf-8"))["schema"] == "mediapreflight.result/1"


def test_a_detached_job_is_brought_home_by_resume(here: Here) -> None:
    said = here.command("submit", *here.wan_words(), "--detach", "--output-format", "json")
    assert said.status == 0, said.all
    [job] = said.json()["jobs"]
    assert job["task_id"] == here.service.tasks()[0]["id"]
    assert job["video"] is None
    assert here.service.log("download") == []
    resumed = here.command("tasks", "resume", "--out", here.out, "--output-format", "json")
    assert resumed.status == 0, resumed.all
    assert len(list(here.out.glob("*.mp4"))) == 1


def test_a_dry_run_sends_nothing_writes_nothing_and_needs_no_key(here: Here) -> None:
    said = here.dry_run(*here.wan_words(), key=None, DASHSCOPE_API_KEY=None)
    assert said.status == 0, said.all
    assert said.json()["dry_run"] is True
    purposes = [request["purpose"] for request in said.json()["jobs"][0]["requests"]]
    assert [one for one in purposes if one != "list"] == ["policy", "upload", "create", "query", "download"]
    assert here.service.log() == []
    assert not here.out.exists()
    assert here.command("tasks", "--output-format", "json").json() == []


def test_each_request_of_a_dry_run_is_one_that_is_sent(here: Here) -> None:
    words = ("--model", "liveportrait", f"image={PORTRAIT}", f"audio={VOICE}")
    rehearsed = [(one["method"], one["purpose"]) for one in here.dry_run(*words).json()["jobs"][0]["requests"]]
    assert here.submit(*words).status == 0
    sent = [(entry["method"], entry["step"]) for entry in here.service.log()]
    assert list(dict.fromkeys(rehearsed)) == list(dict.fromkeys(sent))
    assert len(rehearsed) == len(sent)


# ---- exit status 2: usage, settings, environment

WRONG: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
    ((), {"key": None, "DASHSCOPE_API_KEY": None}, "DASHSCOPE_API_KEY"),
    ((), {"DASHSCOPE_HTTP_BASE_URL": "ftp://127.0.0.1/api/v1"}, "ftp"),
    ((), {"DASHSCOPE_HTTP_BASE_URL": "http://127.0.0.1:9"}, "/api/v1"),
    (("--base-url", "nonsense"), {}, "nonsense"),
    (("--region", "atlantis"), {}, "atlantis"),
    (("--max-cost", "much"), {}, "max-cost"),
    (("--max-cost", "-1"), {}, "max-cost"),
    (("--poll-interval", "0"), {}, "poll-interval"),
    (("--poll-interval", "nan"), {}, "poll-interval"),
    (("--boxes", "mine"), {}, "mine"),
    (("--set", "seed"), {}, "seed"),
    (("--no-such-option",), {}, "no-such-option"),
]


@pytest.mark.parametrize(("words", "environment", "named"), WRONG, ids=str)
def test_wrong_usage_settings_and_environment_are_status_2(
    here: Here, words: tuple[str, ...], environment: dict[str, Any], named: str
) -> None:
    said = here.submit(*here.wan_words(), *words, **environment)
    assert said.status == 2, said.all
    assert named in said.err
    assert said.out == ""
    assert here.service.log() == []


def test_an_unknown_model_is_status_2_and_the_near_one_is_named(here: Here) -> None:
    said = here.submit("--model", "wan2.6-i2w", f"image={picture(here.folder)}")
    assert said.status == 2
    assert "wan2.6-i2v" in said.err


def test_a_video_needs_a_folder(here: Here) -> None:
    said = here.command("submit", *here.wan_words())
    assert said.status == 2
    assert "--out" in said.err
    assert here.service.log() == []


def test_findings_are_status_1(here: Here) -> None:
    from PIL import Image

    tiny = here.folder / "tiny.png"
    Image.new("RGB", (20, 20)).save(tiny)
    said = here.submit("--model", "wan2.6-i2v", f"image={tiny}", "--no-prepare")
    assert said.status == 1
    assert said.json()["ok"] is False
    assert here.service.log() == []


def test_an_interrupted_submission_is_status_130_and_comes_home_later(service: StandIn, tmp_path: Path) -> None:
    service.rules(running=2.0)
    home = Home(tmp_path, service)
    image = picture(tmp_path)
    words = ("submit", "--model", "wan2.6-i2v", f"image={image}", "--out", str(home.out), "--poll-interval", "0.2")
    process = home.start(*words)
    end = time.monotonic() + 30
    while not service.log("query") and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert home.resume().status == 0
    assert len(home.videos()) == 1
    assert len(service.tasks()) == 1


# ---- environment and options


def test_the_option_is_stronger_than_the_environment(here: Here) -> None:
    said = here.submit(
        *here.wan_words(), "--base-url", here.service.base_url, DASHSCOPE_HTTP_BASE_URL="http://127.0.0.1:9/api/v1"
    )
    assert said.status == 0, said.all


def test_a_slash_at_the_end_of_the_base_url_changes_nothing(here: Here) -> None:
    said = here.submit(*here.wan_words(), DASHSCOPE_HTTP_BASE_URL=here.service.base_url + "/")
    assert said.status == 0, said.all
    assert here.submit(*here.wan_words()).json()["jobs"][0]["resumed"] is True
    assert len(here.created()) == 1


def test_the_ledger_lies_where_the_environment_says(here: Here) -> None:
    folder = here.folder / "elsewhere"
    assert here.submit(*here.wan_words(), MEDIAPREFLIGHT_STATE_DIR=str(folder)).status == 0
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.read_bytes().startswith(b"SQLite") for path in files)
    assert not any(KEY_A.encode() in path.read_bytes() for path in files)
    assert here.command("tasks", "--output-format", "json").json() == []
    [row] = here.command("tasks", "--output-format", "json", MEDIAPREFLIGHT_STATE_DIR=str(folder)).json()
    assert row["stage"] == "delivered"


def test_white_space_around_a_key_is_not_sent(here: Here) -> None:
    said = here.submit(*here.wan_words(), key=f" {KEY_A}\n")
    assert said.status in (0, 2), said.all
    assert all(header(entry, "Authorization") == f"Bearer {KEY_A}" for entry in here.service.log("create"))


def test_no_terminal_does_not_ask(here: Here) -> None:
    """Nothing answers here; both ways send."""
    assert here.submit(*here.wan_words("one")).status == 0
    assert here.submit(*here.wan_words("two"), "--yes").status == 0
    assert len(here.created()) == 2


# ---- tasks


def test_tasks_lists_the_newest_first_and_shows_one(here: Here) -> None:
    for prompt in ("first", "second"):
        assert here.submit(*here.wan_words(prompt)).status == 0
    rows = here.command("tasks", "--output-format", "json").json()
    assert [row["job"]["inputs"]["prompt"] for row in rows] == ["second", "first"]
    assert here.command("tasks", "list", "--output-format", "json").json() == rows
    for name in (rows[0]["id"], rows[0]["task_id"]):
        shown = here.command("tasks", "show", name)
        assert shown.status == 0
        assert rows[0]["task_id"] in shown.out
    listed = here.command("tasks").out
    assert all(row["task_id"][:8] in listed or str(row["id"]) in listed for row in rows)


@pytest.mark.parametrize("verb", ["show", "cancel"])
@pytest.mark.parametrize("name", ["999", "no-such-task", "-1"])
def test_a_task_nobody_knows_is_status_2(here: Here, verb: str, name: str) -> None:
    said = here.command("tasks", verb, name)
    assert said.status == 2
    assert said.err.strip()
    assert here.service.log("create") == []


def test_nothing_to_resume_is_no_fault(here: Here) -> None:
    assert here.command("tasks", "resume").status == 0
    assert here.command("tasks").status == 0
    assert here.service.log() == []


def test_resume_with_the_key_of_another_account_leaves_the_task_alone(here: Here) -> None:
    assert here.command("submit", *here.wan_words(), "--detach").status == 0
    asked = len(here.service.log())
    said = here.command("tasks", "resume", "--out", here.out, key=KEY_B)
    assert said.status == 1
    assert "account" in said.all
    assert len(here.service.log()) == asked


def test_a_ledger_that_is_none_is_one_line(here: Here) -> None:
    assert here.submit(*here.wan_words()).status == 0
    [file] = [path for path in (here.folder / "state").rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite"]
    for beside in file.parent.glob(file.name + "-*"):
        if beside.is_file():
            beside.unlink()
    file.write_bytes(b"this is no ledger at all" * 100)
    said = here.submit(*here.wan_words("another"))
    assert said.status == 2
    assert file.name in said.err
    assert len(here.created()) == 1
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(file).execute("SELECT 1 FROM sqlite_master")


# ---- Python


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_") and isfunction(getattr(kind, name))}

    assert public(Client) == public(AsyncClient)


def test_a_task_has_id_and_status_and_the_video_is_a_path(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.folder)
    with here.client() as client:
        task = client.submit(here.wan())
        assert task.id == here.service.tasks()[0]["id"]
        assert task.status == "PENDING"
        video = client.wait(task, out="videos")
    assert isinstance(video, Path)
    assert video.is_file()
    assert video.parent.name == "videos"


def test_patience_ends_and_waiting_can_be_taken_up_again(here: Here) -> None:
    here.service.rules(running=3600)
    with here.client() as client:
        task = client.submit(here.wan())
        with pytest.raises(WaitTimeoutError):
            client.wait(task, here.out, timeout=0.1)
        here.service.rules(clock_offset=3700.0)
        assert Path(client.wait(task, here.out, timeout=120)).is_file()


def test_the_documented_interval_is_the_default() -> None:
    assert Pace().poll_interval is None, "the model's own, 15 s in the documents"


def test_a_poll_interval_is_kept(here: Here) -> None:
    here.service.rules(running=1.2)
    said = here.submit(*here.wan_words(), "--poll-interval", "0.5")
    assert said.status == 0
    times = [entry["at"] for entry in here.service.log("query")]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.45


def test_a_job_without_its_inputs_says_which(here: Here) -> None:
    said = here.submit("--model", "liveportrait", f"image={PORTRAIT}")
    assert said.status == 1
    assert "audio" in said.all
    assert here.service.log() == []


def test_a_job_is_the_same_whatever_the_order_of_its_words(here: Here) -> None:
    with here.client() as client:
        first = client.submit(Job("liveportrait", image=PORTRAIT, audio=VOICE, parameters={"video_fps": 20, "paste_back": True}))
        second = client.submit(Job("liveportrait", parameters={"paste_back": True, "video_fps": 20}, audio=VOICE, image=PORTRAIT))
    assert first.id == second.id
    assert len(here.created()) == 1
