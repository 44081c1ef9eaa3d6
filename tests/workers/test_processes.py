"""Calls in processes of their own."""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mediapreflight
from mediapreflight.errors import (
    MediaPreflightError,
    MissingLibraryError,
    OutputError,
    PrepareError,
    UnknownModelError,
    UnreadableMediaError,
    UsageError,
)
from mediapreflight.workers import processes as module
from mediapreflight.workers.answers import MAX_ANSWER_BYTES
from mediapreflight.workers.processes import CrashError, Processes, StartError, TimeLimitError, end_idle

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def run_python(*arguments: str | Path) -> str:
    """What a program prints; it must end well and complain of nothing."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(mediapreflight.__file__).parents[1]), *sys.path])}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.stop()
    end_idle()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ended(pid: int) -> bool:
    """Whether it is gone in time, and nothing is left of it."""
    for _ in range(1200):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


def died(pid: int) -> bool:
    """Whether it ends in time; nobody may have asked yet how."""
    for _ in range(1200):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


# --- calls


def test_calls_run_elsewhere_and_one_after_another_in_the_same_process(processes: Processes, deeds: ModuleType) -> None:
    first, second = (processes.call(deeds.pid) for _ in range(2))
    assert first == second != os.getpid()


def test_process_stays_for_whoever_asks_next(deeds: ModuleType) -> None:
    pids = set()
    for _ in range(3):
        asking = Processes()
        pids.add(asking.call(deeds.pid))
        asking.stop()
    assert len(pids) == 1
    end_idle()
    assert not alive(*pids)


def test_oldest_of_the_idle_is_asked_first(processes: Processes, deeds: ModuleType) -> None:
    """What it has loaded stays loaded; the others may never be needed again."""
    oldest = processes.call(deeds.pid)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(processes.call, deeds.sleep, 0.2)
        second = pool.submit(processes.call, deeds.sleep, 0.6)
        first.result(timeout=120)
        second.result(timeout=120)
    assert processes.call(deeds.pid) == oldest


def test_values_come_back_typed(processes: Processes, deeds: ModuleType) -> None:
    assert processes.call(deeds.joined, "\udcff", "é" * 100_000) == len("é" * 100_000) + 1
    there = deeds.Place(3, "a", (1.5, None))
    assert processes.call(deeds.echoed, there) == there
    assert processes.call(deeds.nothing) is None


def test_what_a_call_leaves_behind_is_gone_before_the_next(processes: Processes, deeds: ModuleType) -> None:
    """Decoders lie in circles, too: a few hundred videos used up the memory and the threads of the process."""
    assert [processes.call(deeds.circle) for _ in range(5)] == [1] * 5


def test_process_loads_nothing_that_only_its_caller_needs(processes: Processes, deeds: ModuleType) -> None:
    """A short call is mostly the start of its process."""
    assert {"subprocess", "threading", "typing_extensions"}.isdisjoint(processes.call(deeds.modules))


def test_what_a_call_prints_or_reads_is_no_part_of_the_answer(processes: Processes, deeds: ModuleType) -> None:
    assert processes.call(deeds.noise) == 0
    assert processes.call(deeds.parent) == os.getpid()


def test_what_a_call_prints_is_seen_by_nobody(deeds: ModuleType) -> None:
    """Libraries written in C print what they think of damaged data, past all that Python can catch."""
    code = "import deeds; from mediapreflight.workers.processes import Processes; print(Processes().call(deeds.noise))"
    assert run_python("-c", code) == "0\n"


def test_crash_spoils_its_own_call_only(processes: Processes, deeds: ModuleType) -> None:
    first = processes.call(deeds.pid)
    with pytest.raises(CrashError):
        processes.call(deeds.abort)
    with pytest.raises(CrashError):
        processes.call(deeds.leave)
    assert processes.call(deeds.pid) != first


def test_process_that_died_while_it_waited_is_not_asked(processes: Processes, deeds: ModuleType) -> None:
    first = processes.call(deeds.pid)
    os.kill(first, 9)
    assert died(first)
    assert processes.call(deeds.pid) != first


def test_what_takes_too_long_is_ended(processes: Processes, deeds: ModuleType) -> None:
    first = processes.call(deeds.pid)
    with pytest.raises(TimeLimitError, match=r"it takes longer than 0\.5 s"):
        processes.call(deeds.sleep, 60.0, time_limit_s=0.5)
    assert not alive(first)


def test_as_many_processes_as_calls_at_a_time(processes: Processes, deeds: ModuleType) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(processes.call, [deeds.sleep] * 3, [0.5] * 3))) == 3


def test_relative_paths_count_from_where_the_caller_is(
    processes: Processes, deeds: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = processes.call(deeds.folder)
    monkeypatch.chdir(tmp_path)
    assert processes.call(deeds.folder) == str(Path.cwd()) != first


def test_process_that_was_started_otherwise_is_not_asked(
    processes: Processes, deeds: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = processes.call(deeds.pid)
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        second = processes.call(deeds.pid)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", "7")
        third = processes.call(deeds.pid)
    assert len({first, second, third}) == 3
    assert processes.call(deeds.pid) == first


# --- errors


@pytest.mark.parametrize(
    "error",
    [
        UnreadableMediaError("a.jpg", "is broken"),
        MissingLibraryError("cv2", "no libGL", "apt-get install libgl1"),
        PrepareError("a.jpg", "has no faces"),
        OutputError("out", "is full"),
        UsageError("no such thing"),
        MediaPreflightError("something"),
    ],
)
def test_errors_come_back(processes: Processes, deeds: ModuleType, error: MediaPreflightError) -> None:
    first = processes.call(deeds.pid)
    with pytest.raises(type(error)) as caught:
        processes.call(deeds.fails, error)
    assert type(caught.value) is type(error)
    assert str(caught.value) == str(error)
    assert vars(caught.value) == vars(error)
    assert processes.call(deeds.pid) == first


def test_error_that_has_no_way_of_its_own_comes_as_its_nearest_kind(processes: Processes, deeds: ModuleType) -> None:
    with pytest.raises(UsageError, match="unknown model 'x'") as caught:
        processes.call(deeds.fails, UnknownModelError("x"))
    assert type(caught.value) is UsageError


def test_other_errors_say_what_they_are_on_one_line(processes: Processes, deeds: ModuleType) -> None:
    with pytest.raises(CrashError) as caught:
        processes.call(deeds.fails, ZeroDivisionError("two\nlines \udcff"))
    assert caught.value.reason == "the process that reads it failed (ZeroDivisionError: two lines \\udcff)"


def test_function_that_does_not_say_what_it_returns_is_not_called(processes: Processes) -> None:
    with pytest.raises(KeyError):
        processes.call(os.getpid)


# --- a process that was taken over

EVIL = {
    "a pickle": b"PICKLE",
    "no JSON": b"{",
    "JSON of another shape": b"[]",
    "another type": b'{"result":"seven"}',
    "a number where text is": b'{"trouble":7}',
    "an unknown error": b'{"failure":{"error":"SystemExit","says":"bye"}}',
    "an error of Python's": b'{"failure":{"error":"KeyboardInterrupt","says":"bye","attributes":{}}}',
    "an error without what it needs": b'{"failure":{"error":"UnreadableMediaError","says":"bye","attributes":{"reason":"x"}}}',
    "attributes that are no text": b'{"failure":{"error":"UsageError","says":"bye","attributes":{"args":[1]}}}',
    "a long text": b'{"trouble":"' + b"x" * 100_000 + b'"}',
    "depth": b'{"result":' + b"[" * 1_000_000,
    "bytes that are no UTF-8": b'{"trouble":"\xff"}',
    "a number beyond all bounds": b'{"result":' + b"9" * 100_000 + b"}",
    "nothing": b"",
}


class Opens:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("name", EVIL)
def test_answer_that_is_none_is_told_as_such(processes: Processes, deeds: ModuleType, name: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    data = EVIL[name] if EVIL[name] != b"PICKLE" else pickle.dumps((True, Opens(trap)))
    first = processes.call(deeds.pid)
    with pytest.raises(CrashError) as caught:
        processes.call(deeds.answers, len(data).to_bytes(8, "big") + data)
    assert caught.value.reason == "the process that reads it gave an invalid answer"
    assert not trap.exists()
    assert not alive(first), "nobody asks it again"


@pytest.mark.parametrize("announced", [2**64 - 1, 2**40, MAX_ANSWER_BYTES + 1])
def test_answer_of_any_length_is_not_read(processes: Processes, deeds: ModuleType, announced: int) -> None:
    with pytest.raises(CrashError):
        processes.call(deeds.answers, announced.to_bytes(8, "big") + b"x" * 1000)


def test_half_an_answer_ends_with_the_time_limit(processes: Processes, deeds: ModuleType) -> None:
    with pytest.raises(TimeLimitError):
        processes.call(deeds.answers, (1000).to_bytes(8, "big") + b"x", time_limit_s=1)


def test_attributes_of_errors_are_those_of_the_class(processes: Processes, deeds: ModuleType) -> None:
    data = b'{"failure":{"error":"UsageError","says":"a\\nb","attributes":{"args":"x","__class__":"y","with_traceback":"z"}}}'
    with pytest.raises(UsageError) as caught:
        processes.call(deeds.answers, len(data).to_bytes(8, "big") + data)
    assert (str(caught.value), vars(caught.value)) == ("a b", {})


def test_more_than_can_be_told_is_a_trouble_of_its_own(processes: Processes, deeds: ModuleType) -> None:
    with pytest.raises(CrashError) as caught:
        processes.call(deeds.long, MAX_ANSWER_BYTES + 1)
    assert caught.value.reason == "the process that reads it found too much to report"


# --- the end


def test_stop_ends_calls_under_way(processes: Processes, deeds: ModuleType) -> None:
    others = Processes()
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(processes.call, deeds.sleep, 600.0) for _ in range(2)]
        of_another = pool.submit(others.call, deeds.sleep, 1.5)
        time.sleep(0.3)
        began = time.monotonic()
        processes.stop()
        for call in calls:
            assert isinstance(call.exception(timeout=120), CrashError)
        assert time.monotonic() - began < 300
        assert of_another.result(timeout=120) > 0
    assert processes.is_stopped
    with pytest.raises(CrashError):
        processes.call(deeds.pid)


def test_interrupted_call_leaves_no_process(processes: Processes, deeds: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = processes.call(deeds.pid)

    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "received", interrupted)
        with pytest.raises(KeyboardInterrupt):
            processes.call(deeds.sleep, 60.0)
    assert ended(pid)


@pytest.mark.parametrize("end", ["pass", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise SystemExit(0)"])
def test_processes_end_with_the_one_that_started_them(deeds: ModuleType, end: str) -> None:
    code = "import deeds, os; from mediapreflight.workers.processes import Processes; "
    code += f"print(Processes().call(deeds.pid), flush=True); {end}"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=False
    )
    assert done.stderr == b""
    assert died(int(done.stdout))


def test_python_ends_at_once_while_a_daemon_thread_asks(deeds: ModuleType) -> None:
    code = """
