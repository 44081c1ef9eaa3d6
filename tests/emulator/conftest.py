"""An emulator that does its tasks at once, and one whose clock stands still until a test moves it."""

from collections.abc import Iterator

import pytest

from mediapreflight.emulator import Emulator

from .caller import Caller

NOON = 1_800_000_000.0


@pytest.fixture
def at_once() -> Iterator[Caller]:
    with Emulator(seconds_per_task=0, detection="assume") as service:
        caller = Caller(service)
        yield caller
        caller.close()


@pytest.fixture
def standing() -> Iterator[Caller]:
    """Tasks take 100 seconds of a clock that only tests move."""
    with Emulator(seconds_per_task=100, clock=lambda: NOON, detection="assume") as service:
        caller = Caller(service)
        yield caller
        caller.close()
