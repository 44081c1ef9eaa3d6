"""Two hundred jobs over a working day, with a tenth of all requests going wrong; and clocks that outlive uploads and tasks."""

import asyncio
import gc
import os
import random
import threading
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from PIL import Image

from mediapreflight import AsyncClient, Job, probe
from mediapreflight.catalog import builtin_catalog
from mediapreflight.errors import TaskExpiredError
from mediapreflight.submit.calls import concurrent_tasks
from mediapreflight.submit.ledger import Ledger, Submission
from mediapreflight.submit.pipeline import SubmitOptions, fitting, new_submission
from mediapreflight.submit.session import Pace
from mediapreflight.submit.tasks import finish

from .desk import KEY, Service
from .simulation import Work, World
from .stand_in import START

# Takes long, or a whole machine: left out unless `-m sweep` asks for it.
pytestmark = pytest.mark.sweep

HOUR = 3600.0
JOBS = 200
MODELS = ("wan2.6-i2v", "wan2.6-i2v-flash", "wan2.5-i2v-preview", "wan2.7-i2v")
DURATIONS = {"wan2.5-i2v-preview": 5}
SECONDS_PER_TASK = 60.0
PICTURES = 12


@asynccontextmanager
async def simulated(folder: Path, *, faults: float = 0.0, seed: int = 0) -> AsyncIterator[tuple[World, AsyncClient]]:
    """A world of its own, and a client in it, with the documented pace."""
    with Service(SECONDS_PER_TASK, still=True) as service:
        world = World(service, faults=faults, seed=seed)
        ledger = Ledger(folder / "state" / "ledger.sqlite3", clock=world.clock)
        patience = httpx.Timeout(0.4, connect=5.0)
        async with AsyncClient(
            KEY, base_url=service.base_url, ledger=ledger, pace=Pace(), timeout=patience, time_limit_s=None
        ) as client:
            world.inhabited_by(client, seed)
            yield world, client
        ledger.close()


