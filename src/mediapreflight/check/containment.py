"""Untrusted media in separate processes: a library that crashes on its data, or hangs, affects nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..catalog import Model, Role
from ..errors import UnreadableMediaError
from ..job import is_local
from ..language import say
from ..media.facts import LEVELS, Facts, Level, Problem, UnknownFacts
from ..media.source import display_name, is_remote
from ..people.facts import PictureContent, VideoContent
from .measure import (
    TIME_LIMIT_S,
    Cut,
    InRoles,
    Measured,
    look_at_file,
    look_for,
    measure_file,
    measure_jobs,
    measure_to_be_cut,
    read_facts,
)

if TYPE_CHECKING:
    from ..media.previews import Preview
    from ..workers.processes import CrashError, Processes

__all__ = ["TIME_LIMIT_S", "UNCONTAINED", "Containment", "contained"]

_Result = TypeVar("_Result")
NO_CUTS: Mapping[str, Cut] = MappingProxyType({})


class Containment:
    """Runs code that reads media, from any thread, in processes that are kept for the next file with their libraries loaded.

    A process that crashes or hangs is replaced. Processes that read local files have no network. Close it, or use it as a context
    manager, to stop running calls; the processes are kept for the next containment of this Python process.

    Args:
        processes: None: nothing is contained; everything runs in the calling process.
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
        """Whether everything was stopped. Then a call that fails says nothing about its file."""
        return self._processes is not None and self._processes.is_stopped

    def close(self) -> None:
        """Stop running calls at once; they, and all later calls, raise CrashError."""
        if self._processes is not None:
            self._processes.stop()

    def _run(self, paths: Iterable[str], function: Callable[..., _Result], *arguments: Any) -> _Result:
        """What a function of this package returns, or raises. Raises CrashError if its process dies of it."""
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

        Raises UnreadableMediaError if what reads the file crashes, or takes too long.
        """
        from ..workers.processes import CrashError

        try:
            return self._run([path], function, *arguments)
        except CrashError as error:
            raise UnreadableMediaError(display_name(path), self._reason(error)) from None

    def facts(self, path: str, level: Level) -> Facts:
        """What `probe` says about a file. If a reader crashes: what can be measured without it, and a problem that says so."""
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

    def preview(self, path: str, facts: Facts) -> Preview:
        """What can be shown of a local file with these facts; nothing of any other."""
        from ..media.previews import NOTHING, Preview, preview_of

        if not is_local(path):
            return NOTHING
        try:
            return self.call(path, preview_of, path, facts)
        except UnreadableMediaError as error:
            return Preview(trouble=error.reason)

    def measured(
        self, paths: Mapping[str, str], model: Model, level: Level, cuts: Mapping[str, Cut] = NO_CUTS
    ) -> dict[str, Measured]:
        """Measure the files in these roles of the model, each as far as possible; `cuts`: of videos, how they will be cut."""
        long = {role: self._to_be_cut(paths[role], model.roles[role], level, cut) for role, cut in cuts.items()}
        others = {role: path for role, path in paths.items() if not long.get(role)}
        (found,) = self.measured_together([(others, model)], level) if others else ({},)
        return {role: long.get(role) or found[role] for role in paths}

    def _to_be_cut(self, path: str, role: Role, level: Level, cut: Cut) -> Measured | None:
        """None also where its reader crashes: then it is measured as any other file."""
        from ..workers.processes import CrashError

        try:
            found = self._run([path], measure_to_be_cut, path, role, level, cut)
        except CrashError:
            if self.is_closed:
                raise
            return None
        return found if found is None or _is_possible(found) else None

    def measured_together(self, jobs: Sequence[InRoles], level: Level) -> list[dict[str, Measured]]:
        """The same for several jobs, in one process; if it crashes, each job in a separate process."""
        from ..workers.processes import CrashError

        try:
            found = self._run((path for paths, _ in jobs for path in paths.values()), measure_jobs, jobs, level)
            asked = [paths.keys() for paths, _ in jobs]
            if [each.keys() for each in found] == asked and all(_is_possible(one) for each in found for one in each.values()):
                return found
        except CrashError:
            if self.is_closed:
                raise
        if len(jobs) > 1:
            return [found for job in jobs for found in self.measured_together([job], level)]
        return [self._separately(paths, model, level) for paths, model in jobs]

    def _separately(self, paths: Mapping[str, str], model: Model, level: Level) -> dict[str, Measured]:
        return {role: self._measured_separately(path, model.roles[role], level) for role, path in paths.items()}

    def _measured_separately(self, path: str, role: Role, level: Level) -> Measured:
        """What one file is that may make its reader crash or hang."""
        if level != "content":
            return Measured(self.facts(path, level))
        found = self._found(path, measure_file, path, role, level)
        if isinstance(found, Measured):
            return found
        facts = self.facts(path, "decode")
        return Measured(facts, trouble=None if facts.problems else found)

    def looked_at(self, path: str, facts: Facts, role: Role, level: Level) -> Measured:
        """What is to be seen and heard in one file that was probed before."""
        if look_for(facts, role, level) is None:
            return Measured(facts)
        found = self._found(path, look_at_file, path, facts, role, level)
        return found._replace(facts=facts) if isinstance(found, Measured) else Measured(facts, trouble=found)

    def _found(self, path: str, function: Callable[..., Measured], *arguments: Any) -> Measured | str:
        """The function's result for a file; or, if the result is impossible, the reason."""
        from ..workers.processes import CrashError

        try:
            found = self._run([path], function, *arguments)
        except CrashError as error:
            return self._reason(error)
        return found if _is_possible(found) else say("the process that reads it returned an impossible result")

    def _reason(self, error: CrashError) -> str:
        """Why no answer came. Raises the error if everything was stopped: then it says nothing about the file."""
        if self.is_closed:
            raise error
        return error.reason


def _is_possible(measured: Measured) -> bool:
    """Whether all faces are inside their picture. A process that a file has taken over may return anything."""
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
    """Where media is read: with a time limit in separate processes, if any can be started; with None, in this process."""
    from ..workers.processes import Processes

    if time_limit_s is None or not Processes.can_start():
        return UNCONTAINED
    return Containment(Processes(), time_limit_s, at_once)
