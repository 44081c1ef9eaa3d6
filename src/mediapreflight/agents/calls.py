"""One call of a tool: how far it is, and whether it was given up."""

from __future__ import annotations

import threading
from typing import NamedTuple

from ..check.containment import Containment
from ..language import say


class StoppedError(Exception):
    """The call was given up. Nobody waits for its answer."""


class Progress(NamedTuple):
    """How far a call is: `done` of `total`, which is None where nobody knows it."""

    done: float
    total: float | None
    message: str


class Call:
    """Used from any thread.

    Args:
        containment: where the call reads media; it ends with the call.
    """

    def __init__(self, containment: Containment) -> None:
        self.containment = containment
        self.progress: Progress | None = None
        self._shares: dict[str, float] = {}
        self._events = 0
        self._is_stopped = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Give the call up: what reads media ends at once, and what writes it at the next word of its progress."""
        self._is_stopped = True
        self.containment.close()

    def go_on(self) -> None:
        """Raises StoppedError where the call was given up."""
        if self._is_stopped:
            raise StoppedError(say("the call was canceled"))

    def share(self, name: str, share: float, of: int) -> None:
        """Of one of so many files, how much is done, 0 to 1. Raises StoppedError."""
        self.go_on()
        with self._lock:
            self._shares[name] = max(self._shares.get(name, 0.0), share)
            self.progress = Progress(sum(self._shares.values()), of, name)

    def event(self, message: str) -> None:
        """Something happened; how much is to come is not known."""
        with self._lock:
            self._events += 1
            self.progress = Progress(self._events, None, message)
