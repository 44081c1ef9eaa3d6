"""Calls in processes of their own."""

import operator
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mediapreflight
from mediapreflight.processes import CrashError, Processes


def run_python(*arguments: str | Path) -> str:
    """What a program prints; it must end well and complain of nothing."""
    environment = os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1])}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.stop()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_calls_run_elsewhere_and_one_after_another_in_the_same_process(processes: Processes) -> None:
    first, second = (processes.call(os.getpid) for _ in range(2))
    assert first == second != os.getpid()


def test_oldest_of_the_idle_is_asked_first(processes: Processes) -> None:
    """What it has loaded stays loaded; the others may never be needed again."""
    oldest = processes.call(os.getpid)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(processes.call, time.sleep, 0.2)
        second = pool.submit(processes.call, time.sleep, 0.6)
        first.result(timeout=30)
        second.result(timeout=30)
    assert processes.call(os.getpid) == oldest


def test_values_and_errors_come_back(processes: Processes) -> None:
    assert processes.call(operator.add, "\udcff", "é" * 100_000) == "\udcff" + "é" * 100_000
    with pytest.raises(ZeroDivisionError):
        processes.call(operator.truediv, 1, 0)
    assert processes.call(operator.mul, 6, 7) == 42


def test_what_a_call_prints_or_reads_is_no_part_of_the_answer(processes: Processes) -> None:
    assert processes.call(os.system, "echo noise") == 0
    assert processes.call(os.read, 0, 100) == b""
    assert processes.call(os.getppid) == os.getpid()


def test_what_a_call_prints_is_seen_by_nobody() -> None:
    """Libraries written in C print what they think of damaged data, past all that Python can catch."""
    ask = "processes.call(os.system, 'echo noise; echo noise >&2')"
    code = f"import os; from mediapreflight.processes import Processes; processes = Processes(); print({ask}); processes.stop()"
    assert run_python("-c", code) == "0\n"


def test_crash_spoils_its_own_call_only(processes: Processes) -> None:
    first = processes.call(os.getpid)
    with pytest.raises(CrashError):
        processes.call(os.abort)
    with pytest.raises(CrashError):
        processes.call(os._exit, 0)
    assert processes.call(os.getpid) != first


def test_as_many_processes_as_calls_at_a_time(processes: Processes) -> None:
    slow = "__import__('time').sleep(0.5) or __import__('os').getpid()"
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(processes.call, [eval] * 3, [slow] * 3))) == 3


def test_stop_ends_calls_under_way_and_every_process(processes: Processes) -> None:
    idle = processes.call(os.getpid)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(processes.call, time.sleep, 600) for _ in range(2)]
        time.sleep(0.3)
        began = time.monotonic()
        processes.stop()
        for call in calls:
            assert isinstance(call.exception(timeout=30), CrashError)
        assert time.monotonic() - began < 30
    assert not alive(idle)
    assert processes.is_stopped
    with pytest.raises(CrashError):
        processes.call(os.getpid)


def test_processes_end_with_the_one_that_started_them() -> None:
    code = "import os; from mediapreflight.processes import Processes as P; print(P().call(os.getpid), flush=True); os._exit(0)"
    pid = int(run_python("-c", code))
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.05)
    pytest.fail("it still runs")


def test_caller_needs_no_guarded_main_module(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os\nfrom mediapreflight.processes import Processes\nprint('once')\np = Processes()\np.call(os.getpid)\np.stop()\n"
    )
    assert run_python(script) == "once\n"


def test_frozen_program_has_no_interpreter_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Processes.can_start()
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert not Processes.can_start()


def test_many_threads_may_call(processes: Processes) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.extend(processes.call(operator.mul, n, n) for n in range(20))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([n * n for n in range(20)] * 4)
