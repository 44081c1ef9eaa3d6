"""A submission whose answer is lost, in one of many ways, and what became of it after `tasks resume` has looked again."""

import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .home import Home
from .stand_in import KEY_A2, StandIn

JOB = "the job"
OWN_WORDS = {"code": "InternalError", "message": "An internal error has occurred, please try again later.", "request_id": "r-1"}


def own_words(code: str) -> dict[str, Any]:
    return OWN_WORDS | {"code": code}


def page(title: str) -> str:
    return f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"


LOST: dict[str, dict[str, Any]] = {
    "reset, request unread": {"delivery": "reset unread"},
    "reset, unanswered": {"delivery": "reset unanswered"},
    "closed, unanswered": {"delivery": "closed unanswered"},
    "reset within the head": {"delivery": "reset in head"},
    "reset within the body": {"delivery": "reset in body"},
    "closed within the body": {"delivery": "closed in body"},
    "body shorter than said": {"delivery": "too short"},
    "silence": {"delivery": "silent"},
    "gateway 502": {"status": 502, "body": page("502 Bad Gateway")},
    "gateway 503": {"status": 503, "body": page("503 Service Temporarily Unavailable")},
    "gateway 504": {"status": 504, "body": page("504 Gateway Time-out")},
    "500 without a code": {"status": 500, "body": {"message": "oops"}},
    "200, empty": {"status": 200, "body": ""},
    "200, a page": {"status": 200, "body": page("Welcome")},
    "200, half of JSON": {"status": 200, "body": '{"output": {"task_id": "'},
    "200, JSON null": {"status": 200, "body": None},
    "200, JSON list": {"status": 200, "body": [1, 2]},
    "200, output is a list": {"status": 200, "body": {"output": [], "request_id": "r"}},
    "200, task_id is a number": {"status": 200, "body": {"output": {"task_id": 7, "task_status": "PENDING"}, "request_id": "r"}},
    "200, task_id is empty": {"status": 200, "body": {"output": {"task_id": "", "task_status": "PENDING"}, "request_id": "r"}},
    "200, said to be gzip": {"status": 200, "body": "no gzip", "headers": {"Content-Encoding": "gzip"}},
    "302 elsewhere": {"status": 302, "body": "", "headers": {"Location": "http://127.0.0.1:9/"}},
    "307 to no place": {"status": 307, "body": "", "headers": {"Location": "http:nowhere"}},
    "408 without a request id": {"status": 408, "body": {"code": "GATEWAY_TIMEOUT", "message": "upstream request timeout"}},
    "429 without a request id": {"status": 429, "body": {"error": {"code": "rate_limited", "message": "slow down"}}},
    "bomb": {"gigabytes": 0.5, "headers": {"Content-Encoding": "gzip, gzip"}},
}
"""Answers to a create call that leave open whether it made a task."""

REFUSED: dict[str, dict[str, Any]] = {
    "429 Throttling": {"status": 429, "body": own_words("Throttling")},
    "429 Throttling.RateQuota": {"status": 429, "body": own_words("Throttling.RateQuota")},
    "429 Throttling.BurstRate": {"status": 429, "body": own_words("Throttling.BurstRate")},
    "429 Throttling.Concurrency": {"status": 429, "body": own_words("Throttling.Concurrency")},
    "429 Throttling.AllocationQuota": {"status": 429, "body": own_words("Throttling.AllocationQuota")},
    "429 LimitRequests": {"status": 429, "body": own_words("LimitRequests")},
}
"""The service says in its own words that it made nothing, and documents to try again."""

ERRORS: dict[str, dict[str, Any]] = {
    "500 InternalError": {"status": 500, "body": own_words("InternalError")},
    "500 SystemError": {"status": 500, "body": own_words("SystemError")},
    "500 RequestTimeOut": {"status": 500, "body": own_words("RequestTimeOut")},
    "503 ModelServingError": {"status": 503, "body": own_words("ModelServingError")},
    "408 RequestTimeOut": {"status": 408, "body": own_words("RequestTimeOut")},
    "400 InternalError.Timeout": {"status": 400, "body": own_words("InternalError.Timeout")},
    "429 InternalError": {"status": 429, "body": own_words("InternalError")},
}
"""Well-formed errors of its own: together with a task list that shows none, they say that nothing was made."""

LISTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "lags": {"list_lag": 0.8},
    "lags long": {"list_lag": 4.0},
    "oldest first": {"list_order": "oldest"},
    "any order": {"list_order": "random"},
    "total larger": {"list_total": "larger"},
    "total 0": {"list_total": "zero"},
    "no total": {"list_total": "missing", "list_total_page": "missing"},
    "total_page 1": {"list_total_page": "one"},
    "total_page 0": {"list_total_page": "zero"},
    "total_page larger": {"list_total_page": "larger"},
    "says page 1 on each": {"list_page_no": "one"},
    "its own page size": {"list_page_size": 2},
    "each row twice": {"list_twice": True},
    "rows shift": {"list_shifts": True, "list_page_size": 3},
    "no model_name": {"list_without": ["model_name"]},
    "gmt_create null": {"list_nulls": ["gmt_create"]},
    "api_key_id null": {"list_nulls": ["api_key_id", "caller_uid"]},
    "colleague at the same moment": {"colleague": KEY_A2},
}

REFUSING_LISTS: dict[str, dict[str, Any]] = {
    "answers": {},
    "403 for a while": {"status": 403, "body": own_words("AccessDenied"), "times": 3},
    "429 for a while": {"status": 429, "body": own_words("Throttling.RateQuota"), "times": 3},
    "500 for a while": {"status": 500, "body": own_words("InternalError"), "times": 3},
    "an error with status 200 for a while": {"status": 200, "body": own_words("Throttling.RateQuota") | {"data": []}, "times": 3},
    "resets for a while": {"delivery": "reset unanswered", "times": 3},
    "pages of a gateway for a while": {"status": 502, "body": page("502 Bad Gateway"), "times": 3},
}

DATES: dict[str, dict[str, Any]] = {
    "right": {},
    "service an hour ahead": {"clock_offset": 3600.0},
    "service an hour behind": {"clock_offset": -3600.0},
    "Date an hour ahead": {"date": "+3600"},
    "Date an hour behind": {"date": "-3600"},
    "no Date": {"date": "missing"},
    "Date nonsense": {"date": "yesterday evening"},
    "Date of the year 9999": {"date": "Fri, 31 Dec 9999 23:59:59 GMT"},
}

LOCAL_CLOCKS = {"right": "", "an hour ahead": "+3600", "an hour behind": "-3600", "jumps": "jump"}

CLIENTS = ("command", "sync", "asyncio", "trio")


@dataclass(frozen=True)
class Scenario:
    answer: str
    work: str = "yes"
    late: float = 0.0
    task_list: str = "plain"
    refusing: str = "answers"
    date: str = "right"
    local_clock: str = "right"
    client: str = "command"
    others: int = 0
    """Tasks that others of the account made before."""

    def __str__(self) -> str:
        """What is unusual about it."""
        given = ((one.name, getattr(self, one.name)) for one in fields(self))
        usual = {one.name: one.default for one in fields(self)}
        return ", ".join(
            str(value) if isinstance(value, str) else f"{name} {value}" for name, value in given if value != usual[name]
        )

    @property
    def knows_its_key(self) -> bool:
        """Whether the ledger holds a task of this key already, which tells how the list calls the key."""
        return self.task_list in ("colleague at the same moment", "rows shift")

    @property
    def can_be_told(self) -> bool:
        """Whether the service says enough to know the task as the job's own: when it was made, and what time it is.

        Without a clock to go by, a new row of the list can still be told from those that stood there before the call. But where
        the list did not answer then or says that it has more rows than it shows, or where the row comes late, it may be
        anybody's. It has to be named, then.
        """
        has_no_clock = "date" in DATES[self.date]
        comes_late = self.work == "late" or self.task_list == "lags long"
        has_more = self.task_list == "total larger" or (self.task_list == "each row twice" and self.others > 0)
        is_unseen = comes_late or has_more or self.refusing != "answers"
        return self.task_list != "gmt_create null" and not (has_no_clock and is_unseen)


