"""What the benchmarks share: sides that take turns, medians and ratios, the machine, and pictures to measure."""

from __future__ import annotations

import io
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from PIL import Image

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SIZES = ((640, 480), (1024, 768), (1080, 1920), (1600, 1200), (2000, 2000), (3000, 2000), (2448, 3264), (3000, 4000))
FORMATS = (
    ("jpg", "JPEG", {"quality": 88}),
    ("png", "PNG", {"compress_level": 6}),
    ("webp", "WEBP", {"quality": 80, "method": 0}),
)
Side = Callable[[], object]


def machine(*packages: str) -> str:
    """The processor, the number of cores, Python, and the versions of packages."""
    cpu = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")]
    versions = "".join(f", {name} {metadata.version(name)}" for name in packages)
    return (
        f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}{versions}"
    )


def processor_time() -> float:
    """Seconds of processor time of this process and of those it has waited for: how busy the machine is hardly changes it."""
    import resource

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def in_turns(sides: Mapping[str, Side], runs: int, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Median seconds of each side. All take their turn in each run, so that a busy moment of the machine meets all of them.

    The first turn warms caches and does not count.
    """
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(runs + 1):
        for name, side in sides.items():
            start = clock()
            side()
            if run:
                taken[name].append(clock() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def table(title: str, seconds: Mapping[str, float], reference: str, note: str = "") -> None:
    """Prints each side with its ratio to one of them."""
    print(f"\n{title}{f' ({note})' if note else ''}")
    for name, value in seconds.items():
        print(f"  {name:44} {value:10.3f} s   {value / seconds[reference]:8.2f}")
    sys.stdout.flush()


def run(*command: str | Path, environment: Mapping[str, str] | None = None, may_find: bool = False) -> bytes:
    """What a program prints. `may_find`: status 1 is no failure. Python may keep what it compiles, as everywhere."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | dict(environment or {})
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, check=False)
    if done.returncode not in ((0, 1) if may_find else (0,)):
        raise SystemExit(f"{command[0]} {command[1]} failed with status {done.returncode}")
    return done.stdout


def check(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> bytes:
    """The output of `mediapreflight check`, as a process of its own."""
    return run(sys.executable, "-m", "mediapreflight", "check", *arguments, environment=environment, may_find=True)


def installed(*names: str) -> list[str]:
    """Those of the programs that are here; the others are named."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        print(f"not installed here: {', '.join(missing)}")
    return [name for name in names if name not in missing]


def pictures(folder: Path, count: int) -> list[Path]:
    """Pictures of 0.3 to 12 megapixels in three formats: two dozen different ones, copied byte for byte."""
    chance = random.Random(0)
    originals = [(extension, _encoded(size, format, options, chance)) for size in SIZES for extension, format, options in FORMATS]
    paths = []
    for number in range(count):
        extension, data = originals[number % len(originals)]
        path = folder / f"{number // 1000:03}" / f"{number:06}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_600_000_000, 1_600_000_000))
        paths.append(path)
    return paths


def _encoded(size: tuple[int, int], format: str, options: Mapping[str, int], chance: random.Random) -> bytes:
    """Soft noise: as many chunks and markers as a photograph of that size has, in fewer bytes."""
    width, height = (side // 60 for side in size)
    noise = Image.frombytes("RGB", (width, height), chance.randbytes(width * height * 3))
    exif = Image.Exif()
    exif[0x0112] = chance.choice((1, 6))
    data = io.BytesIO()
    noise.resize(size, Image.Resampling.BICUBIC).save(data, format, exif=exif, **options)
    return data.getvalue()


def in_portions(program: Sequence[str], paths: Sequence[Path]) -> None:
    """One call with all files, or as few as the system's limit on arguments allows."""
    listed = b"\0".join(os.fsencode(path) for path in paths)
    done = subprocess.run(
        ["xargs", "-0", *program], input=listed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    if done.returncode not in (0, 123):
        raise SystemExit(f"{program[0]} failed with status {done.returncode}")
