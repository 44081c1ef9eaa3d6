"""Any order of calls by several owners: the ledger does what a dictionary would do, and never more than is allowed."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mediapreflight.errors import LedgerError
from mediapreflight.submit.ledger import Ledger

from ..ledgers import HandClock, entry

DAY = 24 * 3600.0
CONCURRENT = {"one": 1, "two": 2, "many": None}
OPEN = ("ready", "sending", "unclear", "created", "succeeded")
# Where each step leads from where, written down a second time.
NEXT = {
    ("ready", "filled"): "ready", ("sending", "not_created"): "ready", ("sending", "created"): "created",
    ("created", "polled"): "created", ("created", "succeeded"): "succeeded",
    ("succeeded", "delivered"): "delivered", ("delivered", "delivered"): "delivered",
    ("ready", "failed"): "failed", ("sending", "failed"): "failed", ("created", "failed"): "failed",
    ("succeeded", "failed"): "failed", ("delivered", "failed"): "failed", ("unclear", "failed"): "failed",
    ("sending", "unclear"): "unclear", ("unclear", "unclear"): "unclear", ("created", "unclear"): "unclear",
    ("unclear", "created"): "created",
}  # fmt: skip
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "filled": ({"box": [1]},), "not_created": (), "polled": ("RUNNING",), "succeeded": (1.5,), "delivered": ("/v.mp4",),
    "failed": ("FAILED", "c", "m"), "unclear": ("none was seen",),
}  # fmt: skip
numbers = st.integers(min_value=1, max_value=12)
owners = st.integers(min_value=0, max_value=2)


@dataclass
class Expected:
    fingerprint: str
    model: str
    again: bool
    stage: str = "ready"
    owner: int | None = None
    made_at: float = 0.0
    ended_at: float = 0.0
    history: list[str] = field(default_factory=lambda: ["ready"])

    def move(self, stage: str) -> None:
        self.stage = stage
        self.history.append(stage)


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = HandClock()
        self.rows: dict[int, Expected] = {}

    @initialize()
    def begin(self) -> None:
        self.ledgers = [self.opened() for _ in range(3)]

    def opened(self) -> Ledger:
        return Ledger(Path(self.folder.name) / "ledger.sqlite3", clock=self.clock)

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        self.folder.cleanup()

    # --- what is done

    @rule(who=owners, name=st.sampled_from("abc"), model=st.sampled_from(sorted(CONCURRENT)), again=st.booleans())
    def register(self, who: int, name: str, model: str, again: bool) -> None:
        fingerprint = f"{name} {model}"
        standing = None if again else self.standing(fingerprint)
        [row] = self.ledgers[who].register([entry(fingerprint, model=model)], again=again)
        if standing is None:
            assert row.id == len(self.rows) + 1
            self.rows[row.id] = Expected(fingerprint, model, again)
        else:
            assert row.id == standing

    def standing(self, fingerprint: str) -> int | None:
        found = []
        for number, row in self.rows.items():
            if row.fingerprint == fingerprint and row.stage != "failed":
                found.append((row.stage not in OPEN, -number))
        return -min(found)[1] if found else None

    @rule(who=owners, number=numbers)
    def claim(self, who: int, number: int) -> None:
        if number not in self.rows:
            with pytest.raises(LedgerError, match=f"there is no submission {number}"):
                self.ledgers[who].claim(number)
            return
        row = self.rows[number]
        assert (self.ledgers[who].claim(number) is not None) == (row.owner is None)
        if row.owner is None:
            row.owner = who

    @rule(who=owners, number=numbers)
    def release(self, who: int, number: int) -> None:
        self.ledgers[who].release(number)
        if number in self.rows and self.rows[number].owner == who:
            self.rows[number].owner = None

    @rule(who=owners)
    def leave(self, who: int) -> None:
        self.ledgers[who].close()
        self.ledgers[who] = self.opened()
        for row in self.rows.values():
            if row.owner == who:
                row.owner = None

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), by_owner=st.booleans(), who=owners, name=st.sampled_from([*ARGUMENTS, "created"]))
    def step(self, data: st.DataObject, by_owner: bool, who: int, name: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.rows)))
        row = self.rows[number]
        who = row.owner if by_owner and row.owner is not None else who
        arguments = (f"task-{number}", "r", "PENDING") if name == "created" else ARGUMENTS[name]
        call = getattr(self.ledgers[who], name)
        if row.owner != who or (row.stage, name) not in NEXT:
            with pytest.raises(LedgerError):
                call(number, *arguments)
            return
        assert call(number, *arguments).stage == NEXT[row.stage, name]
        if name == "created":
            row.made_at = self.clock.now
        if name == "succeeded":
            row.ended_at = self.clock.now
        row.move(NEXT[row.stage, name])

    @precondition(lambda self: any(row.owner is not None and row.stage == "ready" for row in self.rows.values()))
    @rule(data=st.data())
    def begin_sending(self, data: st.DataObject) -> None:
        ready = sorted(number for number, row in self.rows.items() if row.owner is not None and row.stage == "ready")
        number = data.draw(st.sampled_from(ready))
        row = self.rows[number]
        others = {n: other for n, other in self.rows.items() if other.model == row.model and n != number}
        sending = {n for n, other in others.items() if other.stage == "sending"}
        running = {n for n, other in others.items() if other.stage == "created" and self.clock.now - other.made_at < DAY}
        most = CONCURRENT[row.model]
        in_the_way = sending or (running if most is not None and len(running) >= most else set())
        assert row.owner is not None
        assert {other.id for other in self.ledgers[row.owner].begin_sending(number, most)} == in_the_way
        if not in_the_way:
            row.move("sending")

    @rule(hours=st.sampled_from([0.5, 23.0, 25.0]))
    def time_passes(self, hours: float) -> None:
        self.clock.now += hours * 3600

    # --- what holds

    @invariant()
    def the_ledger_is_as_expected(self) -> None:
        if not hasattr(self, "ledgers"):
            return
        rows = {row.id: row for row in self.ledgers[0].all()}
        assert {number: row.stage for number, row in rows.items()} == {n: row.stage for n, row in self.rows.items()}
        assert [row.id for row in self.ledgers[1].open()] == sorted(n for n, row in self.rows.items() if row.stage in OPEN)
        for number, row in rows.items():
            assert self.ledgers[2].is_idle(row) == (self.rows[number].owner is None)

    @invariant()
    def nothing_is_more_than_allowed(self) -> None:
        rows = self.rows.values()
        open_rows = Counter(row.fingerprint for row in rows if row.stage in OPEN and not row.again)
        assert max(open_rows.values(), default=0) <= 1
        assert max(Counter(row.model for row in rows if row.stage == "sending").values(), default=0) <= 1
        for model, most in CONCURRENT.items():
            young = [row for row in rows if row.model == model and row.stage == "created" and self.clock.now - row.made_at < DAY]
            assert most is None or len(young) <= most


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(stateful_step_count=40)
