"""`mediapreflight doctor`: print versions, ffmpeg's encoders, what cannot run here, and the command that fixes it."""

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
from ..language import say, tr, translated
from ..report.style import Style
from ..text import plain
from ..workers.confinement import environment
from . import OK, USAGE
from .output import add_output_arguments, style_of, write

_TIMEOUT_S = 20
_ENCODERS = {"libx264": say("H.264 video"), "aac": say("AAC sound"), "libmp3lame": say("MP3 sound")}


class Check(NamedTuple):
    """One line of the output. `ok` None: only information. `fix`: the command to run if it is not ok."""

    name: str
    detail: str
    ok: bool | None = None
    fix: str = ""


# The module to import, its distribution, and what does not work without it.
_LIBRARIES = (
    ("simplejpeg", "simplejpeg", say("level decode of JPEG")),
    ("PIL.Image", "pillow", say("level decode of pictures; TIFF and rarer formats")),
    ("pi_heif", "pi-heif", say("level decode of HEIC")),
    ("av", "av", say("video and sound")),
    ("mutagen", "mutagen", say("headers of sound files")),
    ("numpy", "numpy", say("loudness of sound")),
)

# The libraries' own names: mediapreflight itself may have been installed from a clone, and not be on an index.
_REINSTALL_PEOPLE = "pip install --force-reinstall mediapipe opencv-contrib-python"

_CONTENT = {
    "faces": say("level content of pictures and video"),
    "bodies": say("level content for AnimateAnyone"),
    "voices": say("level content of recordings"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print every line; status 2 if something cannot run."""
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
        mark = {True: style(tr("ok"), "green"), False: style(tr("no"), "red", "bold"), None: "  "}[check.ok]
        yield f"{mark}  {check.name:<{width}}  {plain(translated(check.detail))}\n"
        if check.ok is False:
            yield f"    {'':<{width}}  {style(tr('fix:'), 'yellow')} {translated(check.fix)}\n"


def _here() -> Iterator[Check]:
    yield Check("mediapreflight", __version__)
    yield Check(
        "python",
        say("{version} on {system}", version=platform.python_version(), system=f"{platform.system()} {platform.machine()}"),
    )


def _library(module: str, distribution: str, purpose: str) -> Check:
    try:
        importlib.import_module(module)
        return Check(
            distribution, say("{what}, for {purpose}", what=importlib.metadata.version(distribution), purpose=purpose), ok=True
        )
    except (ImportError, OSError) as error:
        return Check(
            distribution,
            say("does not load ({error}); without it: no {purpose}", error=error, purpose=purpose),
            ok=False,
            fix=f"pip install --force-reinstall {distribution}",
        )


def _ffmpeg() -> Iterator[Check]:
    from ..prepare.av.ffmpeg import ffmpeg_python, find_ffmpeg

    yield _judged("ffmpeg-python", say("loads"), say("preparing sound and video"), _tried(ffmpeg_python))
    try:
        binary = find_ffmpeg()
        version = _output_of(binary, "-version").partition("\n")[0]
        encoders = {line.split()[1] for line in _output_of(binary, "-encoders").splitlines() if len(line.split()) > 1}
    except MissingLibraryError as error:
        yield Check("ffmpeg", str(error).removesuffix(f"; {error.fix}"), ok=False, fix=error.fix)
        return
    except (OSError, subprocess.SubprocessError) as error:
        fix = say("pip install --force-reinstall imageio-ffmpeg, or set MEDIAPREFLIGHT_FFMPEG to an ffmpeg")
        yield Check("ffmpeg", say("does not run ({error})", error=error), ok=False, fix=fix)
        return
    yield Check("ffmpeg", f"{version.removeprefix('ffmpeg version ').partition(' Copyright')[0]} ({binary})", ok=True)
    for name, purpose in _ENCODERS.items():
        fix = say("set MEDIAPREFLIGHT_FFMPEG to an ffmpeg that has it")
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
    """Try the detectors of faces, bodies and voices: their system libraries are loaded only when they run.

    They run in a separate process, because they crash it on a processor or system they were not built for.
    """
    from ..workers.processes import CrashError, Processes, TimeLimitError

    for name, purpose in _CONTENT.items():
        try:
            found = (
                Processes().call(content_trial, name, time_limit_s=TIME_LIMIT_S) if Processes.can_start() else content_trial(name)
            )
            yield _judged(name, _good(name), purpose, found)
        except CrashError as error:
            without = (
                say("the detectors hang; without them: no {purpose}", purpose=purpose)
                if isinstance(error, TimeLimitError)
                else say("the detectors crash; without them: no {purpose}", purpose=purpose)
            )
            yield Check(name, without, ok=False, fix=_REINSTALL_PEOPLE)


class _Trial(NamedTuple):
    """The result of a trial. `trouble`: what went wrong, or None. `fix`: the command that helps."""

    trouble: str | None = None
    fix: str = ""
    is_missing: bool = False


def content_trial(name: str) -> _Trial:
    """The result of trying `faces`, `bodies` or `voices`."""
    return _tried({"faces": _try_faces, "bodies": _try_bodies, "voices": _try_voices}[name])


def _good(name: str) -> str:
    return say("the network loads") if name == "voices" else say("the detectors load")


def _tried(attempt: Callable[[], object]) -> _Trial:
    try:
        attempt()
    except MissingLibraryError as error:
        return _Trial(str(error).removesuffix(f"; {error.fix}"), error.fix, is_missing=True)
    except (ImportError, OSError) as error:
        library = (isinstance(error, ImportError) and error.name) or "mediapipe"
        return _Trial(str(error), f"pip install --force-reinstall {library.partition('.')[0]}")
    return _Trial()


def _judged(name: str, good: str, purpose: str, found: _Trial) -> Check:
    """The output line for a trial. It is worded here, so that it is in the reader's language."""
    if found.trouble is None:
        return Check(name, say("{what}, for {purpose}", what=good, purpose=purpose), ok=True)
    if found.is_missing:
        detail = say("{detail}; without it: no {purpose}", detail=found.trouble, purpose=purpose)
    else:
        detail = say("does not run ({error}); without it: no {purpose}", error=found.trouble, purpose=purpose)
    return Check(name, detail, ok=False, fix=found.fix)


def _try_faces() -> None:
    import numpy as np

    from ..people.detector import find_faces

    find_faces(np.zeros((64, 64, 3), dtype=np.uint8))


def _try_bodies() -> None:
    import numpy as np

    from ..media.image.pixels import Picture
    from ..people.bodies import people_in

    people_in(Picture(np.zeros((64, 64, 3), dtype=np.uint8), 64, 64), ())


def _try_voices() -> None:
    from ..people.vad import VoiceActivity

    VoiceActivity()
