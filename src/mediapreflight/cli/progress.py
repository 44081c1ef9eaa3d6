"""A progress display on standard error, on a terminal only, for work that takes a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

_Item = TypeVar("_Item")
_PATIENCE_S = 0.5


def tracked(items: Iterable[_Item]) -> Iterable[_Item]:
    """The items, unchanged. Where they take longer than half a second, a terminal shows how many have gone by.

    Results that go to the same terminal wait until the display is gone.
    """
    if not sys.stderr.isatty():
        return items
    return list(_displayed(items)) if sys.stdout.isatty() else _displayed(items)


def _displayed(items: Iterable[_Item]) -> Iterator[_Item]:
    began = time.monotonic()
    display: Progress | None = None
    try:
        for done, item in enumerate(items, start=1):
            if display is None and time.monotonic() - began > _PATIENCE_S:
                display = _started()
            if display is not None:
                display.update(display.task_ids[0], completed=done)
            yield item
    finally:
        if display is not None:
            display.stop()


def _started() -> Progress:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} jobs checked"), TimeElapsedColumn())
    display = Progress(*columns, console=Console(stderr=True), transient=True)
    display.add_task("check", total=None)
    display.start()
    return display
