"""Many jobs at once: within the documented limits, each to its own end, and in the order they were given."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from mediapreflight import Job
from mediapreflight.catalog import builtin_catalog
from mediapreflight.emulator import Emulator
from mediapreflight.errors import KeyRefusedError, LedgerError, WaitTimeoutError
from mediapreflight.submit.batch import deliver
from mediapreflight.submit.calls import concurrent_tasks
from mediapreflight.submit.client import AsyncClient, Client
from mediapreflight.submit.forecast import expected_output
from mediapreflight.submit.ledger import Ledger
from mediapreflight.submit.pipeline import Order, SubmitOptions, facts_of, fitting, new_submission
from mediapreflight.submit.result import JobResult

from .conftest import creates, systems

# Of an upload that is cancelled, httpx leaves the generator of the body to the garbage collector, and trio says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <async_generator object MultipartStream:pytest.PytestUnraisableExceptionWarning"
)


class Batch:
    """Registers jobs as the command does, and delivers them."""

    def __init__(self, settings: dict[str, Any], out: Path) -> None:
        self.settings = settings
        self.out = out
        self.told: list[JobResult] = []
        self.done: Callable[[JobResult], None] = self.told.append

    def orders(self, client: AsyncClient, jobs: Sequence[Job]) -> list[Order]:
        session = client.session
        reports = [fitting(session, job) for job in jobs]
        entries = [
            new_submission(session, job, report, SubmitOptions(out=self.out)) for job, report in zip(jobs, reports, strict=True)
        ]
        rows = session.ledger.register(entries)
        expected = [
            expected_output(job, session.catalog.model(job.model), facts_of(report))
            for job, report in zip(jobs, reports, strict=True)
        ]
        return [Order(*each) for each in zip(jobs, rows, expected, strict=True)]

    def __call__(self, jobs: Sequence[Job], *, backend: str = "asyncio", **options: Any) -> list[JobResult]:
        async def all_of_them() -> list[JobResult]:
            async with AsyncClient(**self.settings) as client:
                return await deliver(client.session, self.orders(client, jobs), out=str(self.out), done=self.done, **options)

        return anyio.run(all_of_them, backend=backend)

    @property
    def ledger(self) -> Ledger:
        return self.settings["ledger"]


@pytest.fixture
def batch(settings: dict[str, Any], tmp_path: Path) -> Batch:
    return Batch(settings, tmp_path / "out")


def mixed(fixtures: Path, count: int) -> list[Job]:
    """Jobs of all systems, in a random order."""
    ones = list(systems(fixtures).values())
    more = [
        Job("wan2.6-i2v", image=fixtures / "portrait.jpg", prompt=f"take {n}", parameters={"duration": 2})
        for n in range(count - len(ones))
    ]
    return random.Random(3).sample(ones + more, count)


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many of some times overlap at most."""
    steps = sorted(step for begin, end in spans for step in ((begin, 1), (end, -1)))
    return max(sum(change for _, change in steps[: count + 1]) for count in range(len(steps)))


@pytest.mark.sweep
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_jobs_of_all_systems_are_delivered_in_their_order(backend: str, batch: Batch, service: Emulator, fixtures: Path) -> None:
    jobs = mixed(fixtures, 10)
    results = batch(jobs, backend=backend)
    assert [(result.model, result.inputs.get("prompt")) for result in results] == [
        (job.model, job.inputs.get("prompt")) for job in jobs
    ]
    assert all(result.ok and result.status == "SUCCEEDED" for result in results)
    whole = (fixtures / "formats/h264.mp4").read_bytes()
    paths = [Path(str(result.video)) for result in results]
    assert len(set(paths)) == 10
    assert all(path.read_bytes() == whole for path in paths)
    # Nothing is left beside them.
    assert sorted(batch.out.iterdir()) == sorted(paths)
    assert sorted(map(id, batch.told)) == sorted(map(id, results))
    assert creates(service) == len(service.tasks) == 10


