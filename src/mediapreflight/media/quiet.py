"""Keep messages of libraries off the user's screen: what matters is raised as an exception."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_lock = threading.Lock()
_inside = 0
_caught = warnings.catch_warnings()


@contextmanager
def quiet() -> Iterator[None]:
    """Inside the block, in any thread, no Python warning is shown or turned into an error.

    `warnings.catch_warnings` alone is not safe with threads: two that overlap can leave the filters of one in place.
    """
    global _inside, _caught  # noqa: PLW0603 - the interpreter has one list of filters, so there is one count of who suspended it
    hush_log("PIL")
    with _lock:
        if _inside == 0:
            _caught = warnings.catch_warnings()
            _caught.__enter__()
            warnings.simplefilter("ignore")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _caught.__exit__(None, None, None)


@cache
def hush_log(library: str) -> None:
    """Without handlers, Python prints errors that a library logs; a program that installs handlers still gets them."""
    import logging

    logging.getLogger(library).addHandler(logging.NullHandler())
