"""Signals at any moment, full disks, quotas, closed folders, files that change: nothing half done stands under a final name."""

import contextlib
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from ..cli.conftest import MAIN, UNPRIVILEGED, environment
from ..media.make import FIXTURES

SIGNALS = ("SIGKILL", "SIGINT", "SIGTERM")
# It asks for no faces or voices, which would take longer than all the rest.
MODEL = ("--model", "wan2.6-i2v")
GATE, LONG = 10, 65
# Python ends itself by the signal where that came before it could do better; a shell calls both 130.
INTERRUPTED = (130, -signal.SIGINT)
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits are those of POSIX systems")
pytestmark = [pytest.mark.sweep, posix]


def sweep(*values: object) -> list[object]:
    """Parameters that are left to the long run."""
    return [pytest.param(value, marks=pytest.mark.release) for value in values]


class Setting(NamedTuple):
    """A folder of files that have to be changed to fit, and what an undisturbed run makes of them, in so many seconds."""

    folder: Path
    out: dict[str, str]
    report: bytes
    prepare_s: float
    check_s: float


def prepare(out: Path) -> list[str]:
    return ["prepare", *MODEL, "--workers", "2", "--out", str(out), "."]


def check() -> list[str]:
    return ["check", *MODEL, "--level", "decode", "--workers", "2", "--output-format", "json", "."]


def run(folder: Path, cache: Path, words: list[str], before: str = "", **options: object) -> subprocess.CompletedProcess[bytes]:
    env = environment(MEDIAPREFLIGHT_CACHE_DIR=str(cache))
    command = [sys.executable, "-c", before + MAIN, *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=120, check=False, **options)  # type: ignore[call-overload]


def hashes(out: Path) -> dict[str, str]:
    """What stands under final names; the record names its folder, which is left out."""
    found = {}
    for path in sorted(out.iterdir()) if out.exists() else ():
        if path.name.startswith(".mediapreflight-"):
            continue
        data = path.read_bytes().replace(str(out).encode(), b"OUT")
        found[path.name] = hashlib.sha256(data).hexdigest()
    return found


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    folder, scratch = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("scratch")
    shutil.copyfile(FIXTURES / "formats/voice.flac", folder / "voice0.flac")
    shutil.copyfile(FIXTURES / "portrait.jpg", folder / "portrait0.jpg")
    # Two of what takes longest, so that two workers are busy at once.
    for number in range(2):
        noise = Image.frombytes("L", (600, 500), random.Random(number).randbytes(300_000))
        Image.merge("RGBA", (noise, noise, noise, noise)).save(folder / f"wide{number}.png", compress_level=1)
    # What was written just now is not kept in the cache.
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    began = time.monotonic()
    done = run(folder, scratch / "cache", prepare(scratch / "out"))
    between = time.monotonic()
    checked = run(folder, scratch / "cache", check())
    assert len(hashes(scratch / "out")) == 5, done.stdout + done.stderr
    return Setting(folder, hashes(scratch / "out"), checked.stdout, between - began, time.monotonic() - between)


