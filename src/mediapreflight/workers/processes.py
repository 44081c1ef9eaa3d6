"""Calls in processes of their own: for work that holds the interpreter's lock, and for libraries that can crash on bad data.

The standard pools import the caller's main module anew, start more than this needs, and give up all work when one process dies.
Here a process is this interpreter with this package and nothing else, confined (`confinement`), and asked through a pipe; one
that dies spoils its own call only. Those that wait for the next call are shared by all of this Python process, for minutes.

A request is pickled: the one who asks is trusted. An answer is not, since a decoder may have been taken over by what it read. It
is JSON, of bounded length, and has to be of the type that the function says it returns.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Annotated, Any, BinaryIO, NamedTuple, TypeVar, get_type_hints

import msgspec
from msgspec import Meta, Raw, Struct

from ..errors import (
    MediaPreflightError,
    MissingLibraryError,
    OutputError,
    PrepareError,
    UnreadableMediaError,
    UsageError,
    restored,
)
from ..language import say
from ..system import apart, at_fork, comes_within
from .confinement import confine, environment

_Result = TypeVar("_Result")
_BOOT = (
    f"import sys; sys.path[:] = sys.argv[2:]; from {__package__} import load_msgspec; load_msgspec(); "
    f"from {__name__} import serve; serve(sys.argv[1] == 'online')"
)
# What a process loads stays; by default, Python would look through it for garbage some hundred times. After the first call the
# default holds: decoders that nobody needs lie in circles, and each holds threads and memory.
_OBJECTS_WHILE_LOADING = 20_000
# The generations of objects that one call makes.
_YOUNG = 1
# The threads of numpy's BLAS spin while they wait, from its import on: a tenth of a first call. No matrix here is large enough
# for them.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
_LENGTH_BYTES = 8
# A timeline of ten hours of speech takes 25 MB, all else less.
_MAX_ANSWER_BYTES = 64 << 20
_MAX_TEXT = 2000
# With every detector loaded it takes 2.2 GiB on two cores, and stacks and arenas for each further one.
_MEMORY = (4 << 30) + (256 << 20) * (os.cpu_count() or 1)
# How long one waits for a call before it ends. The one who asks stops counting on it a little earlier.
_IDLE_S, _MARGIN_S = 300.0, 10.0
_MAX_IDLE = os.cpu_count() or 1


class StartError(Exception):
    """No process can be started."""


class CrashError(Exception):
    """A call gave no answer. `reason` says why, of what reads a file."""

    def __init__(self, reason: str = say("the process that reads it crashed")) -> None:
        self.reason = reason
        super().__init__(reason)


class TimeLimitError(CrashError):
    """The process that a call ran in was ended, because it took too long."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"it takes longer than {limit_s:g} s")


_Text = Annotated[str, Meta(max_length=_MAX_TEXT)]


class _Failure(Struct, frozen=True):
    """An error of this package: the name of its class, what it says, and its attributes."""

    error: _Text
    says: _Text
    attributes: dict[_Text, _Text] = {}


class _Answer(Struct, frozen=True, omit_defaults=True):
    """What a function returned, or an error of this package, or why there is neither."""

    result: Raw = Raw()
    failure: _Failure | None = None
    trouble: _Text | None = None


# The errors that functions raise on purpose, with those of their attributes that are text.
_ERRORS: dict[type[MediaPreflightError], tuple[str, ...]] = {
    MissingLibraryError: ("library", "fix"),
    UnreadableMediaError: ("path", "reason"),
    PrepareError: ("path",),
    OutputError: ("path", "reason"),
    UsageError: (),
    MediaPreflightError: (),
}
_BY_NAME = {kind.__name__: kind for kind in _ERRORS}