import deeds, threading, time
from mediapreflight.workers.processes import Processes
processes = Processes()
print(processes.call(deeds.pid), flush=True)
threading.Thread(target=processes.call, args=(deeds.sleep, 600.0), daemon=True).start()
time.sleep(0.2)
"""
    assert ended(int(run_python("-c", code)))


@on_posix
def test_process_that_waits_for_long_ends_and_is_replaced(
    deeds: ModuleType,
) -> None:
    code = """
import deeds, pathlib, time
from mediapreflight.workers import processes as module
from mediapreflight.workers.answers import MAX_ANSWER_BYTES
shortened = "import serve; import mediapreflight.workers.serving as m; m.IDLE_S = 0.5;"
module._BOOT = module._BOOT.replace("import serve;", shortened)
processes = module.Processes()
first = processes.call(deeds.pid)
stat = pathlib.Path(f"/proc/{first}/stat")
while stat.exists() and ") Z " not in stat.read_text():
    time.sleep(0.05)
print(first, processes.call(deeds.pid) != first, flush=True)
"""
    pid, replaced = run_python("-c", code).split()
    assert replaced == "True"
    assert ended(int(pid))


def test_process_that_may_end_in_this_moment_is_not_asked(
    processes: Processes, deeds: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = processes.call(deeds.pid)
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    assert processes.call(deeds.pid) != first
    assert ended(first)


def test_no_more_stay_than_there_are_cores(processes: Processes, deeds: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_IDLE", 1)
    with ThreadPoolExecutor(3) as pool:
        pids = set(pool.map(processes.call, [deeds.sleep] * 3, [0.3] * 3))
    assert sum(alive(pid) for pid in pids) == 1


@on_posix
def test_forked_child_asks_processes_of_its_own(deeds: ModuleType) -> None:
    code = """
