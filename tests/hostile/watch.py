"""The command line under watch: which files it and its children open, and whether it talks to anyone."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import mediapreflight

SOURCES = Path(mediapreflight.__file__).parents[1]
STRACE = shutil.which("strace")
SECONDS = 120
AUDIT_LOG = "audit.jsonl"
MAIN = "import sys; from mediapreflight.cli import main; sys.exit(main())"
# Read by every Python that starts, those that the command starts among them. `open` is told for whatever Python opens; the others
# for whatever could reach out of the process. Written at once: a process may be killed.
AUDITED = """
import json, os, sys
log = os.open(os.environ["PYTHON_AUDIT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
WATCHED = ("open", "os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.", "subprocess.Popen", "urllib.", "webbrowser.")
def note(event, arguments):
    if event.startswith(WATCHED) and not (event == "open" and isinstance(arguments[0], int)):
        first = arguments[0] if arguments else None
        name = os.fsdecode(first) if isinstance(first, (str, bytes, os.PathLike)) else repr(first)
        os.write(log, json.dumps((event, os.path.abspath(name) if event == "open" else name)).encode() + b"\\n")
sys.addaudithook(note)
"""
_CALL = re.compile(
    r"^\d+ +(?P<call>\w+)\("
    r"(?:AT_FDCWD(?:<(?P<cwd>.*?)>)?|\d+<(?P<folder>.*?)>)?(?:, )?"
    r'(?:"(?P<name>(?:[^"\\]|\\.)*)")?(?P<rest>.*)$'
)


class Seen(NamedTuple):
    """What a run did, as one of two saw it.

    `opened`: absolute paths of files, folders left out; `sockets`: those made; `reached`: attempts to talk to somebody.
    """

    opened: frozenset[str]
    sockets: tuple[str, ...]
    reached: tuple[str, ...]
    programs: tuple[str, ...]


class Run(NamedTuple):
    """A command that ended: as Python's audit hook saw it, and as the kernel did; None where strace is not installed."""

    status: int
    out: str
    err: str
    audit: Seen
    kernel: Seen | None


def environment(home: Path) -> dict[str, str]:
    """A user without settings, in a home of their own."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    # Without empty parts: OpenCV leaves one behind in this very process, and it stands for the current folder.
    if libraries := ":".join(filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":"))):
        kept["LD_LIBRARY_PATH"] = libraries
    cache = {"MEDIAPREFLIGHT_CACHE_DIR": str(home / "cache"), "XDG_CACHE_HOME": str(home / "xdg"), "TMPDIR": str(home / "tmp")}
    for name in ("tmp", "site"):
        (home / name).mkdir(exist_ok=True)
    (home / "site" / "sitecustomize.py").write_text(AUDITED)
    own = {
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join((str(home / "site"), str(SOURCES))),
        # A name that children get, too.
        "PYTHON_AUDIT_LOG": str(home / AUDIT_LOG),
    }
    return kept | cache | own | {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def watched(home: Path, cwd: Path, *arguments: str | Path) -> Run:
    """The command under watch."""
    events, calls = home / AUDIT_LOG, home / "strace.log"
    events.unlink(missing_ok=True)
    command: list[str | Path] = [sys.executable, "-c", MAIN, *arguments]
    if STRACE is not None:
        traced = "trace=open,openat,openat2,creat,socket,connect,bind,sendto,sendmsg,sendmmsg,execve,execveat"
        command = [STRACE, "-f", "-y", "-q", "--seccomp-bpf", "-s", "4096", "-e", traced, "-o", calls, *command]
    done = _run(command, home, cwd)
    return Run(*done, _audited(events), _traced(calls, cwd) if STRACE is not None else None)


def _audited(log: Path) -> Seen:
    events = [json.loads(line) for line in log.read_text().splitlines()]
    sockets = tuple(f"{event} {name}" for event, name in events if event.startswith(("socket.", "urllib.", "webbrowser.")))
    return Seen(
        frozenset(name for event, name in events if event == "open"),
        sockets,
        sockets,
        tuple(name for event, name in events if event.startswith(("subprocess.", "os."))),
    )


def _traced(log: Path, cwd: Path) -> Seen:
    made = list(_calls(log, cwd))
    return Seen(
        frozenset(name for call, name in made if call.startswith(("open", "creat")) and name != str(log.with_name(AUDIT_LOG))),
        tuple(f"{call} {name}" for call, name in made if call == "socket"),
        tuple(f"{call} {name}" for call, name in made if call in ("connect", "bind") or call.startswith("send")),
        tuple(name for call, name in made if call.startswith("exec")),
    )


def _run(command: list[str | Path], home: Path, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    assert "Traceback" not in err, err
    return done.returncode, out, err


def _calls(log: Path, cwd: Path) -> Iterator[tuple[str, str]]:
    for line in log.read_bytes().decode("ascii").splitlines():
        found = _CALL.match(line)
        if found is None or "O_DIRECTORY" in found["rest"]:
            continue
        name = (found["name"] or found["rest"]).encode().decode("unicode_escape").encode("latin-1")
        place = os.fsdecode(name)
        if found["call"].startswith(("open", "creat", "exec")):
            place = os.path.normpath(Path(found["cwd"] or found["folder"] or cwd) / place)
        yield found["call"], place


def belongs_to_the_program(path: str) -> bool:
    """Whether a path lies where Python, its packages, this package and the system's libraries are."""
    own = {sys.prefix, sys.base_prefix, str(SOURCES), *sysconfig.get_paths().values()}
    system = ("/usr", "/lib", "/lib64", "/proc", "/sys/devices/system", "/sys/fs/cgroup", "/opt")
    exact = ("/dev/null", "/dev/urandom", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/os-release")
    return path in exact or any(path == place or path.startswith(f"{place}{os.sep}") for place in (*own, *system))
