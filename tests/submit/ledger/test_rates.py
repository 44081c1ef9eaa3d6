"""Calls are spaced evenly over all threads and processes that share a ledger, whatever the clock does."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.submit.ledger import Ledger
from mediapreflight.submit.ledger.kept import LONGEST_HOLD_S

from ..ledgers import HandClock

RATE = 20.0


def approx(seconds: float) -> Any:
    """Seconds as a difference of two times since the epoch can tell them."""
    return pytest.approx(seconds, abs=1e-5)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: HandClock) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3", clock=clock)


TAKE_TURNS = textwrap.dedent("""
    import json, sys, threading, time
    from mediapreflight.submit.ledger import Ledger

    looked = threading.local()

    def clock():
        # What a turn is taken at is what its thread last read.
        looked.at = time.monotonic()
        return looked.at

    def take_turns(ledger, turns, taken):
        while len(taken) < turns:
            if wait := ledger.wait_before("calls", 20.0):
                time.sleep(wait)
            else:
                taken.append(looked.at)

    def main(path, threads, turns):
        ledger = Ledger(path, clock=clock)
        taken = [[] for _ in range(threads)]
        workers = [threading.Thread(target=take_turns, args=(ledger, turns, own)) for own in taken]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(json.dumps([at for own in taken for at in own]))

    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
""")


def test_threads_and_processes_share_one_rate(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKE_TURNS, str(tmp_path / "ledger.sqlite3"), "4", "4"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    taken = sorted(at for output in outputs for at in json.loads(output))
    assert len(taken) == 32
    assert min(later - earlier for earlier, later in pairwise(taken)) >= 1 / RATE - 1e-9
    for first, begin in enumerate(taken):
        for count, end in enumerate(taken[first:], 1):
            assert count <= RATE * (end - begin) + 1 + 1e-6


def test_a_turn_is_free_after_the_interval(ledger: Ledger, clock: HandClock) -> None:
    assert ledger.wait_before("calls", 5) == 0
    assert ledger.wait_before("calls", 5) == approx(0.2)
    assert ledger.wait_before("others", 5) == 0
    clock.now += 0.1
    assert ledger.wait_before("calls", 5) == approx(0.1)
    clock.now += 0.101
    assert ledger.wait_before("calls", 5) == 0
    assert ledger.wait_before("calls", 5) == approx(0.2)


def test_a_pause_holds_everybody(ledger: Ledger, clock: HandClock) -> None:
    other = Ledger(ledger.path, clock=clock)
    ledger.hold("calls", 30)
    assert other.wait_before("calls", 20) == approx(30)
    assert other.wait_before("others", 20) == 0
    other.hold("calls", 5)
    assert ledger.wait_before("calls", 20) == approx(30), "a shorter pause does not end a longer one"
    clock.now += 20
    other.hold("calls", 15)
    assert ledger.wait_before("calls", 20) == approx(15)
    clock.now += 15.001
    assert ledger.wait_before("calls", 20) == 0


@pytest.mark.parametrize("seconds", [math.inf, 1e300, 10**9])
def test_no_pause_is_endless(ledger: Ledger, seconds: float) -> None:
    ledger.hold("calls", seconds)
    assert ledger.wait_before("calls", 20) == approx(LONGEST_HOLD_S)


@pytest.mark.parametrize("seconds", [0, -5, math.nan, -math.inf])
def test_what_is_no_pause_holds_nobody(ledger: Ledger, seconds: float) -> None:
    ledger.hold("calls", seconds)
    assert ledger.wait_before("calls", 20) == 0


def test_a_clock_that_jumps_back_makes_nobody_wait_longer(ledger: Ledger, clock: HandClock) -> None:
    assert ledger.wait_before("calls", 20) == 0
    clock.now -= 3600
    assert ledger.wait_before("calls", 20) == approx(1 / 20)
    clock.now += 0.051
    assert ledger.wait_before("calls", 20) == 0
    ledger.hold("calls", 7)
    clock.now -= 3600
    assert ledger.wait_before("calls", 20) == approx(7)
    clock.now += 7.001
    assert ledger.wait_before("calls", 20) == 0


moves = st.lists(
    st.tuples(st.sampled_from(["jump", "hold", "turn", "wait"]), st.floats(min_value=-1e5, max_value=1e5)), max_size=30
)


@given(moves)
def test_whatever_the_clock_does_nobody_waits_longer_than_the_interval_or_the_pause(moves: list[tuple[str, float]]) -> None:
    clock = HandClock()
    ledger = Ledger.copied(Ledger("/nowhere/ledger.sqlite3", clock=clock))
    held = 0.0
    for move, amount in moves:
        if move == "jump":
            clock.now += amount
        elif move == "hold":
            ledger.hold("calls", amount)
            held = max(held, min(amount, LONGEST_HOLD_S))
        elif move == "wait":
            clock.now += abs(amount) / 1e5
        else:
            wait = ledger.wait_before("calls", RATE)
            assert 0 <= wait <= max(1 / RATE, held) + 1e-6
            # Who waits as told, and whom nobody overtakes, is let through.
            clock.now += wait + 1e-6
            assert ledger.wait_before("calls", RATE) == (0 if wait else approx(1 / RATE))
