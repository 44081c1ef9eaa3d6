"""A create call whose answer is lost, in every way: no second task, nothing paid for out of reach.

A mutant check: with a fault put into the client, many of the 300 must fail. Let it forget when a submission was sent, for one (it
searches the list with the wrong window then), take a silent list for a proof that nothing was made, or adopt the first row.
`pytest -sm sweep tests/outside/test_lost_answers.py` prints, for each kind of fault, how many scenarios there were, and how many
of them went wrong.
"""

import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from .home import BRISK, Home
from .scenarios import (
    CLIENTS,
    DATES,
    ERRORS,
    JOB,
    LISTS,
    LOCAL_CLOCKS,
    LOST,
    REFUSED,
    REFUSING_LISTS,
    Outcome,
    Scenario,
    play_many,
)
from .stand_in import StandIn

SEED = 20261129
LATENESS = (0.3, 0.8, 1.5, 20.0, 30.0)
"""The list is looked at for two seconds, so the last two are found by `tasks resume` only, even on a busy machine."""


def judge(outcome: Outcome) -> None:
    """What each kind has to end with."""
    scenario = outcome.scenario
    assert not outcome.faults(), outcome.told()
    is_contradictory = "date" in DATES[scenario.date]  # the Date header does not go with the times in the list
    is_lost = scenario.answer in LOST
    if is_lost and scenario.work == "no":
        assert (outcome.first_status, outcome.first_stage) == (1, "unclear"), outcome.told()
        assert outcome.calls == 1, outcome.told()
        if scenario.client == "command":
            assert "tasks resume" in outcome.first_said and "--again" in outcome.first_said, outcome.told()
    elif scenario.late <= 0.8 and scenario.task_list == "plain" and scenario.refusing == "answers" and not is_contradictory:
        assert (outcome.first_status, outcome.first_stage) == (0, "delivered"), outcome.told()
        assert outcome.creates == 1, outcome.told()
    elif scenario.late > 2:
        assert (outcome.first_status, outcome.first_stage) == (1, "unclear"), outcome.told()


# ---- a few, always


FEW = (
    Scenario("reset, unanswered", work="no"),
    Scenario("reset, unanswered", work="late", late=30.0),
    Scenario("gateway 502", work="no", client="asyncio"),
    Scenario("200, half of JSON", client="trio"),
    Scenario("500 InternalError", client="sync"),
    Scenario("reset, unanswered", refusing="403 for a while", local_clock="an hour ahead"),
)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[Scenario, Outcome]:
    return dict(zip(FEW, play_many(FEW, tmp_path_factory.mktemp("few")), strict=True))


@pytest.mark.parametrize("scenario", FEW, ids=str)
def test_few(few: dict[Scenario, Outcome], scenario: Scenario) -> None:
    judge(few[scenario])


@pytest.mark.sweep
def test_only_again_sends_anew_what_is_unclear(service: StandIn, tmp_path: Path) -> None:
    home = Home(tmp_path, service, BRISK)
    service.fault("create", work="no", delivery="reset unanswered")
    assert home.submit(JOB).status == 1
    assert home.submit(JOB).status == 1
    assert home.resume().status == 1
    assert service.creates() == {JOB: 1}
    assert home.submit(JOB, options=["--again"]).status == 0
    assert service.creates() == {JOB: 2}
    assert len(service.tasks()) == 1


@pytest.mark.parametrize(
    ("date", "answer"),
    [
        pytest.param("+172800", "500 InternalError", id="two days ahead"),
        pytest.param("-172800", "reset, unanswered", id="two days behind"),
        pytest.param("+46800", "500 InternalError", id="13 h ahead", marks=pytest.mark.sweep),
        pytest.param("-46800", "reset, unanswered", id="13 h behind", marks=pytest.mark.sweep),
    ],
)
def test_a_date_that_is_wrong_by_days_leads_to_no_second_task(service: StandIn, tmp_path: Path, date: str, answer: str) -> None:
    home = Home(tmp_path, service)
    service.rules(date=date)
    service.fault("create", job=JOB, work="yes", **(LOST | ERRORS)[answer])
    home.submit(JOB)
    home.resume()
    assert service.creates() == {JOB: 1}
    assert [row["stage"] for row in home.rows()] == ["delivered"]


# ---- one of each kind


def can_work(answer: str, work: str) -> bool:
    return work == "no" or answer != "reset, request unread"


