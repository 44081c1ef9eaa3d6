from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.emulator import limits
from mediapreflight.emulator.calls import Call, Refusal
from mediapreflight.emulator.state import Clock, Life, RateLimits, Task, owner_of, rates_of, remember
from mediapreflight.errors import UsageError
from mediapreflight.job import Job

from .caller import GENERATORS, MODELS, model

ME = owner_of("sk-me")
PROVIDER = builtin_catalog().terms
ENDS = {"SUCCEEDED", "FAILED", "CANCELED"}


def task(number: int, submitted: float, name: str = "emo-v1", failure: tuple[str, str] | None = None) -> Task:
    return Task(f"task-{number}", ME, Call(model(name), name, Job(name)), b"{}", "r", submitted, failure)


def statuses(life: Life, task_id: str, moments: list[float]) -> list[str]:
    found = []
    for now in moments:
        seen = life.task(task_id, ME.account, now)
        assert seen is not None
        found.append(life.status(seen, now))
    return found


@pytest.mark.every("entry", GENERATORS)
def test_every_task_passes_through_the_states_its_model_documents(entry) -> None:
    life = Life(100, PROVIDER)
    life.add(task(1, 0.0, entry.id))
    seen = list(dict.fromkeys(statuses(life, "task-1", [float(second) for second in range(101)])))
    assert seen[0] == "PENDING"
    assert seen[-1] == "SUCCEEDED"
    assert set(seen[1:-1]) == {"RUNNING", *entry.service.extra_states}


def test_states_around_running() -> None:
    life = Life(100, PROVIDER)
    life.add(task(1, 0.0, "videoretalk"))
    assert statuses(life, "task-1", [0, 20, 50, 80, 100]) == [
        "PENDING",
        "PRE-PROCESSING",
        "RUNNING",
        "POST-PROCESSING",
        "SUCCEEDED",
    ]


def test_task_that_fails_takes_its_time_and_says_why() -> None:
    life = Life(100, PROVIDER)
    life.add(task(1, 0.0, failure=("InternalError", "no")))
    assert statuses(life, "task-1", [99, 100]) == ["RUNNING", "FAILED"]


def test_one_task_at_once_where_that_is_the_limit() -> None:
    life = Life(100, PROVIDER)
    for number in range(3):
        life.add(task(number, float(number)))
    assert [statuses(life, f"task-{number}", [150])[0] for number in range(3)] == ["SUCCEEDED", "RUNNING", "PENDING"]
    assert [statuses(life, f"task-{number}", [200])[0] for number in range(3)] == ["SUCCEEDED", "SUCCEEDED", "RUNNING"]


def test_models_do_not_wait_for_each_other() -> None:
    life = Life(100, PROVIDER)
    life.add(task(1, 0.0, "emo-v1"))
    life.add(task(2, 0.0, "liveportrait"))
    assert statuses(life, "task-1", [50]) == statuses(life, "task-2", [50]) == ["RUNNING"]


def test_only_what_waits_can_be_cancelled_and_makes_room() -> None:
    life = Life(100, PROVIDER)
    for number in range(3):
        life.add(task(number, 0.0))
    assert not life.cancel("task-0", ME.account, 30)
    assert not life.cancel("nothing", ME.account, 30)
    assert life.cancel("task-1", ME.account, 30)
    assert not life.cancel("task-1", ME.account, 31)
    assert statuses(life, "task-2", [99, 101, 180]) == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert statuses(life, "task-1", [500]) == ["CANCELED"]


def test_day_after_it_a_task_is_unknown() -> None:
    life = Life(1, PROVIDER)
    life.add(task(1, 0.0))
    assert life.task("task-1", ME.account, 86_399) is not None
    assert life.task("task-1", ME.account, 86_400) is None


