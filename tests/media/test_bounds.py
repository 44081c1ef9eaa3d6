"""Files made to exhaust a reader: what it takes to look at them, in a process of its own."""

import json
import struct
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path
from typing import NamedTuple

import pytest

from .av.test_containers import listing
from .make import FIXTURES, MediaMaker, encoded, patched, picture, png_chunk, png_header, png_with

MEBIBYTE = 2**20
MAX_RSS = 500 * MEBIBYTE
# The kernel's own count: that of `resource` starts from the peak of the process that started this one.
PEAKS = textwrap.dedent("""
    import json, re, sys
    from mediapreflight.media.probe import probe
    for level in sys.argv[2:]:
        facts = probe(sys.argv[1], level=level)
        peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
        print(json.dumps([peak, facts.kind, list(facts.problems)]))
""")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the peak of a process alone")


class Look(NamedTuple):
    peak: int
    kind: str
    problems: list[str]


def looks_at(path: Path, *levels: str) -> list[Look]:
    """What each level takes, one after the other in one process."""
    command = [sys.executable, "-c", PEAKS, str(path), *levels]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [Look(*json.loads(line)) for line in done.stdout.splitlines()]


def look_at(path: Path) -> Look:
    """What its header alone takes."""
    (look,) = looks_at(path, "metadata")
    return look


def assert_bounded(path: Path) -> list[str]:
    """What is said of the file at the end."""
    levels = ("metadata", "decode")
    looks = looks_at(path, *levels)
    for level, look in zip(levels, looks, strict=True):
        assert look.peak < MAX_RSS, f"{look.peak / MEBIBYTE:.0f} MiB at level {level}"
        assert look.kind in ("image", "video", "unknown")
    return looks[-1].problems


def giant_png() -> bytes:
    """The whole of 65,535 x 65,535 one-bit pixels, in half a megabyte."""
    deflate = zlib.compressobj(9)
    row = bytes(1 + 65_535 // 8 + 1)
    data = b"".join(deflate.compress(row * 1000) for _ in range(66)) + deflate.flush()
    return png_header(65_535, 65_535, 1, 0) + png_chunk(b"IDAT", data) + png_chunk(b"IEND")


def large_png() -> bytes:
    """16,384 x 16,384 pixels of a palette in one bit: 33 kB that Pillow would make 256 MB of."""
    row = zlib.compress(bytes(1 + 16_384 // 8) * 16_384, 9)
    return png_header(16_384, 16_384, 1, 3) + png_chunk(b"PLTE", bytes(6)) + png_chunk(b"IDAT", row) + png_chunk(b"IEND")


def largest_decoded_png() -> bytes:
    """As many pixels as are decoded, in sixteen bits and four channels."""
    row = zlib.compress(bytes(1 + 8 * 8000) * 8000, 9)
    return png_header(8000, 8000, 16, 6) + png_chunk(b"IDAT", row) + png_chunk(b"IEND")


def text_bombs() -> bytes:
    """Many texts that each inflate to 64 MiB."""
    text = zlib.compress(bytes(64 * MEBIBYTE), 9)
    chunks = [
        png_chunk(b"zTXt", b"Comment\0\0" + text),
        png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + text),
        png_chunk(b"iCCP", b"icc\0\0" + text),
    ]
    return png_with(encoded(picture(), "PNG"), b"IDAT", *chunks * 4)


def giant_jpeg() -> bytes:
    data = encoded(picture(), "JPEG")
    return patched(data, data.index(b"\xff\xc0") + 5, b"\xff\xff\xff\xff")


def giant_webp() -> bytes:
    data = encoded(picture("RGBA"), "WEBP", lossless=True, exif=b"x")
    return patched(data, data.index(b"VP8X") + 12, b"\xff" * 6)


def giant_tiff() -> bytes:
    data = encoded(picture(), "TIFF")
    for tag in (0x0100, 0x0101):
        data = patched(data, data.index(struct.pack("<HHI", tag, 4, 1)) + 8, struct.pack("<I", 60_000))
    return data


def giant_gif() -> bytes:
    """A picture, not only a screen, of 65,535 x 65,535."""
    data = encoded(picture("P", (24, 16)), "GIF")
    at = data.index(b"\x2c" + struct.pack("<HHHH", 0, 0, 24, 16))
    return patched(patched(data, 6, b"\xff\xff\xff\xff"), at + 5, b"\xff\xff\xff\xff")


def giant_avif() -> bytes:
    data = encoded(picture(), "AVIF")
    return patched(data, data.index(b"ispe") + 8, struct.pack(">II", 65_535, 65_535))


MADE = {
    "giant.png": giant_png,
    "large.png": large_png,
    "largest-decoded.png": largest_decoded_png,
    "texts.png": text_bombs,
    "giant.jpg": giant_jpeg,
    "giant.webp": giant_webp,
    "giant.tiff": giant_tiff,
    "giant.gif": giant_gif,
    "giant.avif": giant_avif,
    "samples.mp4": lambda: listing(2**31),
    "many-samples.mp4": lambda: listing(4_900_000),
}


@pytest.mark.sweep
@pytest.mark.parametrize("name", MADE)
def test_made_bombs(make: MediaMaker, name: str) -> None:
    problems = assert_bounded(make.write(name, MADE[name]()))
    assert bool(problems) == (name != "largest-decoded.png")


@pytest.mark.parametrize("name", ["giant.png", "giant-screen.gif", "giant-width.bmp", "text-bomb.png"])
def test_bombs_among_the_fixtures(name: str) -> None:
    assert_bounded(FIXTURES / "faults" / name)


def test_the_header_of_a_bomb_takes_no_more_than_that_of_any_picture() -> None:
    ordinary = look_at(FIXTURES / "formats/rgb.png").peak
    for name in ("giant.png", "text-bomb.png", "giant-screen.gif", "giant-width.bmp"):
        assert look_at(FIXTURES / "faults" / name).peak < ordinary + 5 * MEBIBYTE


@pytest.mark.sweep
@pytest.mark.parametrize(
    "name",
    [
        "baseline.jpg",
        "rgb.png",
        "rgb.bmp",
        "pcm-s16.wav",
        "cbr.mp3",
        "voice.flac",
        "h264.mp4",
        "h264.avi",
        "h264.flv",
        "mpeg2.mpg",
    ],
)
def test_gigabytes_of_zeros_behind_a_file_are_not_read_for_its_header(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes((FIXTURES / "formats" / name).read_bytes())
    with path.open("r+b") as file:
        file.truncate(20 * 1024 * MEBIBYTE)
    # The way to the end of twenty gigabytes would take minutes, and the process has one.
    look = look_at(path)
    assert look.peak < MAX_RSS // 2
    assert look.kind != "unknown"
    assert look.problems in ([], ["beyond bounds: no more than 67108864 bytes of it are read"])
