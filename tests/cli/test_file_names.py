"""Whatever takes the name of a file, against files that are none or have no end: one line, soon, in little memory.

Each command is a process of its own: what hangs is ended, and what takes memory is seen.
"""

import itertools
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from .conftest import run_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pipes, devices, and the memory a process took in kB")
HUGE = 100 * 10**9
MOST_S = 120.0
MOST_KB = 500_000
# The memory of the process since it began, and that of the largest it has waited for. (What `wait4` says counts in the parent's.)
MEASURED = """
import re, resource, sys
from pathlib import Path
from mediapreflight.cli import main
status = main(sys.argv[1:])
own = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]
print(max(int(own), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), file=sys.stderr)
sys.exit(status)
"""
PNG = "formats/rgb.png"


class Place(NamedTuple):
    """A place that takes a file: the command, the file's name, what else lies in the folder, and how the file begins.

    `begins`: text, or a file of the fixtures.
    """

    command: str
    name: str
    others: Mapping[str, str] = MappingProxyType({})
    begins: str = ""


CONFIG = 'catalog = ["ours.toml"]\nassets = [{files = "*.jpg", model = "emo-v1", role = "image"}]\n'
ASSETS = 'assets = [{files = "*.jpg", model = "emo-v1", role = "image"}]\n'
READ = {
    "configuration": Place("check .", "mediapreflight.toml"),
    "pyproject": Place("check .", "pyproject.toml", begins="[tool.mediapreflight]\n"),
    "pyproject to add to": Place("init --pyproject", "pyproject.toml"),
    "catalog": Place("check .", "ours.toml", {"mediapreflight.toml": CONFIG}),
    "gitignore": Place("check .", ".gitignore", {"mediapreflight.toml": ASSETS}),
    **{f"job file {suffix}": Place(f"check jobs{suffix}", f"jobs{suffix}") for suffix in (".toml", ".jsonl", ".csv", ".json")},
    "record": Place("prepare --model animate-anyone-detect-gen2 portrait.jpg --out .", "prepared.json"),
    "place of an output": Place("prepare --model animate-anyone-detect-gen2 portrait.jpg --out out", "out/portrait.jpg"),
    "picture": Place("prepare --model emo-v1 image=x.png --out out", "x.png", begins=PNG),
    "whole picture": Place("prepare --model emo-v1 image=x.jpg --out out", "x.jpg", begins="portrait.jpg"),
    "recording": Place("prepare --model videoretalk audio=x.wav --out out", "x.wav", begins="voice.wav"),
    "file to check": Place("check --no-cache --model emo-v1 image=x.png", "x.png", begins=PNG),
    "file to probe": Place("probe x.png", "x.png", begins=PNG),
    "picture with a face": Place("faces x.png", "x.png", begins=PNG),
}
WRITTEN = {
    "output": Place("check --model emo-v1 portrait.jpg --level metadata --output x", "x"),
    "crop": Place("faces portrait.jpg --crop x.png", "x.png"),
    "annotation": Place("faces portrait.jpg --annotate x.png", "x.png"),
    "report": Place("prepare --model emo-v1 portrait.jpg --out out --report x", "x"),
    "output of a submission": Place("submit --dry-run --model emo-v1 portrait.jpg --output x", "x"),
}


class Ended(NamedTuple):
    status: int
    out: str
    err: str
    kilobytes: int


def run(command: str, folder: Path) -> Ended:
    """The command in a folder. It may not hang, nor end in a traceback."""
    done = run_python("-c", MEASURED, *command.split(), cwd=folder, timeout=MOST_S)
    *said, kilobytes = done.err.splitlines(keepends=True)
    return Ended(done.status, done.out, "".join(said), int(kilobytes))


def pipe(path: Path, begins: bytes) -> None:
    os.mkfifo(path)


def device(path: Path, begins: bytes) -> None:
    path.symlink_to("/dev/zero")


def folder_(path: Path, begins: bytes) -> None:
    path.mkdir()


