"""The state of the service, and the states of a task. No I/O; the time is given, in seconds since the epoch."""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ..catalog import Model
from ..catalog.schema import Rates, Terms
from ..errors import UsageError
from ..media.facts import Facts
from . import limits
from .calls import Call, Refusal

# The share of a task's time that it is pending at least.
_QUEUED_SHARE = 0.2
# Calls that are spaced exactly by a limit can arrive a little closer together than they were sent.
_RATE_WINDOW_S = 0.9
_BEFORE_RUNNING = ("SUSPENDED", "PRE-PROCESSING")
_AFTER_RUNNING = ("POST-PROCESSING",)
# The year 9000: its times still have four digits.
_END_OF_TIME = 221_845_392_000
_Value = TypeVar("_Value")


class Clock:
    """The service's clock. It can be moved forward, from any thread."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._base() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises UsageError beyond the year 9000."""
        with self._lock:
            if not 0 <= seconds <= _END_OF_TIME - self.now():
                raise UsageError(f"the clock cannot be moved forward by {seconds!r} seconds")
            self._ahead += seconds


class RateLimits:
    """How many calls were made in the last second, by name."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def enter(self, name: str, per_second: float, now: float) -> None:
        """Count a call. Raises Refusal (429) for one too many, which is not counted."""
        calls = self._calls[name]
        while calls and calls[0] <= now - _RATE_WINDOW_S:
            calls.popleft()
        if len(calls) >= max(1, per_second):
            raise Refusal(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
        calls.append(now)


class Owner(NamedTuple):
    """The owner of an API key: the number of the account, and of the key itself."""

    account: str
    key: str


def owner_of(key: str) -> Owner:
    """The owner of an API key: `NAME.ANYTHING` belongs to an account of that name, all other keys to one account."""
    name, dot, _ = key.partition(".")
    return Owner(_number(name if dot else "", 16), _number(key, 7))


def _number(text: str, digits: int) -> str:
    """A number that identifies a text without revealing it."""
    most = 10 ** (digits - 1)
    return str(most + int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()) % (9 * most))


@dataclass(frozen=True)
class Policy:
    """Permission to upload one file."""

    account: str
    model: Model
    text: str
    signature: str
    folder: str
    expires: float


@dataclass(frozen=True)
class Upload:
    """One file in the temporary space."""

    account: str
    model: Model
    path: Path
    expires: float


@dataclass(frozen=True)
class Task:
    """One task.

    `request`: the received call in JSON, without its Base64. `failure`: the code and message it will end with. `paths`, `facts`:
    of its inputs on this machine.
    """

    id: str
    owner: Owner
    call: Call
    request: bytes
    request_id: str
    submitted: float
    failure: tuple[str, str] | None = None
    paths: Mapping[str, Path] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)
    started: float | None = None
    cancelled: float | None = None

    @property
    def model(self) -> Model:
        return self.call.model

    @property
    def template_id(self) -> str:
        """The id of the template, if it makes one."""
        word = self.id.replace("-", "")
        return f"AACT.{word[:8]}.{word[8:16]}-{word[16:24]}.{word[24:32]}"


class Life:
    """Moves tasks through their states; a task takes `seconds` in all.

    A task is pending for a share of that, and until fewer tasks of its model run than documented.
    """

    def __init__(self, seconds: float, terms: Terms) -> None:
        self._queued = seconds * _QUEUED_SHARE
        self._worked = seconds - self._queued
        self._terms = terms
        self._tasks: dict[str, Task] = {}
        self._bytes = 0

    def add(self, task: Task) -> None:
        """Add a task after all earlier ones; if there are too many, the oldest is dropped."""
        self._tasks[task.id] = task
        self._bytes += len(task.request)
        while len(self._tasks) > limits.TASKS or self._bytes > limits.TASK_BYTES:
            self._bytes -= len(self._tasks.pop(next(iter(self._tasks))).request)

    def task(self, task_id: str, account: str, now: float) -> Task | None:
        """The account's task; None if it never existed, or is too old to be kept."""
        task = self.known(task_id, now)
        seen = task and task.owner.account == account and task.submitted > now - self._terms.task_lifetime
        return task if seen else None

    def known(self, task_id: str, now: float) -> Task | None:
        """The task, whatever its account and age."""
        self._start_due(now)
        return self._tasks.get(task_id)

    def tasks(self, now: float) -> tuple[Task, ...]:
        """Every task that is still kept, oldest first."""
        self._start_due(now)
        return tuple(self._tasks.values())

    def cancel(self, task_id: str, account: str, now: float) -> bool:
        """Cancel a pending task of the account; False for any other."""
        task = self.task(task_id, account, now)
        if task is None or self.status(task, now) != "PENDING":
            return False
        self._tasks[task_id] = replace(task, cancelled=now)
        return True

    def status(self, task: Task, now: float) -> str:
        """Its state at a time, which must not be earlier than in the last call."""
        if task.cancelled is not None:
            return "CANCELED"
        if task.started is None:
            return "PENDING"
        spent = now - task.started
        if spent >= self._worked:
            return "FAILED" if task.failure else "SUCCEEDED"
        extra = task.model.require_service().extra_states
        stages = [state for state in (*_BEFORE_RUNNING, "RUNNING", *_AFTER_RUNNING) if state == "RUNNING" or state in extra]
        return stages[int(spent / self._worked * len(stages))]

    def ended(self, task: Task, now: float) -> float | None:
        """When it ended; None while it has not."""
        if task.cancelled is not None:
            return task.cancelled
        end = None if task.started is None else task.started + self._worked
        return end if end is not None and end <= now else None

    def _start_due(self, now: float) -> None:
        full: set[str] = set()
        for task in list(self._tasks.values()):
            if task.started is not None or task.cancelled is not None or task.model.id in full:
                continue
            start = max(task.submitted + self._queued, self._free_from(task.model))
            if start <= now:
                self._tasks[task.id] = replace(task, started=start)
            else:
                full.add(task.model.id)

    def _free_from(self, model: Model) -> float:
        """When a task of the model can start."""
        rates = rates_of(model)
        limit = rates.concurrent_tasks if rates else None
        ends = [task.started + self._worked for task in self._tasks.values() if task.model is model and task.started is not None]
        return float("-inf") if limit is None or len(ends) < limit else sorted(ends)[-limit]


def rates_of(model: Model) -> Rates | None:
    """The limits of a model: those of its first region; None if none are documented."""
    return next((rates for rates in model.rates if model.regions[0] in rates.regions), next(iter(model.rates), None))


def new_id() -> str:
    """An id of a task or a request."""
    return str(uuid.uuid4())


def remember(known: dict[str, _Value], name: str, value: _Value, most: int) -> None:
    """Add an entry; if there are too many, the oldest is dropped."""
    known[name] = value
    while len(known) > most:
        del known[next(iter(known))]


class Memory:
    """All of it."""

    def __init__(self, seconds_per_task: float, terms: Terms) -> None:
        self.life = Life(seconds_per_task, terms)
        self.rates = RateLimits()
        self.policies: dict[str, Policy] = {}
        self.uploads: dict[str, Upload] = {}
        self.secret = secrets.token_bytes(16)
        self.log: deque[dict[str, Any]] = deque(maxlen=limits.LOG_ENTRIES)
