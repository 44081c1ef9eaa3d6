"""What processes that read foreign data may do."""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mediapreflight.prepare.av.ffmpeg import find_ffmpeg
from mediapreflight.workers import confinement
from mediapreflight.workers.confinement import confined, environment
from mediapreflight.workers.processes import CrashError, Processes, end_idle
from mediapreflight.workers.serving import MEMORY

KEY = "sk-0123456789abcdef"
on_posix = pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these")
filtered = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in confinement._MACHINES, reason="no filter for this machine"
)


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.stop()
    end_idle()


# --- the environment


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    return KEY


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize("name", ["DASHSCOPE_API_KEY", "dashscope_api_key", "MY_OWN", "PYTHON_KEY", "LC_SECRET", "OMP_ARGS"])
def test_key_is_nowhere_in_it(key: str, name: str, online: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"Bearer {key}" if name != "DASHSCOPE_API_KEY" else key)
    assert key not in str(environment(online=online))


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "HTTPS_PROXY", "SSH_AUTH_SOCK", "PGPASSWORD"]
)
def test_only_what_reads_stores_gets_other_secrets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "secret")
    assert name not in environment()
    assert environment(online=True)[name] == "secret"


@pytest.mark.parametrize("name", ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "PYTHONPATH", "OMP_NUM_THREADS", "SystemRoot"])
def test_what_libraries_go_by_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "value")
    assert environment()[name] == "value"


def test_what_only_stands_for_a_key_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "bin")
    monkeypatch.setenv("PATH", "/usr/bin")
    assert environment()["PATH"] == "/usr/bin"
    assert "DASHSCOPE_API_KEY" not in environment()


@pytest.mark.parametrize("name", ["FFREPORT", "AV_LOG_FORCE_COLOR", "LD_AUDIT", "BASH_ENV"])
def test_what_makes_programs_do_other_things_goes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "value")
    assert name not in environment()


