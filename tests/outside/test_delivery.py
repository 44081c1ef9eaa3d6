"""Jobs that go well, with the models of all five systems, and answers that hold their video in other places."""

from pathlib import Path
from typing import Any

import pytest

from .home import FIXTURES, Home
from .scenarios import ERRORS, LOST, REFUSED, own_words
from .stand_in import StandIn

pytestmark = pytest.mark.sweep

KINDS = ("command", "sync", "asyncio", "trio")
PORTRAIT, VOICE, HEAD = FIXTURES / "portrait.jpg", FIXTURES / "voice.wav", FIXTURES / "talking-head.mp4"
BODY, DANCE = FIXTURES / "full-body.jpg", FIXTURES / "dance.mp4"

JOBS: dict[str, dict[str, Any]] = {
    "emo-v1": {"image": PORTRAIT, "audio": VOICE},
    "liveportrait": {"image": PORTRAIT, "audio": VOICE},
    "videoretalk": {"video": HEAD, "audio": VOICE},
    "animate-anyone-gen2": {"image": BODY},
    "wan2.6-i2v": {"image": PORTRAIT, "prompt": "she looks up"},
}
DETECTED = {"emo-v1": "emo-detect-v1", "liveportrait": "liveportrait-detect", "animate-anyone-gen2": "animate-anyone-detect-gen2"}


@pytest.fixture
def home(service: StandIn, tmp_path: Path) -> Home:
    return Home(tmp_path, service)


def by_command(home: Home, model: str) -> None:
    inputs = dict(JOBS[model])
    if model == "animate-anyone-gen2":
        printed = home.command(
            *("submit", "--model", "animate-anyone-template-gen2", f"video={DANCE}", "--out", str(home.out)),
            *("--poll-interval", "0.2", "--output-format", "json"),
            limit=200,
        )
        assert printed.status == 0, printed.said
        found = [word for word in printed.out.replace('"', " ").split() if word.startswith("AACT.")]
        inputs["template_id"] = found[0]
    files = [f"{role}={path}" for role, path in inputs.items() if isinstance(path, Path)]
    fields = [word for name, value in inputs.items() if isinstance(value, str) for word in ("--set", f"{name}={value}")]
    ended = home.command(
        "submit", "--model", model, *files, *fields, "--out", str(home.out), "--poll-interval", "0.2", plain=True, limit=200
    )
    assert ended.status == 0, ended.said


def by_client(home: Home, model: str, kind: str) -> None:
    inputs = {name: str(value) for name, value in JOBS[model].items()}
    if model == "animate-anyone-gen2":
        [answer] = home.python(kind, {"do": "template", "video": str(DANCE)}, limit=200)
        inputs["template_id"] = answer["template"]
    action = {"do": "submit", "job": {"model": model, "inputs": inputs}, "out": str(home.out)}
    [answer] = home.python(kind, action, limit=200)
    assert Path(answer["video"]).is_file()


def deliver(service: StandIn, home: Home, model: str, kind: str) -> None:
    if kind == "command":
        by_command(home, model)
    else:
        by_client(home, model, kind)
    made = [task["model"] for task in service.tasks()]
    assert made == ["animate-anyone-template-gen2", model] if model == "animate-anyone-gen2" else made == [model]
    assert [video.read_bytes() for video in home.videos()] == [HEAD.read_bytes()]
    asked = [entry["body"] for entry in service.log("detect")]
    assert len(asked) == (model in DETECTED)
    assert all(DETECTED[model] in body for body in asked)
    assert service.keys_elsewhere() == []
    assert home.files_with_keys() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_without_people_is_delivered(service: StandIn, home: Home, kind: str) -> None:
    deliver(service, home, "wan2.6-i2v", kind)


@pytest.mark.release
@pytest.mark.parametrize(
    "kind", ["command", *(pytest.param(kind, marks=pytest.mark.release) for kind in ("sync", "asyncio", "trio"))]
)
@pytest.mark.parametrize("model", [model for model in JOBS if model != "wan2.6-i2v"])
def test_every_system_delivers(service: StandIn, home: Home, model: str, kind: str) -> None:
    deliver(service, home, model, kind)


