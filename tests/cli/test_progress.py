import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from mediapreflight import Event
from mediapreflight.cli.progress import Board

from .conftest import MAIN, environment

IMPATIENT = "import mediapreflight.cli.progress as progress\nprogress._PATIENCE_S = 0\n"


def run_on_a_terminal(program: str, *arguments: str | Path) -> tuple[int, bytes, str]:
    """Status, what went to stdout, and what a terminal at stderr showed."""
    terminal, other_end = os.openpty()
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
        MAIN, "check", "--level", "metadata", "--model", "emo-v1", fixtures / "portrait.jpg"
    )
    assert (status, shown) == (0, "")
    assert results.startswith(b"All clear")


def test_the_clock_of_a_job_runs_until_its_result_is_there() -> None:
    now = 0.0
    with Progress(console=Console(file=io.StringIO()), get_time=lambda: now, auto_refresh=False) as display:
        board = Board(display)
        for event in (Event("upload", 1, "a.png", 1.0), Event("wait", 1, "RUNNING"), Event("wait", 2, "PENDING")):
            board.tell(event)
        now = 61.0
        assert [(task.elapsed, task.finished) for task in display.tasks] == [(61.0, False), (61.0, False)]
        assert display.tasks[0].description == "1  wait  RUNNING"
        with board.ended(1):
            # What is written to the same terminal meanwhile is not written over.
            assert not display.live.is_started
        assert display.live.is_started
        assert [task.description for task in display.tasks] == ["2  wait  PENDING"]
