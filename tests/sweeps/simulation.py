"""Many flows on one clock that stands still while they work and jumps to the next one's wake-up when all wait.

Effects are performed for real, against a service whose clock is moved along: hours of waiting take moments, and every
rate and lifetime is kept or broken exactly.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mediapreflight.emulator.faults import AT_STEPS, EVERYWHERE
from mediapreflight.errors import MediaPreflightError
from mediapreflight.submit.client import Client
from mediapreflight.submit.exchange import Effect, Flow, Request, Send, Sleep

from .desk import Service
from .stand_in import START

STEPS = {"look": None, "download": "result"}


class World:
    """The clock all share. `faults`: the share of requests that meet one."""

    def __init__(self, service: Service, *, faults: float = 0.0, seed: int = 0) -> None:
        self.service = service
        self.now = START
        self.met: list[tuple[str, str]] = []
        self._share = faults
        self._random = random.Random(seed)

    def clock(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.service.advance(seconds)
        self.now += seconds

    def trouble(self, request: Request) -> None:
        """Let a request meet a fault, as the dice say."""
        step = STEPS.get(request.purpose, request.purpose)
        if step is None or self._random.random() >= self._share:
            return
        possible = [*EVERYWHERE, *(name for name, (steps, _) in AT_STEPS.items() if step in steps)]
        fault = self._random.choice(possible)
        self.service.fail(step, fault)
        self.met.append((step, fault))


@dataclass(order=True)
class _Waiting:
    wakes: float
    order: int
    work: Any = field(compare=False)
    flow: Flow[Any] | None = field(compare=False, default=None)


@dataclass(frozen=True)
class Work:
    """Something that begins at a time: `begin` makes its flow, `end` is told what it returned or raised."""

    at: float
    begin: Callable[[], Flow[Any]]
    end: Callable[[Any], None]


def play(world: World, client: Client, works: Iterable[Work]) -> None:
    """Run all flows to their ends."""
    orders = itertools.count()
    queue = [_Waiting(work.at, next(orders), work) for work in works]
    heapq.heapify(queue)
    while queue:
        waiting = heapq.heappop(queue)
        if waiting.wakes > world.now:
            world.advance(waiting.wakes - world.now)
        flow = waiting.flow or waiting.work.begin()
        try:
            seconds = _until_sleep(world, client, flow, fresh=waiting.flow is None)
        except StopIteration as stop:
            waiting.work.end(stop.value)
        except MediaPreflightError as error:
            waiting.work.end(error)
        else:
            heapq.heappush(queue, _Waiting(world.now + seconds, next(orders), waiting.work, flow))


def _until_sleep(world: World, client: Client, flow: Flow[Any], *, fresh: bool) -> float:
    """Perform a flow's effects up to its next wait, and return how long that is."""
    effect: Effect = next(flow) if fresh else flow.send(None)
    while not isinstance(effect, Sleep):
        if isinstance(effect, Send):
            world.trouble(effect.request)
        try:
            result = client._perform(effect)
        except Exception as error:
            effect = flow.throw(error)
        else:
            effect = flow.send(result)
    return effect.seconds