def test_no_more_tasks_of_a_model_are_open_than_run_at_once(settings: dict[str, Any], tmp_path: Path, fixtures: Path) -> None:
    catalog, picture = builtin_catalog(), fixtures / "portrait.jpg"
    jobs = [
        *(Job("wan2.6-i2v", image=picture, prompt=f"take {n}", parameters={"duration": 2}) for n in range(7)),
        *(Job("wan2.2-i2v-flash", image=picture, prompt=f"take {n}", parameters={"resolution": "480P"}) for n in range(3)),
        *(Job("liveportrait", image=picture, audio=fixtures / name) for name in ("voice.wav", "voice.mp3")),
    ]
    with Emulator(seconds_per_task=1.0, detection="assume") as service:
        batch = Batch(settings | {"base_url": service.base_url}, tmp_path / "out")
        assert all(result.ok for result in batch(jobs))
        spans, begun = defaultdict(list), defaultdict(list)
        for task in service.tasks:
            spans[task["model"]].append((task["submitted"], task["ended"]))
            begun[task["model"]].append(task["submitted"])
    for model in map(catalog.model, spans):
        limit = concurrent_tasks(model, model.regions[0])
        assert limit is not None
        assert most_at_once(spans[model.id]) <= limit
        # On the way to the service calls may come closer together, but not over the whole batch.
        per_second = model.rates[0].requests_per_second
        assert max(begun[model.id]) - min(begun[model.id]) >= (len(begun[model.id]) - 1) / per_second - 0.5


