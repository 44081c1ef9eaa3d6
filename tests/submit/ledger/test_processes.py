"""Several processes on one ledger, processes that are killed, and processes that fork."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mediapreflight.errors import LedgerError
from mediapreflight.submit.ledger import Key, Ledger

from ..ledgers import claimed, entry, registered

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # Newer Python versions warn of every fork beside threads; that it does no harm here is what is tested.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


class Children:
    """Forked processes, none of which outlives the test."""

    def __init__(self) -> None:
        self.alive: list[int] = []

    def start(self, work: Callable[[], object]) -> int:
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        self.alive.append(child)
        return child

    def status(self, child: int) -> int:
        self.alive.remove(child)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def kill(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        assert self.status(child) == -signal.SIGKILL

    def all_end_well(self) -> None:
        assert {self.status(child) for child in list(self.alive)} == {0}


@pytest.fixture
def children() -> Iterator[Children]:
    children = Children()
    yield children
    for child in list(children.alive):
        children.kill(child)


def test_processes_that_register_the_same_jobs_at_once_make_one_row_of_each(path: Path, children: Children) -> None:
    go, ready = os.pipe()

    def register() -> None:
        os.close(ready)
        os.read(go, 1)
        for number in range(10):
            Ledger(path).register([entry(str(number)), entry(str(number + 1))])

    for _ in range(6):
        children.start(register)
    os.close(ready)
    children.all_end_well()
    os.close(go)
    assert Counter(row.fingerprint for row in Ledger(path).all()) == Counter(str(number) for number in range(11))


def test_processes_never_run_more_tasks_than_may_run_at_once(path: Path, children: Children) -> None:
    def work(worker: int) -> None:
        ledger = Ledger(path)
        for number in range(6):
            row = claimed(ledger, f"{worker}-{number}")
            while ledger.begin_sending(row.id, 2):
                time.sleep(0.001)
            stages = Counter(other.stage for other in ledger.open())
            assert stages["sending"] == 1 and stages["created"] <= 1
            ledger.created(row.id, f"task-{row.id}", "r", "PENDING")
            assert Counter(other.stage for other in ledger.open())["created"] <= 2
            ledger.succeeded(row.id)
            ledger.delivered(row.id, "/out")

    for worker in range(4):
        children.start(lambda worker=worker: work(worker))  # type: ignore[misc]
    children.all_end_well()
    assert Counter(row.stage for row in Ledger(path).all()) == {"delivered": 24}


def live(path: Path, name: str, begins: int) -> None:
    """Submissions one after another, until the process is killed; a byte goes to `begins` for each."""
    ledger = Ledger(path)
    for number in range(100_000):
        fingerprint = f"{name}-{number}"
        row = claimed(ledger, fingerprint)
        os.write(begins, b".")
        ledger.keep(Key("upload", "me", "emo-v1", "https://a", fingerprint), "oss://a")
        ledger.wait_before("calls", 1e6)
        ledger.filled(row.id, {"face_bbox": [1, 2, 3, 4]})
        for _ in range(2):
            assert ledger.begin_sending(row.id, 1) == ()
            ledger.not_created(row.id)
        ledger.begin_sending(row.id, 1)
        ledger.created(row.id, f"task-{fingerprint}", "r", "PENDING")
        ledger.polled(row.id, "RUNNING")
        ledger.succeeded(row.id, 1.0)
        ledger.delivered(row.id, "/out/v.mp4")
        ledger.release(row.id)


@pytest.mark.sweep
def test_a_process_killed_at_any_moment_leaves_a_ledger_that_others_go_on_with(path: Path, children: Children) -> None:
    seen: Counter[str] = Counter()
    for number in range(30):
        begun, begins = os.pipe()
        child = children.start(lambda number=number, begins=begins: live(path, str(number), begins))  # type: ignore[misc]
        if number % 3:
            os.read(begun, 1)
        time.sleep(random.uniform(0, 0.06))
        children.kill(child)
        os.close(begun)
        os.close(begins)
        with Ledger(path) as ledger:
            left = [row for row in ledger.all() if row.owner is not None]
            assert len(left) <= 1
            for row in left:
                seen[row.stage] += 1
                assert ledger.is_idle(row)
                assert ledger.claim(row.id) is not None
                if row.stage != "delivered":
                    ledger.failed(row.id, None, "Killed", "")
                ledger.release(row.id)
            for row in ledger.open():
                assert row.stage == "ready"
            assert {row.task_id for row in ledger.all() if row.stage == "delivered"} <= {
                f"task-{row.fingerprint}" for row in ledger.all()
            }
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert seen.total(), "none was killed while it owned anything"
    with Ledger(path) as ledger:
        claimed(ledger, "last")
    assert list(Path(f"{path}-owners").iterdir()) == [], "the next owner removes the locks of the dead"


def test_what_a_killed_process_was_sending_stays_in_the_way_until_it_is_settled(path: Path, children: Children) -> None:
    begun, begins = os.pipe()

    def send() -> None:
        ledger = Ledger(path)
        ledger.begin_sending(claimed(ledger, "lost").id, 1)
        os.write(begins, b".")
        signal.pause()

    child = children.start(send)
    os.read(begun, 1)
    ledger = Ledger(path)
    mine = claimed(ledger, "mine")
    [lost] = ledger.begin_sending(mine.id, 1)
    assert not ledger.is_idle(lost) and ledger.claim(lost.id) is None
    children.kill(child)
    assert ledger.begin_sending(mine.id, 1) == (lost,)
    assert ledger.is_idle(lost) and ledger.claim(lost.id) is not None
    ledger.not_created(lost.id)
    assert ledger.begin_sending(mine.id, 1) == ()
    os.close(begun)
    os.close(begins)


def test_a_forked_child_owns_nothing_and_shares_no_open_file(path: Path, children: Children) -> None:
    ledger = Ledger(path)
    row = claimed(ledger)
    copy = ledger.copied()

    def look() -> None:
        if Path("/proc/self/fd").exists():
            targets = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()]
            assert not [target for target in targets if str(target).startswith(str(path))]
        assert copy.submission(row.id) == row
        assert not ledger.is_idle(row)
        assert ledger.claim(row.id) is None
        with pytest.raises(LedgerError, match="not owned by this process"):
            ledger.begin_sending(row.id, None)
        assert ledger.begin_sending(claimed(ledger, "child's").id, None) == ()
        thread = threading.Thread(target=registered, args=(ledger, "thread's"), daemon=True)
        thread.start()
        thread.join(20)
        assert len(ledger.all()) == 3
        ledger.close()

    children.start(look)
    children.all_end_well()
    assert ledger.claim(row.id) is None, "the child's end must not free what is its parent's"
    other = Ledger(path)
    assert not other.is_idle(row)
    assert ledger.filled(row.id, {}).owner == row.owner
    [lost] = ledger.begin_sending(row.id, None)
    assert lost.fingerprint == "child's" and ledger.is_idle(lost)


def test_a_forked_child_does_not_keep_its_dead_parent_alive(path: Path, children: Children) -> None:
    told, tell = os.pipe()
    hangs, hold = os.pipe()

    def own_and_fork() -> None:
        ledger = Ledger(path)
        claimed(ledger)
        grandchild = os.fork()
        if grandchild == 0:
            os.close(hold)
            os.write(tell, b".")
            os.read(hangs, 1)
            os._exit(0)
        signal.pause()

    parent = children.start(own_and_fork)
    os.read(told, 1)
    children.kill(parent)
    ledger = Ledger(path)
    assert ledger.claim(registered(ledger).id) is not None
    for descriptor in (told, tell, hangs, hold):
        os.close(descriptor)


def test_a_child_forked_amid_a_transaction_of_another_thread_can_write(path: Path, children: Children) -> None:
    """SQLite keeps a process's locks in its memory: a child that opened the file anew would find them held for ever."""
    ledger = Ledger(path)
    begun = threading.Event()

    def write() -> None:
        with ledger._store.writing():
            begun.set()
            time.sleep(0.5)

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    children.start(lambda: claimed(ledger, "child's"))
    began = time.monotonic()
    children.all_end_well()
    assert time.monotonic() - began < 25
    thread.join()


def test_forks_beside_busy_threads_harm_nobody(path: Path, children: Children) -> None:
    ledger = Ledger(path)
    done = threading.Event()
    failures: list[BaseException] = []

    def busy(name: str) -> None:
        try:
            number = 0
            while not done.is_set():
                number += 1
                row = claimed(ledger, f"{name}-{number}")
                ledger.failed(row.id, None, None, None)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=busy, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for number in range(12):
        children.start(lambda number=number: claimed(ledger, f"child-{number}"))  # type: ignore[misc]
    children.all_end_well()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    rows = ledger.all()
    assert len([row for row in rows if row.fingerprint.startswith("child") and ledger.is_idle(row)]) == 12
    assert len({row.fingerprint for row in rows}) == len(rows)
