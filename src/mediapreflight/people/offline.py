"""mediapipe, kept from telling its makers of its use, and from loading what is not needed here.

Its native library reports every task (versions, the kind of task, when it began and ended, how long it took) from a thread of its
own to https://play.googleapis.com/log, and offers no switch for that; 0.10.21 did not, 0.10.35 did. Two things stop it. It gets
no certificate authorities, so that it trusts no server and says nothing to any. And on Linux its tasks are made in a thread that
can open no socket, nor can any thread that comes of it. Neither touches what else this process does on the network.

On its way in it loads its packages for sound, which asks for microphones at the sound servers of the machine, for text, answers
and documents, and a library that draws charts. None is used here; the last alone takes longer to load than all that is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
    """mediapipe's class of base options, with a file of certificate authorities that has none in it."""

    class Silent(base_options):  # type: ignore[misc]
        def to_ctypes(self) -> Any:
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    return Silent


def without_sockets(make: Callable[[], _Made]) -> _Made:
    """What `make` returns or raises, in a thread that can open no socket: the threads that it starts cannot either."""
    with ThreadPoolExecutor(1, initializer=refuse_sockets) as thread:
        return thread.submit(make).result()


@contextmanager
def without_unused_modules() -> Iterator[None]:
    """Whoever imports them meanwhile gets a module that loads the real one when something of it is asked for."""
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
