"""One call of a tool: its progress, and whether it was canceled."""

from __future__ import annotations

import threading
from typing import NamedTuple

from ..check.containment import Containment
from ..language import say


class StoppedError(Exception):
    """The call was canceled. Nobody waits for its answer."""


class Progress(NamedTuple):
    """The progress of a call: `done` of `total`, which is None if unknown."""

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
        """Cancel the call: reading media stops at once, writing media at the next report of progress."""
        self._is_stopped = True
        self.containment.close()

    def go_on(self) -> None:
        """Raises StoppedError if the call was canceled."""
        if self._is_stopped:
            raise StoppedError(say("the call was canceled"))

    def share(self, name: str, share: float, of: int) -> None:
        """Report the share, 0 to 1, that is done of one of several files. Raises StoppedError."""
        self.go_on()
        with self._lock:
            self._shares[name] = max(self._shares.get(name, 0.0), share)
            self.progress = Progress(sum(self._shares.values()), of, name)

    def event(self, message: str) -> None:
        """Report an event; the total is not known."""
        with self._lock:
            self._events += 1
            self.progress = Progress(self._events, None, message)
