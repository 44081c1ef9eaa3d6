"""Files made to keep a reader busy: what looking at them costs of the processor."""

import time
import zlib
from collections.abc import Callable

import pytest

from mediapreflight.media.facts import Problem

from .image.jpegs import SCAN, TABLES, data_at, of_sampling, photograph, segments
from .make import encoded, jpeg_segment, picture, picture_facts, png_chunk, png_with

# Each took from ten seconds up to hours.
MOST_SECONDS = 5
ENDS = b"\xff\xd9"


def within_data(jpeg: bytes, stuffing: bytes) -> bytes:
    """A JPEG whose data are interrupted, so that it has to be looked at closely."""
    at = data_at(jpeg) + 300
    return jpeg[:at] + stuffing + jpeg[at:]


def filled_without_a_marker() -> bytes:
    return within_data(encoded(photograph(), "JPEG"), b"\xff" * 300_000 + b"\x00")


def filled_behind_the_data() -> bytes:
    return encoded(photograph(), "JPEG")[:-2] + b"\xff" * 300_000 + b"\x00"


def of_restarts() -> bytes:
    return within_data(encoded(photograph(), "JPEG"), b"\xff\xd0\x00" * 10_000_000)


def of_tables() -> bytes:
    jpeg = of_sampling(((3, 1), (1, 1), (1, 1)))
    at = dict(segments(jpeg))[SCAN]
    return jpeg[:at] + jpeg_segment(TABLES, (b"\x00" + bytes(16)) * 3800) * 4 + jpeg[at:]


def of_scans() -> bytes:
    """One component again and again, in codes of one bit."""
    quantizers = jpeg_segment(0xDB, b"\x00" + b"\x01" * 64)
    frame = jpeg_segment(0xC0, bytes.fromhex("08 1f40 1f40 03 013100 021100 031100"))
    codes = b"".join(jpeg_segment(TABLES, bytes((kind, 1)) + bytes(16)) for kind in (0x00, 0x10))
    scan = jpeg_segment(SCAN, bytes((1, 1, 0, 0, 63, 0))) + bytes(1000 * 1000 * 2 // 8)
    others = [jpeg_segment(SCAN, bytes((1, name, 0, 0, 63, 0))) + bytes(334 * 1000 * 2 // 8) for name in (2, 3)]
    return b"\xff\xd8" + quantizers + frame + codes + scan * 28 + b"".join(others) + ENDS


def of_refinements() -> bytes:
    """A progressive picture of nothing, each of whose coefficients comes bit by bit: 200 kB that take a decoder 13 seconds."""
    frame = jpeg_segment(0xC2, bytes.fromhex("08 1f40 1f40 01 011100"))
    quantizers = jpeg_segment(0xDB, b"\x00" + b"\x01" * 64)
    # One code for a difference of zero, and one (00) for that many blocks without a value as 14 further bits say.
    codes = jpeg_segment(TABLES, b"\x00\x01" + bytes(16)) + jpeg_segment(TABLES, b"\x10\x00\x01" + bytes(14) + b"\xe0")
    run = "00" + "1" * 13 + "0"
    data = int(run * 31, 2).to_bytes(62, "big").replace(b"\xff", b"\xff\x00")
    scans = [jpeg_segment(SCAN, bytes((1, 1, 0, 0, 0, 0))) + bytes(125_000)]
    for place in range(1, 64):
        for bit in range(13, -1, -1):
            before = 0 if bit == 13 else bit + 1
            scans.append(jpeg_segment(SCAN, bytes((1, 1, 0, place, place, before << 4 | bit))) + data)
    return b"\xff\xd8" + quantizers + frame + codes + b"".join(scans) + ENDS


def of_raw_profiles() -> bytes:
    text = zlib.compress(b"\nexif\n 2000000\n" + b"4d4d " * 800_000, 9)
    return png_with(encoded(picture(), "PNG"), b"IDAT", *[png_chunk(b"zTXt", b"Raw profile type exif\0\0" + text)] * 300)


def of_profiles() -> bytes:
    profile = png_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(2**20 + 10), 9))
    return png_with(encoded(picture(), "PNG"), b"IDAT", *[profile] * 4000)


@pytest.mark.parametrize(
    "make",
    [
        filled_without_a_marker,
        filled_behind_the_data,
        of_restarts,
        of_tables,
        of_scans,
        of_refinements,
        of_raw_profiles,
        of_profiles,
    ],
)
def test_files_made_to_keep_a_reader_busy(make: Callable[[], bytes]) -> None:
    data = make()
    before = time.process_time()
    picture_facts(data, decode=True)
    assert time.process_time() - before < MOST_SECONDS


def test_a_component_that_comes_twice_is_not_judged() -> None:
    facts = picture_facts(of_scans(), decode=True)
    assert facts.problem(Problem.NOT_RUN) == "its scans contain some components more than once"


def test_a_picture_in_very_many_scans_is_not_decoded() -> None:
    facts = picture_facts(of_refinements(), decode=True)
    assert facts.problem(Problem.OVERSIZED) == "it comes in 883 scans, too many for its size"
