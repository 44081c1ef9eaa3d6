"""Several commands, threads and processes at once: one task for each job, and everybody gets its video."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from mediapreflight.submit.client import Client

from .desk import HERE, Desk, Service, ended, wan_jobs

# Takes long, or a whole machine: left out unless `-m sweep` asks for it.
pytestmark = pytest.mark.sweep

JOBS = 6
THREADS = 16


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch):
    """The module that processes of any kind can import."""
    monkeypatch.syspath_prepend(HERE)
    import sender

    return sender


def test_two_commands_with_one_job_file_make_one_task_a_job(desk: Desk, service: Service, fixtures: Path) -> None:
    jobs = desk.job_file(wan_jobs(JOBS, fixtures / "portrait.jpg"))
    both = [desk.start("submit", jobs, "--out", desk.out) for _ in range(2)]
    for process in both:
        command = ended(process)
        assert command.status == 0, command
        assert command.err == ""
        assert command.out.endswith(f"{JOBS} of {JOBS} jobs delivered.\n")
    desk.assert_all_is_well(JOBS, service.tasks)


def test_resume_beside_a_running_submit_waits_for_it(desk: Desk, service: Service, fixtures: Path) -> None:
    jobs = desk.job_file(wan_jobs(JOBS, fixtures / "portrait.jpg"))
    first = desk.start("submit", jobs, "--out", desk.out)
    assert first.stdout is not None
    first.stdout.readline()
    assert desk.run("tasks", "resume").status == 0
    assert ended(first).status == 0
    desk.assert_all_is_well(JOBS, service.tasks)


def test_threads_share_a_client_and_a_job_is_one_task_whoever_asks(
    sender, service: Service, fixtures: Path, tmp_path: Path
) -> None:
    picture, out = str(fixtures / "portrait.jpg"), str(tmp_path / "out")
    # Every job is wanted by two threads.
    wanted = [number // 2 for number in range(THREADS)]
    with (
        Client(**sender.settings(service.base_url, str(tmp_path / "ledger.sqlite3"))) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        came = list(pool.map(lambda number: sender.delivered(client, number, picture, out), wanted))
    assert Counter(came) == dict.fromkeys(came, 2)
    assert came[::2] == came[1::2]
    assert {task["task_id"] for task in service.tasks} == {task for task, _, _ in came}
    assert len(service.tasks) == THREADS // 2


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_processes_with_their_own_clients_have_the_same_results(
    method: str, sender, service: Service, fixtures: Path, tmp_path: Path
) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    picture, out, ledger = str(fixtures / "portrait.jpg"), str(tmp_path / "out"), str(tmp_path / "ledger.sqlite3")
    # The parent has used the ledger and a client before, and goes on to.
    with Client(**sender.settings(service.base_url, ledger)) as client:
        first = sender.delivered(client, 0, picture, out)
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(3, mp_context=context) as pool:
            waiting = [
                pool.submit(sender.delivered_by_its_own_client, service.base_url, ledger, number, picture, out)
                for number in (0, 1, 2, 0, 1, 2)
            ]
            came = [each.result(timeout=100) for each in waiting]
        assert came[:3] == came[3:]
        assert came[0] == first
        assert sender.delivered(client, 1, picture, out) == came[1]
    assert len(service.tasks) == 3
    assert len(list(Path(out).iterdir())) == 3
