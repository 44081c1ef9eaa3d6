"""Call functions in separate processes: for work that holds the interpreter's lock, and for libraries that can crash on bad data.

The standard pools import the caller's main module again, start more processes than necessary, and give up all work when one of
them dies. Here each process runs this interpreter with only this package, is confined (`confinement`), and gets calls through a
pipe; if it dies, only its own call fails. Idle processes are kept for some minutes, and are shared by the whole Python process.

What they send each other is in `answers`; an answer must be of the function's annotated return type. `serving` is all that a
process needs of this folder: importing it is most of what a short call costs.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, get_type_hints

import msgspec

from ..errors import MediaPreflightError, PrepareError, restored
from ..language import say
from ..system import at_fork, in_own_group
from .answers import BY_NAME, ERRORS, IDLE_S, MAX_ANSWER_BYTES, Answer, current_folder, received, send
from .confinement import environment

_Result = TypeVar("_Result")
_BOOT = (
    f"import sys; sys.path[:] = sys.argv[2:]; from {__package__} import load_msgspec; load_msgspec(); "
    f"from {__package__}.serving import serve; serve(sys.argv[1] == 'online')"
)
_MALLOC = {"mmap_threshold": 64 << 20, "trim_threshold": 64 << 20, "hugetlb": 1}
# The threads of numpy's BLAS use processor time while they wait: a tenth of a first call. No matrix here is large enough for
# threads. And glibc gives memory back to the system after each layer of a network, which clears it page by page when it is taken
# again. With pages of 2 MiB (`hugetlb`), where the system has them, a first picture takes 0.03 s less.
_SPARING = {
    "OPENBLAS_NUM_THREADS": "1",
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _MALLOC.items()),
}
# The caller stops using an idle process a little before it ends.
_MARGIN_S = 10.0
_MAX_IDLE = os.cpu_count() or 1


class StartError(Exception):
    """No process can be started."""


class CrashError(Exception):
    """A call gave no answer. `reason` says why, as the end of a sentence about the file."""

    def __init__(self, reason: str = say("the process that reads it crashed")) -> None:
        self.reason = reason
        super().__init__(reason)


class TimeLimitError(CrashError):
    """The process of a call was ended because it took too long."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"it takes longer than {limit_s:g} s")


class Processes:
    """Runs functions of this package in separate processes, one for each concurrent call. For several threads."""

    def __init__(self) -> None:
        self._busy: set[_Process] = set()
        self._stopped = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether everything was stopped. Then a failed call says nothing about its file."""
        return self._stopped.is_set()

    @staticmethod
    def can_start() -> bool:
        """Whether there is an interpreter to start; a frozen program has none."""
        return bool(sys.executable) and not getattr(sys, "frozen", False)

    def call(
        self, function: Callable[..., _Result], *arguments: Any, time_limit_s: float | None = None, online: bool = False
    ) -> _Result:
        """Call the function in a process, and return its result or raise its error.

        Args:
            function: importable by name, with an annotated return type that JSON can express.
            online: whether it may use the network.

        Raises CrashError if the process dies, the function raises an error of another kind, or the answer is invalid;
        TimeLimitError if it takes longer than `time_limit_s`; StartError.
        """
        decoder = _decoder(function)
        process = self._taken(online)
        try:
            result: _Result = _read(process.ask(function, arguments, time_limit_s), decoder)
        except MediaPreflightError:
            self._let_go(process)
            _pool.give_back(process)
            raise
        except BaseException:
            self._let_go(process)
            _pool.drop(process)
            raise
        self._let_go(process)
        _pool.give_back(process)
        return result

    def stop(self) -> None:
        """End the running calls, which raise CrashError, and accept no more."""
        with _pool.lock:
            self._stopped.set()
            busy, self._busy = self._busy, set()
        for process in busy:
            process.kill()

    def _taken(self, online: bool) -> _Process:
        if self.is_stopped:
            raise CrashError
        process = _pool.take(online)
        with _pool.lock:
            if not self._stopped.is_set():
                self._busy.add(process)
                return process
        _pool.give_back(process)
        raise CrashError

    def _let_go(self, process: _Process) -> None:
        with _pool.lock:
            self._busy.discard(process)


class _Start(NamedTuple):
    """How a process is started. An idle process with other settings is not used: it could find other libraries."""

    command: list[str]
    environment: dict[str, str]

    @classmethod
    def now(cls, online: bool) -> _Start:
        flags = ["-I"] if sys.flags.isolated else []
        command = [sys.executable, *flags, "-c", _BOOT, "online" if online else "offline", *sys.path]
        return cls(command, _SPARING | environment(online=online))


class _Pool:
    """The idle processes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        atexit.register(self._end_all)
        at_fork(after_in_child=self._begin_anew)

    def take(self, online: bool) -> _Process:
        """An idle process, or a new one. Raises StartError."""
        start = _Start.now(online)
        while (process := self._waiting(start)) is not None:
            if process.is_ready():
                return process
            self.drop(process)
        try:
            process = _Process(start)
        except OSError as error:
            raise StartError(str(error)) from None
        with self.lock:
            self._all.add(process)
        return process

    def give_back(self, process: _Process) -> None:
        """Keep a process for the next call. Those that are probably not needed any more are ended."""
        process.idle_since = time.monotonic()
        with self.lock:
            self._idle.append(process)
            spare = [each for each in self._idle if not each.is_fresh()]
            # Those with other settings may never be used again; of the rest, the oldest have loaded the most.
            spare += sorted(self._idle, key=lambda each: (each.start != process.start, each.started))[_MAX_IDLE:]
            self._idle = [each for each in self._idle if each not in spare]
        for each in spare:
            self.drop(each)

    def drop(self, process: _Process) -> None:
        """End a process that has no running call."""
        with self.lock:
            self._all.discard(process)
        process.end()

    def end(self) -> None:
        """End all idle processes."""
        with self.lock:
            idle, self._idle = self._idle, []
        for process in idle:
            self.drop(process)

    def _waiting(self, start: _Start) -> _Process | None:
        with self.lock:
            fitting = [each for each in self._idle if each.start == start]
            if not fitting:
                return None
            process = min(fitting, key=lambda each: each.started)
            self._idle.remove(process)
            return process

    def _end_all(self) -> None:
        """Called when Python ends: daemon threads may still be calling."""
        for process in tuple(self._all):
            process.kill()
        self.end()

    def _begin_anew(self) -> None:
        """Called in a forked child: the processes belong to the parent, and another thread may have held the lock."""
        self.lock = threading.Lock()
        processes, self._all, self._idle = self._all, set(), []
        for process in processes:
            process.abandon()


