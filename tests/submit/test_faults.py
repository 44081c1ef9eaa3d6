"""Whatever goes wrong at whatever step: one task a job, and the job can be finished."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediapreflight import Job, probe
from mediapreflight.emulator import EVERYWHERE, STEPS, Emulator
from mediapreflight.errors import LostAnswerError, MediaPreflightError, UnclearTaskError
from mediapreflight.job import revised
from mediapreflight.submit.client import Client
from mediapreflight.submit.tasks import finish

from .conftest import KEY, creates, systems

pytestmark = pytest.mark.sweep

ON_THE_WAY = [step for step in STEPS if step not in ("list", "cancel")]
SPECIAL = [("policy", "expired"), ("upload", "expired"), ("result", "expired"), ("query", "unknown")]
CASES = [(step, fault) for step in ON_THE_WAY for fault in EVERYWHERE] + SPECIAL
# Each fault where a second task could be made, and at one other step.
OTHERS = [step for step in ON_THE_WAY if step != "create"]
TELLING = {*SPECIAL, *(("create", fault) for fault in EVERYWHERE), *zip(cycle(OTHERS), EVERYWHERE)}
SHORT = httpx.Timeout(0.5)


@pytest.fixture
def hasty(settings: dict[str, Any]) -> Iterator[Client]:
    """A client that soon gives up on silence."""
    with Client(**settings, timeout=SHORT) as opened:
        yield opened


def finished(client: Client, service: Emulator, job: Job, out: Path) -> Path:
    """The video of a job, however often it takes: as a person would, who runs the command again and looks into the console."""
    last: Exception | None = None
    unclear = 0
    for _ in range(10):
        try:
            # Twice: the task of a call that was given up on may be made a moment later.
            again = unclear >= 2 and not service.tasks
            return client.wait(client.submit(job, again=again), out=out)
        except MediaPreflightError as error:
            last = error
            unclear = unclear + 1 if isinstance(error, UnclearTaskError | LostAnswerError) else 0
            assert KEY not in str(error)
    raise AssertionError("the job was not finished") from last


def trials() -> Iterator[object]:
    """Every fault at every step, once and three times in a row; what tells the least is left to the longest run."""
    for case in CASES:
        for times in (1, 3):
            marks = [pytest.mark.release] * (times == 3 and case not in TELLING)
            yield pytest.param(*case, times, marks=marks, id=f"{'-'.join(case)}-{times}")


@pytest.mark.parametrize(("step", "fault", "times"), list(trials()))
def test_one_task_and_a_video_come_of_it(
    step: str, fault: str, times: int, hasty: Client, service: Emulator, fixtures: Path, tmp_path: Path
) -> None:
    service.fail(step, fault, times)
    video = finished(hasty, service, systems(fixtures)["emo"], tmp_path / "out")
    assert probe(video).problems == ()
    assert len(service.tasks) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == [video.name]


def test_every_fault_is_met_by_the_case_that_names_it(service: Emulator, hasty: Client, fixtures: Path, tmp_path: Path) -> None:
    for step in ON_THE_WAY:
        service.fail(step, "500")
    finished(hasty, service, systems(fixtures)["emo"], tmp_path)
    assert {entry["step"] for entry in service.log if entry["fault"]} == set(ON_THE_WAY)


def test_lost_answer_is_looked_up_in_the_list_and_not_sent_again(
    client: Client, service: Emulator, wan: Callable[..., Job]
) -> None:
    service.fail("create", "lost")
    task = client.submit(wan())
    assert [made["task_id"] for made in service.tasks] == [task.id]
    assert creates(service) == 1
    assert any(entry["step"] == "list" for entry in service.log)


@pytest.mark.parametrize("fault", ["reset", "stall", "junk", "cut"])
def test_request_that_may_have_made_a_task_is_not_sent_again(
    fault: str, hasty: Client, service: Emulator, wan: Callable[..., Job]
) -> None:
    service.fail("create", fault)
    for _ in range(3):
        try:
            hasty.submit(wan())
        except UnclearTaskError as error:
            assert "tasks resume" in str(error)
    assert creates(service) == 1


def test_failure_in_the_service_s_own_words_that_made_no_task_is_sent_again(
    client: Client, service: Emulator, wan: Callable[..., Job]
) -> None:
    service.fail("create", "500")
    task = client.submit(wan())
    assert [made["task_id"] for made in service.tasks] == [task.id]
    assert creates(service) == 2


def test_detect_call_whose_answer_was_lost_is_asked_again_only_knowingly(
    client: Client, service: Emulator, fixtures: Path
) -> None:
    service.fail("detect", "lost")
    job = systems(fixtures)["emo"]
    for _ in range(3):
        with pytest.raises(LostAnswerError, match="detect call"):
            client.submit(job)
    assert sum(entry["step"] == "detect" for entry in service.log) == 1
    client.submit(job, again=True)
    assert sum(entry["step"] == "detect" for entry in service.log) == 2
    assert creates(service) == 1


def test_picture_that_is_refused_is_the_last_thing_that_is_uploaded(client: Client, service: Emulator, fixtures: Path) -> None:
    service.fail("detect", "refused")
    with pytest.raises(MediaPreflightError):
        client.submit(systems(fixtures)["emo"])
    assert sum(entry["step"] == "upload" for entry in service.log) == 1


def test_task_another_job_is_known_for_is_not_taken(client: Client, service: Emulator, wan: Callable[..., Job]) -> None:
    first = client.submit(wan(1))
    service.fail("create", "lost")
    second = client.submit(wan(2))
    assert first.id != second.id
    assert {made["request"]["input"]["prompt"]: made["task_id"] for made in service.tasks} == {
        "take 1": first.id,
        "take 2": second.id,
    }


def test_tasks_of_two_machines_are_told_apart_by_their_prompts_or_not_at_all(
    client: Client, service: Emulator, wan: Callable[..., Job], settings: dict[str, Any], fixtures: Path, tmp_path: Path
) -> None:
    from mediapreflight.submit.ledger import Ledger

    portrait = systems(fixtures)["liveportrait"]
    elsewhere = settings | {"ledger": Ledger(tmp_path / "other-machine.sqlite3")}
    with Client(**elsewhere) as other:
        for first, second in ((wan(1), wan(2)), (portrait, revised(portrait, parameters={"eye_move_freq": 0.3}))):
            service.fail("create", "lost", 2)
            # Both answers are lost before either list is read.
            service.fail("list", "500", 50)
            for each, job in ((other, first), (client, second)):
                with pytest.raises(UnclearTaskError, match="could not be read"):
                    each.submit(job)
            _wait_for_the_list(client)
    with pytest.raises(UnclearTaskError, match="could be its own") as caught:
        client.submit(second)
    assert len(caught.value.candidates) == 2
    (prompted,) = (made for made in service.tasks if made["request"]["input"].get("prompt") == "take 2")
    _wait_until_ended(service)
    assert client.submit(wan(2)).id == prompted["task_id"]
    assert len(service.tasks) == 4


def _wait_until_ended(service: Emulator) -> None:
    deadline = time.monotonic() + 60
    while {made["status"] for made in service.tasks} != {"SUCCEEDED"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _wait_for_the_list(client: Client) -> None:
    """Until the service has had its bad time."""
    while True:
        with contextlib.suppress(MediaPreflightError):
            client.list()
            return


def test_list_that_cannot_be_had_leaves_the_job_to_be_settled_later(
    client: Client, service: Emulator, wan: Callable[..., Job], tmp_path: Path
) -> None:
    service.fail("create", "lost")
    service.fail("list", "500", 50)
    with pytest.raises(UnclearTaskError, match="could not be read"):
        client.submit(wan())
    (row,) = client.session.ledger.open()
    assert row.stage == "unclear"
    assert creates(service) == 1
    _wait_for_the_list(client)
    # Once the list answers again, the task is found, and not a second one made.
    _, _, came = client._run(lambda own: finish(client.session, row, tmp_path))
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
        video = finished(client, service, systems(fixtures)["emo"], tmp_path / "out")
        shown = [repr(client), repr(client.__dict__), repr(events), repr(client.session), repr(video)]
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


@pytest.mark.parametrize("step", ["policy", "query"])
def test_answer_that_is_no_json_is_asked_for_again(step: str, client: Client, service: Emulator, wan, tmp_path: Path) -> None:
    service.fail(step, "junk")
    assert client.wait(client.submit(wan()), out=tmp_path).is_file()
    assert creates(service) == 1
