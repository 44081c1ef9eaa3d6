"""How long it takes to learn what a file is: `probe` beside the tools that people use for it, in one run.

    python benchmarks/probe.py [--repeat 7]

Per kind of file: the time for one file at level `metadata` and at level `decode`; Pillow's open and getexif; and ffprobe,
mediainfo and exiftool, where they are installed, given as many files a call as they take (ffprobe takes one). Each figure is
the best of several passes over all files, everything loaded and in the page cache, so that it says what the work costs and
not what else the machine was doing. A ratio says how many times as long as `probe` at level `metadata` it took.
"""

import argparse
import io
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from mediapreflight.media.probe import probe

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PHOTO = (3000, 4000)
FILES_A_PASS = 60
ORIENTATION = 0x0112
Look = Callable[[Sequence[str]], object]


def main() -> int:
    """Prints one table for each kind of file; returns the exit status."""
    parser = argparse.ArgumentParser(description="Time probe beside other tools.")
    parser.add_argument("--repeat", type=int, default=7, help="passes over all files (default: 7)")
    repeat = parser.parse_args().repeat
    print(f"{_machine()}; Python {platform.python_version()}, Pillow {Image.__version__}; best of {repeat} passes")
    with tempfile.TemporaryDirectory() as folder:
        for title, files in _subjects(Path(folder)).items():
            size = sum(Path(file).stat().st_size for file in files) / len(files) / 1024
            print(f"\n{title}: {len(files)} files a pass, {size:.0f} KiB on average")
            _print_table(files, _tools(title), repeat)
    return 0


def _machine() -> str:
    cpu = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")]
        if cpu.exists()
        else []
    )
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, {platform.system()}"


def _subjects(folder: Path) -> dict[str, list[str]]:
    photo = _photo()
    made = {
        "JPEG photographs": _copies(folder, "jpg", _encoded(photo, "JPEG", quality=90)),
        "PNG photographs": _copies(folder, "png", _encoded(photo.resize((750, 1000)), "PNG")),
        "WebP photographs": _copies(folder, "webp", _encoded(photo.resize((1500, 2000)), "WEBP")),
    }
    fixtures = {"small JPEG": "jpg", "small PNG": "png", "small WebP": "webp", "MP4": "mp4", "MP3": "mp3", "WAV": "wav"}
    found = {title: sorted(map(str, (FIXTURES / "formats").glob(f"*.{extension}"))) for title, extension in fixtures.items()}
    found["MP4"] += [str(FIXTURES / "talking-head.mp4"), str(FIXTURES / "dance.mp4")]
    return made | {title: _repeated(files) for title, files in found.items()}


def _repeated(files: list[str]) -> list[str]:
    """The same files again and again: enough of them that starting a program does not count."""
    return (files * FILES_A_PASS)[:FILES_A_PASS]


def _photo() -> Image.Image:
    """As large as a telephone's, and about as hard to compress."""
    noise = Image.frombytes("RGB", (300, 400), random.Random(0).randbytes(300 * 400 * 3))
    return noise.resize(PHOTO, Image.Resampling.BICUBIC)


def _encoded(picture: Image.Image, format: str, **options: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = io.BytesIO()
    picture.save(data, format, exif=exif, **options)
    return data.getvalue()


def _copies(folder: Path, extension: str, data: bytes) -> list[str]:
    paths = [folder / f"{number}.{extension}" for number in range(FILES_A_PASS)]
    for path in paths:
        path.write_bytes(data)
    return [str(path) for path in paths]


def _tools(title: str) -> dict[str, Look]:
    tools: dict[str, Look] = {
        "probe, metadata": lambda files: [probe(file, level="metadata") for file in files],
        "probe, decode": lambda files: [probe(file) for file in files],
    }
    if any(name in title for name in ("JPEG", "PNG", "WebP")):
        tools["Pillow, open"] = lambda files: [_open_with_pillow(file, exif=False) for file in files]
        tools["Pillow, open and getexif"] = lambda files: [_open_with_pillow(file, exif=True) for file in files]
    else:
        tools["ffprobe, a process each"] = lambda files: [
            _run("ffprobe", "-v", "quiet", "-show_streams", "-show_format", file) for file in files
        ]
    tools["mediainfo, one process"] = lambda files: _run("mediainfo", "--Output=JSON", *files)
    tools["exiftool, one process"] = lambda files: _run("exiftool", "-json", *files)
    return {
        name: look for name, look in tools.items() if name.startswith(("probe", "Pillow")) or shutil.which(name.partition(",")[0])
    }


def _open_with_pillow(file: str, *, exif: bool) -> tuple[int, int]:
    with Image.open(file) as picture:
        if exif:
            picture.getexif()
        return picture.size


def _run(*command: str) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def _print_table(files: Sequence[str], tools: dict[str, Look], repeat: int) -> None:
    fastest = dict.fromkeys(tools, float("inf"))
    for look in tools.values():
        look(files[:1])
    # All tools take their turn in each pass, so that a busy moment of the machine meets all of them.
    for _ in range(repeat):
        for name, look in tools.items():
            start = time.perf_counter()
            look(files)
            fastest[name] = min(fastest[name], (time.perf_counter() - start) / len(files))
    reference = fastest["probe, metadata"]
    for name, seconds in fastest.items():
        print(f"  {name:28} {seconds * 1e6:10.0f} µs a file {seconds / reference:8.1f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
