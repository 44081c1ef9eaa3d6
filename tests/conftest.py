"""What every test may use: the place of the small media that come with the project; a cache and a ledger that are no user's."""

import importlib
import os
import signal
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from hypothesis import HealthCheck, settings

from mediapreflight.check.cache import ENVIRONMENT

from .store import store, store_server

__all__ = ["store", "store_server"]

# Whoever starts the suite in the background has it ignore interrupts, and so would every command that it starts.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What is said is judged in English, whoever runs the suite; processes that are started here inherit it.
os.environ["LANGUAGE"] = "en"

# A machine that is busy with other work is no fault of what is tested.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for a server or a clock."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return Path(__file__).resolve().parent.parent / "fixtures"


@pytest.fixture(scope="session", autouse=True)
def places_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, ENVIRONMENT, str(folder))
        patch.setitem(os.environ, "MEDIAPREFLIGHT_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Each client reads all certificates anew, which takes longer than all else that most tests do with it."""
    read: dict[tuple[str | None, ...], ssl.SSLContext] = {}
    create = httpx.create_ssl_context

    def known() -> ssl.SSLContext:
        named = tuple(map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")))
        return read[named] if named in read else read.setdefault(named, create())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", known)
        yield


# What processes are asked to do, in a module that they can import.
DEEDS = """
import os, sys, time
from typing import NamedTuple


class Place(NamedTuple):
    number: int
    name: str
    rest: tuple[float | None, ...]


def pid() -> int:
    return os.getpid()


class InACircle:
    alive = 0

    def __init__(self) -> None:
        self.itself = self
        InACircle.alive += 1

    def __del__(self) -> None:
        InACircle.alive -= 1


def circle() -> int:
    InACircle()
    return InACircle.alive


def parent() -> int:
    return os.getppid()


def folder() -> str:
    return os.getcwd()


def environment() -> dict[str, str]:
    return dict(os.environ)


def status() -> str:
    with open("/proc/self/status") as stream:
        return stream.read()


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def joined(first: str, second: str) -> int:
    return len(first + second)


def echoed(place: Place) -> Place:
    return place


def nothing() -> None:
    pass


def long(length: int) -> str:
    return "x" * length


def noise() -> int:
    os.write(1, b"noise")
    os.write(2, b"noise")
    print("noise", file=sys.__stdout__, flush=True)
    return len(os.read(0, 100))


def abort() -> None:
    os.abort()


def leave() -> None:
    os._exit(0)


def fails(error: Exception) -> None:
    raise error


def connects(family: int) -> None:
    import socket

    socket.socket(family)


def reads(path: str) -> int:
    with open(path, "rb") as stream:
        return len(stream.read(1))


def writes(path: str, length: int) -> None:
    with open(path, "wb") as stream:
        stream.truncate(length)


def moves(path: str, target: str) -> None:
    os.rename(path, target)


def makes_pipe(path: str) -> None:
    os.mkfifo(path)


def takes(length: int) -> int:
    return len(bytearray(length))


def limits() -> dict[str, tuple[int, int]]:
    import resource

    names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_AS")
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


def answers(data: bytes) -> int:
    '''What a process does that its data has taken over: it answers as it likes.'''
    # The pipes are the first descriptors above the standard ones.
    pipe = next(number for number in range(3, 20) if is_writable_pipe(number))
    while data:
        data = data[os.write(pipe, data):]
    time.sleep(60)
    return 0


def is_writable_pipe(number: int) -> bool:
    import fcntl, stat

    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode) and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
    except OSError:
        return False
"""


@pytest.fixture(scope="session")
def deeds_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deeds")
    (folder / "deeds.py").write_text(DEEDS)
    return folder


@pytest.fixture
def deeds(deeds_folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Functions that processes can be asked for."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(deeds_folder)])
    return importlib.import_module("deeds")
