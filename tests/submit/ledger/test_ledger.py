"""The record of submitted jobs: what is written down, who may change it, and in which order."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import unittest.mock
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediapreflight.errors import LedgerError
from mediapreflight.submit.ledger import STEPS, Key, Ledger, default_path

from ..ledgers import ACCOUNT, HandClock, claimed, entry, registered, running

HOUR = 3600.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: HandClock) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite3", clock=clock)


# --- the life of a submission


def test_a_submission_from_registration_to_delivery(ledger: Ledger, clock: HandClock) -> None:
    job = {"model": "emo-v1", "inputs": {"image": "/a/p.png", "audio": "/a/v.mp3"}, "parameters": {"style_level": "calm"}}
    new = entry("f", job=job, hashes={"image": "11", "audio": "22"}, out="/out", estimated_amount=0.16, currency="USD")
    [row] = ledger.register([new])
    assert (row.stage, row.job, row.hashes, row.out, row.registered_at) == ("ready", job, new.hashes, "/out", clock.now)
    assert (row.estimated_amount, row.currency, row.owner, row.resumable) == (0.16, "USD", None, True)

    owned = ledger.claim(row.id)
    assert owned is not None and owned.owner is not None
    assert ledger.filled(row.id, {"face_bbox": [1, 2, 3, 4]}).fields == {"face_bbox": [1, 2, 3, 4]}
    clock.now += 1
    assert ledger.begin_sending(row.id, 1, {"ids": ["old"], "makers": []}, 1_790_000_000.0) == ()
    sending = ledger.submission(row.id)
    assert (sending.stage, sending.sent_at, sending.before) == ("sending", 1_790_000_000.0, {"ids": ["old"], "makers": []})
    clock.now += 1
    made = ledger.created(row.id, "task-1", "req-1", "PENDING")
    assert (made.stage, made.task_id, made.request_id, made.status, made.created_at) == (
        "created", "task-1", "req-1", "PENDING", clock.now,
    )  # fmt: skip
    clock.now += 15
    polled = ledger.polled(row.id, "RUNNING")
    assert (polled.stage, polled.status, polled.polled_at) == ("created", "RUNNING", clock.now)
    clock.now += 15
    done = ledger.succeeded(row.id, 13.93, 0.15, "USD", {"usage": {"video_duration": 13.93}})
    assert done.answer == {"usage": {"video_duration": 13.93}}
    assert (done.stage, done.status, done.seconds_billed, done.amount, done.ended_at) == (
        "succeeded", "SUCCEEDED", 13.93, 0.15, clock.now,
    )  # fmt: skip
    delivered = ledger.delivered(row.id, "/out/p.mp4")
    assert (delivered.stage, delivered.result, delivered.ended_at) == ("delivered", "/out/p.mp4", clock.now)
    ledger.release(row.id)
    assert ledger.by_task("task-1") == ledger.submission(row.id)
    assert ledger.submission(row.id).owner is None
    assert ledger.open() == ()


def test_what_the_lists_hold(ledger: Ledger) -> None:
    numbers = [registered(ledger, name).id for name in "abc"]
    ledger.claim(numbers[1])
    ledger.failed(numbers[1], None, "InvalidFile", "too small")
    assert [row.id for row in ledger.open()] == [numbers[0], numbers[2]]
    assert [row.id for row in ledger.all()] == numbers[::-1]
    assert [row.id for row in ledger.all(2)] == numbers[:0:-1]
    assert ledger.by_task("nobody's") is None
    task = running(ledger, "d").task_id
    assert ledger.known_tasks([task or "", "nobody's"]) == {task: ACCOUNT}


def test_the_whole_amount_is_kept_in_the_expected_currency_where_no_other_is_told(ledger: Ledger) -> None:
    row = running(ledger, "f", estimated_amount=1.0, currency="CNY")
    assert ledger.succeeded(row.id, 2.0, 0.5).currency == "CNY"


def test_a_create_call_that_made_no_task_can_be_sent_again(ledger: Ledger) -> None:
    row = claimed(ledger)
    ledger.begin_sending(row.id, 1)
    back = ledger.not_created(row.id)
    assert (back.stage, back.sent_at) == ("ready", None)
    assert ledger.begin_sending(row.id, 1) == ()


def step(ledger: Ledger, name: str, number: int) -> Any:
    arguments: dict[str, tuple[Any, ...]] = {
        "filled": ({},), "begin_sending": (None,), "created": ("task-1", "r", "PENDING"), "polled": ("RUNNING",),
        "unclear": ("none was seen",), "adopted": (ACCOUNT, "task-2", "RUNNING"),
        "succeeded": (1.0,), "delivered": ("/out/v.mp4",), "failed": ("FAILED", "c", "m"),
    }  # fmt: skip
    return getattr(ledger, name)(number, *arguments.get(name, ()))


WAYS = {
    "ready": (),
    "sending": ("begin_sending",),
    "unclear": ("begin_sending", "unclear"),
    "created": ("begin_sending", "created"),
    "succeeded": ("begin_sending", "created", "succeeded"),
    "delivered": ("begin_sending", "created", "succeeded", "delivered"),
    "failed": ("failed",),
}
LEGAL = {
    ("ready", "filled"), ("ready", "begin_sending"), ("ready", "failed"),
    ("sending", "not_created"), ("sending", "created"), ("sending", "failed"), ("sending", "unclear"), ("sending", "adopted"),
    ("unclear", "unclear"), ("unclear", "created"), ("unclear", "failed"), ("unclear", "adopted"),
    ("created", "polled"), ("created", "succeeded"), ("created", "failed"), ("created", "unclear"), ("created", "adopted"),
    ("succeeded", "delivered"), ("succeeded", "failed"),
    ("delivered", "delivered"), ("delivered", "failed"), ("failed", "adopted"),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("stage", WAYS)
def test_only_legal_steps_are_taken(ledger: Ledger, stage: str, name: str) -> None:
    number = claimed(ledger).id
    for way in WAYS[stage]:
        step(ledger, way, number)
    before = ledger.submission(number)
    assert before.stage == stage
    if (stage, name) in LEGAL:
        step(ledger, name, number)
        assert ledger.submission(number).stage == STEPS[name][1]
        return
    with pytest.raises(LedgerError, match=f"submission {number} is {stage}; it cannot become '{name.replace('_', ' ')}'"):
        step(ledger, name, number)
    assert ledger.submission(number) == before


@pytest.mark.parametrize("name", STEPS)
def test_only_the_owner_takes_steps(ledger: Ledger, tmp_path: Path, name: str) -> None:
    row = claimed(ledger)
    other = Ledger(ledger.path)
    with pytest.raises(LedgerError, match=f"submission {row.id} is not owned by this process"):
        step(other, name, row.id)
    ledger.release(row.id)
    with pytest.raises(LedgerError, match="not owned"):
        step(ledger, name, row.id)
    with pytest.raises(LedgerError, match="there is no submission 77"):
        step(ledger, name, 77)


# --- the same job twice


@pytest.mark.parametrize("stage", ["ready", "sending", "created", "succeeded", "delivered"])
def test_a_job_that_stands_is_not_registered_twice(ledger: Ledger, stage: str) -> None:
    number = claimed(ledger).id
    for way in WAYS[stage]:
        step(ledger, way, number)
    assert registered(ledger) == ledger.submission(number)
    assert [row.id for row in ledger.register([entry(), entry("g"), entry("g")])] == [number, number + 1, number + 1]


def test_a_failed_job_is_registered_anew(ledger: Ledger) -> None:
    number = claimed(ledger).id
    ledger.failed(number, "FAILED", "InternalError", "sorry")
    assert registered(ledger).id == number + 1


def test_again_makes_a_new_submission_of_a_job_that_stands(ledger: Ledger) -> None:
    first = registered(ledger)
    second, third = ledger.register([entry(), entry()], again=True)
    assert len({first.id, second.id, third.id}) == 3
    assert registered(ledger).id == third.id


def test_an_unclear_submission_gives_way_to_the_one_that_was_sent_anew(ledger: Ledger) -> None:
    lost = claimed(ledger)
    ledger.begin_sending(lost.id, 1)
    ledger.unclear(lost.id, "none was seen")
    assert registered(ledger).id == lost.id
    (anew,) = ledger.register([entry()], again=True)
    assert registered(ledger).id == anew.id
    ledger.claim(anew.id)
    ledger.begin_sending(anew.id, 1)
    ledger.created(anew.id, "task-1", "req-1", "PENDING")
    ledger.succeeded(anew.id)
    ledger.delivered(anew.id, "/out/v.mp4")
    assert registered(ledger).id == anew.id


@pytest.mark.parametrize("jump", [24 * HOUR + 1, -48 * HOUR, 365 * 24 * HOUR])
def test_a_job_that_was_delivered_is_not_sent_again_whatever_time_it_is(ledger: Ledger, clock: HandClock, jump: float) -> None:
    row = running(ledger, "f")
    ledger.succeeded(row.id)
    clock.now += jump
    assert registered(ledger).id == row.id
    ledger.delivered(row.id, "/out/v.mp4")
    clock.now += jump
    assert registered(ledger).id == row.id


def test_a_job_for_which_nothing_was_sent_goes_over_to_another_key(ledger: Ledger) -> None:
    row = registered(ledger)
    assert registered(ledger, account="fedcba9876543210").account == "fedcba9876543210"
    ledger.claim(row.id)
    ledger.begin_sending(row.id, 1)
    assert registered(ledger).account == "fedcba9876543210"


def test_what_waits_for_its_own_key_does_not_keep_another_s_job_back(ledger: Ledger) -> None:
    claimed(ledger, "a", account="fedcba9876543210")
    ledger.begin_sending(1, 1)
    assert ledger.begin_sending(claimed(ledger, "b").id, 1) == ()


def test_an_unclear_submission_keeps_no_other_back(ledger: Ledger) -> None:
    lost = claimed(ledger, "a")
    ledger.begin_sending(lost.id, 1)
    waiting = claimed(ledger, "b")
    assert [row.id for row in ledger.in_the_way(waiting.id, 1)] == [lost.id]
    ledger.unclear(lost.id, "none was seen")
    assert ledger.begin_sending(waiting.id, 1) == ()
    assert registered(ledger, "a").id == lost.id


def test_the_file_itself_refuses_a_second_open_row(ledger: Ledger) -> None:
    registered(ledger)
    columns = "fingerprint, again, model, region, base_url, job, resumable, hashes, boxes, fields, stage, registered_at"
    with sqlite3.connect(str(ledger.path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(f"INSERT INTO submissions ({columns}) SELECT {columns} FROM submissions")
    connection.close()


# --- who works on it


def test_a_submission_has_one_owner_at_a_time(ledger: Ledger) -> None:
    row = claimed(ledger)
    other = Ledger(ledger.path)
    assert ledger.claim(row.id) is None, "another flow of the same process"
    assert other.claim(row.id) is None
    assert not ledger.is_idle(row) and not other.is_idle(row)
    other.release(row.id)
    assert ledger.submission(row.id).owner == row.owner, "what is not owned cannot be released"
    ledger.release(row.id)
    taken = other.claim(row.id)
    assert taken is not None and taken.owner != row.owner
    assert other.is_idle(ledger.submission(row.id)) is False


def test_closing_lets_go_of_everything(ledger: Ledger) -> None:
    row = claimed(ledger)
    other = Ledger(ledger.path)
    ledger.close()
    assert other.is_idle(row)
    assert other.claim(row.id) is not None
    assert ledger.claim(row.id) is None
    ledger.close()
    other.close()
    assert sorted(path.name for path in Path(str(ledger.path)).parent.iterdir()) == ["ledger.sqlite3", "ledger.sqlite3-owners"]
    assert list(Path(f"{ledger.path}-owners").iterdir()) == []


def test_an_owner_that_is_no_token_is_nobody(ledger: Ledger, tmp_path: Path) -> None:
    row = registered(ledger)
    bait = tmp_path / "state" / "bait.lock"
    bait.write_bytes(b"keep")
    with sqlite3.connect(str(ledger.path)) as connection:
        connection.execute("UPDATE submissions SET owner = '../bait'")
    connection.close()
    assert ledger.claim(row.id) is not None
    assert bait.read_bytes() == b"keep"


def test_a_submission_is_claimed_by_one_of_many_threads(ledger: Ledger) -> None:
    numbers = [row.id for row in ledger.register([entry(str(number)) for number in range(10)])]
    won: list[int] = []

    def race() -> None:
        won.extend(number for number in numbers if ledger.claim(number) is not None)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == numbers


# --- one at a time


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["claim", "release"])
def test_owning_changes_at_one_moment_for_all_threads(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    """Another thread that claims just before or behind the transaction of the one that claims or releases is the only owner."""
    row = claimed(ledger) if step == "release" else registered(ledger)
    writing = ledger._store.writing
    others: list[bool] = []

    @contextlib.contextmanager
    def interrupted(**options: Any) -> Iterator[sqlite3.Connection]:
        monkeypatch.setattr(ledger._store, "writing", writing)
        if moment == "before":
            others.append(ledger.claim(row.id) is not None)
        with writing(**options) as connection:
            yield connection
        if moment == "after":
            others.append(ledger.claim(row.id) is not None)

    monkeypatch.setattr(ledger._store, "writing", interrupted)
    mine = getattr(ledger, step)(row.id) is not None
    assert others == [moment == ("before" if step == "claim" else "after")]
    assert mine == (step == "claim" and moment == "after")
    assert (ledger.submission(row.id).owner is not None) == (mine or others[0])


def test_one_submission_of_a_model_is_sent_at_a_time(ledger: Ledger) -> None:
    first, second = claimed(ledger, "a"), claimed(ledger, "b")
    elsewhere = claimed(ledger, "c", base_url="https://other/api/v1")
    other_model = claimed(ledger, "d", model="videoretalk")
    assert ledger.begin_sending(first.id, None) == ()
    assert [row.id for row in ledger.begin_sending(second.id, None)] == [first.id]
    assert ledger.submission(second.id).stage == "ready"
    assert ledger.begin_sending(elsewhere.id, None) == ()
    assert ledger.begin_sending(other_model.id, None) == ()
    ledger.created(first.id, "t", "r", "PENDING")
    assert ledger.begin_sending(second.id, None) == ()


def test_no_more_tasks_are_started_than_may_run_at_once(ledger: Ledger, clock: HandClock) -> None:
    tasks = [running(ledger, name) for name in "ab"]
    third = claimed(ledger, "c")
    assert ledger.begin_sending(third.id, 2) == tuple(tasks)
    assert ledger.submission(third.id).stage == "ready"
    ledger.succeeded(tasks[0].id)
    assert ledger.begin_sending(third.id, 2) == ()


def test_a_task_that_the_service_has_forgotten_is_not_in_the_way(ledger: Ledger, clock: HandClock) -> None:
    running(ledger, "a")
    waiting = claimed(ledger, "b")
    clock.now += 24 * HOUR - 1
    assert ledger.begin_sending(waiting.id, 1)
    clock.now += 1
    assert ledger.begin_sending(waiting.id, 1) == ()


# --- uploads and detections


def test_an_upload_is_known_for_47_hours_to_its_account_model_and_place(ledger: Ledger, clock: HandClock) -> None:
    ledger.keep(Key("upload", "me", "emo-v1", "https://a", "11"), "oss://bucket/p.png")
    assert ledger.kept(Key("upload", "me", "emo-v1", "https://a", "11")) == "oss://bucket/p.png"
    for key in (("you", "emo-v1", "https://a", "11"), ("me", "wan", "https://a", "11"), ("me", "emo-v1", "https://b", "11"),
                ("me", "emo-v1", "https://a", "12")):  # fmt: skip
        assert ledger.kept(Key("upload", *key)) is None
    clock.now += 47 * HOUR - 1
    assert ledger.kept(Key("upload", "me", "emo-v1", "https://a", "11")) == "oss://bucket/p.png"
    clock.now += 1
    assert ledger.kept(Key("upload", "me", "emo-v1", "https://a", "11")) is None
    clock.now -= 48 * HOUR
    assert ledger.kept(Key("upload", "me", "emo-v1", "https://a", "11")) is None, "its age is not known"


def test_an_upload_is_replaced_and_forgotten(ledger: Ledger) -> None:
    key = ("me", "emo-v1", "https://a", "11")
    ledger.keep(Key("upload", *key), "oss://one")
    ledger.keep(Key("upload", *key), "oss://two")
    assert ledger.kept(Key("upload", *key)) == "oss://two"
    ledger.forget(Key("upload", *key))
    assert ledger.kept(Key("upload", *key)) is None


def detection_key(ratio: str) -> Key:
    return Key("detection", "me", "emo-detect-v1", "https://a", "11", ratio)


def test_a_detection_is_known_for_a_day_by_ratio(ledger: Ledger, clock: HandClock) -> None:
    said = {"passed": True, "fields": {"face_bbox": [1, 2, 3, 4]}, "reason": ""}
    ledger.keep(detection_key("1:1"), said)
    assert ledger.kept(detection_key("1:1")) == said
    assert ledger.kept(detection_key("3:4")) is None
    clock.now += 24 * HOUR
    assert ledger.kept(detection_key("1:1")) is None
    ledger.keep(detection_key("1:1"), said)
    clock.now -= HOUR
    assert ledger.kept(detection_key("1:1")) == said, "asking again would be billed again"


def test_a_detect_call_is_written_down_before_it_is_sent(ledger: Ledger) -> None:
    key = detection_key("1:1")
    assert ledger.begin_detection(key) == "begun"
    assert ledger.kept(key) is None
    assert ledger.begin_detection(key) == "under way"
    ledger.end_detection(key)
    assert ledger.begin_detection(key) == "lost"
    assert ledger.begin_detection(key, again=True) == "begun"
    ledger.forget(key)
    ledger.end_detection(key)
    assert ledger.begin_detection(key) == "begun"


def test_an_answer_that_has_come_meanwhile_is_not_asked_for_again(ledger: Ledger) -> None:
    key = detection_key("1:1")
    assert ledger.begin_detection(key) == "begun"
    ledger.keep(key, {"passed": True})
    assert ledger.begin_detection(key) == "known"
    assert ledger.kept(key) == {"passed": True}


def test_a_call_that_ends_does_not_end_the_one_begun_after_it(ledger: Ledger) -> None:
    """Between what an answer leaves behind and the end of the call, another one may begin."""
    key = detection_key("1:1")
    assert ledger.begin_detection(key) == "begun"
    ledger.forget(key)
    assert ledger.begin_detection(key) == "begun"
    ledger.end_detection(key)
    assert ledger.begin_detection(key) == "under way"
    ledger.end_detection(key)
    assert ledger.begin_detection(key) == "lost"


def test_a_detect_call_of_a_process_that_died_is_lost(ledger: Ledger, clock: HandClock) -> None:
    other = Ledger(ledger.path, clock=clock)
    assert other.begin_detection(detection_key("1:1")) == "begun"
    assert ledger.begin_detection(detection_key("1:1")) == "under way"
    other.close()
    assert ledger.begin_detection(detection_key("1:1")) == "lost"


def test_a_detect_call_without_an_answer_is_lost_to_other_processes_too(ledger: Ledger, clock: HandClock) -> None:
    """They would wait for it for as long as the process that made it lives."""
    other = Ledger(ledger.path, clock=clock)
    assert other.begin_detection(detection_key("1:1")) == "begun"
    other.end_detection(detection_key("1:1"))
    assert ledger.kept(detection_key("1:1")) is None
    assert ledger.begin_detection(detection_key("1:1")) == "lost"
    assert ledger.begin_detection(detection_key("1:1"), again=True) == "begun"


def test_the_names_of_a_key_are_kept_by_base_url(ledger: Ledger) -> None:
    key = Key("key ids", "me", "", "https://a", "")
    assert ledger.kept(key) is None
    ledger.keep(key, ["key 1", "user 2"])
    assert ledger.kept(key) == ["key 1", "user 2"]
    assert ledger.kept(key._replace(base_url="https://b")) is None


# --- copies and places


def test_a_copy_takes_every_step_and_leaves_the_ledger_as_it_was(ledger: Ledger, tmp_path: Path) -> None:
    other = running(ledger, "other")
    row = registered(ledger)
    ledger.keep(Key("upload", "me", "emo-v1", "https://a", "11"), "oss://one")
    files = sorted(tmp_path.rglob("*"))
    copy = ledger.copied()
    assert copy.path is None
    assert copy.claim(other.id) is None, "a living process works on it"
    assert copy.claim(row.id) is not None
    assert copy.begin_sending(row.id, None) == ()
    copy.created(row.id, "t", "r", "PENDING")
    assert copy.kept(Key("upload", "me", "emo-v1", "https://a", "11")) == "oss://one"
    assert [entry.stage for entry in copy.copied().open()] == ["created", "created"]
    assert ledger.submission(row.id) == row
    assert sorted(tmp_path.rglob("*")) == files


def test_a_copy_of_no_ledger_makes_none(tmp_path: Path) -> None:
    copy = Ledger(tmp_path / "state" / "ledger.sqlite3").copied()
    assert copy.open() == ()
    assert claimed(copy).stage == "ready"
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_ledger_at_rest_makes_no_file(ledger: Ledger, tmp_path: Path) -> None:
    row = registered(ledger)
    ledger.close()
    files = sorted(tmp_path.rglob("*"))
    assert Ledger(ledger.path).copied().open() == (row,)
    assert sorted(tmp_path.rglob("*")) == files


def test_the_ledger_is_for_its_owner_alone(ledger: Ledger) -> None:
    claimed(ledger)
    folder = Path(str(ledger.path)).parent
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {
        "ledger.sqlite3": 0o600, "ledger.sqlite3-wal": 0o600, "ledger.sqlite3-shm": 0o600, "ledger.sqlite3-owners": 0o700,
    }  # fmt: skip
    assert folder.stat().st_mode & 0o777 == 0o700


def test_where_the_ledger_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAPREFLIGHT_STATE_DIR", str(tmp_path / "there"))
    assert default_path() == tmp_path / "there" / "ledger.sqlite3"
    assert Ledger().path == default_path()
    assert list(tmp_path.iterdir()) == [], "nothing is made before it is used"
    monkeypatch.setenv("MEDIAPREFLIGHT_STATE_DIR", "")
    assert default_path().parent.name == "mediapreflight"


def test_claim_that_could_not_be_written_off_is_taken_up_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    row = registered(ledger)
    assert ledger.claim(row.id) is not None
    assert ledger.claim(row.id) is None
    full = unittest.mock.patch.object(ledger._store, "writing", side_effect=LedgerError("the disk is full"))
    with full, pytest.raises(LedgerError):
        ledger.release(row.id)
    assert ledger.claim(row.id) is not None
