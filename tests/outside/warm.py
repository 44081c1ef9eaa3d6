"""Programs that start fast: each is a fork of a process that has already done the imports.

Each program is a separate process with its own arguments, environment, folder and streams, and it exits as the interpreter does.
Three things differ from a cold start: the imports ran in another environment, they ran with the real clock, and sets of strings
have the same order in all programs of a run. Tests of these things, and a part of all other tests, use cold starts.

Run as a program, this file is the process that forks. It reads requests from the socket at its standard input until that closes.
"""

import atexit
import contextlib
import gc
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_MAX_REQUEST = 200_000


def run_cold(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run Python with these arguments, in this environment and folder; `given`: the bytes of its standard input."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, input=given, env=env, cwd=cwd, capture_output=True, timeout=timeout, check=False)


def run_warm(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """The same in a fork (on Linux; elsewhere cold). The arguments are `-m MODULE …` or `FILE …`."""
    if sys.platform != "linux":
        return run_cold(arguments, env=env, cwd=cwd, timeout=timeout, given=given)
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(given)
        stdin.seek(0)
        status = _ended(json.dumps([list(arguments), dict(env), str(cwd)]).encode(), [stdin, out, err], timeout)
        if status is None:
            raise subprocess.TimeoutExpired(arguments, timeout)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read())
        return subprocess.CompletedProcess(arguments, status, *said)


def _ended(request: bytes, streams: Sequence[IO[bytes]], timeout: float) -> int | None:
    """The exit status of a program; None if it took too long and was killed."""
    news, telling = socket.socketpair()
    with news:
        with telling:
            _forking.ask(request, [*(stream.fileno() for stream in streams), telling.fileno()])
        pid = _told(news)
        news.settimeout(timeout)
        try:
            return _told(news)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            news.settimeout(None)
            _told(news)
            return None


def _told(news: socket.socket) -> int:
    said = news.recv(8)
    assert len(said) == 8, "the process that watches the program has ended"
    return int.from_bytes(said, signed=True)


class _Forking:
    """The process that forks, which the first request starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: socket.socket | None = None

    def ask(self, request: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            if self._requests is None:
                self._requests = self._started()
            socket.send_fds(self._requests, [request], descriptors)

    @staticmethod
    def _started() -> socket.socket:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Ctrl-C is for the tests; a program that is to be interrupted is sent a signal.
        settings = {"stdin": its, "stdout": subprocess.DEVNULL, "start_new_session": True}
        with its:
            process = subprocess.Popen([sys.executable, __file__], env=os.environ | {"LC_ALL": "C.UTF-8"}, **settings)
        atexit.register(process.wait)
        atexit.register(ours.close)
        return ours


_forking = _Forking()


def serve() -> list[str]:
    """Fork for each request. Returns in each fork, with the arguments of the program to run."""
    requests = socket.socket(fileno=os.dup(0))
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _MAX_REQUEST, 4)
        if not request:
            os._exit(0)
        if os.fork() == 0:
            requests.close()
            watch(descriptors)
            return become(*json.loads(request))
        for descriptor in descriptors:
            os.close(descriptor)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def watch(descriptors: list[int]) -> None:
    """Fork again. The parent sends the process id of the fork and then its exit status; the fork returns, with its streams."""
    *streams, telling = descriptors
    if pid := os.fork():
        for descriptor in streams:
            os.close(descriptor)
        os.write(telling, pid.to_bytes(8))
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):
            os.write(telling, os.waitstatus_to_exitcode(status).to_bytes(8, signed=True))
        os._exit(0)
    os.close(telling)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)


def become(arguments: list[str], environment: dict[str, str], folder: str) -> list[str]:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    return arguments


def start(arguments: list[str]) -> None:
    """Run the module or file that the arguments name, as Python does."""
    if arguments[0] == "-m":
        _, module, *sys.argv[1:] = arguments
        sys.path[0] = str(Path.cwd())
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = arguments
        sys.path[0] = str(Path(arguments[0]).parent)
        runpy.run_path(arguments[0], run_name="__main__")


def load() -> None:
    """Import what commands and clients need: the public names, the rules, and what is imported at its first use."""
    import sqlite3  # noqa: F401
    import ssl  # noqa: F401
    import tomllib  # noqa: F401

    import platformdirs  # noqa: F401

    import mediapreflight

    for name in mediapreflight.__all__:
        getattr(mediapreflight, name)
    for words in (["rule"], ["submit", "--help"], ["tasks", "--help"]):
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
            start(["-m", "mediapreflight", *words])


if __name__ == "__main__":
    load()
    # What is never looked at stays shared between the forks.
    gc.freeze()
    start(serve())
