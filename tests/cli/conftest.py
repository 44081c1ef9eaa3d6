"""The command line: in a process of its own, as its users have it, and in this one where that makes no difference."""

import contextlib
import io
import os
import subprocess
import sys
import unittest.mock
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import mediapreflight
from mediapreflight.cli import main

SOURCES = str(Path(mediapreflight.__file__).parents[1])
# Root reads everything; without these two capabilities of Linux it is bound by permissions like everyone.
UNPRIVILEGED = """
import ctypes, os, sys
if os.geteuid() == 0:
    libc = ctypes.CDLL(None)
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, data):
        sys.exit(77)
    CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1 << 1, 1 << 2
    for field in (0, 1):
        data[field] &= ~(CAP_DAC_OVERRIDE | CAP_DAC_READ_SEARCH)
    if libc.capset(header, data):
        sys.exit(77)
"""
MAIN = "import sys\nfrom mediapreflight.cli import main\nsys.exit(main(sys.argv[1:]))\n"


class Result(NamedTuple):
    status: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process: this one's, without what colours output or changes encodings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "NO_COLOR"))}
    return kept | {"PYTHONPATH": SOURCES, "LC_ALL": "C.UTF-8"} | changes


def run_python(
    *arguments: str | bytes | Path, cwd: Path | None = None, env: dict[str, str] | None = None, timeout: float = 60
) -> Result:
    """Run Python; no traceback may come of it."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment(**(env or {})),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )
    result = Result(done.returncode, *(stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr)))
    assert "Traceback" not in result.err, result.err
    assert "Exception ignored" not in result.err, result.err
    return result


def run_here(*arguments: str | bytes | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> Result:
    """The same in this process, which is twenty times as fast; its streams are no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.chdir(cwd or Path.cwd()),
        unittest.mock.patch.dict(os.environ, env or {}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = main([os.fsdecode(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
    for stream in (out, err):
        stream.flush()
    return Result(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@pytest.fixture(scope="session")
def process() -> Callable[..., Result]:
    """`process("check", "--model", …)`: status, output and errors of the command, as its users get them."""

    def call(*arguments: str | bytes | Path, **options) -> Result:
        return run_python("-m", "mediapreflight", *arguments, **options)

    return call


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`run("check", "--model", …)`: status, output and errors of the command, run in this process."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    return run_here


def unexpected(err: str) -> list[str]:
    """What stands on stderr beside the files of a folder that are skipped."""
    return [line for line in err.splitlines() if " skipped (" not in line]


@pytest.fixture
def check(run) -> Callable[..., Result]:
    """`check(model, targets…)` without a look at people; results come on stdout, and stderr names only what is skipped."""

    def call(model: str | None, *arguments: str | bytes | Path, level: str = "metadata", by=run, **options) -> Result:
        chosen = () if model is None else ("--model", model)
        result = by("check", "--level", level, *chosen, *arguments, **options)
        assert result.status in (0, 1), result
        assert unexpected(result.err) == []
        return result

    return call


@pytest.fixture
def refused(run) -> Callable[..., str]:
    """The one line that says why a command cannot be meant; the status is 2 and stdout empty."""

    def call(*arguments: str | bytes | Path, **options) -> str:
        result = run(*arguments, **options)
        assert result.status == 2, result
        assert result.out == ""
        (line,) = result.err.splitlines()
        assert line.isprintable()
        assert line.startswith("mediapreflight: ")
        return line.removeprefix("mediapreflight: ")

    return call


@pytest.fixture(scope="session")
def run_unprivileged() -> Callable[..., Result]:
    """The command bound by permissions, whoever runs the tests."""

    def call(*arguments: str | Path, **options) -> Result:
        result = run_python("-c", UNPRIVILEGED + MAIN, *arguments, **options)
        if result.status == 77:
            pytest.skip("privileges cannot be dropped here")
        return result

    return call
