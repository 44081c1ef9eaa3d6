"""What the service remembers, and how a task lives. No I/O; time comes from outside, in seconds since the epoch."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..catalog import Model
from ..catalog.schema import Provider, Rates
from ..probe import Facts
from .calls import Call, Refusal

# The part of a task's time that it waits for its turn at least.
_QUEUED_SHARE = 0.2
# Calls made in step with a limit arrive a little closer together than they were sent.
_RATE_WINDOW_S = 0.9
_BEFORE_RUNNING = ("SUSPENDED", "PRE-PROCESSING")
_AFTER_RUNNING = ("POST-PROCESSING",)


class Clock:
    """The time the service believes it is. It can be moved forward, from any thread."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._base() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time go by."""
        with self._lock:
            self._ahead += seconds


class RateLimits:
    """How many calls were made in the last second, by name."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def enter(self, name: str, per_second: float, now: float) -> None:
        """Count a call. Raises Refusal (429) for one too many, which does not count."""
        calls = self._calls[name]
        while calls and calls[0] <= now - _RATE_WINDOW_S:
            calls.popleft()
        if len(calls) >= max(1, per_second):
            raise Refusal(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
        calls.append(now)


@dataclass(frozen=True)
class Policy:
    """Leave to upload one file."""

    model: Model
    text: str
    signature: str
    folder: str
    expires: float


@dataclass(frozen=True)
class Upload:
    """One file in the temporary space."""

    model: Model
    path: Path
    expires: float


@dataclass(frozen=True)
class Task:
    """One task. `failure`: the code and message it will end with; `paths` and `facts`: its inputs, as far as they are here."""

    id: str
    call: Call
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
        """The id of the template it makes, where it makes one."""
        word = self.id.replace("-", "")
        return f"AACT.{word[:8]}.{word[8:16]}-{word[16:24]}.{word[24:32]}"


class Life:
    """How tasks pass through their states, in `seconds` each.

    A task waits its share of them, and until fewer than the documented number of tasks of its model are at work.
    """

    def __init__(self, seconds: float, provider: Provider) -> None:
        self._queued = seconds * _QUEUED_SHARE
        self._worked = seconds - self._queued
        self._provider = provider
        self._tasks: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Take a task in. Tasks are added in the order of their submission."""
        self._tasks[task.id] = task

    def task(self, task_id: str, now: float) -> Task | None:
        """The task; None where there never was one, or it is older than tasks are kept."""
        self._start_due(now)
        task = self._tasks.get(task_id)
        return task if task and task.submitted > now - self._provider.task_lifetime else None

    def tasks(self, now: float) -> tuple[Task, ...]:
        """Every task ever added, oldest first."""
        self._start_due(now)
        return tuple(self._tasks.values())

    def cancel(self, task_id: str, now: float) -> bool:
        """Cancel a task that waits; False for any other."""
        task = self.task(task_id, now)
        if task is None or self.status(task, now) != "PENDING":
            return False
        self._tasks[task_id] = replace(task, cancelled=now)
        return True

    def status(self, task: Task, now: float) -> str:
        """Its state at a time not before the one it was asked for at."""
        if task.cancelled is not None:
            return "CANCELED"
        if task.started is None:
            return "PENDING"
        spent = now - task.started
        if spent >= self._worked:
            return "FAILED" if task.failure else "SUCCEEDED"
        extra = task.model.service.extra_states
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
        """When fewer tasks of a model than may work at once will be at work."""
        limit = rates_of(model).concurrent_tasks
        ends = [task.started + self._worked for task in self._tasks.values() if task.model is model and task.started is not None]
        return float("-inf") if limit is None or len(ends) < limit else sorted(ends)[-limit]


def rates_of(model: Model) -> Rates:
    """The limits the service holds a model to: those of its first region."""
    return next((rates for rates in model.rates if model.regions[0] in rates.regions), model.rates[0])


def new_id() -> str:
    """An id of a task or a request."""
    return str(uuid.uuid4())


class Memory:
    """All of it."""

    def __init__(self, seconds_per_task: float, provider: Provider) -> None:
        self.life = Life(seconds_per_task, provider)
        self.rates = RateLimits()
        self.policies: dict[str, Policy] = {}
        self.uploads: dict[str, Upload] = {}
        self.secret = secrets.token_bytes(16)
        self.log: deque[dict[str, Any]] = deque(maxlen=100_000)
