"""Files that point elsewhere: nothing but the named file is opened, and nobody is called, at any level of any command."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import imageio_ffmpeg
import pytest

from ..media.make import FIXTURES
from .conftest import Trap
from .watch import STRACE, Run, Seen, belongs_to_the_program, watched

pytestmark = pytest.mark.sweep


class Command(NamedTuple):
    """Words of the command line. `beginnings`: of the names of the files it gets."""

    words: tuple[str, ...]
    looks_for_people: bool = True
    beginnings: tuple[str, ...] = ("",)

    @property
    def encodes(self) -> bool:
        return self.words[0] == "prepare" and "--dry-run" not in self.words


METADATA, DECODE = ("--level", "metadata"), ("--level", "decode")
VIDEORETALK, ANIMATE = ("--model", "videoretalk"), ("--model", "wan2.2-animate-mix")
# A few of each sort, by how their names begin: what is encoded takes seconds.
# One of each sort: a list, a movie whose tracks lie elsewhere by path and by URL, and a list inside a movie. The sweep has all.
REFERRING = ("alias.mov", "hls-path", "subtitle-hls", "url.mov")
COMMANDS = {
    "probe": Command(("probe",), looks_for_people=False),
    "check-metadata": Command(("check", *VIDEORETALK, *METADATA), looks_for_people=False),
    "check-content": Command(("check", *VIDEORETALK)),
    "prepare": Command(("prepare", *VIDEORETALK, "--out", "../out"), beginnings=REFERRING),
}
# These say little more, and some take long.
MORE_COMMANDS = {
    "faces": Command(("faces",)),
    "probe-metadata": Command(("probe", *METADATA), looks_for_people=False),
    "check-decode": Command(("check", *VIDEORETALK, *DECODE), looks_for_people=False),
    "check-other-model": Command(("check", *ANIMATE)),
    "plan": Command(("prepare", *VIDEORETALK, "--dry-run")),
    "prepare-all": Command(("prepare", *VIDEORETALK, "--out", "../out-all")),
    "prepare-other-model": Command(("prepare", *ANIMATE, "--out", "../out-other")),
}
# Importing mediapipe makes libraries it brings look for others of the system's, with these.
HELPERS = ("python", "gcc", "ld", "collect2", "ldconfig", "fc-list", "objdump", "sh", "uname")
needs_strace = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


class Case(NamedTuple):
    """A command that was run. `ordinary`: what the same program opens, outside of its own folders, for an ordinary picture."""

    command: Command
    names: tuple[str, ...]
    home: Path
    run: Run
    ordinary: frozenset[str]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all commands: in a new one, libraries make caches of their own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def ordinary(home: Path, trap: Trap) -> frozenset[str]:
    # It looks for faces and for bodies, so that all libraries are loaded.
    first = watched(home, trap.folder, "check", *ANIMATE, FIXTURES / "full-body.jpg")
    assert first.status == 0
    return first.audit.opened | (first.kernel.opened if first.kernel else frozenset())


@pytest.fixture(scope="module", params=[*COMMANDS, *(pytest.param(name, marks=pytest.mark.release) for name in MORE_COMMANDS)])
def case(request: pytest.FixtureRequest, trap: Trap, home: Path, ordinary: frozenset[str]) -> Case:
    command = (COMMANDS | MORE_COMMANDS)[request.param]
    names = tuple(name for name in trap.names if name.startswith(command.beginnings))
    # What an earlier command found would be taken from the cache.
    shutil.rmtree(home / "cache", ignore_errors=True)
    return Case(command, names, home, watched(home, trap.folder, *command.words, "--output-format", "json", *names), ordinary)


def strangers(seen: Seen, case: Case, trap: Trap) -> list[str]:
    """What was opened that is neither a named file, nor the program's, nor where results, the cache and scratch files belong."""
    own = (str(case.home), str(trap.folder.parent / "out"))
    named = {str(trap.folder / name) for name in case.names}
    opened = (path for path in seen.opened - case.ordinary if path not in named and not path.startswith(own))
    return sorted(path for path in opened if not belongs_to_the_program(path))


def test_every_file_is_named_and_what_is_no_media_is_refused(case: Case) -> None:
    assert case.run.status == 1
    assert case.run.err == ""
    report = json.loads(case.run.out)
    if isinstance(report, list):
        assert [record["path"] for record in report] == list(case.names)
        assert all(record.get("error") or record.get("problems") for record in report if record.get("kind") == "unknown")
        return
    assert len(report["jobs"]) == len(case.names)
    for name, job in zip(case.names, report["jobs"], strict=True):
        assert json.dumps(name) in json.dumps(job), name
        if case.command.words[0] == "check":
            (given,) = job["inputs"].values()
            assert given["facts"]["kind"] != "unknown" or {"error", "unchecked"} & severities(job)


def severities(job: dict[str, Any]) -> set[str]:
    return {finding["severity"] for finding in job["findings"]}


def test_python_opens_the_named_files_only(case: Case, trap: Trap) -> None:
    seen = case.run.audit
    assert strangers(seen, case, trap) == []
    assert {str(trap.folder / name) for name in case.names} <= seen.opened
    assert seen.reached == ()
    assert not trap.was_called()


@needs_strace
def test_the_kernel_is_asked_for_the_named_files_only(case: Case, trap: Trap) -> None:
    seen = case.run.kernel
    assert seen is not None
    assert strangers(seen, case, trap) == []
    assert seen.reached == ()
    # mediapipe's library makes sockets when it is loaded, to see which kinds there are, and leaves them alone.
    assert seen.sockets == () or case.command.looks_for_people
    assert not trap.was_called()


@needs_strace
def test_no_program_is_started_but_the_encoder(case: Case) -> None:
    assert case.run.kernel is not None
    programs = {Path(name).name for name in case.run.kernel.programs}
    others = {name for name in programs if not name.startswith(HELPERS if case.command.looks_for_people else "python")}
    assert all(name.startswith("ffmpeg") for name in others), others
    assert bool(others) == case.command.encodes


@needs_strace
def test_the_trap_snaps(trap: Trap, home: Path) -> None:
    """What is proved above would be noticed if it were otherwise."""
    log = home / "strace.log"
    command = [STRACE, "-f", "-qq", "-e", "trace=openat,connect", "-o", log, imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet"]
    lists = [name for name in trap.names if name.startswith("ffconcat-") and "url" not in name]
    for name in lists:
        options = ["-f", "concat", "-safe", "0", "-i", name, "-f", "null", "-"]
        subprocess.run([*command, *options], cwd=trap.folder, check=False, stdin=subprocess.DEVNULL)
        if "bait.ts" in log.read_text():
            return
    pytest.fail("no list was followed by a plain ffmpeg")
