"""Running ffmpeg: names, bounds, failures, and what is left behind."""

import os
import stat
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

import pytest

from mediapreflight.errors import FfmpegError, MissingLibraryError
from mediapreflight.prepare.av import ffmpeg
from mediapreflight.prepare.av.ffmpeg import INPUT_OPTIONS, OUTPUT_OPTIONS, SOURCE, TARGET, Bounds

AMPLE = Bounds(seconds=60, memory=4 << 30)
# The third name is no UTF-8; what looks like a protocol, a pattern or an option is only a name.
NAMES = [
    "-y.wav",
    "%d-%03d.wav",
    os.fsdecode(b"caf\xe9.wav"),
    "two\nlines.wav",
    "concat:a|b.wav",
    "a 'b' \"c\" [d];e,f=g\\h.wav",
    "http:.wav",
]


def copy_graph(**options: Any) -> Any:
    """Copies the first sound of a WAV file."""
    module = ffmpeg.ffmpeg_python()
    return module.output(
        module.input(SOURCE, f="wav", **INPUT_OPTIONS, **options)["a:0"], TARGET, f="wav", **{"c:a": "copy", **OUTPUT_OPTIONS}
    )


def endless_graph() -> Any:
    module = ffmpeg.ffmpeg_python()
    return module.output(module.input(SOURCE, f="wav", stream_loop=-1, **{"re": None})["a:0"], "-", f="null")


@pytest.fixture
def voice(fixtures: Path) -> str:
    return str(fixtures / "voice.wav")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a shell script in ffmpeg's place."""
    if os.name != "posix":
        pytest.skip("needs a shell")

    def put(script: str) -> None:
        path = tmp_path / "ffmpeg"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv(ffmpeg.BINARY_VARIABLE, str(path))

    return put


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def assert_ended(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(name: str, voice: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in" / name, tmp_path / "out" / name
    source.parent.mkdir()
    target.parent.mkdir()
    source.write_bytes(Path(voice).read_bytes())

    ffmpeg.run(copy_graph(), str(source), str(target), seconds=4, bounds=AMPLE)

    assert [path.name for path in target.parent.iterdir()] == [name]
    assert target.read_bytes()[-1000:] == source.read_bytes()[-1000:]


def test_a_relative_name_with_a_dash_is_only_a_name(voice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-i.wav").write_bytes(Path(voice).read_bytes())

    ffmpeg.run(copy_graph(), "-i.wav", "-o.wav", seconds=4, bounds=AMPLE)

    assert Path("-o.wav").stat().st_size > 1000


def test_progress_rises_to_one(voice: str, tmp_path: Path) -> None:
    seen: list[float] = []
    ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=3.96, bounds=AMPLE, progress=seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert min(seen) >= 0


def test_a_failure_names_the_file_and_carries_the_last_lines(fixtures: Path, tmp_path: Path) -> None:
    source = str(fixtures / "portrait.jpg")
    with pytest.raises(FfmpegError, match="Invalid data found") as caught:
        ffmpeg.run(copy_graph(), source, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)

    assert caught.value.path == source
    assert any("invalid start code" in line for line in caught.value.log)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said(voice: str) -> None:
    with pytest.raises(FfmpegError, match="No space left on device"):
        ffmpeg.run(copy_graph(), voice, "/dev/full", seconds=1, bounds=AMPLE)


def test_a_run_that_takes_too_long_is_stopped(voice: str) -> None:
    with pytest.raises(FfmpegError, match="was stopped after"):
        ffmpeg.run(endless_graph(), voice, None, seconds=1, bounds=Bounds(seconds=0.5, memory=4 << 30))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_interrupts_it_leaves_no_process(error: type[BaseException], voice: str, stand_in: Any, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stand_in(f"sleep 300 & echo $$ $! > {pids}\necho out_time_us=1000\nwait")

    def interrupt(_: float) -> None:
        raise error

    with pytest.raises(error):
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE, progress=interrupt)
    for pid in pids.read_text().split():
        assert_ended(int(pid))


def test_a_run_out_of_time_leaves_no_process(voice: str, stand_in: Any, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stand_in(f"sleep 300 & echo $$ $! > {pids}\nwait")

    with pytest.raises(FfmpegError):
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=Bounds(0.5, 4 << 30))
    for pid in pids.read_text().split():
        assert_ended(int(pid))


def test_all_runs_can_be_stopped_from_another_thread(voice: str) -> None:
    threading.Timer(0.5, ffmpeg.stop_all).start()
    with pytest.raises(FfmpegError, match="killed by signal"):
        ffmpeg.run(endless_graph(), voice, None, seconds=1, bounds=AMPLE)


def test_an_error_of_the_caller_is_not_taken_for_one_of_ours(voice: str, stand_in: Any, tmp_path: Path) -> None:
    stand_in("echo out_time_us=1000")

    def fail(_: float) -> None:
        raise PermissionError("the caller's own")

    with pytest.raises(PermissionError, match="the caller's own"):
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE, progress=fail)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this limit may be known by name only")
def test_its_memory_is_bounded(voice: str, stand_in: Any, tmp_path: Path) -> None:
    stand_in("ulimit -v >&2; exit 1")
    with pytest.raises(FfmpegError) as caught:
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=Bounds(60, 3 << 30))

    assert caught.value.log == (str(3 << 20),)


def test_one_that_is_killed_is_reported_as_such(voice: str, stand_in: Any, tmp_path: Path) -> None:
    stand_in("kill -9 $$")
    with pytest.raises(FfmpegError, match="killed by signal 9"):
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)


