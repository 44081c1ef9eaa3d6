"""What systems do in their own ways: in one module, and as Windows has it, imitated by calls that fail as they do there."""

import ast
import ctypes
import errno
import ntpath
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

import mediapreflight
from mediapreflight import system
from mediapreflight.errors import OutputError
from mediapreflight.language import language_of
from mediapreflight.output_folder import OutputFolder, link_or_copy, move_to_free_name

PACKAGE = Path(mediapreflight.__file__).parent
WINDOWS_CALLS = Path(__file__).parent / "windows_calls"

# --- one module

# What stands for the same on every system.
EVERYWHERE = {
    *[
        "PathLike",
        "chdir",
        "close",
        "cpu_count",
        "curdir",
        "devnull",
        "dup",
        "dup2",
        "environ",
        "fdopen",
        "fsdecode",
        "fsencode",
        "fstat",
        "get_terminal_size",
        "getcwd",
        "getpid",
        "listdir",
        "open",
        "pardir",
        "scandir",
        "path",
        "sep",
        "stat",
        "stat_result",
        "walk",
        "O_RDWR",
        "O_WRONLY",
        "SEEK_CUR",
        "SEEK_END",
        "SEEK_SET",
    ]
}
MODULES = {
    *[
        "ctypes",
        "fcntl",
        "grp",
        "msvcrt",
        "multiprocessing",
        "posix",
        "pty",
        "pwd",
        "resource",
        "select",
        "selectors",
        "signal",
        "termios",
        "tty",
        "winreg",
    ]
}
# `replace` of a text takes two arguments, that of a path one.
METHODS = {"rename", "hardlink_to", "symlink_to", "chmod", "lchmod", "readlink", "add_signal_handler"}
KEYWORDS = {"start_new_session", "process_group", "creationflags", "preexec_fn", "pass_fds", "startupinfo"}
# They own such calls: the second runs as a program by itself, and the third takes apart what mediapipe has in ctypes.
OWNERS = {"system.py", "workers/confinement.py", "people/offline.py"}


def calls_of_one_system(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name("os"), attr=name) if name not in EVERYWHERE:
                yield f"os.{name}"
            case ast.Attribute(attr="relpath"):
                yield "relpath"
            case ast.Attribute(value=ast.Name("sys"), attr="platform"):
                yield "sys.platform"
            case ast.Call(func=ast.Attribute(attr="replace"), args=[_], keywords=[]):
                yield ".replace of a path"
            case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
                yield f".{name}"
            case ast.keyword(arg=name) if name in KEYWORDS:
                yield f"{name}="
            case ast.Import(names=names) if found := {each.name.partition(".")[0] for each in names} & MODULES:
                yield f"import {found}"
            case ast.ImportFrom(module="os", names=names, level=0) if not {each.name for each in names} <= EVERYWHERE:
                yield "from os import"
            case ast.ImportFrom(module=str(module), level=0) if module.partition(".")[0] in MODULES:
                yield f"from {module} import"
            case ast.Constant(value=str(text)) if text.startswith(("/dev/", "/proc/", "/tmp/")):
                yield text


def test_no_other_module_asks_for_what_not_every_system_has() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): names
        for path in PACKAGE.rglob("*.py")
        if (names := sorted(calls_of_one_system(path.read_text(encoding="utf-8"))))
    }
    assert found.keys() <= OWNERS, {name: names for name, names in found.items() if name not in OWNERS}
    assert {"os.fsync", "os.link", "os.killpg", "import {'select'}"} <= set(found["system.py"])


@pytest.mark.every(
    "line",
    [
        "os.fsync(1)",
        "os.O_NOFOLLOW",
        "os.name == 'nt'",
        "os.path.relpath(path)",
        "sys.platform",
        "path.replace(other)",
        "path.rename(other)",
        "import resource",
        "from signal import SIGKILL",
        "from os import fork",
        "Popen(x, start_new_session=True)",
        "open('/dev/null')",
    ],
)
def test_such_a_line_is_seen(line: str) -> None:
    assert list(calls_of_one_system(line))


