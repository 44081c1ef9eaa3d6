"""JPEG headers that writers leave behind, beyond what Pillow writes."""

import io
import struct

import pytest
from PIL import Image

from mediapreflight.media.facts import Problem

from ...make import encoded, exif, exif_block, jpeg_segment, jpeg_with, picture, picture_facts

PLAIN = encoded(picture(size=(24, 16)), "JPEG")
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def exif_segment(block: bytes) -> bytes:
    return jpeg_segment(0xE1, b"Exif\0\0" + block)


@pytest.mark.parametrize(
    "between",
    [b"junk", b"\xff" * 20, b"\0\0\0", b"\xff\0more", b"\xff\xff\xff\0\xff", b"x" * 60_000],
    ids=["bytes", "filling", "zeros", "escaped mark", "zero in filling", "much"],
)
def test_what_stands_between_segments_is_skipped(between: bytes) -> None:
    data = jpeg_with(PLAIN, exif_segment(exif_block(6)), between)
    facts = picture_facts(data)
    assert (facts.width, facts.height, facts.orientation) == (16, 24, 6)
    # Pillow skips them too.
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (24, 16)


def test_segments_of_all_sorts_before_the_frame_header() -> None:
    segments = [jpeg_segment(0xE0 + number, bytes(1000 * number)) for number in range(16)]
    comment, interval = jpeg_segment(0xFE, b"comment"), jpeg_segment(0xDD, b"\0\4")
    facts = picture_facts(jpeg_with(PLAIN, *segments, comment, interval, b"\xff\x01", exif_segment(exif_block(8))))
    assert (facts.width, facts.height, facts.orientation) == (16, 24, 8)


def test_a_thumbnail_inside_exif_is_not_the_picture() -> None:
    thumbnail = encoded(picture(size=(7, 5)), "JPEG")
    facts = picture_facts(jpeg_with(PLAIN, exif_segment(exif_block(1) + thumbnail)))
    assert (facts.stored_width, facts.stored_height) == (24, 16)


def test_the_first_of_several_exif_segments_counts() -> None:
    data = jpeg_with(PLAIN, exif_segment(exif_block(3)), exif_segment(exif_block(6)))
    assert picture_facts(data).orientation == 3


def test_exif_counts_more_than_xmp() -> None:
    xmp = jpeg_segment(0xE1, XMP + b'<x tiff:Orientation="8"/>')
    assert picture_facts(jpeg_with(PLAIN, xmp)).orientation == 8
    assert picture_facts(jpeg_with(PLAIN, xmp, exif_segment(exif_block(3)))).orientation == 3


def test_either_may_say_where_it_was_taken() -> None:
    xmp = jpeg_segment(0xE1, XMP + b"<exif:GPSLatitude>28,34.4N</exif:GPSLatitude>")
    assert picture_facts(jpeg_with(PLAIN, xmp)).has_location
    assert picture_facts(jpeg_with(PLAIN, exif_segment(exif_block(located=True)))).has_location
    assert not picture_facts(PLAIN).has_location


@pytest.mark.parametrize("quality", [1, 50, 100])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_progressive_with_restart_marks(mode: str, quality: int) -> None:
    data = encoded(picture(mode, (50, 40)), "JPEG", progressive=True, restart_marker_rows=1, quality=quality, exif=exif(5))
    facts = picture_facts(data, decode=True)
    assert (facts.width, facts.height, facts.problems) == (40, 50, ())


@pytest.mark.parametrize(("marker", "depth", "channels"), [(0xC1, 12, 3), (0xC3, 16, 1), (0xC9, 8, 3), (0xC0, 8, 2)], ids=hex)
def test_frame_headers_of_rarer_kinds(marker: int, depth: int, channels: int) -> None:
    frame = struct.pack(">BHHB", depth, 1080, 1920, channels) + bytes(3 * channels)
    facts = picture_facts(b"\xff\xd8" + jpeg_segment(marker, frame))
    assert (facts.width, facts.height, facts.bit_depth, facts.channels) == (1920, 1080, depth, channels)


def test_a_height_behind_the_data_is_read_and_not_decoded() -> None:
    data = encoded(picture(size=(40, 24)), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    late = data[:at] + bytes(2) + data[at + 2 : -2]
    facts = picture_facts(late + b"\xff\xdc\0\4\0\x18" + data[-2:], decode=True)
    assert (facts.width, facts.height, facts.has_only(Problem.NOT_RUN)) == (40, 24, True)
    assert picture_facts(late + data[-2:], decode=True).problem(Problem.BROKEN)


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b"\xff\xda\0\x0c", "picture data starts before"),
        (b"\xff\xd9", "picture data starts before"),
        (b"\xff\xe0\0\1", "negative length"),
        (b"\xff\xe0\x40\0", "ends inside its header"),
        (b"\xff\xc0\0\x11\x08\0\0\0\x10\3", "16 x 0 px"),
        (b"\xff\xc0\0\x11\x08\0", "ends inside its header"),
    ],
)
def test_broken_headers(tail: bytes, words: str) -> None:
    facts = picture_facts(b"\xff\xd8" + tail)
    assert words in (facts.problem(Problem.BROKEN) or "")
    assert facts.width is None


@pytest.mark.parametrize("count", [0, 1, 3, 9])
@pytest.mark.parametrize("order", ["<", ">"])
def test_multi_picture_index(order: str, count: int) -> None:
    tiff = struct.pack(order + "2sHIH", b"II" if order == "<" else b"MM", 42, 8, 2)
    version = struct.pack(order + "HHI4s", 0xB000, 7, 4, b"0100")
    number = struct.pack(order + "HHII", 0xB001, 4, 1, count)
    assert picture_facts(jpeg_with(PLAIN, jpeg_segment(0xE2, b"MPF\0" + tiff + version + number))).frames == max(1, count)


@pytest.mark.parametrize(
    "index", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff" + bytes(20), b"XX" + bytes(40), b"MM\0*\0\0\0\x08\xff\xff"]
)
def test_damaged_multi_picture_index(index: bytes) -> None:
    assert picture_facts(jpeg_with(PLAIN, jpeg_segment(0xE2, b"MPF\0" + index))).frames == 1
