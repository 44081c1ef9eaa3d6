"""Processes that are killed, coroutines that are cancelled, submissions that cannot be settled, and jobs that are cancelled."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .home import BRISK, Home
from .scenarios import JOB, OWN_WORDS, job_rows
from .stand_in import StandIn

pytestmark = pytest.mark.sweep


@pytest.fixture
def home(service: StandIn, tmp_path: Path) -> Home:
    return Home(tmp_path, service, BRISK)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def start_submit(home: Home, prompt: str, clock: str = "") -> "subprocess.Popen[str]":
    image = home.wan(prompt)["job"]["inputs"]["image"]
    return home.start(
        *("submit", "--model", "wan2.6-i2v", f"image={image}", "--set", f"prompt={prompt}"),
        *("--out", str(home.out), "--poll-interval", "0.2"),
        clock=clock,
    )


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def settle(service: StandIn, home: Home, prompt: str, clock: str = "") -> None:
    """Look again, send again what was never written down, and judge."""
    home.resume(clock=clock)
    if not any(row["job"]["inputs"]["prompt"] == prompt for row in home.rows()):
        assert not service.creates()[prompt]
        home.submit(prompt, clock=clock)
    assert service.creates()[prompt] <= 1
    home_again = {row["task_id"] for row in home.rows() if row["stage"] == "delivered"}
    assert {task["id"] for task in service.tasks(prompt)} <= home_again
    assert not [path for path in home.videos() if path.stat().st_size != home.videos()[0].stat().st_size]


# ---- killed


@pytest.mark.parametrize("work", ["yes", "no"])
def test_killed_while_the_create_call_is_answered(service: StandIn, home: Home, work: str) -> None:
    service.fault("create", work=work, delay=30.0)
    process = start_submit(home, JOB)
    until(lambda: bool(service.creates()))
    kill(process)
    ended = home.resume()
    assert service.creates() == {JOB: 1}
    [row] = job_rows(home)
    if work == "yes":
        assert (ended.status, row["stage"]) == (0, "delivered")
    else:
        assert (ended.status, row["stage"]) == (1, "unclear")


@pytest.mark.release
def test_killed_at_any_moment(service: StandIn, home: Home) -> None:
    """The service takes its time at each step, so that there are moments to be killed at."""
    chance = random.Random(11)
    reached = set()
    for n in range(24):
        prompt = f"job {n}"
        service.recover()
        for step in ("policy", "upload", "create", "query", "download"):
            service.fault(step, delay=0.2, times=0)
        clock = chance.choice(["", "", "+3600", "-3600", "jump"])
        process = start_submit(home, prompt, clock)
        time.sleep(chance.uniform(0.2, 2.2))
        reached.add(service.log()[-1]["step"] if service.log() else "nothing")
        kill(process)
        service.recover()
        settle(service, home, prompt, clock)
    assert len(reached) >= 3, f"too few moments: {reached}"


# ---- cancelled


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
@pytest.mark.parametrize(
    "step", ["create", pytest.param("policy", marks=pytest.mark.release), pytest.param("query", marks=pytest.mark.release)]
)
def test_a_cancelled_coroutine_leaves_no_claim(service: StandIn, home: Home, kind: str, step: str) -> None:
    service.fault(step, delay=30.0)
    first, second = home.wan(JOB, cancel_after=6.0), home.wan(JOB)
    cancelled, answer = home.python(kind, first, second)
    assert cancelled == {"cancelled": True}
    assert "video" in answer, answer
    assert service.creates() == {JOB: 1}


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_cancelled_create_call_that_made_nothing_is_not_repeated(service: StandIn, home: Home, kind: str) -> None:
    service.fault("create", work="no", delay=30.0)
    cancelled, answer = home.python(kind, home.wan(JOB, cancel_after=6.0), home.wan(JOB))
    assert cancelled == {"cancelled": True}
    assert answer["error"] == "UnclearTaskError"
    assert service.creates() == {JOB: 1}


# ---- what cannot be settled does not stand in the way


def test_an_unclear_job_does_not_keep_others_from_being_sent(service: StandIn, home: Home) -> None:
    service.fault("create", job=JOB, work="no", delivery="reset unanswered")
    assert home.submit(JOB).status == 1
    assert home.submit("another").status == 0
    assert service.creates() == {JOB: 1, "another": 1}


def test_a_killed_job_does_not_keep_others_from_being_sent(service: StandIn, home: Home) -> None:
    service.fault("create", job=JOB, work="no", delay=30.0)
    service.fault("list", status=403, body=OWN_WORDS | {"code": "AccessDenied"}, times=0)
    process = start_submit(home, JOB)
    until(lambda: bool(service.creates()))
    kill(process)
    ended = home.submit("another", limit=40)
    assert ended.status == 0, ended.said
    assert service.creates() == {JOB: 1, "another": 1}


@pytest.mark.release
def test_unclear_jobs_fill_no_places_for_ever(service: StandIn, home: Home) -> None:
    """As many as may run at once."""
    prompts = [f"lost {n}" for n in range(5)]
    for prompt in prompts:
        service.fault("create", job=prompt, work="no", delivery="reset unanswered")
    assert home.submit(*prompts, limit=60).status == 1
    ended = home.submit("another", limit=40)
    assert ended.status == 0, ended.said
    assert service.creates() == dict.fromkeys([*prompts, "another"], 1)


# ---- cancelled at the service


def test_cancel_settles_a_job_that_is_being_sent(service: StandIn, home: Home) -> None:
    service.rules(pending=120.0)
    service.fault("create", delay=30.0)
    process = start_submit(home, JOB)
    until(lambda: bool(service.tasks()))
    kill(process)
    [row] = job_rows(home)
    ended = home.command("tasks", "cancel", str(row["id"]))
    assert ended.status == 0, ended.said
    assert [task["canceled"] for task in service.tasks()] == [True]
    assert service.creates() == {JOB: 1}


def test_cancel_of_what_cannot_be_settled_says_so(service: StandIn, home: Home) -> None:
    service.fault("create", work="no", delivery="reset unanswered")
    assert home.submit(JOB).status == 1
    [row] = job_rows(home)
    ended = home.command("tasks", "cancel", str(row["id"]))
    assert ended.status == 1
    assert ended.said.strip()
    assert service.log("cancel") == []
    assert service.creates() == {JOB: 1}


def test_cancel_of_a_running_task_is_refused(service: StandIn, home: Home) -> None:
    service.rules(running=60.0)
    assert home.submit(JOB, options=["--detach"]).status == 0
    [row] = job_rows(home)
    ended = home.command("tasks", "cancel", str(row["id"]))
    assert ended.status == 1
    assert "PENDING" in ended.said


# ---- no connection


def test_a_connection_that_was_never_made_is_made_again(service: StandIn, home: Home) -> None:
    """Nothing listens when the create call is to be sent: nothing was made, and it can be sent when somebody listens."""
    service.fault("upload", listener_down=0.8)
    ended = home.submit(JOB, limit=40)
    if ended.status:  # it may also give up; then a second look has to be enough
        home.submit(JOB)
    assert service.creates() == {JOB: 1}
    assert [row["stage"] for row in job_rows(home)] == ["delivered"]
