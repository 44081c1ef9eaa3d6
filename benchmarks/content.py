"""Looking at people in 1,000 portraits, beside autocrop: `python benchmarks/content.py [--autocrop PYTHON] [--pictures FOLDER]`.

The first pictures of FOLDER by name, as those of muxspace/facial_expressions; else they are made from the fixtures, in several
sizes. Whole processes, ours with one worker per core, by the processor time that they take, which gives files a second and core.
autocrop 2 needs an OpenCV of its own: give the interpreter of an environment it is installed in. It finds faces and cuts them
out; ours finds faces by two detectors and a third that measures them, says how they are turned, and judges them.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from side_by_side import FIXTURES, in_turns, machine, processor_time

ORIGINALS = ("portrait.jpg", "portrait-3x4.jpg", "half-body.jpg")
SIDES = (640, 1024, 1600, 2400)
CROP_ALL = """
import sys
from autocrop import Cropper
cropper = Cropper()
for path in sys.argv[1:]:
    cropper.crop(path)
"""
CHECK = ("-m", "mediapreflight", "check", "--model", "liveportrait", "--no-cache", "--output-format", "concise")


def main() -> int:
    """Prints files a second and core; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="portraits (default: 1,000)")
    parser.add_argument("--runs", type=int, default=3, help="how often each side runs (default: 3)")
    parser.add_argument("--autocrop", help="the Python of an environment with autocrop 2")
    parser.add_argument("--pictures", type=Path, help="a folder of JPEG portraits (default: made from the fixtures)")
    options = parser.parse_args()
    print(f"{machine('mediapreflight', 'mediapipe')}; medians of {options.runs} runs in turns")
    with tempfile.TemporaryDirectory() as folder:
        paths = _found(options.pictures, options.count) if options.pictures else _portraits(Path(folder), options.count)
        sides = {"mediapreflight": _running(CHECK, paths)}
        if options.autocrop:
            sides["autocrop"] = _running(("-c", CROP_ALL), paths, options.autocrop)
        else:
            print("without --autocrop PYTHON there is nothing beside it")
        seconds = in_turns(sides, options.runs, processor_time)
        for name, taken in seconds.items():
            share = taken / seconds["mediapreflight"]
            print(f"  {name:16} {taken:8.1f} s {len(paths) / taken:8.1f} files/s and core {share:8.2f}")
    return 0


def _running(arguments: tuple[str, ...], paths: list[str], python: str = sys.executable) -> Callable[[], object]:
    command = [python, *arguments, *paths]
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _found(folder: Path, count: int) -> list[str]:
    return [str(path) for path in sorted(folder.rglob("*.jpg"))[:count]]


def _portraits(folder: Path, count: int) -> list[str]:
    """Portraits of several sizes, each with grain of its own."""
    chance = np.random.default_rng(0)
    data = []
    for name in ORIGINALS:
        for side in SIDES:
            with Image.open(FIXTURES / name) as original:
                width, height = (round(length * side / max(original.size)) for length in original.size)
                pixels = np.asarray(original.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
            grain = chance.integers(-4, 5, pixels.shape, np.int16)
            buffer = io.BytesIO()
            Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
            data.append(buffer.getvalue())
    paths = [folder / f"{number:04}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(data[number % len(data)])
    return [str(path) for path in paths]


if __name__ == "__main__":
    sys.exit(main())
