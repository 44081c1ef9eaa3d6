"""Whatever goes wrong at whatever step: one task a job, and the job can be finished."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediapreflight import Job, probe
from mediapreflight.emulator import EVERYWHERE, STEPS, Emulator
from mediapreflight.errors import MediaPreflightError, UnclearTaskError
from mediapreflight.submit.client import Client
from mediapreflight.submit.tasks import finish_flow

from .conftest import KEY, creates, systems

ON_THE_WAY = [step for step in STEPS if step not in ("list", "cancel")]
SPECIAL = [("policy", "expired"), ("upload", "expired"), ("result", "expired"), ("query", "unknown")]
CASES = [(step, fault) for step in ON_THE_WAY for fault in EVERYWHERE] + SPECIAL
SHORT = httpx.Timeout(0.5)


@pytest.fixture
def hasty(settings: dict[str, Any]) -> Iterator[Client]:
    """A client that soon gives up on silence."""
    with Client(**settings, timeout=SHORT) as opened:
        yield opened


def finished(client: Client, job: Job, out: Path) -> Path:
    """The video of a job, however often it takes: as a person would, who runs the command again."""
    last: Exception | None = None
    for _ in range(4):
        try:
            return client.wait(client.submit(job), out=out)
        except MediaPreflightError as error:
            last = error
            assert KEY not in str(error)
    raise AssertionError("the job was not finished") from last


@pytest.mark.parametrize(("step", "fault"), CASES, ids=[f"{step}-{fault}" for step, fault in CASES])
@pytest.mark.parametrize("times", [1, pytest.param(3, marks=pytest.mark.sweep)])
def test_one_task_and_a_video_come_of_it(
    step: str, fault: str, times: int, hasty: Client, service: Emulator, fixtures: Path, tmp_path: Path
) -> None:
    service.fail(step, fault, times)
    video = finished(hasty, systems(fixtures)["emo"], tmp_path / "out")
    assert probe(video).problems == ()
    assert len(service.tasks) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == [video.name]


def test_every_fault_is_met_by_the_case_that_names_it(service: Emulator, hasty: Client, fixtures: Path, tmp_path: Path) -> None:
    for step in ON_THE_WAY:
        service.fail(step, "500")
    finished(hasty, systems(fixtures)["emo"], tmp_path)
    assert {entry["step"] for entry in service.log if entry["fault"]} == set(ON_THE_WAY)


def test_lost_answer_is_looked_up_in_the_list_and_not_sent_again(
    client: Client, service: Emulator, wan: Callable[..., Job]
) -> None:
    service.fail("create", "lost")
    task = client.submit(wan())
    assert [made["task_id"] for made in service.tasks] == [task.id]
    assert creates(service) == 1
    assert any(entry["step"] == "list" for entry in service.log)


def test_request_that_made_no_task_is_sent_again(client: Client, service: Emulator, wan: Callable[..., Job]) -> None:
    service.fail("create", "reset")
    task = client.submit(wan())
    assert [made["task_id"] for made in service.tasks] == [task.id]
    assert creates(service) == 2


def test_task_another_job_is_known_for_is_not_taken(client: Client, service: Emulator, wan: Callable[..., Job]) -> None:
    first = client.submit(wan(1))
    service.fail("create", "lost")
    second = client.submit(wan(2))
    assert first.id != second.id
    assert {made["request"]["input"]["prompt"]: made["task_id"] for made in service.tasks} == {
        "take 1": first.id,
        "take 2": second.id,
    }


def test_task_of_another_machine_makes_it_unclear_and_nothing_is_sent_again(
    client: Client, service: Emulator, wan: Callable[..., Job], settings: dict[str, Any], tmp_path: Path
) -> None:
    from mediapreflight.submit.ledger import Ledger

    elsewhere = settings | {"ledger": Ledger(tmp_path / "other-machine.sqlite3")}
    service.fail("create", "lost")
    with Client(**elsewhere) as other:
        service.fail("create", "lost")
        # Both answers are lost before either list is read: the second client's list is held up until the first has sent, too.
        service.fail("list", "500", 2)
        with pytest.raises(MediaPreflightError):
            _send_and_leave(other, wan(1))
        with pytest.raises(UnclearTaskError, match="could be its own") as caught:
            client.submit(wan(2))
    assert len(caught.value.candidates) == 2
    assert len(service.tasks) == 2


def _send_and_leave(client: Client, job: Job) -> None:
    """Submit without the patience for a task list that fails."""
    client.around = replace(client.around, pace=replace(client.around.pace, attempts=1))
    client.submit(job)


def test_list_that_cannot_be_had_leaves_the_job_to_be_settled_later(
    client: Client, service: Emulator, wan: Callable[..., Job], tmp_path: Path
) -> None:
    service.fail("create", "lost")
    service.fail("list", "500", 2 * client.around.pace.attempts)
    with pytest.raises(MediaPreflightError):
        client.submit(wan())
    (row,) = client.around.ledger.open()
    assert row.stage == "sending"
    assert creates(service) == 1
    with pytest.raises(MediaPreflightError):
        client.run(finish_flow(client.around, row, tmp_path))
    # Once the list answers again, the task is found, and not a second one made.
    _, _, came = client.run(finish_flow(client.around, row, tmp_path))
    assert probe(came).problems == ()
    assert creates(service) == 1


def test_key_is_nowhere_but_in_requests_to_the_service(
    settings: dict[str, Any], service: Emulator, fixtures: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events = []
    with Client(**settings, notify=events.append) as client:
        for step, fault in (("create", "lost"), ("upload", "expired"), ("query", "junk"), ("result", "cut")):
            service.fail(step, fault)
        video = finished(client, systems(fixtures)["emo"], tmp_path / "out")
        shown = [repr(client), repr(client.__dict__), repr(events), repr(client.around), repr(video)]
    assert caplog.text
    assert KEY not in caplog.text + "".join(shown)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "ledger.sqlite3" for path in files)
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    for entry in service.log:
        assert entry["authorization"] == entry["path"].startswith("/api/v1"), entry
    ledger = (tmp_path / "state" / "ledger.sqlite3").read_bytes()
    assert b"Signature=" not in ledger
    assert b"Expires=" not in ledger


def test_slow_create_call_is_waited_for_before_it_counts_as_lost(client: Client, service: Emulator, wan) -> None:
    client.around = replace(client.around, pace=replace(client.around.pace, create_deadline=0.6))
    service.fail("create", "reset")
    began = time.monotonic()
    client.submit(wan())
    assert time.monotonic() - began >= 0.6
    assert creates(service) == 2


@pytest.mark.parametrize("step", ["policy", "query"])
def test_answer_that_is_no_json_is_asked_for_again(step: str, client: Client, service: Emulator, wan, tmp_path: Path) -> None:
    service.fail(step, "junk")
    assert client.wait(client.submit(wan()), out=tmp_path).is_file()
    assert creates(service) == 1
