"""Faults on request: what goes wrong, at which step, how often."""

from __future__ import annotations

import threading
from typing import NamedTuple

from ..errors import UsageError, did_you_mean
from ..language import say
from ..text import enumerated
from . import limits

STEPS = ("policy", "upload", "detect", "create", "query", "list", "cancel", "result")
# What each fault looks like to a client.
EVERYWHERE = {
    "429": say("too many requests"),
    "500": say("an internal error; nothing was done"),
    "503": say("unavailable; nothing was done"),
    "reset": say("the connection breaks before anything is done"),
    "lost": say("the work is done, and the connection breaks without an answer"),
    "slow": say("the answer comes byte by byte"),
    "stall": say("no answer until the client gives up; nothing was done"),
    "cut": say("the answer ends in the middle"),
    "junk": say("status 200, but neither JSON nor video"),
}
AT_STEPS = {
    "expired": (("policy", "upload", "result"), say("the policy or the link has expired")),
    "unknown": (("query",), say("the task is UNKNOWN")),
    "failed": (("create",), say("the created task ends FAILED with InternalError")),
    "refused": (("detect",), say("the picture is refused with status 400, the code at the top of the answer")),
}


class Fault(NamedTuple):
    """A fault at a step, for the next `times` calls."""

    step: str
    fault: str
    times: int = 1


def parse_fault(text: str) -> Fault:
    """`STEP:FAULT` or `STEP:FAULT:TIMES`. Raises UsageError."""
    step, _, rest = text.partition(":")
    fault, _, times = rest.partition(":")
    if times and not times.isdecimal():
        raise UsageError(f"{text!r}: {times!r} is no number of times")
    return checked(step, fault, int(times) if times else 1)


def checked(step: object, fault: object, times: object = 1) -> Fault:
    """The fault with this name. Raises UsageError."""
    import difflib

    if not isinstance(step, str) or step not in STEPS:
        close = tuple(difflib.get_close_matches(str(step), STEPS, n=1))
        raise UsageError(f"no step {step!r}{did_you_mean(close) or '; the steps are ' + ', '.join(STEPS)}")
    possible = [*EVERYWHERE, *(name for name, (steps, _) in AT_STEPS.items() if step in steps)]
    if not isinstance(fault, str) or fault not in possible:
        raise UsageError(
            say("no fault {fault!r} at step {step}; its faults are {names}", fault=fault, step=step, names=enumerated(possible))
        )
    if type(times) is not int or times < 1:
        raise UsageError(say("a fault happens 1 time or more, not {times!r}", times=times))
    return Fault(step, fault, times)


class Faults:
    """The requested faults, in order. May be used from several threads."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Request a fault. Raises UsageError if too many are requested."""
        with self._lock:
            if len(self._waiting) >= limits.FAULTS:
                raise UsageError(f"{limits.FAULTS} faults are still to come, and no more can be asked for")
            self._waiting.append(fault)

    def take(self, step: str) -> str | None:
        """The fault for this call at a step; it then counts as used."""
        with self._lock:
            for index, (at, fault, times) in enumerate(self._waiting):
                if at == step:
                    self._waiting[index : index + 1] = [Fault(at, fault, times - 1)] if times > 1 else []
                    return fault
        return None
