"""Calls in processes of their own: for work that holds the interpreter's lock, and for libraries that can crash on bad data.

The standard pools import the caller's main module anew, start more than this needs, and give up all work when one process dies.
Here a process is this interpreter with this package and nothing else, asked through a pipe; one that dies spoils its
own call only.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

_Result = TypeVar("_Result")
_BOOT = f"import sys; sys.path[:] = sys.argv[1:]; from {__name__} import serve; serve()"
_LENGTH_BYTES = 8
# Ctrl-C reaches every process of a terminal's foreground; the one that asked decides what becomes of the others.
_APART: dict[str, Any] = (
    {"process_group": 0} if os.name == "posix" else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)


class StartError(Exception):
    """No process can be started."""


class CrashError(Exception):
    """The process that a call ran in died of it."""


class TimeLimitError(CrashError):
    """The process that a call ran in was ended, because it took too long."""


class Processes:
    """Processes that run functions of this package, as many as there are calls at a time. Any thread may call."""

    def __init__(self) -> None:
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether all was ended: then a call that dies says nothing of what it was asked."""
        return self._stopped.is_set()

    @staticmethod
    def can_start() -> bool:
        """Whether there is an interpreter to start: a frozen program has none."""
        return bool(sys.executable) and not getattr(sys, "frozen", False)

    def call(self, function: Callable[..., _Result], *arguments: Any, time_limit_s: float | None = None) -> _Result:
        """What the function returns, or raises.

        Raises CrashError where its process dies, TimeLimitError where it is ended for taking longer than `time_limit_s`, and
        StartError.
        """
        process = self._taken()
        try:
            succeeded, value = process.ask(function, arguments, time_limit_s)
        except CrashError:
            self._discard(process)
            raise
        with self._lock:
            self._idle.append(process)
        if not succeeded:
            raise value
        result: _Result = value
        return result

    def stop(self) -> None:
        """End all processes at once, whatever they do; calls under way raise CrashError."""
        with self._lock:
            self._stopped.set()
            busy, idle = self._all.difference(self._idle), self._idle
            self._all, self._idle = set(), []
        for process in busy:
            process.kill()
        for process in idle:
            process.end()

    def _taken(self) -> _Process:
        with self._lock:
            if self.is_stopped:
                raise CrashError
            if self._idle:
                # The oldest has loaded the most.
                process = min(self._idle, key=lambda each: each.started)
                self._idle.remove(process)
                return process
        try:
            process = _Process()
        except OSError as error:
            raise StartError(str(error)) from None
        with self._lock:
            if not self._stopped.is_set():
                self._all.add(process)
                return process
        process.end()
        raise CrashError

    def _discard(self, process: _Process) -> None:
        with self._lock:
            self._all.discard(process)
        process.end()


class _Process:
    """One process, and the two pipes to it."""

    def __init__(self) -> None:
        flags = ["-I"] if sys.flags.isolated else []
        self.started = time.monotonic()
        command = [sys.executable, *flags, "-c", _BOOT, *sys.path]
        self._popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_APART)

    def ask(self, function: Callable[..., Any], arguments: tuple[Any, ...], time_limit_s: float | None) -> tuple[bool, Any]:
        """Whether the call succeeded, and its value; else what it raised. Raises CrashError, TimeLimitError."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        too_long = threading.Event()
        timer = None if time_limit_s is None else threading.Timer(time_limit_s, self._end_for, [too_long])
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            _send(self._popen.stdin, (function, arguments))
            answer: tuple[bool, Any] = _received(self._popen.stdout)
        except (EOFError, OSError, ValueError):
            raise (TimeLimitError if too_long.is_set() else CrashError) from None
        finally:
            if timer is not None:
                timer.cancel()
        return answer

    def _end_for(self, reason: threading.Event) -> None:
        reason.set()
        self.kill()

    def kill(self) -> None:
        """End it now. Whoever waits for its answer sees the pipe end, and does the rest."""
        self._popen.kill()

    def end(self) -> None:
        """End it, and free what it holds; only where nobody waits for its answer."""
        self._popen.kill()
        with contextlib.suppress(OSError):
            self._popen.communicate()


def serve() -> None:
    """What such a process does: answer calls until nobody asks any more."""
    requests, answers = _private_pipes()
    while True:
        try:
            function, arguments = _received(requests)
        except EOFError:
            return
        try:
            answer = True, function(*arguments)
        except Exception as error:
            answer = False, error
        try:
            _send(answers, answer)
        except BrokenPipeError:
            return


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, moved to where no library prints to or reads from; what they say of damaged data comes back as facts."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return pipes


def _send(stream: Any, value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(data)
    stream.flush()


def _received(stream: Any) -> Any:
    return pickle.loads(_exactly(stream, int.from_bytes(_exactly(stream, _LENGTH_BYTES), "big")))


def _exactly(stream: Any, count: int) -> bytes:
    data: bytes = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
