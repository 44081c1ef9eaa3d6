"""Whole folders, whole processes, beside the tools people use: `python benchmarks/folder.py [PART …] [--keep DIR]`.

    pictures  10,000 at level `metadata`, beside mediainfo and exiftool with all files in one call, and one ffprobe a file
    media     videos and recordings at level `metadata`, beside mediainfo
    videos    MP4 and MOV alone, the same
    decode    500 photographs of 12 megapixels at level `decode`, beside bare reduced decodes on the same number of cores
    cache     unchanged files at the default level and below, cold and warm
    same      one folder with 1, 2 and 8 workers, cold and warm: byte by byte the same report
    memory    100,000 files: peak of resident memory after 10,000 and after all, by output format

Medians of several runs in turns after one that does not count, so everything lies in the page cache. `media` and `videos` in
processor time of all processes, which tells what the work costs however busy the machine is; the others by the clock.
ffprobe is timed on a sample of the files and scaled up. The pictures take 10 GB; `--keep` names a folder for them that stays.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image
from side_by_side import FIXTURES, check, in_portions, in_turns, installed, machine, pictures, processor_time, run, table

MODEL = ("--model", "videoretalk")
FFPROBE = ("-v", "quiet", "-show_streams", "-show_format")
SAMPLED = 100
LONG_AGO = (1_600_000_000, 1_600_000_000)
VIDEOS = (".mp4", ".mov")
VIDEOS_AND_SOUND = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".mp3", ".wav", ".m4a", ".aac", ".flac", ".opus")


def main() -> int:
    """Runs the parts that are named, or all; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--runs", type=int, default=5, help="how often each side runs (default: 5)")
    parser.add_argument("--count", type=int, default=10_000, help="pictures in the folder (default: 10,000)")
    parser.add_argument("--keep", type=Path, help="make the files here, and use what is here already")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {min(unknown)!r}")
    print(f"{machine('mediapreflight', 'pillow', 'av', 'simplejpeg')}; medians of {options.runs} runs in turns")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for part in options.parts or PARTS:
            PARTS[part](folder, options.runs, options.count)
    return 0


def time_pictures(folder: Path, runs: int, count: int) -> None:
    """Header checks of many pictures."""
    place = _pictures(folder, count)
    paths = sorted(path for path in place.rglob("*.*") if path.is_file())
    sides: dict[str, Callable[[], object]] = {"mediapreflight check": _checking(place, "metadata")}
    sides["mediapreflight check, one worker"] = _checking(place, "metadata", "--workers", "1")
    sides |= _beside(paths)
    seconds = in_turns(sides, runs)
    if "ffprobe (sample)" in seconds:
        seconds["ffprobe, one call a file, scaled up"] = seconds.pop("ffprobe (sample)") / SAMPLED * len(paths)
    table(f"{len(paths)} pictures, metadata", seconds, "mediapreflight check", "aim: mediainfo 10, exiftool 10, ffprobe 200")


def time_media(folder: Path, runs: int, count: int) -> None:
    """Header checks of videos and recordings."""
    _beside_mediainfo(folder / f"media-{count}", runs, count, VIDEOS_AND_SOUND, 3)


def time_videos(folder: Path, runs: int, count: int) -> None:
    """Header checks of MP4 and MOV."""
    _beside_mediainfo(folder / f"videos-{count}", runs, count, VIDEOS, 5)


def _beside_mediainfo(place: Path, runs: int, count: int, extensions: tuple[str, ...], aim: int) -> None:
    originals = sorted(path for path in FIXTURES.rglob("*") if path.suffix in extensions and "faults" not in path.parts)
    if not place.exists():
        place.mkdir(parents=True)
        for number in range(count):
            original = originals[number % len(originals)]
            path = shutil.copy(original, place / f"{number:05}{original.suffix}")
            os.utime(path, LONG_AGO)
    paths = sorted(place.iterdir())
    sides: dict[str, Callable[[], object]] = {"mediapreflight check": _checking(place, "metadata")}
    sides["mediapreflight check, one worker"] = _checking(place, "metadata", "--workers", "1")
    seconds = in_turns(sides | _beside(paths, "mediainfo"), runs, processor_time)
    kinds = " ".join(sorted(extensions))
    table(f"{len(paths)} files ({kinds}), metadata, processor time", seconds, "mediapreflight check", f"aim: mediainfo {aim}")


def time_decode(folder: Path, runs: int, count: int) -> None:
    """Reading every byte of photographs, beside the decoder alone."""
    place = folder / "photographs"
    if not place.exists():
        place.mkdir(parents=True)
        originals = [_photograph(number) for number in range(10)]
        for number in range(500):
            (place / f"{number:03}.jpg").write_bytes(originals[number % len(originals)])
    paths = [str(path) for path in sorted(place.iterdir())]
    cores = os.cpu_count() or 1
    sides = {
        f"simplejpeg at 1/8, {cores} processes": lambda: _bare(paths, cores),
        "mediapreflight check": _checking(place, "decode"),
        f"mediapreflight check_many, {cores} workers": lambda: _check_many(paths, cores),
    }
    megabytes = sum(Path(path).stat().st_size for path in paths) / len(paths) / 1e6
    note = f"{megabytes:.1f} MB each; aim: under {1 / 0.85:.2f}"
    table(f"{len(paths)} photographs of 12 megapixels, decode", in_turns(sides, runs), next(iter(sides)), note)


def time_cache(folder: Path, runs: int, count: int) -> None:
    """Unchanged files, once cold and then warm; the default level, which takes a while, on a part of the files."""
    place = _pictures(folder, count)
    for level, part in (("metadata", place), ("decode", place), ("content", _part(place, folder))):
        _cold_and_warm(part, level, runs)


