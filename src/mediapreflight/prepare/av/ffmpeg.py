"""Run ffmpeg: which binary, with which limits, and what its failures mean.

ffmpeg-python builds the graph; nothing here goes through a shell, and file names enter as `file:` URLs only.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import FfmpegError, MissingLibraryError
from ...language import say
from ...media.formats import DEMUXERS
from ...media.source import display_name
from ...system import in_own_group, kill_group
from ...workers.confinement import confined, environment

Progress = Callable[[float], None]

BINARY_VARIABLE = "MEDIAPREFLIGHT_FFMPEG"
INSTALL = 'pip install "mediapreflight[ffmpeg]"'
# Placeholders for names in a graph: ffmpeg-python cannot hash names that are not UTF-8, so the real names replace these at the
# end.
SOURCE, TARGET = "file:source", "file:target"
# The same bytes on every machine: encoders split the work by the number of threads, and some write that into the file.
THREADS = 8
INPUT_OPTIONS: dict[str, Any] = {
    "protocol_whitelist": "file,pipe",
    # A demuxer may open others on its own (AVI subtitles, MOV references): only these.
    "format_whitelist": ",".join(sorted(set(DEMUXERS.values()))),
    "threads": THREADS,
}
MUXERS = {
    "wav": "wav",
    "mp3": "mp3",
    "m4a": "ipod",
    "aac": "adts",
    "mp4": "mp4",
    "mov": "mov",
    "mkv": "matroska",
    "avi": "avi",
    "flv": "flv",
    "ts": "mpegts",
}
OUTPUT_OPTIONS: dict[str, Any] = {
    "fflags": "+bitexact",
    "flags:v": "+bitexact",
    "flags:a": "+bitexact",
    "map_metadata": -1,
    "map_chapters": -1,
}
_GLOBAL_OPTIONS = (
    *("-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"),
    *("-progress", "pipe:1", "-stats_period", "0.2"),
    *("-filter_threads", str(THREADS), "-filter_complex_threads", str(THREADS)),
)
_LOG_LINES = 60
_REPORTED_LINES = 8
_LEAST_SECONDS = 0.001
_LISTING_SECONDS = 60
# A run may take a tenth of the speed of the slowest machines, and the memory of ffmpeg with its threads.
_LEAST_RUN_S, _BYTES_PER_SECOND = 120, 1_000_000
_BASE_MEMORY = 3 << 30
_FAULT_MARKS = ("[error]", "[fatal]", "[panic]")
_REPEATED = ("Task finished with error", "Terminating thread", "Conversion failed", "Error sending frames")
_STRANGER_FIX = say("pip uninstall -y ffmpeg python-ffmpeg && pip install --force-reinstall --no-deps ffmpeg-python")


# Adding to and removing from a set are atomic; threads need no lock for that.
_running: set[subprocess.Popen[bytes]] = set()


class Bounds(NamedTuple):
    """The limits of one run: seconds of real time, and bytes of address space (if the system has such a limit)."""

    seconds: float
    memory: int

    @classmethod
    def for_source(cls, size: int) -> Bounds:
        """The limits of a run that reads a source of `size` bytes and encodes no picture."""
        return cls(_LEAST_RUN_S + size / _BYTES_PER_SECOND, _BASE_MEMORY)


def find_ffmpeg() -> str:
    """The ffmpeg to run: the one in MEDIAPREFLIGHT_FFMPEG, else imageio-ffmpeg's, else the one on the search path.

    Raises MissingLibraryError if there is none.
    """
    if named := os.environ.get(BINARY_VARIABLE):
        if (found := shutil.which(named)) is not None:
            return found
        raise MissingLibraryError(
            "ffmpeg",
            say("{binary_variable} names {named}, which is not a program", binary_variable=BINARY_VARIABLE, named=named),
            say("unset {binary_variable}", binary_variable=BINARY_VARIABLE),
        )
    for candidate in (os.environ.get("IMAGEIO_FFMPEG_EXE"), *_bundled(), "ffmpeg"):
        if candidate and (program := shutil.which(candidate)) is not None:
            return program
    raise MissingLibraryError(
        "ffmpeg",
        say("the program was not found"),
        say("{install}, or set {binary_variable} to an ffmpeg", install=INSTALL, binary_variable=BINARY_VARIABLE),
    )


def _bundled() -> list[str]:
    """The programs in imageio-ffmpeg; none if it is not installed, or was built to use the system's."""
    # Its own `get_ffmpeg_exe` would start the program with the whole environment, secrets included.
    found = find_spec("imageio_ffmpeg")
    folders = (Path(place) / "binaries" for place in (found and found.submodule_search_locations) or ())
    return [str(program) for folder in folders for program in folder.glob("ffmpeg-*")]


def ffmpeg_python() -> Any:
    """The module of ffmpeg-python. Raises MissingLibraryError if it is missing, or another distribution has its name."""
    try:
        import ffmpeg
    except ImportError as error:
        raise MissingLibraryError("ffmpeg-python", str(error), say("pip install ffmpeg-python")) from None
    if not all(callable(getattr(ffmpeg, name, None)) for name in ("input", "filter", "output", "get_args")):
        where = getattr(ffmpeg, "__file__", None) or say("somewhere else")
        raise MissingLibraryError(
            "ffmpeg-python", say("`import ffmpeg` finds another library, {where}", where=where), _STRANGER_FIX
        )
    return ffmpeg


