"""A batch is ended at any moment, and finished by the next run: each job once, each video whole."""

import random
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .desk import Desk, Service, wan_jobs

# Takes long, or a whole machine: left out unless `-m sweep` asks for it.
pytestmark = pytest.mark.sweep

JOBS = 10
INTERRUPTED = 130
SIGNALS = [*[signal.SIGKILL] * 5, signal.SIGTERM, signal.SIGINT]


def killed_once(folder: Path, picture: Path, requests: int, pause: float, how: signal.Signals) -> tuple[int, tuple[str, ...]]:
    """The status of a batch that was ended after so many requests and a pause, and the stages it left; all is well afterwards."""
    folder.mkdir()
    with Service() as service:
        desk = Desk(folder, service.base_url)
        jobs = desk.job_file(wan_jobs(JOBS, picture))
        stopped = desk.interrupted(jobs, service, requests, pause, how)
        # An interrupt that meets Python itself, before the command has begun, ends it in Python's own ways.
        assert stopped.status in (0, -how) or how is signal.SIGINT, stopped
        assert stopped.status in (0, -how, INTERRUPTED) or "KeyboardInterrupt" in stopped.err, stopped
        left = tuple(row.stage for row in desk.rows())
        assert len(left) in (0, JOBS)
        assert "failed" not in left
        desk.finish(wan_jobs(JOBS, picture), service)
        # The next batch takes what is done as done, and clears away what the killed run had staged.
        assert desk.submit(desk.job_file(wan_jobs(JOBS + 1, picture))).status == 0
        desk.assert_all_is_well(JOBS + 1, service.tasks)
        return stopped.status, left


@pytest.mark.parametrize("count", [12, pytest.param(70, marks=pytest.mark.release)])
def test_batch_killed_at_any_moment_is_done_once(
    tmp_path: Path, fixtures: Path, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    picture = fixtures / "portrait.jpg"
    with Service() as service:
        whole = Desk(tmp_path, service.base_url)
        assert whole.submit(whole.job_file(wan_jobs(JOBS, picture))).status == 0
        requests = len(service.log)
    pauses = random.Random(5)
    # From the start to shortly before the end, on any machine: the first is ended before it has begun.
    rounds = [
        (
            tmp_path / f"{number}",
            picture,
            number * requests // count,
            number * pauses.uniform(0, 0.01),
            SIGNALS[number % len(SIGNALS)],
        )
        for number in range(count)
    ]
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(killed_once, *zip(*rounds, strict=True)))
    hit = sum(status != 0 for status, _ in ends)
    stages = Counter(stage for _, left in ends for stage in set(left))
    with capsys.disabled():
        print(f"\n{len(ends)} moments, {hit} before the end; stages left in how many runs: {dict(stages)}")
    assert hit > count // 2
    # The moments were spread over the whole of it: before anything was written down, and in the middle.
    assert () in [left for _, left in ends]
    assert stages["ready"]
    assert stages["created"]


def test_batch_interrupted_on_the_way_is_taken_up(desk: Desk, service: Service, fixtures: Path) -> None:
    picture = fixtures / "portrait.jpg"
    jobs = desk.job_file(wan_jobs(JOBS, picture))
    process = desk.start("submit", jobs, "--out", desk.out)
    assert process.stdout is not None
    # The first line says that the first job is delivered: the others are in all stages.
    assert "SUCCEEDED" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert err == "mediapreflight: interrupted; `mediapreflight tasks resume` finishes what is open\n"
    left = desk.rows()
    assert len(left) == JOBS
    assert any(row.stage != "delivered" for row in left)
    desk.finish(wan_jobs(JOBS, picture), service)
    desk.assert_all_is_well(JOBS, service.tasks)
