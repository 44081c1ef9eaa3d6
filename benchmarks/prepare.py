"""What preparing costs beside bare ffmpeg, on the same material, in turns: `python benchmarks/prepare.py [--runs N]`.

Four questions: a ten-minute 1080p video cut to what a model takes, beside `ffmpeg -c copy`; a video whose codec no model takes,
beside ffmpeg with the same encoder settings; a whole job that fits already, beside its check; and the command that cuts five
minutes of a talking head, in processor time. The figures are medians over the runs; ours include finding the cut, and proving
that the copy is exact, and the command includes all that `check` does.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from side_by_side import Side, in_turns, processor_time, run, table

from mediapreflight import Job, check
from mediapreflight.catalog import builtin_catalog
from mediapreflight.media.facts import VideoFacts
from mediapreflight.media.probe import probe
from mediapreflight.prepare.av.ffmpeg import THREADS, find_ffmpeg
from mediapreflight.prepare.av.video import EncodeVideo, run_video
from mediapreflight.prepare.av.video_plan import plan_video
from mediapreflight.prepare.execute import prepare
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Step

MODEL, ROLE = "videoretalk", "video"
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PART_S, PARTS = 20, 30
SHORT_S = 3
MOTION = f"testsrc2=s=1920x1080:r=30:d={PART_S},noise=alls=8:allf=t"


def main() -> int:
    """Makes the material, runs both sides in turns, prints the ratios; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="how often each side runs (default: 7)")
    parser.add_argument("--keep", type=Path, help="make the material here, and use what is here already (800 MB)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        out = Path(scratch)
        report("trim 600 s of 1080p", *trim_sides(long_video(folder), out), arguments.runs)
        report(f"transcode {SHORT_S} s of 1080p", *transcode_sides(foreign_video(folder), out), max(arguments.runs // 2, 3))
        report("a job that fits", *fitting_sides(out), arguments.runs)
        seconds = in_turns(command_sides(talking_video(folder), out), max(arguments.runs // 2, 3), processor_time)
        table("trim 300 s by a command, processor time", seconds, "ffmpeg -c copy", "aim: 10")
    return 0


def report(name: str, ours: Callable[[], object], bare: Callable[[], object], runs: int) -> None:
    """Runs both in turns, after one of each to warm the caches, and prints the medians."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(runs + 1):
        for side, seconds in zip((ours, bare), times, strict=True):
            start = time.perf_counter()
            side()
            if turn:
                seconds.append(time.perf_counter() - start)
    mine, other = (statistics.median(seconds) for seconds in times)
    print(f"{name:26} {mine:8.3f} s   beside {other:8.3f} s   {mine / other:5.2f} times, {mine - other:+.3f} s", flush=True)


def trim_sides(source: Path, out: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """Plan and run, and ffmpeg cutting at the same place. What was measured is known to both: it is the check's work."""
    facts, role, findings = known(source)
    steps = plan_video(facts, role, PrepareOptions(), findings)[0]
    if any(isinstance(step, EncodeVideo) for step in steps):
        sys.exit("the material cannot be cut by copy")

    def ours() -> None:
        planned = plan_video(facts, role, PrepareOptions(), findings)[0]
        done = run_video(str(source), planned, str(out / "ours.mp4")).steps
        if done != planned:
            sys.exit("the copy did not come out exact")

    return ours, lambda: ffmpeg("-i", source, "-t", "119.9", "-c", "copy", out / "bare.mp4")


def transcode_sides(source: Path, out: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """Plan and run, and ffmpeg with the encoder settings of the plan."""
    facts, role, findings = known(source)
    settings = ("-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-threads:v", THREADS)
    rate = encode_of(plan_video(facts, role, PrepareOptions(), findings)[0]).max_rate
    limits = ("-maxrate", rate, "-bufsize", rate, "-movflags", "+faststart", "-c:a", "copy")

    def ours() -> None:
        run_video(str(source), plan_video(facts, role, PrepareOptions(), findings)[0], str(out / "ours.mp4"))

    return ours, lambda: ffmpeg("-i", source, *settings, *limits, out / "bare.mp4")


def fitting_sides(out: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """A whole job prepared, and its check."""
    job = Job("liveportrait", image=FIXTURES / "portrait.jpg", audio=FIXTURES / "voice.mp3")
    return lambda: prepare(job, out=out / "prepared"), lambda: check(job)


def command_sides(source: Path, out: Path) -> dict[str, Side]:
    """The whole command at both levels, and ffmpeg cutting at the same place."""
    command = (sys.executable, "-m", "mediapreflight", "prepare", "--model", MODEL, source, "--overwrite", "--out")

    def ours(level: str) -> None:
        run(*command, out / level, "--level", level)
        # A file that is there already is not made again.
        shutil.rmtree(out / level)

    return {
        "ffmpeg -c copy": lambda: ffmpeg("-i", source, "-t", "119.9", "-c", "copy", out / "bare.mp4"),
        "mediapreflight prepare --level decode": lambda: ours("decode"),
        "mediapreflight prepare": lambda: ours("content"),
    }


def known(source: Path) -> tuple[VideoFacts, Any, Any]:
    """What the check says of a file."""
    facts = probe(source)
    if not isinstance(facts, VideoFacts):
        sys.exit(f"{source} is no video")
    findings = check(Job(MODEL, whole=False, **{ROLE: source}), level="decode").findings
    return facts, builtin_catalog().model(MODEL).roles[ROLE], findings


def encode_of(steps: tuple[Step, ...]) -> EncodeVideo:
    """The encode at the end of a plan."""
    last = steps[-1]
    if not isinstance(last, EncodeVideo):
        sys.exit("the material needs no encode")
    return last


def long_video(folder: Path) -> Path:
    """Ten minutes of 1080p with B frames and sound, 5 Mbit/s."""
    path, part, listing = folder / "long.mp4", folder / "part.mp4", folder / "parts.txt"
    if not path.exists():
        ffmpeg("-f", "lavfi", "-i", MOTION, "-preset", "superfast", "-bf", "2", "-b:v", "5M", part)
        listing.write_text(f"file {part.name}\n" * PARTS)
        tone = ("-f", "lavfi", "-i", f"sine=440:d={PART_S * PARTS}")
        ffmpeg("-f", "concat", "-i", listing, *tone, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", path)
    return path


def talking_video(folder: Path) -> Path:
    """Five minutes of a talking head, 640 x 640, with B frames and sound, 0.9 Mbit/s."""
    path = folder / "talking.mp4"
    if not path.exists():
        coded = ("-vf", "fps=25", "-preset", "ultrafast", "-g", "50", "-bf", "2", "-crf", "26", "-c:a", "aac")
        ffmpeg("-stream_loop", "-1", "-i", FIXTURES / "talking-head.mp4", "-t", "300", *coded, path)
    return path


def foreign_video(folder: Path) -> Path:
    """A little 1080p as MPEG-4 part 2, with sound."""
    path = folder / "mpeg4.mp4"
    if not path.exists():
        tone = ("-f", "lavfi", "-i", f"sine=440:d={SHORT_S}")
        ffmpeg("-f", "lavfi", "-i", MOTION, *tone, "-t", SHORT_S, "-c:v", "mpeg4", "-q:v", "3", "-c:a", "aac", path)
    return path


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg, as anybody would."""
    subprocess.run([find_ffmpeg(), "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


if __name__ == "__main__":
    sys.exit(main())
