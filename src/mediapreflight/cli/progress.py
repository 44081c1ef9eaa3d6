"""A progress display for long work, on standard error, and only on a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ..language import tr, tr_many, translated
from ..text import plain

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..submit.session import Event

_Item = TypeVar("_Item")
_PATIENCE_S = 0.5
_TICK_S = 0.5


def tracked(items: Iterable[_Item], total: int | None = None) -> Iterable[_Item]:
    """The items, unchanged. After half a second, a terminal shows how many have passed.

    Results for the same terminal wait until the display is removed.

    Args:
        total: how many there will be; None if unknown.
    """
    if not sys.stderr.isatty():
        return items
    # tqdm fills in the parts in braces each time it draws the line.
    layout = (
        tr("{count} jobs checked", count="{n}") + "  {elapsed}"
        if total is None
        else tr_many("{done} of {count} job checked", "{done} of {count} jobs checked", total, done="{n}")
        + "  {bar:40}  {elapsed}"
    )
    displayed: Iterable[_Item] = _line(layout, items, total=total, delay=_PATIENCE_S)
    return list(displayed) if sys.stdout.isatty() else displayed


@contextlib.contextmanager
def file_progress() -> Iterator[Callable[[str, float], None] | None]:
    """A function that takes a file's name and the share that is done, 0 to 1; None without a terminal.

    The terminal shows a bar and the time left for every file that takes longer than half a second.
    """
    if not sys.stderr.isatty():
        yield None
        return
    lines: dict[str, tqdm[Any]] = {}

    def show(name: str, share: float) -> None:
        if name not in lines:
            layout = "{desc}  {bar:40} {percentage:3.0f}%  {remaining}"
            lines[name] = _line(layout, desc=plain(name), total=1.0, delay=_PATIENCE_S)
        lines[name].update(share - lines[name].n)
        if share >= 1:
            lines[name].close()

    try:
        yield show
    finally:
        for line in lines.values():
            line.close()


class Board:
    """A line with a running clock for each unfinished job."""

    def __init__(self) -> None:
        self._lines: dict[int | None, tqdm[Any]] = {}

    def tell(self, event: Event) -> None:
        """Show the state of a job, and the share that is done, if known."""
        name = "" if event.number is None else f"{event.number}  "
        share = "" if event.share is None else f"  {event.share:.0%}"
        said = f"{name}{event.stage}  {plain(translated(event.text))}{share}"
        if event.number in self._lines:
            self._lines[event.number].set_description_str(said)
        else:
            self._lines[event.number] = _line("{desc}  {elapsed}", desc=said)

    def tick(self) -> None:
        """Draw all clocks again."""
        for line in tuple(self._lines.values()):
            line.refresh()

    @contextlib.contextmanager
    def ended(self, number: int | None) -> Iterator[None]:
        """Remove the line of a job. In the block all lines are hidden, because its result may go to the same terminal."""
        from tqdm import tqdm

        if number in self._lines:
            self._lines.pop(number).close()
        with tqdm.external_write_mode(sys.stderr):
            yield

    def close(self) -> None:
        """Remove all lines."""
        for line in self._lines.values():
            line.close()


@contextlib.contextmanager
def job_board() -> Iterator[Board | None]:
    """Lines for the jobs that are sent and waited for; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    board, over = Board(), threading.Event()

    def run_the_clocks() -> None:
        while not over.wait(_TICK_S):
            board.tick()

    clocks = threading.Thread(target=run_the_clocks, daemon=True)
    clocks.start()
    try:
        yield board
    finally:
        over.set()
        clocks.join()
        board.close()


def _line(layout: str, items: Iterable[Any] | None = None, **settings: Any) -> tqdm[Any]:
    """A line that is removed when it is closed."""
    from tqdm import tqdm

    # By default the lock is shared with other processes, which costs a semaphore; none of them draws.
    tqdm.set_lock(threading.RLock())
    return tqdm(items, bar_format=layout, file=sys.stderr, leave=False, dynamic_ncols=True, **settings)