def test_it_writes_no_report_of_its_own(voice: str, stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFREPORT", "file=report.log")
    stand_in('echo "report: $FFREPORT" >&2; exit 1')
    with pytest.raises(FfmpegError) as caught:
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)

    assert caught.value.log == ("report:",)


def test_a_flood_of_output_neither_hangs_nor_grows(voice: str, stand_in: Any, tmp_path: Path) -> None:
    stand_in("i=0; while [ $i -lt 20000 ]; do echo '[error] something is wrong with this frame' >&2; i=$((i+1)); done; exit 1")
    with pytest.raises(FfmpegError, match="something is wrong with this frame") as caught:
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)

    assert len(caught.value.log) < 20


def test_a_binary_that_does_not_start_is_said(voice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ffmpeg"
    path.write_bytes(b"\x00\x01")
    path.chmod(0o755)
    monkeypatch.setenv(ffmpeg.BINARY_VARIABLE, str(path))
    with pytest.raises(FfmpegError, match="does not start"):
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)


def test_it_does_not_have_the_key(voice: str, stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-0123456789abcdef")
    stand_in("env >&2; exit 1")
    with pytest.raises(FfmpegError) as caught:
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)

    assert caught.value.log
    assert "sk-0123456789abcdef" not in str(caught.value.log)


def test_the_binary_the_user_names_is_taken(stand_in: Any, tmp_path: Path) -> None:
    stand_in("exit 0")
    assert ffmpeg.find_ffmpeg() == str(tmp_path / "ffmpeg")


def test_a_binary_that_is_none_is_said_with_the_fix(voice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ffmpeg.BINARY_VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(MissingLibraryError, match="which is not a program") as caught:
        ffmpeg.find_ffmpeg()
    assert caught.value.fix == "unset MEDIAPREFLIGHT_FFMPEG"
    with pytest.raises(FfmpegError, match="which is not a program"):
        ffmpeg.run(copy_graph(), voice, str(tmp_path / "v.wav"), seconds=1, bounds=AMPLE)


def test_without_imageio_ffmpeg_the_one_on_the_search_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.delenv(ffmpeg.BINARY_VARIABLE, raising=False)
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingLibraryError, match="the program was not found") as caught:
        ffmpeg.find_ffmpeg()
    assert caught.value.fix.startswith('pip install "mediapreflight[ffmpeg]"')
    program = tmp_path / ("ffmpeg.exe" if os.name == "nt" else "ffmpeg")
    program.touch(mode=0o755)
    assert Path(ffmpeg.find_ffmpeg()).samefile(program)


def foreign(**names: Any) -> types.ModuleType:
    module = types.ModuleType("ffmpeg")
    module.__file__ = "/site-packages/ffmpeg/__init__.py"
    module.__dict__.update(names)
    return module


@pytest.mark.parametrize(
    "stranger",
    [
        # What the distributions `ffmpeg`, `python-ffmpeg` and `typed-ffmpeg` put under the same name.
        foreign(),
        foreign(FFmpeg=object, Progress=object, types=object()),
        foreign(input=print, output=print, filter=print, sources=object()),
    ],
)
def test_another_library_of_the_same_name_is_told_apart(stranger: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ffmpeg", stranger)
    with pytest.raises(MissingLibraryError, match="finds another library, /site-packages/ffmpeg") as caught:
        ffmpeg.ffmpeg_python()

    assert "pip install --force-reinstall --no-deps ffmpeg-python" in caught.value.fix


def test_its_absence_is_said_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ffmpeg", None)
    with pytest.raises(MissingLibraryError) as caught:
        ffmpeg.ffmpeg_python()

    assert caught.value.fix == "pip install ffmpeg-python"


def test_filters_are_known() -> None:
    assert ffmpeg.has_filter("scale")
    assert not ffmpeg.has_filter("no-such-filter")
