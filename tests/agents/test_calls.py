"""Calls that are given up."""

import functools
import threading
from collections.abc import Callable

import anyio
import pytest

from mediapreflight.agents.calls import Call, StoppedError
from mediapreflight.agents.tools import Reply
from mediapreflight.check.containment import UNCONTAINED


async def watched(work: Callable[[], Reply], call: Call) -> Reply:
    """The work in a thread, as a tool's. Whoever only collects the tests does not load the SDK."""
    from mediapreflight.agents.server import _watched

    return await _watched(None, call, functools.partial(anyio.to_thread.run_sync, work))


def test_work_that_is_given_up_has_ended_before_the_call_has() -> None:
    call, ended, began = Call(UNCONTAINED), threading.Event(), threading.Event()

    def work() -> Reply:
        began.set()
        try:
            while True:
                call.share("a.mp4", 0.5, 1)
        except StoppedError:
            ended.set()
            raise

    async def give_up() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(watched, work, call)
            await anyio.to_thread.run_sync(began.wait)
            group.cancel_scope.cancel()
        assert ended.is_set()

    anyio.run(give_up)


def test_error_of_the_work_is_raised_as_it_is() -> None:
    def work() -> Reply:
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError):
        anyio.run(watched, work, Call(UNCONTAINED))


def test_progress_never_goes_back() -> None:
    call = Call(UNCONTAINED)
    for share in (0.5, 0.2, 0.7):
        call.share("a.mp4", share, 2)
    call.share("b.mp4", 1.0, 2)
    assert call.progress == (1.7, 2, "b.mp4")