import deeds, os, sys, threading
from mediapreflight.workers.processes import Processes
processes = Processes()
first = processes.call(deeds.pid)
threading.Thread(target=processes.call, args=(deeds.sleep, 1.0)).start()
if os.fork() == 0:
    print("child", processes.call(deeds.pid) != first, flush=True)
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]), processes.call(deeds.pid) > 0, flush=True)
"""
    assert run_python("-W", "ignore::DeprecationWarning", "-c", code) == "child True\n0 True\n"


@on_posix
def test_forked_child_does_not_keep_them_alive(deeds: ModuleType, tmp_path: Path) -> None:
    over = tmp_path / "over"
    code = """
import deeds, os, sys, time
from mediapreflight.workers.processes import Processes
print(Processes().call(deeds.pid), flush=True)
if os.fork() == 0:
    os.close(1), os.close(2)
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.02)
os._exit(0)
"""
    try:
        assert died(int(run_python("-c", code, over))), "it waits for the forked child"
    finally:
        over.touch()


def test_nothing_is_left_open(tmp_path: Path, deeds: ModuleType) -> None:
    """In a process of its own, where nobody else leaves anything: pipes and processes that stay would be complained of."""
    script = tmp_path / "script.py"
    script.write_text(
        "import deeds, gc\nfrom mediapreflight.workers.processes import Processes, end_idle\n"
        "asking = Processes()\nasking.call(deeds.pid)\nend_idle()\ndel asking\ngc.collect()\n"
    )
    assert run_python("-W", "always", "-X", "dev", script) == ""


def test_interpreter_that_is_none_is_said(deeds: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(StartError):
        Processes().call(deeds.pid)


def test_caller_needs_no_guarded_main_module(tmp_path: Path, deeds: ModuleType) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import deeds\nfrom mediapreflight.workers.processes import Processes\nprint('once')\nProcesses().call(deeds.pid)\n"
    )
    assert run_python(script) == "once\n"


def test_frozen_program_has_no_interpreter_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Processes.can_start()
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert not Processes.can_start()


def test_many_threads_may_call(processes: Processes, deeds: ModuleType) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.extend(processes.call(deeds.joined, "x" * n, "") for n in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([*range(20)] * 4)