# ---- answers in other shapes


SHAPES = ("video_url", "results list", "bare", "usage text")


@pytest.mark.parametrize("shape", ["results", *(pytest.param(one, marks=pytest.mark.release) for one in SHAPES)])
def test_a_video_is_delivered_wherever_it_stands(service: StandIn, home: Home, shape: str) -> None:
    service.rules(shape=shape)
    ended = home.submit("one")
    assert ended.status == 0, ended.said
    assert len(home.videos()) == 1
    assert service.creates() == {"one": 1}


@pytest.mark.parametrize(
    "shape", ["nowhere", *(pytest.param(one, marks=pytest.mark.release) for one in ("elsewhere", "output list"))]
)
def test_an_answer_without_its_video_is_kept_and_shown(service: StandIn, home: Home, shape: str) -> None:
    """Where the video is found after all, so much the better; else nothing of the answer is lost, and nobody asks on and on."""
    service.rules(shape=shape)
    ended = home.submit("one", limit=30)
    if shape != "nowhere" and home.videos():
        return
    assert ended.status == 1
    queries = len(service.log("query"))
    assert queries < 10
    home.resume(limit=30)
    assert len(service.log("query")) <= queries + 1
    [row] = home.rows()
    shown = home.command("tasks", "show", str(row["id"]))
    assert shown.status == 0, shown.said
    [task] = service.tasks()
    assert task["id"] in shown.out
    assert "output_video_duration" in shown.out, "the usage is a part of the answer"
    if shape != "nowhere":
        assert f"/{task['id']}.mp4?Expires=" in shown.out
    assert home.submit("one").status == 1
    assert service.creates() == {"one": 1}, "what is paid is not paid again"


def test_words_and_times_of_the_answer_are_shown(service: StandIn, home: Home) -> None:
    assert home.submit("a quiet lake").status == 0
    [row] = home.rows()
    shown = home.command("tasks", "show", str(row["id"])).out
    answer = service.log("query")[-1]
    assert answer["answered"] == 200
    for word in ("a quiet lake", row["task_id"], "submit", "scheduled", "end"):
        assert word in shown


# ---- what bills nothing is repeated

PASSING: dict[str, dict[str, Any]] = {
    name: (LOST | REFUSED | ERRORS)[name]
    for name in ("reset, unanswered", "body shorter than said", "gateway 502", "429 Throttling.RateQuota", "500 InternalError")
}
FIRST = next(iter(PASSING))
ANSWERED = {name: fault for name, fault in LOST.items() if name.startswith("200, ")}


@pytest.mark.parametrize("fault", [FIRST, *(pytest.param(one, marks=pytest.mark.release) for one in PASSING if one != FIRST)])
@pytest.mark.parametrize("step", ["policy", "upload", "query", "list"])
def test_a_fault_that_passes_does_no_harm(service: StandIn, home: Home, step: str, fault: str) -> None:
    """An upload whose answer was lost lies there already, and is not overwritten: the next try under that name is refused."""
    if step == "list":
        service.fault("create", delivery="reset unanswered")
    service.fault(step, **PASSING[fault])
    ended = home.submit("one")
    assert ended.status == 0, ended.said
    assert len(home.videos()) == 1
    assert service.creates() == {"one": 1}


@pytest.mark.release
@pytest.mark.parametrize("fault", ANSWERED)
@pytest.mark.parametrize("step", ["policy", "query"])
def test_an_answer_that_cannot_be_read_loses_nothing(service: StandIn, home: Home, step: str, fault: str) -> None:
    """It may end the command with a sentence; then `tasks resume` or a second submission brings the job home."""
    service.fault(step, **ANSWERED[fault])
    if home.submit("one").status:
        home.resume()
        home.submit("one")
    assert len(home.videos()) == 1
    assert service.creates() == {"one": 1}


# ---- the service refuses in its own words, and trying again does not help