class _Call:
    """One call."""

    took_too_long = False


class _Process:
    """One process and its two pipes."""

    def __init__(self, start: _Start) -> None:
        self.start = start
        self.started = self.idle_since = time.monotonic()
        self._lock = threading.Lock()
        self._call: _Call | None = None
        self._is_killed = False
        # Ctrl-C would reach every foreground process of the terminal; the caller decides what happens to this one.
        self._popen = subprocess.Popen(
            start.command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=start.environment, **in_own_group()
        )

    def is_fresh(self) -> bool:
        """Whether it has not been idle so long that it may be ending by itself now."""
        return time.monotonic() - self.idle_since < IDLE_S - _MARGIN_S

    def is_ready(self) -> bool:
        """Whether it can take a call."""
        return self.is_fresh() and not self._is_killed and self._popen.poll() is None

    def ask(self, function: Callable[..., Any], arguments: tuple[Any, ...], time_limit_s: float | None) -> bytes:
        """Make a call and return the result. Raises CrashError, TimeLimitError."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._call = call = _Call()
        timer = None if time_limit_s is None else threading.Timer(time_limit_s, self._end_call, [call])
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            send(self._popen.stdin, pickle.dumps((current_folder(), function, arguments), pickle.HIGHEST_PROTOCOL))
            return received(self._popen.stdout, MAX_ANSWER_BYTES)
        except (EOFError, OSError, ValueError):
            if time_limit_s is not None and call.took_too_long:
                raise TimeLimitError(time_limit_s) from None
            raise CrashError from None
        finally:
            with self._lock:
                self._call = None
            if timer is not None:
                timer.cancel()

    def _end_call(self, call: _Call) -> None:
        # The timer may fire just when the answer arrives; it must not end the next call.
        with self._lock:
            if self._call is call:
                call.took_too_long = True
                self.kill()

    def kill(self) -> None:
        """Kill it. The thread that waits for its answer sees the end of the pipe, and cleans up."""
        self._is_killed = True
        self._popen.kill()

    def end(self) -> None:
        """End it and free its resources. Only if no thread waits for its answer."""
        self.kill()
        with contextlib.suppress(OSError):
            self._popen.communicate()

    def abandon(self) -> None:
        """Close only the pipes: this is a forked child, and the process belongs to the parent."""
        self._popen.returncode = 0
        for pipe in (self._popen.stdin, self._popen.stdout):
            assert pipe is not None
            pipe.close()


_pool = _Pool()


def end_idle() -> None:
    """End the idle processes. The next call starts a new one."""
    _pool.end()


@functools.cache
def _decoder(function: Callable[..., Any]) -> msgspec.json.Decoder[Any]:
    returns = get_type_hints(function)["return"]
    return msgspec.json.Decoder(type(None) if returns is None else returns)


_answer_decoder = msgspec.json.Decoder(Answer)


def _read(data: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The result in an answer. Raises the error in it, or CrashError if there is neither or the answer is invalid."""
    try:
        answer = _answer_decoder.decode(data)
        if bytes(answer.result):
            return decoder.decode(answer.result)
        error = _error_in(answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LookupError):
        error = CrashError(say("the process that reads it gave an invalid answer"))
    raise error


def _error_in(answer: Answer) -> MediaPreflightError | CrashError:
    """The error in a failed answer. Raises LookupError if its class is not known."""
    if answer.failure is None:
        return CrashError(_line(answer.trouble or say("the process that reads it does not answer")))
    kind = BY_NAME[answer.failure.error]
    attributes: dict[str, object] = {name: _line(answer.failure.attributes[name]) for name in ERRORS[kind]}
    if kind is PrepareError:
        attributes["findings"] = ()
    return restored(kind, (_line(answer.failure.says),), attributes)


def _line(text: str) -> str:
    return " ".join(text.split())