class Processes:
    """Runs functions of this package in processes, as many as there are calls at a time. Any thread may call."""

    def __init__(self) -> None:
        self._busy: set[_Process] = set()
        self._stopped = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether all was ended: then a call that dies says nothing of what it was asked."""
        return self._stopped.is_set()

    @staticmethod
    def can_start() -> bool:
        """Whether there is an interpreter to start: a frozen program has none."""
        return bool(sys.executable) and not getattr(sys, "frozen", False)

    def call(
        self, function: Callable[..., _Result], *arguments: Any, time_limit_s: float | None = None, online: bool = False
    ) -> _Result:
        """What the function returns, or raises of the errors of this package.

        Args:
            function: found by its name in its module, and annotated with what it returns, which JSON can hold.
            online: whether it may use the network.

        Raises CrashError where its process dies, where it raises another error, or where its answer is none; TimeLimitError where
        it is ended for taking longer than `time_limit_s`; StartError.
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
        """End the calls under way, which raise CrashError, and take no more."""
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
    """How a process is started. One that was started otherwise is not asked: it would find other libraries."""

    command: list[str]
    environment: dict[str, str]

    @classmethod
    def now(cls, online: bool) -> _Start:
        flags = ["-I"] if sys.flags.isolated else []
        command = [sys.executable, *flags, "-c", _BOOT, "online" if online else "offline", *sys.path]
        return cls(command, _ONE_THREAD | environment(online=online))


class _Pool:
    """The processes of this Python process that wait for a call."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        atexit.register(self._end_all)
        at_fork(after_in_child=self._begin_anew)

    def take(self, online: bool) -> _Process:
        """One that waits, or a new one. Raises StartError."""
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
        """Keep one that has answered for the next call. Those that nobody may want any more are ended."""
        process.idle_since = time.monotonic()
        with self.lock:
            self._idle.append(process)
            spare = [each for each in self._idle if not each.is_fresh()]
            # Those that were started otherwise may never be asked for again; of the others, the oldest have loaded the most.
            spare += sorted(self._idle, key=lambda each: (each.start != process.start, each.started))[_MAX_IDLE:]
            self._idle = [each for each in self._idle if each not in spare]
        for each in spare:
            self.drop(each)

    def drop(self, process: _Process) -> None:
        """End one that nobody waits for."""
        with self.lock:
            self._all.discard(process)
        process.end()

    def end(self) -> None:
        """End all that wait."""
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
        """When Python ends: threads that it does not wait for may be asking still."""
        for process in tuple(self._all):
            process.kill()
        self.end()

    def _begin_anew(self) -> None:
        """In a forked child: the processes are its parent's, and so is the lock that another thread may have held."""
        self.lock = threading.Lock()
        processes, self._all, self._idle = self._all, set(), []
        for process in processes:
            process.abandon()


class _Call:
    """One call of a process."""

    took_too_long = False