@given(st.lists(st.tuples(st.sampled_from(["submit", "cancel", "wait"]), st.integers(0, 9), st.floats(0, 60)), max_size=40))
def test_whatever_happens_the_limit_holds_and_nobody_overtakes(steps: list[tuple[str, int, float]]) -> None:
    life, now, count = Life(100, PROVIDER), 0.0, 0
    ranks = {"PENDING": 0, "RUNNING": 1, "SUCCEEDED": 2, "CANCELED": 2}
    before: dict[str, str] = {}
    for what, which, seconds in steps:
        if what == "submit":
            life.add(task(count, now))
            count += 1
        elif what == "cancel":
            life.cancel(f"task-{which}", ME.account, now)
        now += seconds
        after = {each.id: life.status(each, now) for each in life.tasks(now)}
        assert list(after.values()).count("RUNNING") <= 1
        order = [status for status in after.values() if status != "CANCELED"]
        assert [ranks[status] for status in order] == sorted((ranks[status] for status in order), reverse=True)
        assert all(
            ranks[after[name]] >= ranks[status] and (status not in ENDS or after[name] == status)
            for name, status in before.items()
        )
        before = after


def test_rates_count_the_last_second() -> None:
    rates = RateLimits()
    for moment in (0.0, 0.1):
        rates.enter("a", 2, moment)
    with pytest.raises(Refusal) as refusal:
        rates.enter("a", 2, 0.5)
    assert (refusal.value.status, refusal.value.code) == (429, "Throttling.RateQuota")
    rates.enter("b", 2, 0.5)
    rates.enter("a", 2, 1.0)


def test_calls_in_step_with_the_limit_pass_though_they_arrive_unevenly() -> None:
    rates = RateLimits()
    for second in range(20):
        rates.enter("a", 1, second - 0.05 * (second % 2))


def test_every_model_has_rates() -> None:
    assert all(rates.requests_per_second > 0 for entry in MODELS if (rates := rates_of(entry)))


def test_clock_moves_forward() -> None:
    clock = Clock(lambda: 10.0)
    clock.advance(5)
    clock.advance(0.5)
    assert clock.now() == 15.5


def test_clock_has_an_end_and_no_way_back() -> None:
    clock = Clock(lambda: 10.0)
    for seconds in (-1, 1e12, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="cannot be moved"):
            clock.advance(seconds)
    assert clock.now() == 10.0


def test_oldest_task_is_forgotten_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TASKS", 3)
    life = Life(100, PROVIDER)
    for number in range(5):
        life.add(task(number, float(number)))
    assert [each.id for each in life.tasks(0)] == ["task-2", "task-3", "task-4"]


def test_oldest_task_is_forgotten_where_their_calls_are_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TASK_BYTES", 100)
    life = Life(100, PROVIDER)
    for number in range(5):
        life.add(replace(task(number, float(number)), request=bytes(40)))
    assert [each.id for each in life.tasks(0)] == ["task-3", "task-4"]


def test_tasks_are_seen_by_their_account_only() -> None:
    life = Life(100, PROVIDER)
    life.add(task(1, 0.0))
    other = owner_of("other.key").account
    assert life.task("task-1", other, 1) is None
    assert not life.cancel("task-1", other, 1)
    assert life.cancel("task-1", ME.account, 1)


def test_keys_and_their_accounts() -> None:
    one, two, alice, alices, bob = map(owner_of, ("sk-1", "sk-2", "alice.1", "alice.2", "bob.1"))
    assert one.account == two.account
    assert alice.account == alices.account
    assert len({one.account, alice.account, bob.account}) == 3
    assert len({owner.key for owner in (one, two, alice, alices, bob)}) == 5
    assert all(owner.key.isdecimal() and owner.account.isdecimal() for owner in (one, alice, bob))
    assert len(one.account) == len(bob.account) == 16


def test_what_is_remembered_is_the_last() -> None:
    known: dict[str, int] = {}
    for number in range(5):
        remember(known, str(number), number, 2)
    assert known == {"3": 3, "4": 4}