def _cold_and_warm(place: Path, level: str, runs: int) -> None:
    number = sum(1 for path in place.rglob("*.*") if path.is_file())
    with tempfile.TemporaryDirectory() as cache:
        environment = {"MEDIAPREFLIGHT_CACHE_DIR": cache}
        start = time.perf_counter()
        _reported(place, level, environment)
        cold = time.perf_counter() - start
        warm = in_turns({"warm": lambda: _reported(place, level, environment)}, runs)
    table(f"{number} pictures, {level}", {"cold": cold, **warm}, "cold", "aim: warm under 0.25 at level content")


def same(folder: Path, runs: int, count: int) -> None:
    """One folder of everything there is, by any number of workers, cold and warm."""
    place = folder / "everything"
    if not place.exists():
        shutil.copytree(FIXTURES, place, ignore=shutil.ignore_patterns("*.py", "making", "__pycache__"))
        for path in place.rglob("*"):
            os.utime(path, LONG_AGO)
    for level in ("metadata", "decode", "content"):
        reports = {}
        for workers in ("1", "2", "8"):
            with tempfile.TemporaryDirectory() as cache:
                for state in ("cold", "warm"):
                    environment = {"MEDIAPREFLIGHT_CACHE_DIR": cache}
                    reports[workers, state] = _reported(place, level, environment, "--workers", workers)
        different = [name for name, report in reports.items() if report != reports["1", "cold"]]
        size = len(reports["1", "cold"])
        print(f"\n{level}: {len(reports)} reports of {size} bytes, {f'DIFFERENT: {different}' if different else 'all the same'}")


def time_memory(folder: Path, runs: int, count: int) -> None:
    """How much memory a tenfold folder takes beside the single one."""
    place = folder / "many"
    small, large = place / "small", place / "large"
    if not place.exists():
        originals = [path for path in (FIXTURES / "formats").iterdir() if path.suffix in (".jpg", ".png", ".webp")]
        for target, number in ((small, 10_000), (large, 100_000)):
            for index in range(number):
                original = originals[index % len(originals)]
                path = target / f"{index // 1000:03}" / f"{index:06}{original.suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(original.read_bytes())
    print("\npeak of resident memory, 10,000 and 100,000 files (aim: under 200 MB, and the same)")
    for format in ("text", "concise", "jsonl", "json", "sarif", "junit", "html"):
        peaks = [_peak(target, format) for target in (small, large)]
        print(f"  {format:8} {peaks[0]:6.0f} MB {peaks[1]:6.0f} MB")
        sys.stdout.flush()


def _pictures(folder: Path, count: int) -> Path:
    place = folder / f"pictures-{count}"
    if not place.exists():
        pictures(place, count)
    return place


def _part(place: Path, folder: Path) -> Path:
    """Some of the pictures, in a folder of their own."""
    part = folder / "part"
    if not part.exists():
        for path in sorted(path for path in place.rglob("*.*") if path.is_file())[:480]:
            (part / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, part / path.parent.name)
    return part


def _checking(place: Path, level: str, *more: str) -> Callable[[], object]:
    return lambda: check(*MODEL, "--level", level, "--no-cache", "--output-format", "concise", *more, place)


def _reported(place: Path, level: str, environment: dict[str, str], *more: str) -> bytes:
    return check(*MODEL, "--level", level, "--output-format", "json", *more, place, environment=environment)


def _beside(paths: list[Path], *names: str) -> dict[str, Callable[[], object]]:
    sides: dict[str, Callable[[], object]] = {
        "mediainfo, one call": lambda: in_portions(("mediainfo", "--Output=JSON"), paths),
        "exiftool, one call": lambda: in_portions(("exiftool", "-json"), paths),
        "ffprobe (sample)": lambda: [run("ffprobe", *FFPROBE, path) for path in paths[:: len(paths) // SAMPLED][:SAMPLED]],
    }
    here = installed(*(names or ("mediainfo", "exiftool", "ffprobe")))
    return {name: side for name, side in sides.items() if name.partition(",")[0].partition(" ")[0] in here}


def _photograph(number: int) -> bytes:
    """12 megapixels with the noise of a camera, so that the file is as large as a photograph's."""
    import io

    import numpy as np

    with Image.open(FIXTURES / "portrait-3x4.jpg") as small:
        large = np.asarray(small.convert("RGB").resize((3000, 4000), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = np.random.default_rng(number).integers(-6, 7, large.shape, np.int16)
    data = io.BytesIO()
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(data, "JPEG", quality=88)
    return data.getvalue()


def _bare(paths: list[str], cores: int) -> None:
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_decode, paths, chunksize=4))


def _decode(path: str) -> None:
    import simplejpeg

    simplejpeg.decode_jpeg(Path(path).read_bytes(), "RGB", min_height=64, min_width=64, min_factor=8)


def _check_many(paths: list[str], workers: int) -> None:
    from mediapreflight import check_many

    for _ in check_many(paths, model=MODEL[1], level="decode", workers=workers):
        pass


def _peak(place: Path, format: str) -> float:
    """Megabytes at the peak, of the process that reports: the largest of its children is of no interest here."""
    code = (
        "import resource, sys; from mediapreflight.cli import main; status = main(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    arguments = ("check", *MODEL, "--level", "metadata", "--output-format", format, str(place))
    done = subprocess.run([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return int(done.stderr.split()[-1]) / 1024


PARTS: dict[str, Callable[[Path, int, int], None]] = {
    "pictures": time_pictures,
    "media": time_media,
    "videos": time_videos,
    "decode": time_decode,
    "cache": time_cache,
    "same": same,
    "memory": time_memory,
}

if __name__ == "__main__":
    sys.exit(main())
