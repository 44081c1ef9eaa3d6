"""Functions that differ between systems: names, replacing and flushing files, separate processes, signals, waiting, consoles.

All other modules call these functions from here. Only `workers/confinement.py`, which confines a process, has its own: it runs as
a separate program and can import nothing.

Windows does not move a file while a program has it open, flushes only files that are open for writing, cannot open a folder, has
no forks and no process groups, and delays Ctrl-C while a thread waits for another. Its shells leave patterns such as `*.png` to
the program. Not every file system has hard links, and none has them between disks.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO, TypeVar

if TYPE_CHECKING:
    import subprocess
    import threading
    from concurrent.futures import Future
    from pathlib import Path

_Result = TypeVar("_Result")

IS_WINDOWS = os.name == "nt"
IS_LINUX = sys.platform == "linux"
# How long to wait for another program that has the file open, such as a virus scanner.
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_TURN_S = 0.2
_NEW_PROCESS_GROUP = 0x200
_ESCAPE_CODES = 0x4
_NOT_IN_NAMES = r'[\x00-\x1f<>:"|?*/\\]'
_DEVICE = r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\xb9\xb2\xb3]) *(\..*)?"
# Without quotes, PowerShell reads a comma as the end of a word, and other shells read more.
_PLAIN_WORD = r"[\w@+=:./\\-]+"


# --- names


def file_name(text: str) -> str:
    """The text as a name that a file can have here. Windows has characters and names that no file can have, and ignores dots and
    spaces at the end."""
    if not IS_WINDOWS:
        return text
    import re

    name = re.sub(_NOT_IN_NAMES, "_", text).rstrip(". ")
    return f"_{name}" if re.fullmatch(_DEVICE, name) else name


def relative_path(path: str | Path, start: str = os.curdir) -> str:
    """A path as seen from a folder; the whole path where there is no such, as from one drive of Windows to another."""
    try:
        return os.path.relpath(path, start)
    except ValueError:
        return os.path.abspath(path)  # noqa: PTH100


def expanded(words: Sequence[str]) -> list[str]:
    """The words of a command, with the files that fit instead of a pattern that a shell has left there, if there are any."""
    return [file for word in words for file in _files_like(word) or (word,)]


def _files_like(word: str) -> Sequence[str]:
    if not IS_WINDOWS or not ("*" in word or "?" in word):
        return ()
    import glob

    return sorted(glob.glob(word))  # noqa: PTH207 - pathlib would write the names in another way


def command_text(words: Sequence[str]) -> str:
    """The words of a command as one line for a shell of this system."""
    if not IS_WINDOWS:
        import shlex

        return shlex.join(words)
    import re

    return " ".join(word if re.fullmatch(_PLAIN_WORD, word) else _in_double_quotes(word) for word in words)


def _in_double_quotes(word: str) -> str:
    """As programs on Windows take their command line apart: backslashes count only before a quote."""
    import re

    return '"' + re.sub(r'(\\*)("|$)', lambda found: found[1] * 2 + ('\\"' if found[2] else ""), word) + '"'


def settings_text(values: Mapping[str, str]) -> str:
    """A line that sets variables of the environment in a shell of this system, which is PowerShell on Windows."""
    if IS_WINDOWS:
        return "; ".join(f'$env:{name} = "{value}"' for name, value in values.items())
    return " ".join(("export", *(f"{name}={value}" for name, value in values.items())))


def interface_language() -> str:
    """The locale that Windows shows its own windows in, such as `zh_CN`. Elsewhere the environment says it, and this is empty."""
    if not IS_WINDOWS:
        return ""
    import ctypes
    import locale

    kernel: Any = ctypes.windll.kernel32  # type: ignore[attr-defined]
    return locale.windows_locale.get(kernel.GetUserDefaultUILanguage(), "")


# --- files


def open_for_reading(path: str) -> int:
    """The descriptor of a file for reading its bytes. It does not wait for a file without an end, such as a named pipe."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


def replace(source: str | Path, target: str | Path) -> None:
    """Give a file another name, and replace a file that has that name. Raises OSError."""
    _once_free(os.replace, source, target)


