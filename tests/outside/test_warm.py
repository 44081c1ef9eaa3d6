"""Programs that are forks say, and end as, those that start cold."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .warm import run_cold, run_warm

TOLD = """
import atexit, os, sys, time

print(__name__, sys.argv, sys.path[0], os.getcwd(), dict(os.environ), time.tzname, sys.stdin.read(), sys.stdout.encoding)
print(type(sys.modules["__main__"]).__name__, sys.modules["__main__"].__name__, [sys.stdin.isatty(), sys.stdout.isatty()])
print("an error", file=sys.stderr)
atexit.register(print, "at the end")
"""
ENDS = {
    "as it likes": "sys.exit(7)",
    "in words": "sys.exit('enough')",
    "at once": "os._exit(3)",
    "by a signal": "os.kill(os.getpid(), 9)",
    "by an interrupt": "signal.raise_signal(signal.SIGINT)",
}


def script(folder: Path, text: str) -> str:
    path = folder / "script.py"
    path.write_text(f"import os, signal, sys\n{text}", "utf-8")
    return str(path)


def test_a_fork_is_told_all_that_a_cold_start_is(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    environment = {"PATH": os.environ["PATH"], "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "ODD": "über\n"}
    words = [script(tmp_path, TOLD), "-x", "", "a b"]
    told = [run(words, env=environment, cwd=tmp_path / "folder", timeout=60, given=b"so") for run in (run_cold, run_warm)]
    assert [(each.returncode, each.stdout, each.stderr) for each in told[1:]] == [(0, told[0].stdout, b"an error\n")], told
    assert b"at the end" in told[0].stdout


@pytest.mark.parametrize("end", ENDS)
def test_a_fork_ends_as_a_cold_start_does(tmp_path: Path, end: str) -> None:
    words = [script(tmp_path, f"print('here')\n{ENDS[end]}")]
    cold, warm = (run(words, env=dict(os.environ), cwd=tmp_path, timeout=60) for run in (run_cold, run_warm))
    assert (warm.returncode, warm.stdout) == (cold.returncode, cold.stdout)
    assert warm.stderr.splitlines()[-1:] == cold.stderr.splitlines()[-1:]


def test_a_module_is_run_as_the_command_line_names_it(tmp_path: Path) -> None:
    words = ["-m", "mediapreflight", "check", "--model", "no-such-model", "nothing.png"]
    cold, warm = (run(words, env=dict(os.environ), cwd=tmp_path, timeout=60) for run in (run_cold, run_warm))
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)
    assert cold.returncode == 2


def test_what_takes_too_long_is_killed(tmp_path: Path) -> None:
    words = [script(tmp_path, "print(os.getpid(), file=open('pid', 'w'), flush=True)\nsignal.pause()")]
    with pytest.raises(subprocess.TimeoutExpired):
        run_warm(words, env=dict(os.environ), cwd=tmp_path, timeout=3)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text("utf-8")), 0)


def test_a_program_that_nobody_watches_has_no_status(tmp_path: Path) -> None:
    words = [script(tmp_path, "os.kill(os.getppid(), signal.SIGKILL)")]
    with pytest.raises(AssertionError, match="has ended"):
        run_warm(words, env=dict(os.environ), cwd=tmp_path, timeout=60)


def test_programs_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for the file that the other makes."""
    words = [script(tmp_path, "import time\nopen(sys.argv[1], 'w')\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.01)")]
    with ThreadPoolExecutor() as pool:
        pairs = (("one", "two"), ("two", "one"))
        ended = pool.map(lambda pair: run_warm([*words, *pair], env=dict(os.environ), cwd=tmp_path, timeout=60), pairs)
        assert [each.returncode for each in ended] == [0, 0]
