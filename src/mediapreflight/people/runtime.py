"""The libraries of the detectors: loaded on first use, without output, and closed before Python ends."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import MissingLibraryError
from ..media.libraries import LOADABLE, PEOPLE, load
from ..system import at_fork
from .offline import without_authorities, without_sockets, without_unused_modules
from .opencv import load_cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..media.image.pixels import Rgb

_STDERR = 2
_ASSETS = Path(__file__).parent / "assets"


class Closable:
    """A detector, or several. By default there is nothing to close."""

    def close(self) -> None:
        """Free what Python does not free by itself."""

    def abandon(self) -> None:
        """Do not close it: this process is a fork, and the threads that closing would wait for are in the parent."""


_Worker = TypeVar("_Worker", bound=Closable)


class Shared(Generic[_Worker]):
    """A worker for one thread at a time, made on first use and closed before Python ends. A forked child makes its own."""

    def __init__(self, make: Callable[[], _Worker]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._ends_with_python = False
        at_fork(after_in_child=self._begin_anew)

    @contextmanager
    def use(self) -> Iterator[_Worker]:
        """The worker, only for this thread until the block ends. Raises MissingLibraryError."""
        with self._lock:
            if self._worker is None:
                with quiet_stderr():
                    self._worker = self._make()
                self._close_before_the_end()
            yield self._worker

    def close(self) -> None:
        """Free the worker; the next use makes a new one."""
        with self._lock:
            worker, self._worker = self._worker, None
            if worker is not None:
                with quiet_stderr():
                    worker.close()

    def _close_before_the_end(self) -> None:
        # mediapipe closes in a thread of concurrent.futures. None is left when atexit runs, and its `__del__` would print a
        # traceback; this hook runs before. The last one registered is called first, so ours must come after that of
        # concurrent.futures, which the worker has imported by now.
        if not self._ends_with_python:
            getattr(threading, "_register_atexit", atexit.register)(self.close)
            self._ends_with_python = True

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.abandon()


class Task(Closable):
    """One of mediapipe's vision tasks.

    `task`: its name in `mediapipe.tasks.vision`; `model`: a model file of the package; `finds`: the attribute of its result with
    the list of what was found; `options`: for the task.
    """

    def __init__(self, task: str, model: str, finds: str, **options: Any) -> None:
        mediapipe = load_mediapipe()
        vision = mediapipe.tasks.vision
        base = without_authorities(mediapipe.tasks.BaseOptions)(model_asset_buffer=model_data(model))
        create, made_of = getattr(vision, task).create_from_options, getattr(vision, f"{task}Options")
        with _naming_missing_libraries():
            self._task = without_sockets(lambda: create(made_of(base_options=base, **options)))
        self._finds = finds
        self._has_spoken = False

    def detect(self, rgb: Rgb) -> Any:
        """mediapipe's result for a picture of height x width x 3, uint8."""
        import numpy as np

        mediapipe = load_mediapipe()
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb))
        if self._has_spoken:
            return self._task.detect(image)
        # mediapipe may print until each of its parts has run once; the last part runs only if something is found.
        with quiet_stderr():
            result = self._task.detect(image)
        self._has_spoken = bool(getattr(result, self._finds))
        return result

    def close(self) -> None:
        self._task.close()

    def abandon(self) -> None:
        # Without a handle, mediapipe treats the task as closed.
        self._task._handle = None


def load_mediapipe() -> Any:
    """mediapipe, with `tasks.vision` in it. Raises MissingLibraryError."""
    # mediapipe imports it too; importing it first gives an error with the right name.
    load_cv2()
    with without_unused_modules():
        return load("mediapipe", "mediapipe", PEOPLE)


@contextmanager
def _naming_missing_libraries() -> Iterator[None]:
    """mediapipe loads its shared library when a task is made; an error there becomes a MissingLibraryError."""
    try:
        yield
    except OSError as error:
        raise MissingLibraryError("mediapipe", str(error), LOADABLE) from None


def model_data(name: str) -> bytes:
    """The bytes of a model file of the package, because the libraries cannot open every path that Python can."""
    return (_ASSETS / name).read_bytes()


def model_source(name: str) -> str | NDArray[np.uint8]:
    """What OpenCV reads a model from: its path, because it copies arrays byte by byte; the bytes if it may not open the path."""
    path = _ASSETS / name
    return str(path) if str(path).isascii() else model_array(name)


def model_array(name: str) -> NDArray[np.uint8]:
    """The bytes of a model file, as an array for OpenCV."""
    import numpy as np

    return np.frombuffer(model_data(name), np.uint8)


_quiet_lock = threading.Lock()
_quiet_users = 0
_quiet_kept = -1


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """In the block, everything written to stderr is discarded, native code included.

    Can be nested, and used by several threads.
    """
    _quiet_enter()
    try:
        yield
    finally:
        _quiet_leave()


def _quiet_enter() -> None:
    global _quiet_users, _quiet_kept  # noqa: PLW0603 - the process has one stderr
    with _quiet_lock:
        _quiet_users += 1
        if _quiet_users > 1:
            return
        # A process may have no stderr.
        with suppress(OSError):
            _quiet_kept = os.dup(_STDERR)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDERR)
            os.close(nowhere)


def _quiet_leave() -> None:
    global _quiet_users, _quiet_kept  # noqa: PLW0603 - the process has one stderr
    with _quiet_lock:
        _quiet_users -= 1
        if _quiet_users == 0 and _quiet_kept >= 0:
            os.dup2(_quiet_kept, _STDERR)
            os.close(_quiet_kept)
            _quiet_kept = -1
