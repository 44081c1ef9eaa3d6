"""A create call whose answer was lost, and what the task list shows: every row of the table in docs/threat-model.md."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mediapreflight.catalog import builtin_catalog
from mediapreflight.errors import KeyRefusedError, TaskExpiredError, UnclearTaskError
from mediapreflight.submit import calls
from mediapreflight.submit.dashscope.endpoint import Endpoint
from mediapreflight.submit.http import Answer, Send
from mediapreflight.submit.ledger import Ledger, Submission
from mediapreflight.submit.sending import refresh
from mediapreflight.submit.session import Pace, Session
from mediapreflight.submit.settling import LAG_S, Before, read_list, settle, tasks_before

from .drive import run
from .ledgers import ACCOUNT, BASE_URL, claimed, registered

NOW = 1_790_000_000.0
MODEL = builtin_catalog().model("wan2.6-i2v")
ENDPOINT = Endpoint("beijing", BASE_URL)
JOB = {"model": MODEL.id, "inputs": {"image": "/a/p.png", "prompt": "take 1"}, "parameters": {}, "region": None}


@dataclass
class Service:
    """The task list as one answer gives it, page by page, at a time of the service's own."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    now: float | None = NOW
    page_size: int = 50
    total: int | None = None
    is_counted: bool = True
    status: int = 200
    prompts: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def row(self, name: str, made: float | None = NOW, **values: Any) -> None:
        usual = {"api_key_id": "ours", "caller_uid": "u1", "model_name": MODEL.id, "status": "RUNNING"}
        stamp = None if made is None else round(made * 1000)
        self.rows.append({"task_id": name, "gmt_create": stamp, **usual, **values})

    def __call__(self, effect: Send) -> Answer:
        headers = {} if self.now is None else {"date": formatdate(self.now, usegmt=True)}
        request = effect.request
        if request.purpose == "query":
            name = request.url.rpartition("/")[2]
            output = {
                "task_id": name,
                "task_status": "SUCCEEDED" if name in self.prompts else "RUNNING",
                "video_url": "https://a.b/c.mp4",
            }
            return Answer(200, headers, json.dumps({"output": {**output, "orig_prompt": self.prompts.get(name)}}).encode())
        assert request.purpose == "list"
        self.asked.append(dict(request.params))
        if self.status != 200:
            return Answer(self.status, headers, json.dumps({"code": "Busy", "message": "busy", "request_id": "r"}).encode())
        first = (int(request.params["page_no"]) - 1) * self.page_size
        page = self.rows[first : first + self.page_size]
        total = len({row.get("task_id") for row in self.rows}) if self.total is None else self.total
        pages = -(-total // self.page_size)
        listed = {"total": total, "total_page": pages, "page_no": 1, "page_size": self.page_size, "data": page}
        if not self.is_counted:
            del listed["total"], listed["total_page"]
        return Answer(200, headers, json.dumps(listed).encode())


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(ledger=Ledger(tmp_path / "ledger.sqlite3"), account=ACCOUNT, pace=Pace(attempts=1, settle_time=30))


def sent(session: Session, service: Service, name: str = "lost") -> Submission:
    """A submission whose create call has just been sent."""
    row = claimed(session.ledger, name, model=MODEL.id, job=JOB)
    before = run(lambda own: tasks_before(calls.Service(own, ENDPOINT, MODEL)), service, session=session).result
    record = None if before is None else before.record()
    assert session.ledger.begin_sending(row.id, None, record, session.service_clock.now()) == ()
    return session.ledger.submission(row.id)


def settled(session: Session, service: Service, row: Submission, **how: bool) -> Submission:
    just_sent = how.pop("just_sent", True)

    async def look(own: Session) -> Submission:
        return await settle(calls.Service(own, ENDPOINT, MODEL), row, began=own.elapsed() if just_sent else None, **how)

    result: Submission = run(look, service, session=session).result
    return result


def unclear(session: Session, service: Service, row: Submission, **how: bool) -> UnclearTaskError:
    with pytest.raises(UnclearTaskError) as caught:
        settled(session, service, row, **how)
    assert session.ledger.submission(row.id).stage == "unclear"
    return caught.value


def know_our_key(session: Session, service: Service) -> None:
    """An earlier task of ours is in the list."""
    row = claimed(session.ledger, "earlier", model=MODEL.id, job=JOB)
    session.ledger.begin_sending(row.id, None)
    session.ledger.created(row.id, "earlier", "r", "RUNNING", NOW - 3600)
    session.ledger.release(row.id)
    service.row("earlier", NOW - 3600)


# --- found


@pytest.mark.parametrize("made", [NOW - 2, NOW, NOW + 60, NOW + 300, NOW - 3600, NOW + 7200, None])
def test_one_new_task_is_taken_up_whatever_its_date(session: Session, made: float | None) -> None:
    service = Service()
    row = sent(session, service)
    service.row("t", made)
    assert settled(session, service, row).task_id == "t"


@pytest.mark.parametrize("now", [None, NOW - 3600, NOW + 3600])
def test_clock_that_is_missing_or_wrong_does_not_keep_it_from_being_found(session: Session, now: float | None) -> None:
    service = Service(now=now)
    row = sent(session, service)
    service.row("t", NOW)
    assert settled(session, service, row).task_id == "t"


def test_task_is_found_hours_later(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("t", NOW + 100)
    service.now = NOW + 5 * 3600
    assert settled(session, service, row, just_sent=False).task_id == "t"


def settled_at_the_fourth_look(session: Session, service: Service, row: Submission, made: float, **how: bool) -> Submission:
    """What comes of a call that was just sent and whose task the list shows late."""
    looks = count(1)

    def late(effect: Send) -> Answer:
        if next(looks) == 4:
            service.row("t", made)
        return service(effect)

    step = run(lambda own: settle(calls.Service(own, ENDPOINT, MODEL), row, began=own.elapsed(), **how), late, session=session)
    result: Submission = step.result
    return result


def test_task_that_shows_up_late_is_waited_for(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    assert settled_at_the_fourth_look(session, service, row, NOW + 20).task_id == "t"


@pytest.mark.parametrize("failed", [False, True])
def test_clock_that_jumps_does_not_shorten_the_search(session: Session, failed: bool) -> None:
    service = Service()
    row = sent(session, service)
    service.now = NOW + 600
    assert settled_at_the_fourth_look(session, service, row, NOW + 604, failed=failed).task_id == "t"


def test_the_list_is_read_as_long_as_it_may_be_late() -> None:
    assert Pace().settle_time >= LAG_S


@pytest.mark.parametrize("size", [1, 3, 10])
def test_list_is_read_whole_whatever_the_size_of_its_pages(session: Session, size: int) -> None:
    service = Service(page_size=size)
    for number in range(7):
        service.row(f"old-{number}", NOW - 600 - number)
    row = sent(session, service)
    service.row("t")
    assert settled(session, service, row).task_id == "t"
    assert len(Before.of(row).ids if Before.of(row) else ()) == 7


@pytest.mark.sweep
@pytest.mark.parametrize("size", [1_000, 20_000])
def test_list_without_an_end_is_not_read_for_ever(session: Session, size: int) -> None:
    pages = count(1)

    def endless(effect: Send) -> Answer:
        number = next(pages)
        assert number < 50, "it goes on"
        rows = [{"task_id": f"{number}-{row}", "gmt_create": 1000, "model_name": MODEL.id} for row in range(size)]
        return Answer(200, {}, json.dumps({"data": rows, "total": 10**9, "total_page": 10**9}).encode())

    listed = run(lambda own: read_list(own, ENDPOINT, repeatable=True), endless, session=session).result
    assert len(listed.tasks) in (10_000, 20_000)
    assert run(lambda own: tasks_before(calls.Service(own, ENDPOINT, MODEL)), endless, session=session).result is None


def test_task_listed_twice_is_one_task(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("t")
    service.row("t")
    assert settled(session, service, row).task_id == "t"


# --- not found


def test_silence_proves_nothing(session: Session) -> None:
    service = Service()
    error = unclear(session, service, sent(session, service))
    assert "shows no task of its own" in str(error)
    assert "tasks resume" in str(error)
    assert "--again" in str(error)


def test_failure_in_the_service_s_own_words_and_an_empty_list_prove_that_none_was_made(session: Session) -> None:
    service = Service()
    assert settled(session, service, sent(session, service), failed=True).stage == "ready"


def test_failure_and_a_list_that_was_not_seen_whole_prove_nothing(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.total = 2
    assert "did not show all" in str(unclear(session, service, row, failed=True))


@pytest.mark.parametrize("failed", [False, True])
def test_list_that_cannot_be_had_proves_nothing(session: Session, failed: bool) -> None:
    service = Service()
    row = sent(session, service)
    service.status = 500
    assert "could not be read" in str(unclear(session, service, row, failed=failed))


def test_record_without_a_task_proves_nothing(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.rows.append({"status": "RUNNING"})
    unclear(session, service, row, failed=True)


def test_wrong_key_is_told_as_such(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.status = 401
    with pytest.raises(KeyRefusedError):
        settled(session, service, row)


def test_one_look_is_enough_where_the_task_would_have_been_there_long_ago(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.now = NOW + 7200
    service.asked.clear()
    unclear(session, service, row, just_sent=False)
    assert len(service.asked) == 1


def test_submission_ends_when_the_service_would_have_forgotten_its_task(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.now = NOW + 25 * 3600
    # A date alone may be wrong, and so may this machine's.
    unclear(session, service, row, just_sent=False)
    row = session.ledger.submission(row.id)
    session = replace(session, clock=lambda: row.registered_at + 25 * 3600)
    unclear(session, service, row, just_sent=True)
    with pytest.raises(TaskExpiredError):
        settled(session, service, row, just_sent=False)
    assert session.ledger.submission(row.id).stage == "failed"


# --- what proves that nothing was made


def test_whole_list_that_shows_nothing_new_proves_that_a_failure_made_nothing(session: Session) -> None:
    service = Service()
    service.row("old", NOW - 3600)
    row = sent(session, service)
    assert settled(session, service, row, failed=True).stage == "ready"


def test_list_that_does_not_say_how_many_tasks_there_are_proves_nothing(session: Session) -> None:
    service = Service(is_counted=False)
    unclear(session, service, sent(session, service), failed=True)


def test_new_task_under_another_model_name_is_named_and_nothing_is_sent_again(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("t", model_name=MODEL.id.upper())
    assert "only t, created at another time or of another model" in str(unclear(session, service, row, failed=True))


def test_task_whose_date_is_wrong_is_found_after_a_failure(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("t", NOW + 2 * 24 * 3600)
    assert settled(session, service, row, failed=True).task_id == "t"


def test_unclear_submission_is_looked_for_again(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    unclear(session, service, row)
    service.row("t")
    assert settled(session, service, session.ledger.submission(row.id), just_sent=False).task_id == "t"


def test_call_before_which_no_answer_told_the_time_is_dated_afterwards(session: Session) -> None:
    service = Service(now=None, status=500)
    row = sent(session, service)
    assert (row.sent_at, row.before) == (None, None)
    service.now, service.status = NOW, 200
    service.row("older", NOW - 3600)
    service.row("t", NOW)
    assert settled(session, service, row).task_id == "t"


# --- whose task it is


def test_task_that_was_there_before_is_not_taken(session: Session) -> None:
    service = Service()
    service.row("old", NOW - 1)
    unclear(session, service, sent(session, service))


def test_task_that_the_list_showed_late_is_not_taken(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("older", NOW - 40)
    unclear(session, service, row)


def test_task_made_long_after_the_call_is_not_taken(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("younger", NOW + 3600)
    service.now = NOW + 7200
    unclear(session, service, row, just_sent=False)


def test_task_of_another_submission_is_not_taken(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    other = claimed(session.ledger, "other", model="emo-v1")
    session.ledger.begin_sending(other.id, None)
    session.ledger.created(other.id, "t", "r", "RUNNING")
    service.row("t")
    unclear(session, service, row)


@pytest.mark.parametrize(
    "foreign", [{"api_key_id": "theirs"}, {"api_key_id": "", "caller_uid": "u2"}, {"api_key_id": None, "caller_uid": "u2"}]
)
def test_colleague_s_task_is_not_taken_once_our_key_is_known(session: Session, foreign: dict[str, Any]) -> None:
    service = Service()
    know_our_key(session, service)
    row = sent(session, service)
    service.row("t", **foreign)
    assert unclear(session, service, row).candidates == ()


def test_own_task_is_told_from_a_colleague_s(session: Session) -> None:
    service = Service()
    know_our_key(session, service)
    row = sent(session, service)
    service.row("theirs", api_key_id="theirs")
    service.row("ours")
    assert settled(session, service, row).task_id == "ours"


def test_task_of_a_key_that_was_at_work_before_is_named_and_not_taken(session: Session) -> None:
    service = Service()
    service.row("old", NOW - 600, api_key_id="theirs")
    service.row("older", NOW - 700, api_key_id="third")
    row = sent(session, service)
    service.row("t", api_key_id="theirs")
    error = unclear(session, service, row)
    assert error.candidates == ("t",)
    assert f"tasks adopt {row.id}" in str(error)


def test_task_of_the_only_key_that_the_list_has_ever_shown_is_taken(session: Session) -> None:
    service = Service()
    service.row("old", NOW - 600)
    row = sent(session, service)
    service.row("t")
    assert settled(session, service, row).task_id == "t"


def test_found_task_that_turns_out_to_be_of_another_prompt_is_let_go_of(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("t")
    found = settled(session, service, row)
    service.prompts["t"] = "another take"
    with pytest.raises(UnclearTaskError, match="another prompt"):
        run(lambda own: refresh(calls.Service(own, ENDPOINT, MODEL), found), service, session=session)
    left = session.ledger.submission(row.id)
    assert (left.stage, left.task_id) == ("unclear", None)
    unclear(session, service, left)


def test_two_tasks_that_fit_are_named_and_none_is_taken(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    service.row("a")
    service.row("b")
    assert unclear(session, service, row).candidates == ("a", "b")


def test_prompts_tell_two_tasks_apart_once_they_have_finished(session: Session) -> None:
    service = Service(prompts={"a": "another take", "b": "take 1"})
    row = sent(session, service)
    service.row("a")
    service.row("b")
    assert settled(session, service, row).task_id == "b"


def test_without_a_list_before_only_the_clock_counts(session: Session) -> None:
    service = Service(status=500)
    row = sent(session, service)
    assert row.before is None
    service.status = 200
    service.row("old", NOW - 30)
    unclear(session, service, row)
    service.row("t", NOW + 1)
    assert settled(session, service, session.ledger.submission(row.id)).task_id == "t"


def test_undated_task_is_named_where_neither_list_nor_clock_tells(session: Session) -> None:
    service = Service(status=500)
    row = sent(session, service)
    service.status = 200
    service.row("t", None)
    assert unclear(session, service, row).candidates == ("t",)


def test_list_that_cannot_be_had_before_does_not_keep_a_job_from_being_sent(session: Session) -> None:
    assert run(lambda own: tasks_before(calls.Service(own, ENDPOINT, MODEL)), Service(status=500), session=session).result is None


def test_registered_job_of_another_key_keeps_its_account(session: Session) -> None:
    row = registered(session.ledger, "other-key", account="fedcba9876543210")
    with pytest.raises(Exception, match=r"fedcba9876543210.*0123456789abcdef"):
        session.endpoint_of(row)


def test_no_more_than_a_few_tasks_are_asked_about(session: Session) -> None:
    service = Service()
    row = sent(session, service)
    for number in range(500):
        service.row(f"t-{number}")
    assert len(unclear(session, service, row).candidates) == 10


def test_task_that_only_its_date_speaks_against_is_named(session: Session) -> None:
    service = Service(status=500)
    row = sent(session, service)
    service.status = 200
    service.row("t", NOW - 3600)
    error = unclear(session, service, row)
    assert "t, created at another time" in str(error)
    assert "tasks adopt" in str(error)
