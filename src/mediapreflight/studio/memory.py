"""Remember measurements: an uploaded file never changes, so each is measured once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from ..catalog import Model, Role
from ..check.containment import NO_CUTS, TIME_LIMIT_S, Containment
from ..check.measure import Cut, Measured, look_for
from ..media.facts import Facts, Level
from ..media.previews import Preview
from ..system import result_of
from ..workers.processes import Processes

_Result = TypeVar("_Result")


class Memory:
    """Measurements by path, for several threads. If two threads need the same measurement at once, it is made once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, dict[Hashable, Future[Any]]] = {}

    def add(self, path: str) -> None:
        """Remember measurements of this file from now on."""
        with self._lock:
            self._known[path] = {}

    def forget(self, path: str) -> None:
        """Delete what is remembered about this file."""
        with self._lock:
            self._known.pop(path, None)

    def once(self, path: str, what: Hashable, find: Callable[[], _Result]) -> _Result:
        """The earlier result of `find`, or its result now.

        Errors are raised and not remembered: they may concern only this call.
        """
        with self._lock:
            known = self._known.get(path)
            if known is not None and (other := known.get(what)) is not None:
                future, is_mine = other, False
            else:
                future, is_mine = Future[_Result](), True
                if known is not None:
                    known[what] = future
        if not is_mine:
            shared: _Result = result_of(future)
            return shared
        try:
            found = find()
        except BaseException as error:
            with self._lock:
                if known is not None:
                    known.pop(what, None)
            future.set_exception(error)
            raise
        future.set_result(found)
        return found


class Remembering(Containment):
    """A `Containment` that measures each file in its memory only once."""

    def __init__(self, memory: Memory, at_once: int | None = None) -> None:
        super().__init__(Processes() if Processes.can_start() else None, TIME_LIMIT_S, at_once)
        self._memory = memory

    def facts(self, path: str, level: Level) -> Facts:
        find = super().facts
        return self._memory.once(path, ("facts", level), lambda: find(path, level))

    def preview(self, path: str, facts: Facts) -> Preview:
        find = super().preview
        return self._memory.once(path, "preview", lambda: find(path, facts))

    def looked_at(self, path: str, facts: Facts, role: Role, level: Level) -> Measured:
        find = super().looked_at
        return self._memory.once(path, look_for(facts, role, level), lambda: find(path, facts, role, level))

    def measured(
        self, paths: Mapping[str, str], model: Model, level: Level, cuts: Mapping[str, Cut] = NO_CUTS
    ) -> dict[str, Measured]:
        """Each file by itself and whole, whatever will be cut, so that another job with the same files finds them measured."""
        depth: Level = "decode" if level == "content" else level
        return {role: self.looked_at(path, self.facts(path, depth), model.roles[role], level) for role, path in paths.items()}

    def known(self, path: str, what: Hashable, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """The result of `call` for this file, remembered."""
        return self._memory.once(path, what, lambda: self.call(path, function, *arguments))
