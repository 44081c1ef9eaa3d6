"""Many jobs on one clock that stands still while one of them works and jumps to the next one's wake-up when all wait.

Requests are made for real, of a service whose clock is moved along: hours of waiting take moments, and every rate and
lifetime is kept or broken exactly.
"""

import heapq
import itertools
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import anyio

from mediapreflight import AsyncClient
from mediapreflight.emulator.faults import AT_STEPS, EVERYWHERE
from mediapreflight.errors import MediaPreflightError
from mediapreflight.submit.http import Answer, Request, Send
from mediapreflight.submit.session import ServiceClock

from .desk import Service
from .stand_in import START

STEPS = {"look": None, "download": "result"}


@dataclass(frozen=True)
class Work:
    """Something that begins at a time: `begin` does it, `end` is told what it returned or raised."""

    at: float
    begin: Callable[[], Awaitable[Any]]
    end: Callable[[Any], None]


class World:
    """The clock all share. `faults`: the share of requests that meet one."""

    def __init__(self, service: Service, *, faults: float = 0.0, seed: int = 0) -> None:
        self.service = service
        self.now = START
        self.met: list[tuple[str, str]] = []
        self._share = faults
        self._random = random.Random(seed)
        self._orders = itertools.count()
        self._waiting: list[tuple[float, int, anyio.Event]] = []

    def clock(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.service.advance(seconds)
        self.now += seconds

    def inhabited_by(self, client: AsyncClient, seed: int) -> None:
        """Give a client this world's time, and let its requests meet this world's faults."""
        wire = client.session.wire

        async def send(send: Send) -> Answer:
            self.trouble(send.request)
            return await wire(send)

        client.session = replace(
            client.session,
            wire=send,
            sleep=self.sleep,
            clock=self.clock,
            elapsed=self.clock,
            service_clock=ServiceClock(self.clock),
            random=random.Random(seed).random,
        )

    def trouble(self, request: Request) -> None:
        """Let a request meet a fault, as the dice say."""
        step = STEPS.get(request.purpose, request.purpose)
        if step is None or self._random.random() >= self._share:
            return
        possible = [*EVERYWHERE, *(name for name, (steps, _) in AT_STEPS.items() if step in steps)]
        fault = self._random.choice(possible)
        self.service.fail(step, fault)
        self.met.append((step, fault))

    async def sleep(self, seconds: float) -> None:
        """Wait, and let the next one work."""
        woken = self._wait_until(self.now + seconds)
        self._wake_next()
        await woken.wait()

    async def play(self, works: Iterable[Work]) -> None:
        """Do all works to their ends, one at a time."""
        async with anyio.create_task_group() as group:
            for work in works:
                group.start_soon(self._work, work, self._wait_until(work.at))
            self._wake_next()

    async def _work(self, work: Work, woken: anyio.Event) -> None:
        await woken.wait()
        try:
            work.end(await work.begin())
        except MediaPreflightError as error:
            work.end(error)
        self._wake_next()

    def _wait_until(self, moment: float) -> anyio.Event:
        event = anyio.Event()
        heapq.heappush(self._waiting, (moment, next(self._orders), event))
        return event

    def _wake_next(self) -> None:
        if self._waiting:
            moment, _, event = heapq.heappop(self._waiting)
            if moment > self.now:
                self.advance(moment - self.now)
            event.set()
