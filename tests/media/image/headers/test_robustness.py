"""Promises over all inputs: no header, however damaged, raises, and no picture, however large, is read whole."""

import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import Problem
from mediapreflight.media.sniff import sniff

from ...make import (
    FIXTURES,
    CountingStream,
    box,
    encoded,
    exif,
    exif_block,
    jpeg_segment,
    jpeg_with,
    picture,
    picture_facts,
    png_chunk,
    png_header,
    riff,
    riff_chunk,
)

GOOD = {
    name: (FIXTURES / name).read_bytes()
    for name in (
        "formats/baseline.jpg",
        "formats/two-pictures.mpo",
        "formats/palette-transparent.png",
        "formats/animated.webp",
        "formats/alpha.webp",
        "formats/lossless.webp",
        "formats/animated.gif",
        "formats/palette.bmp",
        "formats/rgb.avif",
        "formats/rgb.tiff",
        "formats/rgb.jp2",
        "orientation/exif-6-before-data.png",
        "orientation/exif-6.webp",
        "orientation/location.jpg",
        "orientation/xmp-6.png",
    )
} | {
    "located.avif": encoded(picture(), "AVIF", exif=exif(7, located=True)),
    "animated.avif": encoded(picture(), "AVIF", save_all=True, append_images=[picture("L").convert("RGB")]),
    "v5.bmp": encoded(picture("RGBA"), "BMP"),
}
KNOWN_PROBLEMS = tuple(f"{problem.value}: " for problem in Problem)


def assert_is_sound(data: bytes) -> None:
    """The facts of the picture state a size, or a problem; and what they say can be printed."""
    stream = CountingStream(data)
    if sniff(stream).family != "image":
        return
    facts = picture_facts(stream)
    assert (facts.width and facts.height) or facts.problems
    assert all(problem.startswith(KNOWN_PROBLEMS) and problem.isprintable() for problem in facts.problems)
    assert facts.orientation in range(1, 9)
    # The file's start is looked at again and again: for what it is, and for what it says.
    assert stream.bytes_read <= 3 * len(data) + 10_000


@pytest.mark.every("name", GOOD)
def test_good_headers_are_good(name: str) -> None:
    assert picture_facts(GOOD[name]).problems == ()


@pytest.mark.every("name", GOOD)
def test_every_truncation(name: str) -> None:
    data = GOOD[name]
    # The first bytes say what it is; without them it is not a picture at all.
    for length in (*range(32, min(len(data), 400)), *range(400, len(data), 97)):
        assert_is_sound(data[:length])


@pytest.mark.every("name", GOOD)
def test_every_byte_at_its_extremes(name: str) -> None:
    data = GOOD[name]
    for at in range(12, min(len(data), 400)):
        for value in (0x00, 0xFF):
            assert_is_sound(data[:at] + bytes([value]) + data[at + 1 :])


@given(data=st.data(), name=st.sampled_from(sorted(GOOD)))
def test_mutations(data: st.DataObject, name: str) -> None:
    mutant = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(12, len(mutant) - 1))
        new = data.draw(st.binary(min_size=0, max_size=8))
        mutant[at : at + data.draw(st.integers(0, 8))] = new
        if len(mutant) < 32:
            return
    assert_is_sound(bytes(mutant))


def large_jpeg() -> bytes:
    return encoded(picture(size=(4000, 3000)), "JPEG", exif=exif(6), quality=95)


def large_png() -> bytes:
    chunk = png_chunk(b"IDAT", zlib.compress(bytes(8000), 0))
    return png_header(4000, 3000) + chunk * 2500 + png_chunk(b"eXIf", exif_block(6)) + png_chunk(b"IEND")


def large_webp() -> bytes:
    extended = riff_chunk(b"VP8X", bytes([0x08]) + bytes(3) + (3999).to_bytes(3, "little") + (2999).to_bytes(3, "little"))
    return riff(b"WEBP", extended, riff_chunk(b"VP8 ", bytes(20_000_000)), riff_chunk(b"EXIF", exif_block(6)))


def large_bmp() -> bytes:
    return encoded(picture(size=(4000, 1500)), "BMP")


def large_tiff() -> bytes:
    return encoded(picture(size=(4000, 1500)), "TIFF", exif=exif(6))


def large_avif() -> bytes:
    return encoded(picture(), "AVIF", exif=exif(6)) + box(b"mdat", bytes(20_000_000))


def large_gif() -> bytes:
    # Beyond 64 MiB the frames are not counted, and so nothing of the data is read.
    return encoded(picture("P"), "GIF")[:-1] + b"\x21\xfe" + (b"\xff" + bytes(255)) * 270_000 + b"\0;"


@pytest.mark.parametrize("make_large", [large_jpeg, large_png, large_webp, large_bmp, large_tiff, large_avif, large_gif])
def test_little_is_read_of_a_large_picture(make_large: Callable[[], bytes]) -> None:
    data = make_large()
    stream = CountingStream(data)
    facts = picture_facts(stream)
    assert facts.problems == ()
    assert facts.width
    # Eight bytes of each of 2500 chunks, and the file's start; Pillow reads a TIFF by 8 KiB or so.
    assert stream.bytes_read < 64 * 1024 < len(data) // 10


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 30_000_000,
        b"\xff\xd8\xff\xe0\0\2" + (b"a" * 4090 + b"\xff\xe0\0\2") * 6000,
        jpeg_with(encoded(picture(), "JPEG"), jpeg_segment(0xE0, b"") * 100_000),
        png_header(8, 8) + png_chunk(b"abCd") * 1_000_000,
        riff(b"WEBP", riff_chunk(b"VP8X", bytes(10)), riff_chunk(b"abcd", b"") * 1_000_000),
    ],
    ids=["fill bytes", "junk", "jpeg segments", "png chunks", "webp chunks"],
)
def test_files_that_keep_a_reader_busy_are_given_up(data: bytes) -> None:
    stream = CountingStream(data)
    problem = picture_facts(stream).problem(Problem.BROKEN)
    assert problem is not None
    assert "more than" in problem or "no frame header within" in problem
    assert stream.bytes_read < 2_000_000


def test_sizes_beyond_32_bits_are_no_size() -> None:
    for side in (0, 2**31, 2**32 - 1):
        facts = picture_facts(png_header(8, 8)[:16] + struct.pack(">I", side) + png_header(8, 8)[20:])
        assert facts.problem(Problem.BROKEN) is not None
        assert facts.width is None
