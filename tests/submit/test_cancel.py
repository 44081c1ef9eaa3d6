"""Coroutines that are cancelled, at whatever await: nothing stays claimed, open, or half written."""

from __future__ import annotations

import asyncio
import copy
import itertools
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from mediapreflight import Job, probe
from mediapreflight.emulator import Emulator
from mediapreflight.submit.client import AsyncClient
from mediapreflight.submit.http import Answer, Send
from mediapreflight.submit.session import Session

Main = Callable[[], Awaitable[Any]]
# A coroutine that is handed what cancels it.
Body = Callable[[Callable[[], None]], Awaitable[Any]]
Cancellable = Callable[[Body], Awaitable[bool]]

# httpx leaves its generators to the garbage collector where a body is not read or sent whole, and trio complains.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")


async def natively(body: Body) -> bool:
    """Whether it was cancelled, as `asyncio.wait_for` does it, and twice."""
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        loop.call_soon(task.cancel)
        loop.call_later(0.02, task.cancel)

    task = asyncio.ensure_future(body(cancel))
    await asyncio.wait([task])
    return task.cancelled()


async def by_scope(body: Body) -> bool:
    """Whether it was cancelled, by a scope of anyio or trio."""
    with anyio.CancelScope() as scope:
        await body(scope.cancel)
    return scope.cancelled_caught


def on_asyncio(main: Main) -> Any:
    return asyncio.run(main())  # type: ignore[arg-type]


KINDS = [(on_asyncio, natively), (on_asyncio, by_scope), (trio.run, by_scope)]
kinds = pytest.mark.parametrize(("runner", "cancellable"), KINDS, ids=["asyncio", "anyio", "trio"])


def cut_off(client: AsyncClient, cut: int, cancel: Callable[[], None]) -> AsyncClient:
    """The client, whose user is cancelled when it waits for the exchange, thread or pause of this number."""
    numbers, session = itertools.count(), client.session

    class Cut(Session):
        async def run(self, *call: Any, **options: Any) -> Any:
            check()
            return await super().run(*call, **options)

    def check() -> None:
        if next(numbers) == cut:
            cancel()

    async def wire(send: Send) -> Answer:
        check()
        return await session.wire(send)

    async def sleep(seconds: float) -> None:
        check()
        await session.sleep(seconds)

    cut_short = copy.copy(client)
    cut_short.session = Cut(**{**session.__dict__, "wire": wire, "sleep": sleep})
    return cut_short


def is_quiet(client: AsyncClient) -> bool:
    pool = client._wire._clients.direct._transport._pool  # type: ignore[attr-defined]
    return all(connection.is_idle() or connection.is_closed() for connection in pool.connections)


@kinds
def test_a_cancelled_submit_leaves_the_job_free(
    runner: Callable[[Main], Any], cancellable: Cancellable, settings: dict[str, Any], service: Emulator, wan: Callable[..., Job]
) -> None:
    async def cut_at(number: int) -> bool:
        job = wan(number)
        async with AsyncClient(**settings) as client:
            was_cancelled = await cancellable(lambda cancel: cut_off(client, number, cancel).submit(job))
            rows = [row for row in client.session.ledger.all() if row.job["inputs"]["prompt"] == job.inputs["prompt"]]
            assert all(client.session.ledger.is_idle(row) for row in rows)
            assert is_quiet(client)
            # A create call that was cut off is looked up first, which is another story.
            if not any(row.stage == "sending" for row in rows):
                assert (await client.submit(job)).id
                assert sum(made["request"]["input"]["prompt"] == job.inputs["prompt"] for made in service.tasks) == 1
        return was_cancelled

    async def all_cuts() -> list[bool]:
        return [await cut_at(number) for number in range(14)]

    assert runner(all_cuts).count(True) > 8


@kinds
@pytest.mark.parametrize("step", ["register", "claim", "begin_sending", "release"])
def test_a_step_of_the_ledger_is_not_left_half_way(
    runner: Callable[[Main], Any],
    cancellable: Cancellable,
    step: str,
    settings: dict[str, Any],
    wan: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = settings["ledger"]
    real = getattr(ledger, step)
    under_way, ended = threading.Event(), threading.Event()

    def slow(*arguments: Any, **options: Any) -> Any:
        under_way.set()
        time.sleep(0.1)
        result = real(*arguments, **options)
        time.sleep(0.1)
        ended.set()
        return result

    async def cut() -> None:
        async with AsyncClient(**settings) as client:

            async def body(cancel: Callable[[], None]) -> None:
                async with anyio.create_task_group() as group:
                    group.start_soon(watch, cancel)
                    await client.submit(wan())

            async def watch(cancel: Callable[[], None]) -> None:
                while not under_way.is_set():
                    await anyio.sleep(0.01)
                cancel()

            monkeypatch.setattr(ledger, step, slow)
            await cancellable(body)
            assert ended.is_set()
            monkeypatch.undo()
            (row,) = ledger.all()
            assert ledger.is_idle(row)
            if row.stage != "sending":
                with anyio.fail_after(10):
                    assert (await client.submit(wan())).id

    runner(cut)


@kinds
def test_a_cancelled_wait_leaves_no_file(
    runner: Callable[[Main], Any], cancellable: Cancellable, settings: dict[str, Any], wan: Callable[..., Job], tmp_path: Path
) -> None:
    async def cut_at(number: int) -> None:
        out = tmp_path / f"out{number}"
        async with AsyncClient(**settings) as client:
            task = await client.submit(wan(number))
            await cancellable(lambda cancel: cut_off(client, number, cancel).wait(task, out))
            assert is_quiet(client)
            left = list(out.glob("*")) if out.exists() else []
            assert all(probe(path).problems == () for path in left)
            assert not any(path.name.startswith(".") for path in left)
            video = await client.wait(task, out=out)
            assert probe(video).problems == ()
            assert list(out.iterdir()) == [video]

    async def all_cuts() -> None:
        for number in range(1, 16, 4):
            await cut_at(number)

    runner(all_cuts)


def test_wait_for_ends_in_time_and_the_job_can_be_submitted_again(
    settings: dict[str, Any], service: Emulator, wan: Callable[..., Job]
) -> None:
    async def cut() -> None:
        async with AsyncClient(**settings) as client:
            service.fail("policy", "slow", 1)
            sending = asyncio.ensure_future(client.submit(wan()))
            while not client.session.ledger.open():
                await asyncio.sleep(0.01)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(sending, 0.05)
            (row,) = client.session.ledger.open()
            assert client.session.ledger.is_idle(row)
            assert (await asyncio.wait_for(client.submit(wan()), 60)).id

    asyncio.run(cut())
    assert len(service.tasks) == 1