def test_a_line_that_any_system_takes_is_not_seen() -> None:
    assert not list(calls_of_one_system("os.path.join(a, b); text.replace('a', 'b'); os.open(os.devnull, os.O_RDWR); import sys"))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "IS_WINDOWS", True)
    monkeypatch.setattr(system, "_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(system, "_TURN_S", 0.01)


# --- names and words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("portrait", "portrait"),
        ("con", "_con"),
        ("Aux.tar.gz", "_Aux.tar.gz"),
        ("COM\xb9", "_COM\xb9"),
        ("console", "console"),
        ("nul .png", "_nul .png"),
        ('a:b<c>|"d"?*.png', "a_b_c___d___.png"),
        ("a. . ", "a"),
    ],
)
def test_names_that_no_file_of_windows_can_have(windows: None, text: str, name: str) -> None:
    assert system.file_name(text) == name


def test_names_are_kept_elsewhere() -> None:
    assert system.file_name("con:?. ") == "con:?. "


def test_there_is_no_way_from_one_drive_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "os", SimpleNamespace(path=ntpath))
    assert system.relative_path("D:\\here\\a.png", "D:\\here") == "a.png"
    assert system.relative_path("D:\\here\\a.png", "C:\\here") == "D:\\here\\a.png"


def test_patterns_that_a_shell_of_windows_leaves(windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.png", "a.png", "c.wav"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    words = ["*.png", "c.wav", "*.mp4", "https://example.com/a.png?x=1"]
    assert system.expanded(words) == ["a.png", "b.png", "c.wav", "*.mp4", "https://example.com/a.png?x=1"]


def test_a_pattern_that_a_shell_has_kept_in_quotes_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    assert system.expanded(["*.png"]) == ["*.png"]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        (r"image=C:\a.png", r"image=C:\a.png"),
        ("a b.png", '"a b.png"'),
        ("face_bbox=1,2", '"face_bbox=1,2"'),
        ("a&b", '"a&b"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a b\\", '"a b\\\\"'),
        ("", '""'),
    ],
)
def test_a_command_as_a_shell_of_windows_takes_it(windows: None, word: str, written: str) -> None:
    assert system.command_text(["mediapreflight", word]) == f"mediapreflight {written}"
    # Where Python quotes, which it does for spaces and quotes only, it does the same.
    if " " in word:
        assert subprocess.list2cmdline([word]) == written


def test_settings_for_a_shell() -> None:
    done = subprocess.run(["sh", "-c", system.settings_text({"A": "1", "B": "2"}) + "; env"], capture_output=True, check=True)
    assert {b"A=1", b"B=2"} <= set(done.stdout.splitlines())


def test_settings_for_powershell(windows: None) -> None:
    assert system.settings_text({"A": "1", "B": "2"}) == '$env:A = "1"; $env:B = "2"'


def library(**functions: object) -> SimpleNamespace:
    """The library of Windows itself, with these functions."""
    return SimpleNamespace(kernel32=SimpleNamespace(**functions))


@pytest.mark.parametrize(("number", "language"), [(0x0804, "zh"), (0x0404, "zh"), (0x0409, "en"), (0x0407, "en"), (0xFFFF, "en")])
def test_the_language_of_windows(windows: None, monkeypatch: pytest.MonkeyPatch, number: int, language: str) -> None:
    monkeypatch.setattr(ctypes, "windll", library(GetUserDefaultUILanguage=lambda: number), raising=False)
    assert language_of({}, system.interface_language()) == language
    assert language_of({"LANG": "en_US.UTF-8"}, system.interface_language()) == "en"


@pytest.mark.parametrize("is_console", [True, False])
def test_consoles_of_windows_are_asked_for_colours(windows: None, monkeypatch: pytest.MonkeyPatch, is_console: bool) -> None:
    def get_mode(handle: object, mode: object) -> bool:
        mode._obj.value = 3
        return is_console

    modes = []
    calls = library(GetConsoleMode=get_mode, SetConsoleMode=lambda handle, mode: modes.append(mode))
    monkeypatch.setattr(ctypes, "windll", calls, raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(get_osfhandle=lambda descriptor: descriptor))
    system.understand_escape_codes(SimpleNamespace(isatty=lambda: True, fileno=lambda: 1))
    system.understand_escape_codes(SimpleNamespace(isatty=lambda: False))
    assert modes == ([7] if is_console else [])