@functools.cache
def _listed(binary: str, kind: str) -> frozenset[str]:
    """The second word of every line in which ffmpeg lists things of this kind."""
    try:
        command = [binary, "-hide_banner", f"-{kind}"]
        listing = subprocess.run(command, capture_output=True, check=False, timeout=_LISTING_SECONDS, env=environment())
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    rows = (line.split() for line in listing.stdout.decode(errors="replace").splitlines())
    return frozenset(row[1] for row in rows if len(row) > 2)


def has_filter(name: str) -> bool:
    """Whether the available ffmpeg was built with this filter. Raises MissingLibraryError if there is none."""
    return name in _listed(find_ffmpeg(), "filters")


def has_decoder(name: str) -> bool:
    """Whether it was built with this decoder. Raises MissingLibraryError if there is no ffmpeg."""
    return name in _listed(find_ffmpeg(), "decoders")


def run(
    graph: Any, source: str, target: str | None, *, seconds: float, bounds: Bounds, progress: Progress | None = None
) -> tuple[str, ...]:
    """Run one graph over `source` and write `target`, replacing an existing file.

    Args:
        graph: an output of ffmpeg-python with the input SOURCE and the output TARGET, if it has one.
        target: None if the graph writes nothing.
        seconds: how long the output will be, for `progress`, which is called with 0 to 1. An exception it raises stops ffmpeg.

    Returns: the last lines ffmpeg wrote. Raises FfmpegError if it fails, hangs or is missing; it is never left running.
    """
    try:
        binary = find_ffmpeg()
    except MissingLibraryError as error:
        raise FfmpegError(display_name(source), str(error)) from None
    names = {SOURCE: f"file:{source}", TARGET: f"file:{target}"}
    arguments = [names.get(argument, argument) for argument in ffmpeg_python().get_args(graph, overwrite_output=True)]
    log: deque[str] = deque(maxlen=_LOG_LINES)
    done = 0.0

    def report(at_s: float) -> None:
        nonlocal done
        # Video and sound are not written at the same pace: the later one must not move the progress back.
        done = max(done, min(at_s / max(seconds, _LEAST_SECONDS), 1.0))
        if progress:
            progress(done)

    try:
        process = _started(confined([binary, *_GLOBAL_OPTIONS, *arguments], bounds.memory))
    except OSError as error:
        raise FfmpegError(
            display_name(source), say("{binary} does not start: {strerror}", binary=binary, strerror=error.strerror)
        ) from None
    with _ended(process):
        timed_out = _followed(process, log, bounds.seconds, report)
    lines = tuple(log)
    complaints = _complaints(lines)
    shown = (complaints or lines)[-_REPORTED_LINES:]
    if timed_out:
        raise FfmpegError(display_name(source), say("ffmpeg was stopped after {seconds:.0f} s", seconds=bounds.seconds), shown)
    if process.returncode:
        raise FfmpegError(
            display_name(source), say("ffmpeg failed: {complaints}", complaints=_fault(complaints, process.returncode)), shown
        )
    if progress:
        progress(1.0)
    return lines


def stop_all() -> None:
    """Kill every ffmpeg this process runs, in whichever thread; those runs end with FfmpegError."""
    for process in tuple(_running):
        kill_group(process)


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """A child alone in its process group."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), **in_own_group()
    )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills a child, with its whole group, when the block is left early."""
    _running.add(process)
    try:
        yield
    except BaseException:
        kill_group(process)
        raise
    finally:
        process.wait()
        _running.discard(process)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _followed(process: subprocess.Popen[bytes], log: deque[str], limit: float, at_time: Callable[[float], None]) -> bool:
    """Read the child's output to its end. Returns whether it was killed for taking too long."""
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        kill_group(process)

    watchdog = threading.Timer(limit, stop)
    watchdog.daemon = True
    listener = threading.Thread(target=_listen, args=(process.stderr, log), daemon=True)
    watchdog.start()
    listener.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            key, _, value = line.partition(b"=")
            if key == b"out_time_us" and value.strip().isdigit():
                at_time(int(value) / 1_000_000)
        listener.join()
        process.wait()
    finally:
        watchdog.cancel()
    return stopped.is_set()


def _listen(stream: Any, log: deque[str]) -> None:
    with contextlib.suppress(ValueError):
        for line in stream:
            if text := line.decode("utf-8", "backslashreplace").strip():
                log.append(text)


def _complaints(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines that say what went wrong, without those that only say that something went wrong."""
    marked = (line for line in lines if any(mark in line for mark in _FAULT_MARKS))
    return tuple(line for line in marked if not any(phrase in line for phrase in _REPEATED))


def _fault(complaints: tuple[str, ...], status: int) -> str:
    """What went wrong, in one line: what ended the run, else the last complaint, else how it ended."""
    if status < 0:
        return say("killed by signal {status}", status=-status)
    fatal = [line for line in complaints if "[fatal]" in line]
    said = (fatal or complaints)[-1:]
    return said[0].rpartition("] ")[2] if said else say("exit status {status}", status=status)
