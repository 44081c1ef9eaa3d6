"""Whose task it is: keys of other accounts, colleagues, and two tasks that both fit."""

from pathlib import Path

import pytest

from .home import BRISK, Home
from .scenarios import JOB, job_rows
from .stand_in import KEY_A, KEY_A2, KEY_B, StandIn

pytestmark = pytest.mark.sweep


@pytest.fixture
def home(service: StandIn, tmp_path: Path) -> Home:
    return Home(tmp_path, service, BRISK)


def delivered(home: Home) -> set[str]:
    return {row["task_id"] for row in home.rows() if row["stage"] == "delivered"}


def test_another_accounts_key_leaves_a_submission_alone(service: StandIn, home: Home) -> None:
    service.rules(list_lag=30.0)
    service.fault("create", delivery="reset unanswered")
    assert home.submit(JOB).status == 1
    before, calls = home.rows(), len(service.log())
    ended = home.resume(key=KEY_B)
    assert ended.status == 1
    assert "account" in ended.said
    assert len(service.log()) == calls, "nothing is asked with the wrong key"
    assert [row["stage"] for row in home.rows()] == [row["stage"] for row in before]
    service.rules(list_lag=0.0)
    assert home.resume(key=KEY_A).status == 0
    assert delivered(home) == {task["id"] for task in service.tasks()}
    assert service.creates() == {JOB: 1}


def test_a_running_task_is_not_asked_for_with_another_accounts_key(service: StandIn, home: Home) -> None:
    service.rules(running=3.0)
    assert home.submit(JOB, options=["--detach"]).status == 0
    ended = home.resume(key=KEY_B)
    assert ended.status == 1
    assert "account" in ended.said
    assert home.resume(key=KEY_A).status == 0
    assert delivered(home) == {task["id"] for task in service.tasks()}


def test_a_colleagues_task_is_never_adopted(service: StandIn, home: Home) -> None:
    """The ledger holds a task of this key, so it is known how the list calls the key."""
    assert home.submit("before").status == 0
    service.rules(colleague=KEY_A2)
    service.fault("create", work="no", delivery="reset unanswered")
    assert home.submit(JOB).status == 1
    assert home.resume().status == 1
    assert [row["task_id"] for row in job_rows(home)] == [None]
    assert service.creates()[JOB] == 1


def test_a_colleagues_video_is_not_delivered_as_ones_own(service: StandIn, home: Home) -> None:
    """Nothing tells how the list calls the key. But the finished task says whose words it was made of."""
    service.rules(colleague=KEY_A2)
    service.fault("create", work="no", delivery="reset unanswered")
    home.submit(JOB)
    home.resume()
    assert home.videos() == []
    assert service.creates()[JOB] == 1


def test_where_two_fit_it_says_so(service: StandIn, home: Home) -> None:
    """Another program of the same key makes a task of the same words at the same moment."""
    service.rules(colleague=KEY_A, colleague_prompt=JOB)
    service.fault("create", delivery="reset unanswered")
    ended = home.submit(JOB)
    assert ended.status == 1
    both = {task["id"] for task in service.tasks() + service.tasks("colleague")}
    assert len(both) == 2
    assert all(task in ended.said for task in both)
    resumed = home.resume()
    assert resumed.status == 1
    assert all(task in resumed.said for task in both)
    assert home.videos() == []
    assert service.creates()[JOB] == 1


def test_a_task_that_is_listed_twice_is_one_task(service: StandIn, home: Home) -> None:
    service.rules(list_twice=True)
    service.fault("create", delivery="reset in body")
    ended = home.submit(JOB)
    assert ended.status == 0, ended.said
    assert delivered(home) == {task["id"] for task in service.tasks()}


def test_the_task_of_another_submission_is_not_taken(service: StandIn, home: Home) -> None:
    """Two of one's own at once: one is known, the other lost. The known one is not taken for both."""
    service.rules(running=2.0)
    service.fault("create", job=JOB, work="no", delivery="reset unanswered")
    ended = home.submit("another", JOB)
    assert ended.status == 1
    assert [row["task_id"] for row in job_rows(home)] == [None]
    assert delivered(home) == {task["id"] for task in service.tasks("another")}
    assert service.creates() == {"another": 1, JOB: 1}