def struck(setting: Setting, cache: Path, words: list[str], name: str, after_s: float) -> None:
    """Run the command, and send it the signal so many seconds later."""
    env = environment(MEDIAPREFLIGHT_CACHE_DIR=str(cache), PYTHONFAULTHANDLER="1")
    command = [sys.executable, "-m", "mediapreflight", *words]
    with subprocess.Popen(
        command, cwd=setting.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.send_signal(getattr(signal, name))
        said = process.communicate(timeout=60)[1]
    # In the first milliseconds, msgspec crashes where an interrupt meets Python code that it has called to learn of a type.
    if name == "SIGINT" and process.returncode == -signal.SIGSEGV:
        assert re.search(rb"most recent call first\):\n  File .*loading\.py\", line \d+ in convert\n", said), said.decode()
    elif name == "SIGINT" and process.returncode not in (0, 1):
        assert process.returncode in INTERRUPTED
        # Python itself may say so while it starts, and looks for the package; the package never does.
        assert re.findall(rb"mediapreflight/(?!__init__)[\w/]+\.py", said) == [], said.decode()


def moments(count: int) -> list[object]:
    """So many signals at moments spread over a run, the same every time."""
    chance = random.Random(7)
    return [
        pytest.param(
            SIGNALS[number % len(SIGNALS)],
            chance.random() * 1.1,
            marks=[pytest.mark.release] * (number >= GATE),
            id=str(number),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(("name", "share"), moments(LONG))
def test_prepare_is_struck(setting: Setting, tmp_path: Path, name: str, share: float) -> None:
    out, cache = tmp_path / "out", tmp_path / "cache"
    struck(setting, cache, prepare(out), name, share * setting.prepare_s)
    assert hashes(out).items() <= setting.out.items()
    again = run(setting.folder, cache, prepare(out))
    assert again.stderr == b""
    assert hashes(out) == setting.out
    assert not list(out.glob(".mediapreflight-*"))


@pytest.mark.parametrize(("name", "share"), moments(LONG))
def test_check_is_struck(setting: Setting, tmp_path: Path, name: str, share: float) -> None:
    cache = tmp_path / "cache"
    struck(setting, cache, check(), name, share * setting.check_s)
    for _ in range(2):
        again = run(setting.folder, cache, check())
        assert (again.stderr, again.stdout) == (b"", setting.report)


@pytest.mark.release
def test_two_at_one_output_folder_and_cache(setting: Setting, tmp_path: Path) -> None:
    out, cache = tmp_path / "out", tmp_path / "cache"
    env = environment(MEDIAPREFLIGHT_CACHE_DIR=str(cache))
    command = [sys.executable, "-m", "mediapreflight", *prepare(out)]
    both = [subprocess.Popen(command, cwd=setting.folder, env=env, stdout=-1, stderr=-1) for _ in range(2)]
    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode in (0, 1)
        assert b"Traceback" not in said
    # One of the two may have found the other's files in its way; never half of one.
    assert {name: mark for name, mark in hashes(out).items() if name != "prepared.json"}.items() <= setting.out.items()
    run(setting.folder, cache, prepare(out))
    assert hashes(out).keys() == setting.out.keys()
    checks = [subprocess.Popen([*command[:3], *check()], cwd=setting.folder, env=env, stdout=-1, stderr=-1) for _ in range(2)]
    assert [process.communicate(timeout=120) for process in checks] == [(setting.report, b"")] * 2


@contextlib.contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A file system that holds no more than this."""
    place = Path(tempfile.mkdtemp())
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        place.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def assert_said_and_nothing_half(done: subprocess.CompletedProcess[bytes], out: Path, setting: Setting) -> None:
    assert done.returncode in (1, 2), done
    assert b"Traceback" not in done.stderr
    assert done.returncode == 1 or len(done.stderr.splitlines()) == 1
    left = {name: mark for name, mark in hashes(out).items() if name != "prepared.json"}
    assert left.items() <= setting.out.items()
    record = out / "prepared.json"
    if record.exists():
        json.loads(record.read_bytes())


@pytest.mark.parametrize("size", ["100k", *sweep("20k", "300k")])
def test_full_disk(setting: Setting, tmp_path: Path, size: str) -> None:
    with small_disk(size) as disk:
        done = run(setting.folder, tmp_path / "cache", prepare(disk / "out"))
        assert_said_and_nothing_half(done, disk / "out", setting)
    with small_disk("20k") as disk:
        checked = run(setting.folder, disk, check())
        assert (checked.stderr, checked.stdout) == (b"", setting.report)


@pytest.mark.parametrize("limit", [10_000, *sweep(0, 100_000)])
def test_quota(setting: Setting, tmp_path: Path, limit: int) -> None:
    """No file may grow beyond the limit: neither one that is made, nor the cache's."""
    out = tmp_path / "out"
    signal_off = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited = f"{signal_off}resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {resource.RLIM_INFINITY}))\n"
    done = run(setting.folder, tmp_path / "cache", prepare(out), before=limited)
    assert_said_and_nothing_half(done, out, setting)
    checked = run(setting.folder, tmp_path / "cache2", check(), before=limited)
    assert (checked.stderr, checked.stdout) == (b"", setting.report)
    assert run(setting.folder, tmp_path / "cache", prepare(out)).stderr == b""
    assert hashes(out) == setting.out


def test_folders_nobody_may_write_in(setting: Setting, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for folder in (out, tmp_path / "cache"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o555)
    done = run(setting.folder, tmp_path / "cache", prepare(out), before=UNPRIVILEGED)
    if done.returncode == 77:
        pytest.skip("privileges cannot be dropped here")
    assert done.returncode == 2
    assert done.stderr == f"mediapreflight: {out}: cannot be written to: permission denied\n".encode()
    checked = run(setting.folder, tmp_path / "cache", check(), before=UNPRIVILEGED)
    assert (checked.stderr, checked.stdout) == (b"", setting.report)


@pytest.mark.parametrize("change", ["replaced", *sweep("cut", "deleted", "grown")])
@pytest.mark.parametrize("command", ["prepare", *sweep("probe", "check")])
def test_a_file_that_changes_while_it_is_read(setting: Setting, tmp_path: Path, command: str, change: str) -> None:
    paths = [tmp_path / f"{number}-{name}" for number in range(4) for name in ("wide0.png", "voice0.flac")]
    for path in paths:
        shutil.copyfile(setting.folder / path.name.partition("-")[2], path)
    out = tmp_path / "out"
    stopped = threading.Event()

    def meddle() -> None:
        while not stopped.wait(0.05):
            for path in paths:
                changed(path, setting.folder / path.name.partition("-")[2], change)

    meddler = threading.Thread(target=meddle)
    meddler.start()
    try:
        words = [command, *([] if command == "probe" else MODEL), *(["--out", str(out)] if command == "prepare" else [])]
        done = run(tmp_path, tmp_path / "cache", [*words, *(path.name for path in paths)])
    finally:
        stopped.set()
        meddler.join()
    assert done.returncode in (0, 1), done
    assert done.stderr == b""
    if out.exists():
        made = {path.name for path in out.iterdir() if path.name != "prepared.json"}
        record = json.loads((out / "prepared.json").read_bytes())
        kept = {Path(item["path"]).name: item["sha256"] for job in record["jobs"] for item in job["inputs"].values()}
        assert made == set(kept)
        assert {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in made} == kept


def changed(path: Path, original: Path, how: str) -> None:
    if how == "deleted":
        path.unlink(missing_ok=True)
    elif how == "cut":
        os.truncate(path, original.stat().st_size // 3)
    elif how == "grown":
        with path.open("ab") as stream:
            stream.write(b"more")
    else:
        staged = path.with_suffix(".new")
        staged.write_bytes(original.read_bytes()[::-1])
        staged.replace(path)