def pictures(folder: Path, count: int) -> list[Path]:
    """Pictures that are told apart by their bytes."""
    paths = [folder / f"picture-{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (640, 400), (number, 80, 160)).save(path)
    return paths


def wan(model: str, picture: Path, prompt: str) -> Job:
    role = "first_frame" if model == "wan2.7-i2v" else "image"
    return Job(model, parameters={"duration": DURATIONS.get(model, 2)}, prompt=prompt, **{role: picture})


def registered(client: AsyncClient, jobs: list[Job], out: Path) -> list[Submission]:
    entries = [new_submission(client.session, job, fitting(client.session, job), SubmitOptions(out=out)) for job in jobs]
    return client.session.ledger.register(entries)


async def delivered(world: World, client: AsyncClient, jobs: list[Job], out: Path, when: Callable[[], float]) -> Counter[str]:
    """Bring each job to its end, from when it comes; which errors that met."""
    results: list[Any] = []
    begins = [partial(finish, client.session, row) for row in registered(client, jobs, out)]
    await world.play([Work(when(), begin, results.append) for begin in begins])
    assert len(results) == len(jobs)
    errors = [result for result in results if isinstance(result, Exception)]
    assert all(KEY not in str(error) for error in errors)
    return Counter(type(error).__name__ for error in errors)


class Used(NamedTuple):
    """What a process holds."""

    files: int
    threads: int
    children: int
    megabytes: float


def used() -> Used:
    gc.collect()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    files = len(list(Path("/proc/self/fd").iterdir()))
    return Used(files, threading.active_count(), len(children), int(status["VmRSS"].split()[0]) / 1024)


@pytest.mark.sweep
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_day_of_two_hundred_jobs_with_faults_delivers_each_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(a_day(tmp_path, capsys))


async def a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    before_all = used()
    async with simulated(tmp_path, faults=0.1, seed=7) as (world, client):
        images = pictures(tmp_path, PICTURES)
        jobs = [wan(MODELS[n % len(MODELS)], images[n % PICTURES], f"take {n}") for n in range(JOBS)]
        arrivals = random.Random(7)
        await delivered(world, client, jobs[:20], out, lambda: START)
        warm = used()
        # The day begins; whoever comes back to a job later does so at once.
        rounds = [await delivered(world, client, jobs, out, lambda: START + arrivals.uniform(0, 8 * HOUR))]
        while set(rounds[-1]) - {"UnclearTaskError"}:
            assert len(rounds) < 5, rounds
            rounds.append(await delivered(world, client, jobs, out, lambda: world.now))
        # Where an answer was lost and the list shows no task, a person decides. The service knows that there is none.
        unclear = [row for row in client.session.ledger.open() if row.stage == "unclear"]
        assert len(unclear) == rounds[-1]["UnclearTaskError"] < 10
        doubtful = {row.job["inputs"]["prompt"] for row in unclear}
        assert not doubtful & {task["request"]["input"]["prompt"] for task in world.service.tasks}
        for job in jobs:
            if job.inputs["prompt"] in doubtful:
                await client.submit(job, again=True, out=out)
        while rounds[-1]:
            assert len(rounds) < 8, rounds
            rounds.append(await delivered(world, client, jobs, out, lambda: world.now))
        after = used()
        tasks = world.service.tasks
        steps = Counter(entry["step"] for entry in world.service.log)
    closed = used()
    with capsys.disabled():
        print(
            f"\n{sum(steps.values())} requests in {world.now - START:.0f} simulated s; {len(world.met)} faults; rounds {rounds}"
        )
        print(f"held: at first {before_all}, warm {warm}, after {after}, closed {closed}")
    assert len(world.met) > 100
    assert {step for step, _ in world.met} >= {"policy", "upload", "create", "query", "list", "result"}
    # A task that the service let fail may be made anew; no other is.
    sound = Counter(task["request"]["input"]["prompt"] for task in tasks if task["status"] != "FAILED")
    assert sound == {f"take {n}": 1 for n in range(JOBS)}
    assert sum(fault == "failed" for _, fault in world.met) >= sum(task["status"] == "FAILED" for task in tasks)
    videos = sorted(out.iterdir())
    assert len(videos) == JOBS
    assert all(probe(video).problems == () for video in videos[::20])
    assert after.files <= warm.files + 2
    assert after.threads == warm.threads
    assert after.children == warm.children
    assert after.megabytes <= warm.megabytes + 40
    assert (closed.files, closed.children) == (before_all.files, before_all.children)
    assert closed.threads <= warm.threads


@pytest.mark.sweep
def test_rates_and_queues_are_kept_to_the_moment(tmp_path: Path) -> None:
    """All jobs at once, on a clock without jitter: the service turns nothing away, and never holds more tasks than it runs."""
    asyncio.run(all_at_once(tmp_path))


async def all_at_once(tmp_path: Path) -> None:
    catalog = builtin_catalog()
    async with simulated(tmp_path) as (world, client):
        (picture,) = pictures(tmp_path, 1)
        rows = registered(client, [wan(MODELS[n % 2], picture, f"take {n}") for n in range(24)], tmp_path / "out")
        results: list[Any] = []
        await world.play([Work(START, partial(finish, client.session, row), results.append) for row in rows])
        assert not [result for result in results if isinstance(result, Exception)]
        assert not [entry for entry in world.service.log if entry["status"] == 429]
        spans = defaultdict(list)
        for task in world.service.tasks:
            spans[task["model"]].append((task["submitted"], task["ended"]))
    for name, times in spans.items():
        most = concurrent_tasks(catalog.model(name), "beijing")
        assert most is not None
        open_then = [sum(begin <= at < end for begin, end in times) for at, _ in times]
        assert max(open_then) == most


@pytest.mark.sweep
def test_uploads_are_renewed_after_47_hours_and_tasks_expire_after_24(tmp_path: Path) -> None:
    asyncio.run(four_days(tmp_path))


async def four_days(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (world, client):
        (picture,) = pictures(tmp_path, 1)
        results: list[Any] = []
        # The same picture again and again, for four days.
        works = [
            Work(
                START + hour * HOUR,
                lambda hour=hour: finish(
                    client.session, registered(client, [wan(MODELS[0], picture, f"hour {hour}")], tmp_path / "out")[0]
                ),
                results.append,
            )
            for hour in (0, 12, 24, 36, 46, 47.5, 60, 94, 95)
        ]
        await world.play(works)
        # An upload that had died would have made its task fail.
        assert not [result for result in results if isinstance(result, Exception)]
        uploads = [entry["time"] - START for entry in world.service.log if entry["step"] == "upload"]
        assert [round(second / HOUR, 1) for second in uploads] == [0.0, 47.5, 95.0]

        job = wan(MODELS[0], picture, "left alone")
        left: list[Any] = []
        await world.play([Work(world.now, lambda: client.submit(job), left.append)])
        (row,) = client.session.ledger.open()
        world.advance(25 * HOUR)
        await world.play([Work(world.now, lambda: finish(client.session, row, tmp_path), left.append)])
        assert isinstance(left[1], TaskExpiredError)
        assert client.session.ledger.open() == ()
        await world.play([Work(world.now, lambda: client.submit(job), left.append)])
        assert left[2].id not in ("", left[0].id)
