"""PNG chunks in every order, and chunks that lie."""

import io
import struct
import zlib

import pytest
from PIL import Image

from mediapreflight.media.facts import Problem

from ...make import encoded, exif_block, picture, picture_facts, png_chunk, png_header, png_with

PLAIN = encoded(picture(size=(24, 16)), "PNG")
XMP_KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"


@pytest.mark.every("before", [b"IDAT", b"IEND"])
@pytest.mark.every("orientation", range(1, 9))
def test_exif_before_and_after_the_data(before: bytes, orientation: int) -> None:
    data = png_with(PLAIN, before, png_chunk(b"eXIf", exif_block(orientation, located=True)))
    facts = picture_facts(data)
    with Image.open(io.BytesIO(data)) as image:
        # Pillow decodes the picture to get there.
        image.load()
        assert facts.orientation == image.getexif()[0x112] == orientation
    assert (facts.width, facts.height) == ((16, 24) if orientation > 4 else (24, 16))
    assert facts.has_location


def test_exif_that_begins_as_in_a_jpeg() -> None:
    data = png_with(PLAIN, b"IDAT", png_chunk(b"eXIf", b"Exif\0\0" + exif_block(7)))
    with Image.open(io.BytesIO(data)) as image:
        assert picture_facts(data).orientation == image.getexif()[0x112] == 7


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_xmp_before_and_after_the_data(before: bytes) -> None:
    xmp = XMP_KEYWORD + b'<rdf:Description tiff:Orientation="6" exif:GPSLatitude="28,34.4N"/>'
    facts = picture_facts(png_with(PLAIN, before, png_chunk(b"iTXt", xmp)))
    assert (facts.orientation, facts.width, facts.has_location) == (6, 16, True)


def test_other_text_is_not_xmp() -> None:
    for text in (b"Comment\0\0\0\0\0tiff:Orientation='6'", b"XML:com.adobe.xmp"):
        assert picture_facts(png_with(PLAIN, b"IDAT", png_chunk(b"iTXt", text))).orientation == 1


@pytest.mark.every(
    ("color_type", "bit_depth"),
    [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)],
)
def test_every_colour_type_and_depth(color_type: int, bit_depth: int) -> None:
    header = png_header(5, 7, bit_depth, color_type)
    facts = picture_facts(header + png_chunk(b"IDAT") + png_chunk(b"IEND"))
    assert facts.bit_depth == bit_depth
    assert facts.channels == {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color_type]
    assert facts.color == {0: "grey", 2: "rgb", 3: "palette", 4: "grey", 6: "rgb"}[color_type]
    assert facts.has_alpha == (color_type in (4, 6))
    with_colour_key = header + png_chunk(b"tRNS", b"\0\0") + png_chunk(b"IDAT") + png_chunk(b"IEND")
    assert picture_facts(with_colour_key).has_alpha


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_animation_control(count: int) -> None:
    control = png_chunk(b"acTL", struct.pack(">II", count, 0))
    assert picture_facts(png_with(PLAIN, b"IDAT", control)).frames == max(1, count)


def test_chunk_that_runs_past_the_end() -> None:
    facts = picture_facts(PLAIN[:-16])
    assert facts.problem(Problem.TRUNCATED) == "its IDAT chunk needs 4 bytes more than the file has"
    assert facts.width == 24


def test_what_is_not_the_beginning_of_the_end() -> None:
    assert picture_facts(PLAIN[:-12] + b"\0\0\1").problem(Problem.TRUNCATED) == "the end chunk is missing"


def test_bytes_behind_the_end_do_not_count() -> None:
    assert picture_facts(PLAIN + b"\xff" * 1000, decode=True).problems == ()


def test_damaged_chunk_names_are_not_printed() -> None:
    for name in (b"\x1b[2J", b"\r\n\0\0", b"a b\xff"):
        problem = picture_facts(png_header(8, 8) + struct.pack(">I4s", 2**31, name)).problem(Problem.TRUNCATED)
        assert problem is not None
        assert problem.startswith("its damaged chunk needs ")


@pytest.mark.parametrize("color_type", [1, 5, 7, 255])
def test_unknown_colour_types(color_type: int) -> None:
    facts = picture_facts(png_header(8, 8, 8, color_type) + png_chunk(b"IEND"))
    assert facts.problem(Problem.BROKEN) == f"the header says 8 x 8 px in colour type {color_type}"


def test_first_chunk_that_is_no_header() -> None:
    data = PLAIN[:8] + png_chunk(b"tEXt", b"Comment\0first") + PLAIN[8:]
    assert picture_facts(data).problem(Problem.BROKEN) == "the first chunk is not a picture header"


def test_exif_too_large_to_be_exif_is_left_alone() -> None:
    chunk = png_chunk(b"eXIf", exif_block(6) + bytes(5 * 2**20))
    assert picture_facts(png_with(PLAIN, b"IDAT", chunk)).orientation == 1


def test_compressed_data_is_not_inflated_at_the_header() -> None:
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**24), 9))
    assert picture_facts(png_with(PLAIN, b"IDAT", bomb)).problems == ()


def raw_profile(block: bytes, kind: str = "exif") -> bytes:
    """A profile as ImageMagick writes it: its name, its length, and its digits in lines."""
    digits = block.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{kind}\n{len(block):8}\n{lines}\n".encode()


def raw_profile_chunks(block: bytes, keyword: bytes) -> list[bytes]:
    text = raw_profile(block)
    return [
        png_chunk(b"tEXt", keyword + b"\0" + text),
        png_chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(text)),
        png_chunk(b"iTXt", keyword + b"\0\0\0\0\0" + text),
        png_chunk(b"iTXt", keyword + b"\0\1\0\0\0" + zlib.compress(text)),
    ]


@pytest.mark.parametrize("keyword", [b"Raw profile type exif", b"Raw profile type APP1"])
@pytest.mark.parametrize("prefix", [b"Exif\0\0", b""])
def test_exif_as_digits_in_a_text(keyword: bytes, prefix: bytes) -> None:
    png = encoded(picture(size=(24, 16)), "PNG")
    for chunk in raw_profile_chunks(prefix + exif_block(6, located=True), keyword):
        for before in (b"IDAT", b"IEND"):
            facts = picture_facts(png_with(png, before, chunk))
            assert (facts.orientation, facts.width, facts.height, facts.has_location) == (6, 16, 24, True)


@pytest.mark.parametrize("text", [b"", b"\nexif\n 4\nzz", b"\n\n\n", b"\nexif\n 3\n123", b"\xff" * 40])
def test_broken_digits_in_a_text_are_passed_over(text: bytes) -> None:
    for kind in (b"tEXt", b"zTXt", b"iTXt"):
        chunk = png_chunk(kind, b"Raw profile type exif\0" + text)
        assert picture_facts(png_with(encoded(picture(), "PNG"), b"IDAT", chunk)).orientation == 1


def test_a_text_of_digits_inflates_no_further_than_to_its_bound() -> None:
    chunk = png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(50_000_000)))
    assert picture_facts(png_with(encoded(picture(), "PNG"), b"IDAT", chunk)).orientation == 1
