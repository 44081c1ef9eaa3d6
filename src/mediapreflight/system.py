"""What systems do each in their own way: files that are replaced and flushed, processes apart, signals, waiting.

Whoever does one of these calls this module, which does it as the system at hand can. What confines a process is in
`workers/confinement.py`, which runs as a program of its own and can import nothing.

Windows keeps a file where it is as long as any program has it open, flushes only what is open for writing, opens no folder, has
neither forks nor groups of processes, and lets Ctrl-C wait for as long as a thread waits for another. Not every file system has
hard links, and none has them from one disk to another.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

if TYPE_CHECKING:
    import subprocess
    import threading
    from concurrent.futures import Future
    from pathlib import Path

_Result = TypeVar("_Result")

IS_WINDOWS = os.name == "nt"
# How long a file may be held open by another program: those that look for viruses read what was just written.
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_TURN_S = 0.2
_NEW_PROCESS_GROUP = 0x200


# --- files


def open_for_reading(path: str) -> int:
    """The descriptor of a file whose bytes are read as they are. What has no end, such as a named pipe, is not waited for."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


def replace(source: Path, target: Path) -> None:
    """Give a file another name, in place of what has that name. Raises OSError."""
    _once_free(os.replace, source, target)


def rename(source: Path, target: Path) -> None:
    """Give a file another name. Raises OSError; FileExistsError where something has that name and the system can tell."""
    _once_free(os.rename, source, target)


def hard_link(source: str | Path, target: Path) -> None:
    """Give a file, not the link that may lead to it, a second name. Raises OSError where that cannot be."""
    if not hasattr(os, "link"):
        raise OSError(errno.ENOTSUP, "Hard links are not supported")
    os.link(os.path.realpath(source), target)


def _once_free(move: Callable[[Path, Path], None], source: Path, target: Path) -> None:
    for pause in _PAUSES_S if IS_WINDOWS else ():
        try:
            return move(source, target)
        except PermissionError:
            time.sleep(pause)
    return move(source, target)


def flush(path: Path) -> None:
    """Let the bytes of a file outlast a power failure. Raises OSError."""
    try:
        # Windows flushes only what is open for writing.
        descriptor = os.open(path, os.O_RDWR)
    except PermissionError:
        # A link to a source that may not be written: nobody has.
        return
    _flush_open(descriptor)


def flush_folder(path: Path) -> None:
    """Let the names in a folder outlast a power failure, where the system can."""
    # Not every system can open a folder; there a rename is as safe as it makes it.
    with contextlib.suppress(OSError):
        _flush_open(os.open(path, os.O_RDONLY))


def _flush_open(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def give_usual_rights(path: Path) -> None:
    """Let a file that was made for its owner alone be read by whoever may read what this user writes. Raises OSError."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


# --- processes


def apart() -> dict[str, Any]:
    """How `subprocess.Popen` starts a process that Ctrl-C on the terminal does not reach, with a group of its own."""
    return {"creationflags": _NEW_PROCESS_GROUP} if IS_WINDOWS else {"start_new_session": True}


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started `apart`, with all that it started, as far as the system knows that."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if IS_WINDOWS:
            process.kill()
        else:
            import signal

            os.killpg(process.pid, signal.SIGKILL)


def at_fork(
    *,
    before: Callable[[], None] | None = None,
    after_in_parent: Callable[[], None] | None = None,
    after_in_child: Callable[[], None] | None = None,
) -> None:
    """Have functions called around each fork, on systems that fork."""
    if hasattr(os, "register_at_fork"):
        hooks = {"before": before, "after_in_parent": after_in_parent, "after_in_child": after_in_child}
        os.register_at_fork(**{name: hook for name, hook in hooks.items() if hook is not None})


# --- waiting


def comes_within(pipe: BinaryIO, seconds: float) -> bool:
    """Whether a pipe has something to read, or ends, in that time. Windows waits for no pipe: there, always."""
    if IS_WINDOWS:
        return True
    import select

    return bool(select.select([pipe], [], [], seconds)[0])


def result_of(future: Future[_Result]) -> _Result:
    """What a future comes to, or raises. Ctrl-C ends the wait."""
    if IS_WINDOWS:
        from concurrent.futures import wait

        while not wait([future], _TURN_S).done:
            pass
    return future.result()


@contextlib.contextmanager
def told_to_stop(stop: threading.Event) -> Iterator[None]:
    """While the block lasts, Ctrl-C and the system's order to end set the event in place of what they did. Main thread only."""
    import signal

    former = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def wait_for(event: threading.Event) -> None:
    """Wait until an event is set, however long. Signals are handled meanwhile."""
    while not event.wait(_TURN_S if IS_WINDOWS else None):
        pass


def is_reader_gone(error: OSError) -> bool:
    """Whether a write failed because nobody reads the other end of the pipe any more."""
    return isinstance(error, BrokenPipeError) or (IS_WINDOWS and error.errno == errno.EINVAL)
