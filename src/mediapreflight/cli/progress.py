"""A progress display for long work, on standard error, and only on a terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from ..language import tr, tr_many, translated
from ..text import plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ..submit.session import Event

_Item = TypeVar("_Item")
_PATIENCE_S = 0.5


def tracked(items: Iterable[_Item], total: int | None = None) -> Iterable[_Item]:
    """The items, unchanged. After half a second, a terminal shows how many have passed.

    Results for the same terminal wait until the display is removed.

    Args:
        total: how many there will be; None if unknown.
    """
    if not sys.stderr.isatty():
        return items
    displayed = _displayed(items, total)
    return list(displayed) if sys.stdout.isatty() else displayed


def _displayed(items: Iterable[_Item], total: int | None) -> Iterator[_Item]:
    began = time.monotonic()
    display: Progress | None = None
    try:
        for done, item in enumerate(items, start=1):
            if display is None and time.monotonic() - began > _PATIENCE_S:
                display = _started(total)
            if display is not None:
                display.update(display.task_ids[0], completed=done)
            yield item
    finally:
        if display is not None:
            display.stop()


@contextlib.contextmanager
def file_progress() -> Iterator[Callable[[str, float], None] | None]:
    """A function that takes a file's name and the share that is done, 0 to 1; None without a terminal.

    The terminal shows a bar and the time left for every file that takes longer than half a second.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as display:
        tasks: dict[str, TaskID] = {}
        began: dict[str, float] = {}

        def show(name: str, share: float) -> None:
            started = began.setdefault(name, time.monotonic())
            if name not in tasks and share < 1 and time.monotonic() - started > _PATIENCE_S:
                tasks[name] = display.add_task(escape(plain(name)), total=1.0)
            if name in tasks:
                display.update(tasks[name], completed=share, visible=share < 1)

        yield show


class Board:
    """A line with a running clock for each unfinished job, shown by `display`."""

    def __init__(self, display: Progress) -> None:
        self._display = display
        self._lines: dict[int | None, TaskID] = {}

    def tell(self, event: Event) -> None:
        """Show the state of a job, and the share that is done, if known."""
        from rich.markup import escape

        if event.number not in self._lines:
            # Without a total, rich never treats the line as finished, so its clock keeps running.
            self._lines[event.number] = self._display.add_task("", total=None)
        name = "" if event.number is None else f"{event.number}  "
        share = "" if event.share is None else f"  {event.share:.0%}"
        self._display.update(
            self._lines[event.number], description=escape(f"{name}{event.stage}  {plain(translated(event.text))}{share}")
        )

    @contextlib.contextmanager
    def ended(self, number: int | None) -> Iterator[None]:
        """Remove the line of a job. In the block all lines are hidden, because its result may go to the same terminal."""
        if number in self._lines:
            self._display.remove_task(self._lines.pop(number))
        self._display.stop()
        try:
            yield
        finally:
            self._display.start()


@contextlib.contextmanager
def job_board() -> Iterator[Board | None]:
    """Lines for the jobs that are sent and waited for; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as display:
        yield Board(display)


def _started(total: int | None) -> Progress:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    # rich fills this in each time it draws the line.
    done = "{task.completed:.0f}"
    said = (
        tr("{count} jobs checked", count=done)
        if total is None
        else tr_many("{done} of {count} job checked", "{done} of {count} jobs checked", total, done=done)
    )
    columns = (SpinnerColumn(), TextColumn(said), TimeElapsedColumn())
    # Results go to standard output while this is shown, so rich must not redirect that stream.
    display = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    display.add_task("check", total=total)
    display.start()
    return display