@pytest.mark.parametrize(("before", "after"), [("/a:", "/a"), (":/a::/b", "/a:/b"), (":", None), ("/a", "/a")])
def test_no_library_is_sought_in_the_current_folder(before: str, after: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", before)
    assert environment().get("LD_LIBRARY_PATH") == after


def test_process_has_that_environment(key: str, processes: Processes, deeds: ModuleType) -> None:
    assert key not in str(processes.call(deeds.environment))
    assert key not in str(processes.call(deeds.environment, online=True))
    assert "HOME" in processes.call(deeds.environment)


def test_blas_and_malloc_spare_the_processor_unless_the_user_says_how(
    processes: Processes, deeds: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, usual in {"OPENBLAS_NUM_THREADS": "1", "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=67108864:"}.items():
        monkeypatch.delenv(name, raising=False)
        assert processes.call(deeds.environment)[name].startswith(usual)
        monkeypatch.setenv(name, "glibc.malloc.perturb=2")
        assert processes.call(deeds.environment)[name] == "glibc.malloc.perturb=2"


# --- limits


@on_posix
def test_process_has_limits(processes: Processes, deeds: ModuleType) -> None:
    limits = processes.call(deeds.limits)
    assert limits["RLIMIT_CORE"] == (0, 0)
    assert limits["RLIMIT_FSIZE"] == (4 << 30, 4 << 30)
    if sys.platform == "linux":
        assert limits["RLIMIT_AS"] == (MEMORY, MEMORY)


@on_linux
def test_memory_beyond_the_limit_is_not_had(processes: Processes, deeds: ModuleType) -> None:
    with pytest.raises(CrashError) as caught:
        processes.call(deeds.takes, MEMORY)
    assert caught.value.reason == "the process that reads it needs too much memory"


@on_posix
def test_files_beyond_the_limit_are_not_written(processes: Processes, deeds: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(CrashError, match="File too large"):
        processes.call(deeds.writes, str(tmp_path / "big"), (4 << 30) + 1)


@on_posix
def test_lower_limits_of_the_caller_stay(tmp_path: Path) -> None:
    code = "from mediapreflight.workers.confinement import confine; import resource as r; "
    code += "r.setrlimit(r.RLIMIT_FSIZE, (1000, 2000)); "
    code += "confine(1 << 40); print(*r.getrlimit(r.RLIMIT_FSIZE))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1000 1000\n"


# --- rights


@on_linux
@pytest.mark.parametrize("online", [False, True])
def test_process_gets_no_new_rights(processes: Processes, deeds: ModuleType, online: bool) -> None:
    status = dict(line.split(":\t", 1) for line in processes.call(deeds.status, online=online).splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    if os.uname().machine in confinement._MACHINES:
        assert status["Seccomp"] == "2"


@filtered
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX])
def test_process_has_no_network(processes: Processes, deeds: ModuleType, family: int) -> None:
    with pytest.raises(CrashError, match="PermissionError"):
        processes.call(deeds.connects, int(family))
    processes.call(deeds.connects, int(socket.AF_INET), online=True)


@on_linux
def test_process_does_not_see_into_its_parent(processes: Processes, deeds: ModuleType) -> None:
    with pytest.raises(CrashError, match="PermissionError"):
        processes.call(deeds.reads, f"/proc/{os.getpid()}/mem")
    if os.getuid() != 0:
        # Who may watch all of the machine may read this, too.
        with pytest.raises(CrashError, match="PermissionError"):
            processes.call(deeds.reads, f"/proc/{os.getpid()}/environ")


@on_linux
def test_process_may_move_files_and_makes_no_special_ones(processes: Processes, deeds: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    processes.call(deeds.moves, str(tmp_path / "file"), str(tmp_path / "folder/file"))
    assert (tmp_path / "folder/file").read_bytes() == b"x"
    with pytest.raises(CrashError, match="PermissionError"):
        processes.call(deeds.makes_pipe, str(tmp_path / "pipe"))


def allows(program: bytes, machine: int, number: int) -> bool:
    """What the kernel would decide on a system call: the few instructions of its machine that are used."""
    instructions = list(struct.iter_unpack("=HBBI", program))
    at, loaded = 0, 0
    while True:
        code, if_true, if_false, value = instructions[at]
        match code:
            case 0x20:
                loaded, at = {0: number, 4: machine}[value], at + 1
            case 0x15:
                at += 1 + (if_true if loaded == value else if_false)
            case 0x35:
                at += 1 + (if_true if loaded >= value else if_false)
            case 0x06:
                return bool(value == 0x7FFF0000)


@pytest.mark.parametrize("name", confinement._MACHINES)
def test_filter_refuses_what_it_should_and_nothing_else(name: str) -> None:
    machine, opens_socket, others = confinement._MACHINES[name]
    offline, online = confinement._filter(name, False), confinement._filter(name, True)
    for number in range(600):
        assert allows(offline, machine, number) == (number not in (opens_socket, *others))
        assert allows(online, machine, number) == (number not in others)
    for program in (offline, online):
        assert not allows(program, machine, 0x40000000 + 41)
        assert not allows(program, machine ^ 1, 0)


def test_there_is_no_filter_for_other_machines() -> None:
    assert confinement._filter("riscv64", False) == b""


# --- programs


@on_linux
def test_program_is_confined(tmp_path: Path) -> None:
    script = "grep -E 'NoNewPrivs|SigIgn' /proc/self/status; ulimit -v; ulimit -c"
    done = subprocess.run(
        confined(["/bin/sh", "-c", script], 3 << 30), env=environment(), capture_output=True, text=True, check=True
    )
    ignored, rights, memory, core = done.stdout.splitlines()
    assert rights.split() == ["NoNewPrivs:", "1"]
    assert int(ignored.split()[1], 16) & 1 << 12 == 0, "it dies where nobody reads what it writes"
    assert (memory, core) == (str(3 << 20), "0")


@on_posix
def test_program_that_is_none_is_said(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"\x00\x01")
    path.chmod(0o755)
    done = subprocess.run(confined([str(path)], 3 << 30), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"[fatal] {path} does not start: Exec format error\n")


@on_posix
def test_arguments_are_passed_on_as_they_are(tmp_path: Path) -> None:
    arguments = [os.fsencode(each) for each in ("", "-y", "two\nlines", "a b", "\udcff")]
    command = [os.fsencode(each) for each in confined(["/usr/bin/env", "printf", "%s|"], 3 << 30)]
    done = subprocess.run([*command, *arguments], capture_output=True, check=True)
    assert done.stdout == b"|".join(arguments) + b"|"


def test_frozen_programs_run_others_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert confined(["ffmpeg"], 1) == ["ffmpeg"]


@filtered
def test_ffmpeg_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}?timeout=1000000"
        command = [find_ffmpeg(), "-nostdin", "-i", url, "-f", "null", "-"]
        done = subprocess.run(confined(command, 3 << 30), capture_output=True, text=True, check=False, timeout=120)
        assert "Permission denied" in done.stderr or "Unable to open" in done.stderr, done.stderr
        with pytest.raises(TimeoutError):
            server.accept()


# --- what else starts programs


@pytest.mark.sweep
@on_posix
def test_nothing_that_looks_at_media_starts_a_program_with_the_key(fixtures: Path, tmp_path: Path, key: str) -> None:
    """Also not where all runs in the calling process: mediapipe, for one, would look for a microphone with a compiler."""
    code = """
import os, sys
def watch(event, arguments):
    if event == "subprocess.Popen" and {key!r} in str(os.environ if arguments[3] is None else arguments[3]):
        print(arguments[0])
sys.addaudithook(watch)
from mediapreflight import Job, check, prepare
job = Job("emo-v1", image={folder!r} + "/portrait.jpg", audio={folder!r} + "/voice.mp3")
check(job, contained=False)
prepare(job, out={out!r}, contained=False)
prepare(Job("wan2.6-i2v", whole=False, audio={folder!r} + "/formats/voice.flac"), out={out!r})
from mediapreflight.cli import main
main(["doctor"])
""".format(key=key, folder=str(fixtures), out=str(tmp_path / "out"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    printed = [line for line in done.stdout.splitlines() if line.startswith(("/", "ld"))]
    assert printed == []
