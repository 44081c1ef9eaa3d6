"""Foreign media in processes of their own: a library that crashes on its data, or hangs, ends nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .catalog import Model, Role
from .errors import UnreadableMediaError
from .measure import Measured, measure_file, measure_files, read_facts
from .probe import Facts, Level, UnknownFacts
from .probe.facts import LEVELS, Problem
from .probe.source import display_name

if TYPE_CHECKING:
    from .processes import CrashError, Processes

_Result = TypeVar("_Result")
# What takes longer to measure hangs: ten minutes of 1080p video take some seconds.
TIME_LIMIT_S = 120.0


class Containment:
    """Runs what reads media, from any thread, in processes that stay for the next file with the libraries they have loaded.

    One that crashes or hangs is replaced. Close it, or use it as a context manager, to end them.

    Args:
        processes: None: nothing is contained, and all runs in the calling process.
        time_limit_s: how long one call may take.
        at_once: how many calls run at the same time; the others wait. None: all.
    """

    def __init__(self, processes: Processes | None, time_limit_s: float | None, at_once: int | None = None) -> None:
        self._processes = processes
        self._time_limit_s = time_limit_s
        self._turn: AbstractContextManager[object] = nullcontext() if at_once is None else threading.Semaphore(at_once)

    def __enter__(self) -> Containment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_closed(self) -> bool:
        """Whether all was ended: then a call that dies says nothing of its file."""
        return self._processes is not None and self._processes.is_stopped

    def close(self) -> None:
        """End the processes at once; calls under way, and all others from now on, raise CrashError."""
        if self._processes is not None:
            self._processes.stop()

    def run(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """What a function of this package returns, or raises. Raises CrashError where its process dies of it."""
        if self._processes is None:
            return function(*arguments)
        from .processes import StartError

        with self._turn:
            try:
                return self._processes.call(function, *arguments, time_limit_s=self._time_limit_s)
            except StartError:
                return function(*arguments)

    def call(self, path: str, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """What a function of this package returns, or raises.

        Args:
            path: the file it reads, for the error.

        Raises UnreadableMediaError where what reads the file crashes, or takes too long.
        """
        from .processes import CrashError

        try:
            return self.run(function, *arguments)
        except CrashError as error:
            raise UnreadableMediaError(display_name(path), self._reason(error)) from None

    def facts(self, path: str, level: Level) -> Facts:
        """What `probe` says of a file; where a reader crashes, what can be had without it, and a problem that says so."""
        from .processes import CrashError

        reason = ""
        for lower in reversed(LEVELS[: LEVELS.index(level) + 1]):
            try:
                facts = self.run(read_facts, path, lower)
            except CrashError as error:
                reason = self._reason(error)
            else:
                problems = (*facts.problems, Problem.NOT_RUN.because(reason)) if reason else facts.problems
                return msgspec.structs.replace(facts, problems=problems)
        return UnknownFacts(path=display_name(path), problems=(Problem.NOT_RUN.because(reason),))

    def measured(self, paths: Mapping[str, str], model: Model, level: Level) -> dict[str, Measured]:
        """What the files are that stand in these roles of the model: as much as can be had of each."""
        from .processes import CrashError

        try:
            return self.run(measure_files, paths, model, level)
        except CrashError:
            return {role: self.measured_apart(path, model.roles[role], level) for role, path in paths.items()}

    def measured_apart(self, path: str, role: Role, level: Level) -> Measured:
        """What one file is that may make its reader crash or hang."""
        from .processes import CrashError

        if level != "content":
            return Measured(self.facts(path, level))
        try:
            return self.run(measure_file, path, role, level)
        except CrashError as error:
            facts = self.facts(path, "decode")
            return Measured(facts, trouble=None if facts.problems else self._reason(error))

    def _reason(self, error: CrashError) -> str:
        """Why nothing came back. Raises the error where all was ended: then it says nothing of the file."""
        from .processes import TimeLimitError

        if self.is_closed:
            raise error
        return f"it takes longer than {self._time_limit_s:g} s" if isinstance(error, TimeLimitError) else "what reads it crashed"


UNCONTAINED = Containment(None, None)


def contained(time_limit_s: float | None, at_once: int | None = None) -> Containment:
    """Where media are read: with a time limit in processes apart, as far as any can be started; without one, in this process."""
    from .processes import Processes

    if time_limit_s is None or not Processes.can_start():
        return UNCONTAINED
    return Containment(Processes(), time_limit_s, at_once)
