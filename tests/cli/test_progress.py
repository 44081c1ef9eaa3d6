import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from .conftest import MAIN, environment

IMPATIENT = "import mediapreflight.cli.progress as progress\nprogress._PATIENCE_S = 0\n"
PATIENT = IMPATIENT.replace("= 0", "= 60")


def run_on_a_terminal(program: str, *arguments: str | Path) -> tuple[int, bytes, str]:
    """Status, what went to stdout, and what a terminal at stderr showed."""
    import termios  # which Windows lacks, as it lacks what is tested here

    terminal, other_end = os.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    shown: list[bytes] = []

    def watch() -> None:
        # Linux ends a terminal whose other side is closed with an error.
        try:
            while data := os.read(terminal, 65536):
                shown.append(data)
        except OSError:
            pass

    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=other_end)
    os.close(other_end)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        results = process.communicate(timeout=60)[0]
    finally:
        process.kill()
        watcher.join(timeout=10)
        os.close(terminal)
    return process.returncode, results, b"".join(shown).decode()


def test_terminal_shows_how_far_the_work_is_and_results_stay_whole(fixtures: Path, tmp_path: Path) -> None:
    """The display must not take standard output for its own."""
    record = {"model": "wan2.6-i2v", "image": str(fixtures / "portrait.jpg")}
    (tmp_path / "jobs.jsonl").write_text((json.dumps(record) + "\n") * 20)
    arguments = ("check", "--level", "metadata", "--output-format", "jsonl", tmp_path / "jobs.jsonl")
    status, results, shown = run_on_a_terminal(IMPATIENT + MAIN, *arguments)
    assert status == 0
    assert "of 20 jobs checked" in shown
    assert [json.loads(line)["ok"] for line in results.splitlines()] == [True] * 20


def test_short_work_shows_nothing(fixtures: Path) -> None:
    status, results, shown = run_on_a_terminal(
        PATIENT + MAIN, "check", "--level", "metadata", "--model", "emo-v1", fixtures / "portrait.jpg"
    )
    assert (status, shown) == (0, "")
    assert results.startswith(b"All clear")


def test_the_clock_of_a_job_runs_until_its_result_is_there() -> None:
    """What is written to the same terminal meanwhile is not written over."""
    program = """
import sys, time
from mediapreflight import Event
from mediapreflight.cli import progress
progress._TICK_S = 0.05
with progress.job_board() as board:
    for event in (Event("upload", 1, "a.png", 0.5), Event("wait", 1, "RUNNING"), Event("wait", 2, "PENDING")):
        board.tell(event)
    time.sleep(1.2)
    with board.ended(1):
        sys.stderr.write("[begin]")
        time.sleep(0.2)
        sys.stderr.write("[end]\\n")
    board.tick()
"""
    status, _, shown = run_on_a_terminal(program)
    assert status == 0
    before, _, after = shown.partition("[begin]")
    assert "1  upload  a.png  50%" in before
    assert re.search(r"1  wait  RUNNING  00:0[1-9]", before)
    assert after.startswith("[end]")
    assert re.search(r"2  wait  PENDING  00:0[1-9]", after)
    assert "RUNNING" not in after
    assert "PENDING" not in shown.rpartition("\r")[2]


def test_a_file_that_takes_long_has_a_bar() -> None:
    program = """
from mediapreflight.cli.progress import file_progress
with file_progress() as show:
    show("short.mp4", 0.5)
    show("short.mp4", 1)
"""
    long = "import time\nfrom mediapreflight.cli import progress\nprogress._PATIENCE_S = 0.05\n" + program.replace(
        'show("short.mp4", 1)', 'show("[b]{long}.mp4", 0.1)\n    time.sleep(0.2)\n    show("[b]{long}.mp4", 0.4)'
    )
    assert run_on_a_terminal(PATIENT + program) == (0, b"", "")
    status, _, shown = run_on_a_terminal(long)
    assert status == 0
    assert "[b]{long}.mp4" in shown
    assert " 40%  00:0" in shown