REFUSALS = [
    (400, "InvalidParameter"),
    (400, "Arrearage"),
    (400, "DataInspectionFailed"),
    (401, "InvalidApiKey"),
    (403, "AccessDenied.Unpurchased"),
    (404, "ModelNotFound"),
    (429, "CommodityNotPurchased"),
    (429, "PrepaidBillOverdue"),
]


@pytest.mark.release
@pytest.mark.parametrize(("status", "code"), REFUSALS)
def test_a_refusal_is_said_once_and_the_job_can_be_sent_later(service: StandIn, home: Home, status: int, code: str) -> None:
    """It surely made nothing, so the same command sends it, once the cause is gone."""
    service.fault("create", work="no", status=status, body=own_words(code))
    ended = home.submit("one")
    assert ended.status in (1, 2)
    assert code in ended.said
    assert len(service.log("create")) == 1
    assert home.submit("one").status == 0
    assert service.creates() == {"one": 1}


# ---- downloads


RARER = ("reset unanswered", "reset in head", "closed in body", "too short")


@pytest.mark.parametrize("delivery", ["reset in body", *(pytest.param(one, marks=pytest.mark.release) for one in RARER)])
def test_a_download_that_breaks_goes_on(service: StandIn, home: Home, delivery: str) -> None:
    service.fault("download", delivery=delivery)
    ended = home.submit("one")
    assert ended.status == 0, ended.said
    assert [video.read_bytes() for video in home.videos()] == [HEAD.read_bytes()]


def test_a_dead_result_is_fetched_when_it_lives_again(service: StandIn, home: Home) -> None:
    dead = "<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"
    service.fault("download", status=403, body=dead, times=0)
    ended = home.submit("one")
    assert ended.status == 1
    assert home.videos() == []
    service.recover()
    assert home.resume().status == 0
    assert len(home.videos()) == 1
    assert service.creates() == {"one": 1}


def test_no_half_file_has_the_final_name(service: StandIn, home: Home) -> None:
    service.fault("download", delivery="reset in body", times=0)
    assert home.submit("one").status == 1
    assert home.videos() == []


# ---- rows of the ledger that cannot be finished


def test_resume_finishes_what_it_can(service: StandIn, home: Home) -> None:
    """A model nobody knows, a region nobody knows, a damaged job and a time to come: a line each, and the rest goes on."""
    service.rules(running=1.0)
    names = ("unknown model", "unknown region", "damaged", "time to come", "well 1", "well 2")
    for name in names:
        detached = home.submit(name, options=["--detach"])
        assert detached.status == 0, detached.said
    damage(home)
    ended = home.resume(limit=60)
    assert ended.status == 1
    assert "ExceptionGroup" not in ended.said
    delivered = {task["job"] for task in service.tasks() for video in home.videos() if task["id"][:8] in video.name}
    assert {"well 1", "well 2"} <= delivered
    assert service.creates() == dict.fromkeys(names, 1)


def damage(home: Home) -> None:
    """Write into the ledger what a newer version, another program or a broken disk might have."""
    import sqlite3
    from contextlib import closing

    [file] = [path for path in (home.folder / "state").rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite"]
    with closing(sqlite3.connect(file)) as db, db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {table: {row[1] for row in db.execute(f"PRAGMA table_info({table})")} for table in tables}
        [table] = [table for table in tables if {"model", "region", "job"} <= columns[table]]

        def write(prompt: str, column: str, value: Any) -> None:
            assert db.execute(f"UPDATE {table} SET {column} = ? WHERE instr(job, ?)", (value, prompt)).rowcount == 1

        if "sent_at" in columns[table]:
            write("time to come", "sent_at", 4e9)
        write("unknown model", "model", "no-such-model-9")
        write("unknown region", "region", "atlantis")
        write("damaged", "job", '{"model": ')


def test_nothing_is_sent_where_the_result_could_not_be_written(service: StandIn, tmp_path: Path) -> None:
    home = Home(tmp_path, service)
    home.out.write_text("a file, not a folder", "utf-8")
    ended = home.submit("the job")
    assert ended.status == 2
    assert "cannot be written to" in ended.err
    assert service.log() == []
