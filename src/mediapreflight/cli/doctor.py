"""`mediapreflight doctor`: versions, ffmpeg's encoders, what cannot run here, and the one line that fixes it."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from .._version import __version__
from ..check.containment import TIME_LIMIT_S
from ..errors import MissingLibraryError
from ..report.style import Style
from ..text import plain
from ..workers.confinement import environment
from . import OK, USAGE
from .output import add_output_arguments, style_of, write

_TIMEOUT_S = 20
_ENCODERS = {"libx264": "H.264 video", "aac": "AAC sound", "libmp3lame": "MP3 sound"}


class Check(NamedTuple):
    """One line of the answer. `ok` None: nothing to judge. `fix`: what to type when it is not ok."""

    name: str
    detail: str
    ok: bool | None = None
    fix: str = ""


# What to import, the distribution it comes from, and what stops working without it.
_LIBRARIES = (
    ("simplejpeg", "simplejpeg", "level decode of JPEG"),
    ("PIL.Image", "pillow", "level decode of pictures; TIFF and rarer formats"),
    ("pi_heif", "pi-heif", "level decode of HEIC"),
    ("av", "av", "video and sound"),
    ("mutagen", "mutagen", "headers of sound files"),
    ("numpy", "numpy", "loudness of sound"),
)

_CONTENT = {
    "faces": "level content of pictures and video",
    "bodies": "level content for AnimateAnyone",
    "voices": "level content of recordings",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print every line; status 2 where something cannot run."""
    checks = [*_here(), *map(_library, *zip(*_LIBRARIES, strict=True)), *_ffmpeg(), *_content()]
    if options.output_format == "json":
        write(
            options, [msgspec.json.format(msgspec.json.encode([check._asdict() for check in checks]), indent=2).decode() + "\n"]
        )
    else:
        write(options, _text(checks, style_of(options)))
    return USAGE if any(check.ok is False for check in checks) else OK


def _text(checks: list[Check], style: Style) -> Iterator[str]:
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = {True: style("ok", "green"), False: style("no", "red", "bold"), None: "  "}[check.ok]
        yield f"{mark}  {check.name:<{width}}  {plain(check.detail)}\n"
        if check.ok is False:
            yield f"    {'':<{width}}  {style('fix:', 'yellow')} {check.fix}\n"


def _here() -> Iterator[Check]:
    yield Check("mediapreflight", __version__)
    yield Check("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _library(module: str, distribution: str, purpose: str) -> Check:
    try:
        importlib.import_module(module)
        return Check(distribution, f"{importlib.metadata.version(distribution)}, for {purpose}", ok=True)
    except (ImportError, OSError) as error:
        return Check(
            distribution,
            f"does not load ({error}); without it: no {purpose}",
            ok=False,
            fix=f"pip install --force-reinstall {distribution}",
        )


def _ffmpeg() -> Iterator[Check]:
    from ..prepare.av.ffmpeg import ffmpeg_python, find_ffmpeg

    yield _tried("ffmpeg-python", "loads", "preparing sound and video", ffmpeg_python)
    try:
        binary = find_ffmpeg()
        version = _output_of(binary, "-version").partition("\n")[0]
        encoders = {line.split()[1] for line in _output_of(binary, "-encoders").splitlines() if len(line.split()) > 1}
    except MissingLibraryError as error:
        yield Check("ffmpeg", str(error).removesuffix(f"; {error.fix}"), ok=False, fix=error.fix)
        return
    except (OSError, subprocess.SubprocessError) as error:
        fix = "pip install --force-reinstall imageio-ffmpeg, or set MEDIAPREFLIGHT_FFMPEG to an ffmpeg"
        yield Check("ffmpeg", f"does not run ({error})", ok=False, fix=fix)
        return
    yield Check("ffmpeg", f"{version.removeprefix('ffmpeg version ').partition(' Copyright')[0]} ({binary})", ok=True)
    for name, purpose in _ENCODERS.items():
        fix = "set MEDIAPREFLIGHT_FFMPEG to an ffmpeg that has it"
        yield Check(f"encoder {name}", purpose, ok=name in encoders, fix=fix)


def _output_of(*command: str) -> str:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        env=environment(),
    ).stdout


def _content() -> Iterator[Check]:
    """Faces, bodies and voices, each tried for real: only then are the system libraries they link to loaded.

    In a process apart: on a processor or a system that they were not built for, they end the process they run in.
    """
    from ..workers.processes import CrashError, Processes, TimeLimitError

    for name, purpose in _CONTENT.items():
        try:
            yield (
                Processes().call(content_check, name, time_limit_s=TIME_LIMIT_S) if Processes.can_start() else content_check(name)
            )
        except CrashError as error:
            trouble = "hang" if isinstance(error, TimeLimitError) else "end the process they run in"
            detail = f"the detectors {trouble}; without them: no {purpose}"
            yield Check(name, detail, ok=False, fix='pip install --force-reinstall "mediapreflight[people]"')


def content_check(name: str) -> Check:
    """The line for `faces`, `bodies` or `voices`."""
    attempt = {"faces": _try_faces, "bodies": _try_bodies, "voices": _try_voices}[name]
    return _tried(name, "the network loads" if name == "voices" else "the detectors load", _CONTENT[name], attempt)


def _tried(name: str, good: str, purpose: str, attempt: Callable[[], object]) -> Check:
    try:
        attempt()
    except MissingLibraryError as error:
        detail = str(error).removesuffix(f"; {error.fix}")
        return Check(name, f"{detail}; without it: no {purpose}", ok=False, fix=error.fix)
    except (ImportError, OSError) as error:
        library = (isinstance(error, ImportError) and error.name) or "mediapipe"
        fix = f"pip install --force-reinstall {library.partition('.')[0]}"
        return Check(name, f"does not run ({error}); without it: no {purpose}", ok=False, fix=fix)
    return Check(name, f"{good}, for {purpose}", ok=True)


def _try_faces() -> None:
    import numpy as np

    from ..people.detector import find_faces

    find_faces(np.zeros((64, 64, 3), dtype=np.uint8))


def _try_bodies() -> None:
    import numpy as np

    from ..media.pixels import Picture
    from ..people.bodies import bodies_in

    bodies_in(Picture(np.zeros((64, 64, 3), dtype=np.uint8), 64, 64), ())


def _try_voices() -> None:
    from ..people.vad import VoiceActivity

    VoiceActivity()