@dataclass(frozen=True)
class Outcome:
    """What became of it.

    `calls` are the create calls of the job, `creates` those of them that made a task or may have made one, and `made` the tasks.
    `rows` are the ledger's rows of the job, at the end.
    """

    scenario: Scenario
    creates: int
    calls: int
    made: tuple[str, ...]
    first_status: int
    first_said: str
    first_stage: str
    resumed_said: str
    rows: tuple[dict[str, Any], ...]
    colleagues: frozenset[str]
    keys: tuple[str, ...]
    seconds: float
    broken: str = ""
    """Not empty: a process ended with a traceback, printed a key, or did not end."""

    @property
    def is_home(self) -> bool:
        """Every task that was made is delivered, as the job's."""
        return all(
            any(row["task_id"] == task and row["stage"] == "delivered" and Path(row["result"]).is_file() for row in self.rows)
            for task in self.made
        )

    @property
    def is_named(self) -> bool:
        """Every task that was made is named to the user."""
        return all(task in self.first_said + self.resumed_said for task in self.made)

    def faults(self) -> list[str]:
        """What the issue forbids."""
        if self.broken:
            return [self.broken]
        found = []
        if not self.calls:
            found.append("no create call was sent")
        if self.creates > 1:
            found.append(f"{self.creates} create calls that made or may have made a task")
        if self.scenario.can_be_told and not self.is_home:
            found.append("a task that was made is not brought home")
        if not self.scenario.can_be_told and not (self.is_home or self.is_named):
            found.append("a task that was made is neither brought home nor named")
        if any(row["task_id"] in self.colleagues for row in self.rows):
            found.append("a colleague's task was taken for its own")
        if self.keys:
            found.append(f"a key stood in {', '.join(self.keys)}")
        return found

    def told(self) -> str:
        return f"{self.scenario}\n  {'; '.join(self.faults())}\n  first: {self.first_said}\n  resumed: {self.resumed_said}"


def play(scenario: Scenario, service: StandIn, folder: Path) -> Outcome:
    started = time.monotonic()
    home = Home(folder, service)
    service.reset()
    service.rules(**DATES[scenario.date])
    for n in range(scenario.others):
        service.ask("POST", "/tasks", {"key": KEY_A2, "model": "wan2.6-i2v", "ago_s": 300.0 + 60 * n})
    if scenario.knows_its_key:
        assert home.submit("before").status == 0
    service.rules(**LISTS[scenario.task_list])
    way = LOST | REFUSED | ERRORS
    service.fault("create", job=JOB, work=scenario.work, late=scenario.late, **way[scenario.answer])
    if fault := REFUSING_LISTS[scenario.refusing]:
        service.fault("list", **fault)
    status, said = run(scenario, home)
    stage = next((row["stage"] for row in job_rows(home)), "")
    resumed = ""
    if stage != "delivered":
        service.recover()
        wait_until_listed(service, LISTS[scenario.task_list].get("list_lag", 0.0))
        resumed = home.resume(clock=LOCAL_CLOCKS[scenario.local_clock]).said
    return Outcome(
        scenario,
        service.creates()[JOB],
        sum(entry["job"] == JOB for entry in service.log("create")),
        tuple(task["id"] for task in service.tasks(JOB)),
        status,
        said,
        stage,
        resumed,
        tuple(job_rows(home)),
        frozenset(task["id"] for task in service.tasks("colleague")),
        tuple(service.keys_elsewhere()),
        time.monotonic() - started,
    )


def run(scenario: Scenario, home: Home) -> tuple[int, str]:
    clock = LOCAL_CLOCKS[scenario.local_clock]
    if scenario.client == "command":
        ended = home.submit(JOB, clock=clock)
        return ended.status, ended.said
    [answer] = home.python(scenario.client, home.wan(JOB), clock=clock, client={"timeout_s": 2.0})
    return ("error" in answer), str(answer)


def job_rows(home: Home) -> list[dict[str, Any]]:
    return [row for row in home.rows() if row["job"]["inputs"].get("prompt") == JOB]


def wait_until_listed(service: StandIn, lag: float) -> None:
    """Nobody waits for what is late: the service's clock is set on."""
    offset = service.ask("GET", "/rules")["clock_offset"]
    last = max((task["appears"] for task in service.tasks(JOB)), default=0.0) + lag
    service.rules(clock_offset=offset + max(0.0, last - offset - time.time() + 0.1))


def play_many(scenarios: Sequence[Scenario], folder: Path, at_once: int = 8) -> list[Outcome]:
    """All of them, several at a time, each thread with a service of its own. Most of the time is waiting."""
    own, running, lock = threading.local(), [], threading.Lock()

    def one(numbered: tuple[int, Scenario]) -> Outcome:
        if not hasattr(own, "service"):
            own.service = StandIn().__enter__()
            with lock:
                running.append(own.service)
        number, scenario = numbered
        try:
            return play(scenario, own.service, folder / str(number))
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return Outcome(scenario, 0, 0, (), -1, "", "", "", (), frozenset(), (), 0.0, f"{type(error).__name__}: {error}")

    try:
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(one, enumerate(scenarios)))
    finally:
        for service in running:
            service.__exit__(None, None, None)
