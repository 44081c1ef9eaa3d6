"""Foreign media in processes of their own: a library that crashes on its data, or hangs, ends nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..catalog import Model, Role
from ..errors import UnreadableMediaError
from ..media.facts import LEVELS, Facts, Level, Problem, UnknownFacts
from ..media.source import display_name, is_remote
from ..people.facts import PictureContent, VideoContent
from .measure import TIME_LIMIT_S, InRoles, Measured, measure_file, measure_jobs, read_facts

if TYPE_CHECKING:
    from ..workers.processes import CrashError, Processes

__all__ = ["TIME_LIMIT_S", "UNCONTAINED", "Containment", "contained"]

_Result = TypeVar("_Result")


class Containment:
    """Runs what reads media, from any thread, in processes that stay for the next file with the libraries they have loaded.

    One that crashes or hangs is replaced. What reads local files has no network. Close it, or use it as a context manager, to
    end what is under way; the processes stay for the next containment of this Python process.

    Args:
        processes: None: nothing is contained, and all runs in the calling process.
        time_limit_s: how long one call may take; None: as long as it takes.
        at_once: how many calls run at the same time; the others wait. None: all.
    """

    def __init__(self, processes: Processes | None, time_limit_s: float | None, at_once: int | None = None) -> None:
        self._processes = processes
        self.time_limit_s = time_limit_s
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
        """End calls under way at once; they, and all others from now on, raise CrashError."""
        if self._processes is not None:
            self._processes.stop()

    def _run(self, paths: Iterable[str], function: Callable[..., _Result], *arguments: Any) -> _Result:
        """What a function of this package returns, or raises. Raises CrashError where its process dies of it."""
        if self._processes is None:
            return function(*arguments)
        from ..workers.processes import StartError

        online = any(map(is_remote, paths))
        with self._turn:
            try:
                return self._processes.call(function, *arguments, time_limit_s=self.time_limit_s, online=online)
            except StartError:
                return function(*arguments)

    def call(self, path: str, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """What a function of this package returns, or raises.

        Args:
            path: the file it reads, for the error.

        Raises UnreadableMediaError where what reads the file crashes, or takes too long.
        """
        from ..workers.processes import CrashError

        try:
            return self._run([path], function, *arguments)
        except CrashError as error:
            raise UnreadableMediaError(display_name(path), self._reason(error)) from None

    def facts(self, path: str, level: Level) -> Facts:
        """What `probe` says of a file; where a reader crashes, what can be had without it, and a problem that says so."""
        from ..workers.processes import CrashError

        reason = ""
        for lower in reversed(LEVELS[: LEVELS.index(level) + 1]):
            try:
                facts = self._run([path], read_facts, path, lower)
            except CrashError as error:
                reason = self._reason(error)
            else:
                problems = (*facts.problems, Problem.NOT_RUN.because(reason)) if reason else facts.problems
                return msgspec.structs.replace(facts, problems=problems)
        return UnknownFacts(path=display_name(path), problems=(Problem.NOT_RUN.because(reason),))

    def measured(self, paths: Mapping[str, str], model: Model, level: Level) -> dict[str, Measured]:
        """What the files are that stand in these roles of the model: as much as can be had of each."""
        (found,) = self.measured_together([(paths, model)], level)
        return found

    def measured_together(self, jobs: Sequence[InRoles], level: Level) -> list[dict[str, Measured]]:
        """The same for several jobs, by one process; where it dies, each by a process of its own."""
        from ..workers.processes import CrashError

        try:
            found = self._run((path for paths, _ in jobs for path in paths.values()), measure_jobs, jobs, level)
            asked = [paths.keys() for paths, _ in jobs]
            if [each.keys() for each in found] == asked and all(_can_be(one) for each in found for one in each.values()):
                return found
        except CrashError:
            if self.is_closed:
                raise
        if len(jobs) > 1:
            return [found for job in jobs for found in self.measured_together([job], level)]
        return [self._apart(paths, model, level) for paths, model in jobs]

    def _apart(self, paths: Mapping[str, str], model: Model, level: Level) -> dict[str, Measured]:
        return {role: self._measured_apart(path, model.roles[role], level) for role, path in paths.items()}

    def _measured_apart(self, path: str, role: Role, level: Level) -> Measured:
        """What one file is that may make its reader crash or hang."""
        from ..workers.processes import CrashError

        if level != "content":
            return Measured(self.facts(path, level))
        try:
            found = self._run([path], measure_file, path, role, level)
            if _can_be(found):
                return found
            reason = "what reads it says what cannot be"
        except CrashError as error:
            reason = self._reason(error)
        facts = self.facts(path, "decode")
        return Measured(facts, trouble=None if facts.problems else reason)

    def _reason(self, error: CrashError) -> str:
        """Why nothing came back. Raises the error where all was ended: then it says nothing of the file."""
        if self.is_closed:
            raise error
        return error.reason


def _can_be(measured: Measured) -> bool:
    """Whether all faces lie inside of their picture: what a process says whose data has taken it over need not make sense."""
    content = measured.content
    if not isinstance(content, PictureContent | VideoContent):
        return True
    frames = content.samples if isinstance(content, VideoContent) else (content,)
    doubtful = content.doubtful if isinstance(content, PictureContent) else ()
    boxes = [face.bbox for frame in frames for face in (*frame.faces, *frame.bystanders)] + [face.bbox for face in doubtful]
    inside = all(0 <= x1 < x2 <= content.width and 0 <= y1 < y2 <= content.height for x1, y1, x2, y2 in boxes)
    return content.width > 0 and content.height > 0 and inside


UNCONTAINED = Containment(None, None)


def contained(time_limit_s: float | None, at_once: int | None = None) -> Containment:
    """Where media are read: with a time limit in processes apart, as far as any can be started; for None, in this process."""
    from ..workers.processes import Processes

    if time_limit_s is None or not Processes.can_start():
        return UNCONTAINED
    return Containment(Processes(), time_limit_s, at_once)
