"""What every test may use: the place of the small media that come with the project; a cache and a ledger that are no user's."""

import importlib
import inspect
import itertools
import os
import signal
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings

from mediapreflight.check.cache import ENVIRONMENT

from .known import fixtures_measured_once
from .store import store, store_server

__all__ = ["fixtures_measured_once", "store", "store_server"]

# Whoever starts the suite in the background has it ignore interrupts, and so would every command that it starts.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What is said is judged in English, whoever runs the suite; processes that are started here inherit it.
os.environ["LANGUAGE"] = "en"

# A machine that is busy with other work is no fault of what is tested. The quick tests draw few examples, others in each run.
settings.register_profile("quick", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=25)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=400)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("quick" if leaves_sweeps_out(config) else "thorough")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: tests wait half of their time for a server, a process or a clock."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) + 2


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files with nothing but sweeps are not imported where sweeps are left out, nor files without any where only sweeps run."""
    if leaves_sweeps_out(config):
        return True if collection_path == Path(__file__).parent / "sweeps" else None
    if config.option.markexpr.startswith("sweep") and collection_path.is_file():
        return True if "sweep" not in collection_path.read_text(encoding="utf-8") else None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where sweeps are left out, their cases are not made either: every worker would make thousands, to drop them."""
    for mark in metafunc.definition.iter_markers("every"):
        metafunc.parametrize(mark.args[0], [pytest.param(*[None] * len(names_of(mark)), id="every")])
    if not leaves_sweeps_out(metafunc.config):
        return
    for mark in metafunc.definition.iter_markers("parametrize"):
        cases = mark.args[1] if len(mark.args) > 1 else None
        if isinstance(cases, list) and (kept := [case for case in cases if not is_swept(case)]):
            cases[:] = kept


def names_of(mark: pytest.Mark) -> list[str]:
    names = mark.args[0]
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def cases_of(mark: pytest.Mark) -> list[dict[str, object]]:
    """The arguments of each case, by name."""
    names = names_of(mark)
    return [dict(zip(names, case if len(names) > 1 else (case,), strict=True)) for case in mark.args[1]]


def shown(value: object) -> str:
    """A case by its name, where it has one."""
    return str(getattr(value, "id", getattr(value, "name", value)))[:200]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """`@pytest.mark.every(NAMES, CASES)`: one test that judges all cases, and names each that fails.

    For what is judged in no time: a test of its own for each costs more than what it does.
    """
    marks = list(pyfuncitem.iter_markers("every"))
    if not marks:
        return None
    wanted = inspect.signature(pyfuncitem.function).parameters
    fixtures = {name: value for name, value in pyfuncitem.funcargs.items() if name in wanted}
    cases = [dict(itertools.chain.from_iterable(map(dict.items, parts))) for parts in itertools.product(*map(cases_of, marks))]
    failures = []
    for case in cases:
        try:
            pyfuncitem.obj(**fixtures | case)
        except pytest.skip.Exception:
            continue
        except Exception as error:
            error.add_note(f"the case: {', '.join(f'{name}={shown(value)}' for name, value in case.items())}")
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(cases)} cases", failures)
    return True


def leaves_sweeps_out(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "not sweep")


def is_swept(case: object) -> bool:
    return any(mark.name == "sweep" for mark in getattr(case, "marks", ()))


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

    def known(verify: ssl.SSLContext | str | bool = True, **settings: Any) -> ssl.SSLContext:
        if verify is not True or settings.get("cert"):
            return create(verify, **settings)
        is_named = settings.get("trust_env", True)
        named = tuple(map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"))) if is_named else ()
        return read[named] if named in read else read.setdefault(named, create(**settings))

    with pytest.MonkeyPatch.context() as patch:
        # The package makes one of its own; a client that is given none makes one by the second name.
        patch.setattr(httpx, "create_ssl_context", known)
        patch.setattr("httpx._transports.default.create_ssl_context", known)
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


def modules() -> list[str]:
    return list(sys.modules)


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
