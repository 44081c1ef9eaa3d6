"""A file may have damage in parts that hold no pixels. It is judged by the pixels of the file without them."""

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from mediapreflight.media.facts import Problem
from mediapreflight.media.image.pixels import load_picture
from mediapreflight.media.image.rewritten import rewritten

from ..make import MediaMaker, box, encoded, patched, picture, picture_facts, png_chunk, png_with

PLAIN = encoded(picture(), "PNG")
DAMAGED_PART = Problem.MISSTATED.because("a part that makes no pixels is damaged")
TABLES = Problem.MISSTATED.because("its item properties are in several tables in place of one")


def broken(kind: bytes, content: bytes) -> bytes:
    chunk = png_chunk(kind, content)
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"pHYs", b"eXIf", b"teSt"])
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_wrong_checksums_of_what_makes_no_pixel(kind: bytes, before: bytes, make: MediaMaker) -> None:
    data = png_with(PLAIN, before, broken(kind, b"Title\0\0" + bytes(20)))
    assert picture_facts(data, decode=True).problems == (DAMAGED_PART,)
    whole, odd = (load_picture(make.write(name, bytes_), 100) for name, bytes_ in (("whole.png", PLAIN), ("odd.png", data)))
    assert np.array_equal(whole.rgb, odd.rgb)


def test_wrong_checksum_of_the_end() -> None:
    damaged = PLAIN[:-1] + bytes([PLAIN[-1] ^ 1])
    for data, problems in ((PLAIN, ()), (PLAIN + b"\n", ()), (damaged, (DAMAGED_PART,)), (damaged + b"\n", (DAMAGED_PART,))):
        assert picture_facts(data, decode=True).problems == problems


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_a_critical_chunk_of_an_unknown_kind(before: bytes, make: MediaMaker) -> None:
    # libpng, and with it OpenCV and ImageMagick, refuses such a file; Pillow and FFmpeg read it.
    data = png_with(PLAIN, before, png_chunk(b"TEST", b"abc"))
    (problem,) = picture_facts(data, decode=True).problems
    assert problem == Problem.MISSTATED.because("it has a part of an unknown kind that readers must not pass over")
    with make.write("unknown.png", data).open("rb") as stream:
        whole = rewritten(stream, "png")
    assert whole is not None
    assert whole.read() == PLAIN
    at = PLAIN.index(b"IDAT")
    assert picture_facts(patched(PLAIN, at, b"IDAU"), decode=True).problem(Problem.CORRUPT) is not None


@pytest.mark.parametrize("kind", [b"tRNS", b"PLTE", b"IDAT"])
def test_wrong_checksums_of_what_makes_pixels(kind: bytes) -> None:
    palette = encoded(picture("P"), "PNG", transparency=3)
    at = palette.index(kind)
    end = at + 8 + int.from_bytes(palette[at - 4 : at], "big")
    damaged = palette[: end - 1] + bytes([palette[end - 1] ^ 1]) + palette[end:]
    assert picture_facts(palette, decode=True).problems == ()
    assert picture_facts(damaged, decode=True).problem(Problem.CORRUPT) is not None


def test_broken_text_hides_no_damage() -> None:
    at = PLAIN.index(b"IDAT") + 30
    damaged = PLAIN[:at] + bytes([PLAIN[at] ^ 8]) + PLAIN[at + 1 :]
    data = png_with(damaged, b"IDAT", broken(b"tEXt", b"Title\0text"))
    assert picture_facts(data, decode=True).problem(Problem.CORRUPT) is not None


@pytest.mark.every("missing", range(1, 13))
def test_an_end_that_is_cut_off_or_missing(missing: int) -> None:
    assert picture_facts(PLAIN[:-missing], decode=True).has_only(Problem.MISSTATED)


def with_tables(data: bytes, order: Sequence[int]) -> bytes:
    """An AVIF of two items by libavif, with a table of properties for each of them, in this order."""
    at, locations = data.index(b"ipma") - 4, data.index(b"iloc") + 4
    head, count, rows = data[at + 8 : at + 12], data[at + 12 : at + 16], data[at + 16 :]
    assert (head, count) == (bytes(4), b"\0\0\0\2")
    assert data[locations : locations + 8] == bytes.fromhex("0000000044000002")
    ends = 3 + rows[2], 6 + rows[2] + rows[5 + rows[2]]
    pieces = rows[: ends[0]], rows[ends[0] : ends[1]]
    tables = b"".join(box(b"ipma", head + b"\0\0\0\1" + pieces[item]) for item in order)
    added = len(tables) - 16 - ends[1]
    changed = bytearray(data)
    for place in (data.index(b"meta") - 4, data.index(b"iprp") - 4, locations + 14, locations + 28):
        struct.pack_into(">I", changed, place, struct.unpack_from(">I", data, place)[0] + added)
    return bytes(changed[:at] + tables + changed[at + 16 + ends[1] :])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_avif_with_a_table_of_properties_for_each_item(order: tuple[int, int], make: MediaMaker) -> None:
    one = encoded(picture("RGBA"), "AVIF")
    several = with_tables(one, order)
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(make.write("several.avif", several))
    facts = picture_facts(several, decode=True)
    assert (facts.problems, facts.has_alpha, facts.width) == ((TABLES,), True, 24)
    wanted, found = (load_picture(make.write(name, data), 100) for name, data in (("one.avif", one), ("several.avif", several)))
    assert np.array_equal(found.rgb, wanted.rgb)


def test_damage_is_seen_behind_several_tables() -> None:
    data = with_tables(encoded(picture("RGBA", (96, 64)), "AVIF"), (0, 1))
    damaged = patched(data, data.index(b"mdat") + 16, bytes(range(100, 228)))
    assert picture_facts(damaged, decode=True).problem(Problem.CORRUPT) is not None


def test_an_avif_with_a_table_that_is_cut_off_is_left_as_it_is() -> None:
    several = with_tables(encoded(picture("RGBA"), "AVIF"), (0, 1))
    assert picture_facts(several[: several.index(b"ipma") + 8], decode=True).problems != ()