# --- calls that fail


def refusing(times: int, call: Callable[..., None], error: OSError) -> Callable[..., None]:
    """The call, which fails so many times first."""
    left = iter([error] * times)

    def refuse(*arguments: object, **keywords: object) -> None:
        if (one := next(left, None)) is not None:
            raise one
        call(*arguments, **keywords)

    return refuse


IN_USE = PermissionError(errno.EACCES, "The process cannot access the file because it is being used by another process")


@pytest.mark.parametrize("move", [system.replace, system.rename])
def test_a_file_that_is_open_for_a_moment_is_moved_when_it_is_closed(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: Callable[[Path, Path], None]
) -> None:
    (tmp_path / "a").write_bytes(b"one")
    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, refusing(2, getattr(os, name), IN_USE))
    move(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_where_renaming_may_not_be_nothing_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"one")
    monkeypatch.setattr(system, "IS_WINDOWS", False)
    monkeypatch.setattr(os, "replace", refusing(1, os.replace, IN_USE))
    with pytest.raises(PermissionError):
        system.replace(tmp_path / "a", tmp_path / "b")


def test_a_place_that_another_program_keeps_open_is_named(windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.jpg").write_bytes(b"old")
    monkeypatch.setattr(os, "replace", refusing(99, os.replace, IN_USE))
    with OutputFolder(tmp_path) as folder, folder.staged("p.jpg") as staged:
        staged.write_bytes(b"new")
        with pytest.raises(OutputError, match="being used by another process"):
            folder.deliver(staged, overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"p.jpg": b"old"}


@pytest.fixture(params=["absent", "across drives", "not on this file system"])
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "absent":
        monkeypatch.delattr(os, "link")
    else:
        code = errno.EXDEV if request.param == "across drives" else errno.EINVAL
        monkeypatch.setattr(os, "link", refusing(99, os.link, OSError(code, "The request is not supported")))


def test_without_links_files_are_copied(no_links: None, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"data")
    link_or_copy(str(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"data"
    assert (tmp_path / "a").stat().st_ino != (tmp_path / "b").stat().st_ino


def test_without_links_a_name_that_is_taken_stays_taken(no_links: None, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        move_to_free_name(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "b"
    move_to_free_name(tmp_path / "a", tmp_path / "c")
    assert (tmp_path / "c").read_text() == "a"


def test_what_a_link_leads_to_gets_the_second_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"data")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    system.hard_link(tmp_path / "link", tmp_path / "b")
    assert not (tmp_path / "b").is_symlink()
    assert (tmp_path / "b").samefile(tmp_path / "a")


def test_where_no_folder_can_be_opened_none_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", refusing(1, os.open, PermissionError(errno.EACCES, "Permission denied")))
    system.flush_folder(tmp_path)


def test_a_file_made_for_its_owner_gets_the_rights_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "a").touch(mode=0o600)
    (tmp_path / "b").touch()
    system.give_usual_rights(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_without_forks_there_is_nothing_to_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    system.at_fork(before=lambda: None)


# --- processes and waiting


def test_a_process_apart_is_started_as_the_system_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "IS_WINDOWS", True)
    assert system.in_own_group() == {"creationflags": 0x200}
    monkeypatch.setattr(system, "IS_WINDOWS", False)
    assert system.in_own_group() == {"start_new_session": True}


def test_a_process_is_ended_where_there_are_no_groups_and_no_signals(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "killpg", raising=False)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        system.kill_group(process)
        assert process.wait(60) != 0
    system.kill_group(process)


def test_a_pipe_that_cannot_be_waited_for_is_read(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "select", None)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as pipe, os.fdopen(writing, "wb", 0):
        assert system.comes_within(pipe, 60)


def test_a_wait_ends_with_what_is_waited_for(windows: None) -> None:
    future: Future[int] = Future()
    event = threading.Event()
    timers = [threading.Timer(0.1, future.set_result, [3]), threading.Timer(0.1, event.set)]
    for timer in timers:
        timer.start()
    assert system.result_of(future) == 3
    system.wait_for(event)
    assert event.is_set()


def test_a_future_gives_its_error(windows: None) -> None:
    future: Future[int] = Future()
    future.set_exception(TimeoutError("its own"))
    with pytest.raises(TimeoutError, match="its own"):
        system.result_of(future)


def test_the_order_to_stop_is_heard_for_as_long_as_it_is_listened_for() -> None:
    stop, former = threading.Event(), signal.getsignal(signal.SIGTERM)
    with system.told_to_stop(stop.set):
        signal.raise_signal(signal.SIGTERM)
        system.wait_for(stop)
    assert signal.getsignal(signal.SIGTERM) is former


@pytest.mark.parametrize(("is_windows", "error", "gone"), [
    (True, OSError(errno.EINVAL, "Invalid argument"), True),
    (False, OSError(errno.EINVAL, "Invalid argument"), False),
    (True, OSError(errno.ENOSPC, "No space left on device"), False),
    (False, BrokenPipeError(), True),
])  # fmt: skip
def test_a_reader_that_has_gone(monkeypatch: pytest.MonkeyPatch, is_windows: bool, error: OSError, gone: bool) -> None:
    monkeypatch.setattr(system, "IS_WINDOWS", is_windows)
    assert system.is_reader_gone(error) is gone


# --- whole commands, in processes whose calls fail


def run_on_windows(*arguments: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join((str(WINDOWS_CALLS), str(PACKAGE.parent)))
    return subprocess.run(
        [sys.executable, "-m", "mediapreflight", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": paths, "LC_ALL": "C.UTF-8", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which files are open")


@on_linux
@pytest.mark.sweep
@pytest.mark.parametrize("links", ["offered", "refused"])
def test_prepare_delivers(fixtures: Path, tmp_path: Path, links: str) -> None:
    job = ["--model", "videoretalk", f"video={fixtures}/talking-head.mp4", f"audio={fixtures}/faults/false-length.mp3"]
    for _ in range(2):
        done = run_on_windows("prepare", *job, "--out", "ready", "--overwrite", cwd=tmp_path, WINDOWS_CALLS_LINK=links)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert sorted(path.name for path in (tmp_path / "ready").iterdir()) == [
            "false-length.mp3",
            "prepared.json",
            "talking-head.mp4",
        ]
    assert (tmp_path / "ready" / "talking-head.mp4").read_bytes() == (fixtures / "talking-head.mp4").read_bytes()


@pytest.mark.sweep
@on_linux
def test_a_report_replaces_the_one_before(fixtures: Path, tmp_path: Path) -> None:
    for level in ("metadata", "decode"):
        arguments = ["check", "--model", "liveportrait", "--level", level, fixtures / "formats", "--workers", "2"]
        done = run_on_windows(*arguments, "--output", "report.json", cwd=tmp_path)
        assert "Traceback" not in done.stderr
        assert '"schema"' in (tmp_path / "report.json").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@on_linux
@pytest.mark.sweep
def test_a_job_is_sent_and_what_comes_of_it_delivered(fixtures: Path, tmp_path: Path) -> None:
    from mediapreflight.emulator.service import Emulator

    with Emulator(0, 0.01) as service:
        settings = {**service.environment, "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state")}
        job = ["--model", "liveportrait", f"image={fixtures}/portrait.jpg", f"audio={fixtures}/voice.wav"]
        done = run_on_windows("submit", *job, "--out", "videos", "--poll-interval", "0.1", "--yes", cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.suffix for path in (tmp_path / "videos").iterdir() if path.is_file()] == [".mp4"]
    assert [path.name for path in (tmp_path / "state").iterdir() if path.suffix == ".lock"] == []
