"""Keep mediapipe from reporting its use to its makers, and from loading what is not needed here.

Its native library reports every task (versions, kind of task, start, end, duration) to https://play.googleapis.com/log, from a
separate thread, and has no option to turn that off; version 0.10.21 did not report, 0.10.35 did. Two measures stop it. It gets no
certificate authorities, so it trusts no server and sends nothing. And on Linux its tasks are made in a thread that cannot open
sockets; neither can the threads started from it. Other network use of this process is not affected.

When imported, it loads its packages for sound (which looks for microphones), for text, and a library that draws charts. None of
them is used here, and the last takes longer to load than everything that is used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from ..workers.confinement import refuse_sockets

_Made = TypeVar("_Made")
_TASKS = "mediapipe.tasks.python"
_UNUSED = (
    f"{_TASKS}.audio",
    f"{_TASKS}.decision",
    f"{_TASKS}.retrieval",
    f"{_TASKS}.text",
    "matplotlib",
    "matplotlib.pyplot",
)


def without_authorities(base_options: type[Any]) -> type[Any]:
    """mediapipe's class of base options, with an empty file of certificate authorities."""

    class Silent(base_options):  # type: ignore[misc]
        def to_ctypes(self) -> Any:
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    return Silent


def without_sockets(make: Callable[[], _Made]) -> _Made:
    """Run `make` in a thread that cannot open sockets, and return or raise its result.

    The threads it starts cannot open any either.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, initializer=refuse_sockets) as thread:
        return thread.submit(make).result()


@contextmanager
def without_unused_modules() -> Iterator[None]:
    """In the block, an import of these modules gives a module that loads the real one on first use."""
    absent = {name: _postponed(name) for name in _UNUSED if name not in sys.modules}
    for name, module in absent.items():
        package, _, last = name.rpartition(".")
        if package in absent:
            setattr(absent[package], last, module)
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _postponed(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__getattr__ = lambda attribute: getattr(import_module(name), attribute)  # type: ignore[method-assign]
    return module