def socket_(path: Path, begins: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def sparse(path: Path, begins: bytes) -> None:
    path.write_bytes(begins)
    os.truncate(path, HUGE)


KINDS: dict[str, Callable[[Path, bytes], None]] = {
    "pipe": pipe,
    "device": device,
    "folder": folder_,
    "socket": socket_,
    "sparse": sparse,
}


@pytest.fixture
def folder(tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "here"
    (place / "out").mkdir(parents=True)
    shutil.copy(fixtures / "portrait.jpg", place)
    # The path of a socket may have no more than about a hundred characters.
    monkeypatch.chdir(place)
    return place


def put(folder: Path, fixtures: Path, place: Place, kind: Callable[[Path, bytes], None]) -> Path:
    for name, text in place.others.items():
        (folder / name).write_text(text)
    media = fixtures / place.begins
    kind(folder / place.name, media.read_bytes() if media.is_file() else place.begins.encode())
    return folder / place.name


# What is no file configures nothing and leaves nothing out, as if it were not there; it is not read either.
PASSED_BY = {"configuration", "pyproject", "gitignore"}


def every_second(names: Iterable[str], kinds: Iterable[str]) -> list[object]:
    """All pairs; every second one, so that each name and each kind is among them, for the gate, the others before a release."""
    pairs = itertools.product(enumerate(names), enumerate(kinds))
    return [pytest.param(name, kind, marks=[pytest.mark.release] * ((row + column) % 2)) for (row, name), (column, kind) in pairs]


@pytest.mark.parametrize(("name", "kind"), every_second(READ, KINDS))
@pytest.mark.sweep
def test_nothing_without_an_end_is_read(folder: Path, fixtures: Path, name: str, kind: str) -> None:
    place = READ[name]
    put(folder, fixtures, place, KINDS[kind])
    result = run(place.command, folder)
    assert result.kilobytes < MOST_KB
    said = result.out + result.err
    assert result.status in (0, 1, 2), result
    if name not in PASSED_BY or kind == "sparse":
        assert place.name in said
        assert result.status or name == "file to probe"
        assert result.status != 2 or len(result.err.splitlines()) == 1


@pytest.mark.parametrize(("name", "kind"), [("record", "pipe"), ("whole picture", "sparse"), ("catalog", "sparse")])
def test_nothing_without_an_end_is_read_at_once(folder: Path, fixtures: Path, name: str, kind: str) -> None:
    test_nothing_without_an_end_is_read(folder, fixtures, name, kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "sparse"])
@pytest.mark.parametrize("name", [*WRITTEN])
@pytest.mark.sweep
def test_nothing_but_files_is_written_to(folder: Path, fixtures: Path, name: str, kind: str) -> None:
    place = WRITTEN[name]
    path = put(folder, fixtures, place, KINDS[kind])
    before = path.lstat()
    result = run(place.command, folder)
    if kind == "folder" and name in ("crop", "annotation"):
        # There it says where pictures go, under their own names.
        assert (path / "portrait.png").is_file()
        return
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert line == f"mediapreflight: {place.name}: cannot be written: it is not a regular file"
    assert result.out == ""
    assert (path.lstat().st_mode, path.lstat().st_ino) == (before.st_mode, before.st_ino)


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """While it lasts, another process adds to the file."""
    line = path.read_bytes()
    ended = threading.Event()

    def write() -> None:
        with path.open("ab") as stream:
            while not ended.is_set() and stream.tell() < 10**9:
                stream.write(line * 100)
                stream.flush()
                time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


@pytest.mark.parametrize(
    ("command", "name", "text"),
    [
        ("check --level metadata jobs.jsonl", "jobs.jsonl", '{"model": "emo-v1", "image": "portrait.jpg", "audio": "no.wav"}\n'),
        ("check --level metadata .", "mediapreflight.toml", ASSETS.replace("\n", " # and more\n#")),
    ],
)
@pytest.mark.sweep
def test_a_file_that_grows_comes_to_an_end(folder: Path, command: str, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with written_to(folder / name):
        result = run(command, folder)
    assert result.status in (0, 1, 2), result
    assert result.kilobytes < MOST_KB