def rename(source: str | Path, target: str | Path) -> None:
    """Give a file another name. Raises OSError; FileExistsError if the name exists and the system says so."""
    _once_free(os.rename, source, target)


def hard_link(source: str | Path, target: Path) -> None:
    """Give a file a second name; for a symbolic link, its target. Raises OSError if that is not possible."""
    if not hasattr(os, "link"):
        raise OSError(errno.ENOTSUP, "Hard links are not supported")
    os.link(os.path.realpath(source), target)


def _once_free(move: Callable[[str | Path, str | Path], None], source: str | Path, target: str | Path) -> None:
    for pause in _PAUSES_S if IS_WINDOWS else ():
        try:
            return move(source, target)
        except PermissionError:
            time.sleep(pause)
    return move(source, target)


def flush(path: Path) -> None:
    """Make the bytes of a file survive a power failure. Raises OSError."""
    try:
        # Windows flushes only files that are open for writing.
        descriptor = os.open(path, os.O_RDWR)
    except PermissionError:
        # A link to a source that is read-only, so it was not written.
        return
    _flush_open(descriptor)


def flush_folder(path: Path) -> None:
    """Make the names in a folder survive a power failure, if the system can."""
    # Not every system can open a folder; there the system decides how safe a rename is.
    with contextlib.suppress(OSError):
        _flush_open(os.open(path, os.O_RDONLY))


def _flush_open(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def give_usual_rights(path: Path) -> None:
    """Give a file that only its owner can read the usual rights of a new file. Raises OSError."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


# --- processes


def in_own_group() -> dict[str, Any]:
    """Arguments of `subprocess.Popen` for a process in its own group, which Ctrl-C on the terminal does not reach."""
    return {"creationflags": _NEW_PROCESS_GROUP} if IS_WINDOWS else {"start_new_session": True}


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started `in_own_group`, with all its child processes if the system can."""
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
    """Register functions to be called around each fork, on systems that fork."""
    if hasattr(os, "register_at_fork"):
        hooks = {"before": before, "after_in_parent": after_in_parent, "after_in_child": after_in_child}
        os.register_at_fork(**{name: hook for name, hook in hooks.items() if hook is not None})


# --- waiting


def comes_within(pipe: BinaryIO, seconds: float) -> bool:
    """Whether a pipe has something to read, or ends, in that time. Windows cannot wait for a pipe: always True there."""
    if IS_WINDOWS:
        return True
    import select

    return bool(select.select([pipe], [], [], seconds)[0])


def result_of(future: Future[_Result]) -> _Result:
    """The result of a future, or its exception. Ctrl-C ends the wait."""
    if IS_WINDOWS:
        from concurrent.futures import wait

        while not wait([future], _TURN_S).done:
            pass
    return future.result()


@contextlib.contextmanager
def told_to_stop(stop: Callable[[], object]) -> Iterator[None]:
    """Inside the block, Ctrl-C and SIGTERM call the function instead of their usual effect. Main thread only."""
    import signal

    former = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def end_now(status: int) -> NoReturn:
    """End this process at once, whatever its threads wait for."""
    os._exit(status)


def wait_for(event: threading.Event) -> None:
    """Wait until an event is set, without a time limit. Signals are handled meanwhile."""
    while not event.wait(_TURN_S if IS_WINDOWS else None):
        pass


def understand_escape_codes(stream: TextIO) -> None:
    """Ask a console to show colours. Older ones of Windows have to be asked."""
    if not (IS_WINDOWS and stream.isatty()):
        return
    import ctypes
    import msvcrt

    kernel: Any = ctypes.windll.kernel32  # type: ignore[attr-defined]
    console = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))  # type: ignore[attr-defined]
    mode = ctypes.c_ulong()
    if kernel.GetConsoleMode(console, ctypes.byref(mode)):
        kernel.SetConsoleMode(console, mode.value | _ESCAPE_CODES)


def is_reader_gone(error: OSError) -> bool:
    """Whether a write failed because the reader of the pipe has ended."""
    return isinstance(error, BrokenPipeError) or (IS_WINDOWS and error.errno == errno.EINVAL)