def each_kind() -> tuple[Scenario, ...]:
    kinds: list[Scenario] = []
    for n, answer in enumerate(LOST):
        client = "sync" if answer == "silence" else CLIENTS[n % 4]
        kinds += [Scenario(answer, work=work, client=client) for work in ("yes", "no") if can_work(answer, work)]
    kinds += [Scenario(answer, work=work) for answer in ERRORS for work in ("yes", "no")]
    kinds += [Scenario(answer, work="no", client=CLIENTS[n % 4]) for n, answer in enumerate(REFUSED)]
    kinds += [Scenario("reset, unanswered", "late", late, client=CLIENTS[n % 4]) for n, late in enumerate(LATENESS)]
    kinds += [Scenario("reset, unanswered", task_list=one, others=8) for one in LISTS if one != "plain"]
    kinds += [Scenario("gateway 504", refusing=one) for one in REFUSING_LISTS]
    kinds += [Scenario("reset within the head", date=one) for one in DATES]
    kinds += [Scenario("closed, unanswered", local_clock=one, client=CLIENTS[n]) for n, one in enumerate(LOCAL_CLOCKS)]
    kinds += [Scenario("reset, unanswered", work="no", task_list="colleague at the same moment")]
    return tuple(dict.fromkeys(kinds))


EACH = each_kind()


@pytest.fixture(scope="module")
def each(tmp_path_factory: pytest.TempPathFactory) -> dict[Scenario, Outcome]:
    return dict(zip(EACH, play_many(EACH, tmp_path_factory.mktemp("each")), strict=True))


@pytest.mark.sweep
@pytest.mark.parametrize("scenario", EACH, ids=str)
def test_each_kind(each: dict[Scenario, Outcome], scenario: Scenario) -> None:
    judge(each[scenario])


# ---- many, at random


def draw(random: random.Random) -> Scenario:
    """Half of each of the choices is the usual case, so that a scenario holds two or three faults and not eight."""
    [(kind, works)] = random.choices(
        [(LOST, ["yes", "yes", "no", "late"]), (ERRORS, ["yes", "no"]), (REFUSED, ["no"])], [75, 15, 10]
    )
    answer = random.choice(list(kind))
    work = random.choice([work for work in works if can_work(answer, work)])

    def often(usual: str, choices: Iterable[str]) -> str:
        return random.choice([usual, random.choice(list(choices))])

    task_list = often("plain", (name for name in LISTS if kind is LOST or name != "lags long"))
    return Scenario(
        answer,
        work,
        random.choice(LATENESS) if work == "late" else 0.0,
        task_list,
        often("answers", REFUSING_LISTS),
        often("right", DATES),
        often("right", LOCAL_CLOCKS),
        random.choice(CLIENTS[1:] if answer == "silence" else CLIENTS),
        random.choice([0, 8]),
    )


def many(count: int, folder: Path) -> list[Outcome]:
    print(f"\nseed {SEED}")
    chance = random.Random(SEED)
    outcomes = play_many([draw(chance) for _ in range(count)], folder)
    show(outcomes)
    return outcomes


def show(outcomes: list[Outcome]) -> None:
    """A table: for each kind of fault, how many scenarios had it, and in how many of them something went wrong."""
    had, wrong = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for outcome in outcomes:
        scenario = outcome.scenario
        kinds = {
            ("answer", scenario.answer),
            ("work", scenario.work),
            ("list", scenario.task_list),
            ("list refuses", scenario.refusing),
            ("service's clock", scenario.date),
            ("local clock", scenario.local_clock),
            ("client", scenario.client),
            ("all", ""),
        }
        had.update(kinds)
        if outcome.faults():
            wrong.update(kinds)
    for (group, name), count in sorted(had.items()):
        print(f"{group:16} {name:32} {count:4} scenarios {wrong[group, name]:4} wrong")
    for fault, count in Counter(fault[:100] for outcome in outcomes for fault in outcome.faults()).most_common():
        print(f"{count:4} times: {fault}")
    print(f"the longest took {max(outcome.seconds for outcome in outcomes):.0f} s")


def check(outcomes: list[Outcome]) -> None:
    failed = [outcome.told() for outcome in outcomes if outcome.faults()]
    assert not failed, f"{len(failed)} of {len(outcomes)} scenarios failed\n" + "\n".join(failed[:20])


@pytest.mark.sweep
@pytest.mark.release
def test_forty_at_random(tmp_path: Path) -> None:
    check(many(40, tmp_path))


@pytest.mark.sweep
@pytest.mark.release
def test_three_hundred_at_random(tmp_path: Path) -> None:
    check(many(300, tmp_path))