class _Process:
    """One process, and the two pipes to it."""

    def __init__(self, start: _Start) -> None:
        self.start = start
        self.started = self.idle_since = time.monotonic()
        self._lock = threading.Lock()
        self._call: _Call | None = None
        self._is_killed = False
        # Ctrl-C reaches every process of a terminal's foreground; the one that asked decides what becomes of the others.
        self._popen = subprocess.Popen(
            start.command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=start.environment, **apart()
        )

    def is_fresh(self) -> bool:
        """Whether it waits for a call that long only that it will not end by itself in this moment."""
        return time.monotonic() - self.idle_since < _IDLE_S - _MARGIN_S

    def is_ready(self) -> bool:
        """Whether it can be asked."""
        return self.is_fresh() and not self._is_killed and self._popen.poll() is None

    def ask(self, function: Callable[..., Any], arguments: tuple[Any, ...], time_limit_s: float | None) -> bytes:
        """What it answers. Raises CrashError, TimeLimitError."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._call = call = _Call()
        timer = None if time_limit_s is None else threading.Timer(time_limit_s, self._end_call, [call])
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            _send(self._popen.stdin, pickle.dumps((_folder(), function, arguments), pickle.HIGHEST_PROTOCOL))
            return _received(self._popen.stdout, _MAX_ANSWER_BYTES)
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
        # A timer may come through at the very moment the answer does: the next call is not meant.
        with self._lock:
            if self._call is call:
                call.took_too_long = True
                self.kill()

    def kill(self) -> None:
        """End it now. Whoever waits for its answer sees the pipe end, and does the rest."""
        self._is_killed = True
        self._popen.kill()

    def end(self) -> None:
        """End it, and free what it holds; only where nobody waits for its answer."""
        self.kill()
        with contextlib.suppress(OSError):
            self._popen.communicate()

    def abandon(self) -> None:
        """Leave it to the process that started it: this one is a fork, and must not keep its pipes open."""
        self._popen.returncode = 0
        for pipe in (self._popen.stdin, self._popen.stdout):
            assert pipe is not None
            pipe.close()


_pool = _Pool()


def end_idle() -> None:
    """End the processes that wait for a call; the next call starts one."""
    _pool.end()


def serve(online: bool) -> None:
    """What such a process does: answer calls until nobody asks any more."""
    requests, answers = _private_pipes()
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_WHILE_LOADING)
    confine(_MEMORY, online=online)
    while comes_within(requests, _IDLE_S):
        try:
            folder, function, arguments = pickle.loads(_received(requests, sys.maxsize))
        except EOFError:
            return
        data = _answered(folder, function, arguments)
        try:
            _send(answers, data)
        except OSError:
            # Whoever asked is gone.
            return
        gc.set_threshold(*usual)
        gc.collect(_YOUNG)


def _answered(folder: str | None, function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    try:
        if folder is not None and folder != _folder():
            os.chdir(folder)
        data = msgspec.json.encode(_Answer(Raw(msgspec.json.encode(function(*arguments)))))
        return data if len(data) <= _MAX_ANSWER_BYTES else _trouble(say("the process that reads it found too much to report"))
    except MediaPreflightError as error:
        return _failed(error)
    except MemoryError:
        return _trouble(say("the process that reads it needs too much memory"))
    except Exception as error:
        return _trouble(say("the process that reads it failed ({name}: {error})", name=type(error).__name__, error=error))


def _failed(error: MediaPreflightError) -> bytes:
    kind = next(each for each in type(error).__mro__ if each in _ERRORS)
    attributes = {name: str(getattr(error, name)) for name in _ERRORS[kind]}
    try:
        return msgspec.json.encode(_Answer(failure=_Failure(kind.__name__, str(error), attributes)))
    except UnicodeEncodeError:
        return _trouble(str(error))


def _trouble(text: str) -> bytes:
    return msgspec.json.encode(_Answer(trouble=text.encode("utf-8", "backslashreplace").decode()[:_MAX_TEXT]))


@functools.cache
def _decoder(function: Callable[..., Any]) -> msgspec.json.Decoder[Any]:
    returns = get_type_hints(function)["return"]
    return msgspec.json.Decoder(type(None) if returns is None else returns)


_answer_decoder = msgspec.json.Decoder(_Answer)


def _read(data: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The result in an answer. Raises the error that is in it, or CrashError where none is, or where it is no answer at all."""
    try:
        answer = _answer_decoder.decode(data)
        if bytes(answer.result):
            return decoder.decode(answer.result)
        error = _error_in(answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LookupError):
        error = CrashError(say("the process that reads it gave an invalid answer"))
    raise error


def _error_in(answer: _Answer) -> MediaPreflightError | CrashError:
    """Raises LookupError where it holds none that is known."""
    if answer.failure is None:
        return CrashError(_line(answer.trouble or say("the process that reads it does not answer")))
    kind = _BY_NAME[answer.failure.error]
    attributes: dict[str, object] = {name: _line(answer.failure.attributes[name]) for name in _ERRORS[kind]}
    if kind is PrepareError:
        attributes["findings"] = ()
    return restored(kind, (_line(answer.failure.says),), attributes)


def _line(text: str) -> str:
    return " ".join(text.split())


def _folder() -> str | None:
    """From where relative paths count; None where that folder is gone."""
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return None


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, moved to where no library prints to or reads from; what they say of damaged data comes back as facts."""
    pipes = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return pipes


def _send(stream: Any, data: bytes) -> None:
    left = memoryview(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    while left:
        left = left[stream.write(left) :]


def _received(stream: Any, most: int) -> bytes:
    """Raises EOFError where the stream ends too early, ValueError where more is announced than may come."""
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES), "big")
    if length > most:
        raise ValueError(f"{length} bytes are more than {most}")
    return _exactly(stream, length)


def _exactly(stream: Any, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = stream.read(min(count - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