def test_failing_jobs_do_not_stop_the_others(batch: Batch, service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    picture = tmp_path / "vanishing.jpg"
    picture.write_bytes((fixtures / "portrait.jpg").read_bytes() + b"\0")
    good = systems(fixtures)
    gone = Job("wan2.6-i2v", image=picture, prompt="Gone", parameters={"duration": 2})
    jobs = [good["wan"], gone, good["videoretalk"], good["animate-anyone"]]
    service.fail("create", "failed")

    async def all_of_them() -> list[JobResult]:
        async with AsyncClient(**batch.settings) as client:
            orders = batch.orders(client, jobs)
            picture.unlink()
            return await deliver(client.session, orders, done=batch.done)

    results = anyio.run(all_of_them)
    failed = [result for result in results if not result.ok]
    assert len(failed) == 2
    assert results[1] in failed
    assert "vanishing.jpg: cannot be read" in str(results[1].error)
    (refused,) = [result for result in failed if result is not results[1]]
    assert (refused.status, refused.error.code, refused.error.retry_helps) == ("FAILED", "InternalError", True)
    assert {row.stage for row in batch.ledger.all()} == {"ready", "failed", "delivered"}
    assert len(batch.told) == 4


def test_key_that_is_refused_ends_the_batch_and_leaves_every_job_open(settings: dict[str, Any], tmp_path, fixtures) -> None:
    with Emulator(api_key="sk-another-0123456789", seconds_per_task=0.1) as locked:
        batch = Batch(settings | {"base_url": locked.base_url}, tmp_path / "out")
        with pytest.raises(KeyRefusedError, match="InvalidApiKey"):
            batch(mixed(fixtures, 10))
        assert [row.stage for row in batch.ledger.open()] == ["ready"] * 10
        assert not any(batch.ledger.submission(row.id).owner for row in batch.ledger.open())
        assert locked.tasks == []


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_cannot_be_told_ends_the_batch_as_itself(backend: str, batch: Batch, fixtures: Path) -> None:
    def gone(result: JobResult) -> None:
        raise BrokenPipeError

    batch.done = gone
    # The reader of standard output has gone: what is open is left to the next run.
    with pytest.raises(BrokenPipeError):
        batch(mixed(fixtures, 6), backend=backend)
    assert "delivered" in {row.stage for row in batch.ledger.all()}


def test_ledger_that_is_gone_ends_the_batch_as_itself(batch: Batch, wan: Callable[..., Job]) -> None:
    ledger = batch.ledger

    async def all_of_them() -> list[JobResult]:
        async with AsyncClient(**batch.settings) as client:
            orders = batch.orders(client, [wan(1), wan(2)])
            assert ledger.path is not None
            ledger.path.unlink()
            return await deliver(client.session, orders, done=batch.done)

    with pytest.raises(LedgerError, match="deleted or replaced"):
        anyio.run(all_of_them)


def test_ledger_that_cannot_be_written_any_more_ends_the_batch(
    batch: Batch, service: Emulator, wan: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("the disk is full")

    async def all_of_them() -> list[JobResult]:
        async with AsyncClient(**batch.settings) as client:
            orders = batch.orders(client, [wan(1), wan(2), wan(3)])
            with anyio.fail_after(30):
                return await deliver(client.session, orders, done=batch.done)

    # The task of the first job cannot be written down: the others would wait for it without end.
    with monkeypatch.context() as patch, pytest.raises(LedgerError, match="the disk is full"):
        patch.setattr(Ledger, "created", full)
        patch.setattr(Ledger, "release", full)
        anyio.run(all_of_them)
    batch.ledger.close()
    assert all(result.ok for result in batch([wan(1), wan(2), wan(3)]))
    assert len(service.tasks) == 3


def test_detached_jobs_are_left_running(batch: Batch, service: Emulator, wan: Callable[..., Job]) -> None:
    results = batch([wan(number) for number in range(3)], detach=True)
    assert all(result.ok and result.video is None for result in results)
    assert {result.task_id for result in results} == {task["task_id"] for task in service.tasks}
    assert {row.stage for row in batch.ledger.open()} == {"created"}
    assert not batch.out.exists()
    assert all(result.video for result in batch([wan(number) for number in range(3)]))
    assert creates(service) == 3


def test_same_job_twice_makes_one_task_and_two_results(batch: Batch, service: Emulator, wan: Callable[..., Job]) -> None:
    first, second = batch([wan(), wan()])
    assert first.video == second.video is not None
    assert creates(service) == 1


def test_detect_calls_need_no_record(batch: Batch, fixtures: Path) -> None:
    async def asked() -> list[JobResult]:
        async with AsyncClient(**batch.settings) as client:
            return await deliver(client.session, [Order(Job("emo-detect-v1", image=fixtures / "portrait.jpg"))], done=batch.done)

    (result,) = anyio.run(asked)
    assert result.ok
    assert set(result.detected) == {"face_bbox", "ext_bbox"}
    assert batch.ledger.all() == ()


def test_patience_of_one_job_is_its_own(settings: dict[str, Any], tmp_path: Path, wan: Callable[..., Job]) -> None:
    with Emulator(seconds_per_task=1000, detection="assume") as slow:
        batch = Batch(settings | {"base_url": slow.base_url}, tmp_path / "out")
        batch([wan(1), wan(2)], detach=True)
        with Client(**batch.settings) as client:
            for row in batch.ledger.open():
                with pytest.raises(WaitTimeoutError, match="still"):
                    client.wait(row.id, out=batch.out, timeout=0.2)
        assert [row.stage for row in batch.ledger.open()] == ["created"] * 2
        slow.advance(2000)
        assert all(result.ok for result in batch([wan(1), wan(2)]))
        assert creates(slow) == 2


def test_video_that_is_not_what_was_promised_is_noted(batch: Batch, wan: Callable[..., Job]) -> None:
    async def all_of_them() -> list[JobResult]:
        async with AsyncClient(**batch.settings) as client:
            (order,) = batch.orders(client, [wan()])
            assert order.expected is not None
            larger = replace(order, expected=replace(order.expected, width=4096))
            return await deliver(client.session, [larger], out=str(batch.out), done=batch.done)

    (result,) = anyio.run(all_of_them)
    assert result.ok
    assert any("4096" in note for note in result.notes)
