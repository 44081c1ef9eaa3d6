"""Windows bitmap headers, from 1990 to today."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediapreflight.media.facts import Problem

from ...make import encoded, patched, picture, picture_facts

PLAIN = encoded(picture(size=(24, 16)), "BMP")
RGB_MASKS = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)


def bitmap(width: int, height: int, bits: int, *, header: int = 40, compression: int = 0, masks: bytes = b"") -> bytes:
    """A bitmap with exactly the pixels that its header asks for."""
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    info = (info + masks).ljust(header, b"\0")
    pixels = bytes((width * bits + 31) // 32 * 4 * abs(height))
    offset = 14 + len(info)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + pixels


@given(width=st.integers(1, 60), height=st.integers(1, 60), bits=st.sampled_from([16, 24, 32]), upside=st.booleans())
def test_sizes_and_depths(width: int, height: int, bits: int, upside: bool) -> None:
    data = bitmap(width, -height if upside else height, bits)
    facts = picture_facts(data)
    assert (facts.width, facts.height, facts.problems) == (width, height, ())
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (width, height)
    assert (facts.bit_depth, facts.has_alpha) == (5 if bits == 16 else 8, False)


def test_header_of_os2() -> None:
    pixels = bytes(16 * ((24 * 24 + 31) // 32 * 4))
    data = b"BM" + struct.pack("<IHHIIHHHH", 26 + len(pixels), 0, 0, 26, 12, 24, 16, 1, 24) + pixels
    facts = picture_facts(data, decode=True)
    assert (facts.width, facts.height, facts.problems) == (24, 16, ())


@pytest.mark.parametrize(("mask", "has_alpha"), [(0, False), (0xFF000000, True)])
@pytest.mark.parametrize("header", [56, 108, 124])
def test_alpha_is_what_has_a_mask(header: int, mask: int, has_alpha: bool) -> None:
    data = bitmap(8, 8, 32, header=header, compression=3, masks=RGB_MASKS + struct.pack("<I", mask))
    facts = picture_facts(data)
    assert (facts.has_alpha, facts.channels) == (has_alpha, 4 if has_alpha else 3)
    with Image.open(io.BytesIO(data)) as image:
        assert ("A" in image.getbands()) == has_alpha


def test_sixteen_bits_with_alpha_are_not_decoded_without_it() -> None:
    """Pillow shows the colours of transparent pixels."""
    masks = struct.pack("<IIII", 0x7C00, 0x3E0, 0x1F, 0x8000)
    facts = picture_facts(bitmap(8, 8, 16, header=124, compression=3, masks=masks))
    assert (facts.has_alpha, facts.channels) == (True, 4)
    assert facts.problem(Problem.NOT_RUN)
    opaque = picture_facts(bitmap(8, 8, 16, header=124, compression=3, masks=masks[:12]), decode=True)
    assert (opaque.has_alpha, opaque.problems) == (False, ())


@pytest.mark.every(
    ("masks", "depth"),
    [((0xF00, 0xF0, 0xF, 0xF000), 4), ((0x7C00, 0x3E0, 0x1F, 0x8000), 5), ((0xF800, 0x7E0, 0x1F, 0), 5)],
)
def test_depth_by_masks(masks: tuple[int, ...], depth: int) -> None:
    for header in (40, 124):
        data = bitmap(8, 8, 16, header=header, compression=3, masks=struct.pack("<4I", *masks))
        assert picture_facts(data).bit_depth == depth


def test_a_mask_counts_only_where_pixels_go_by_masks() -> None:
    data = bitmap(8, 8, 32, header=124, compression=0, masks=RGB_MASKS + struct.pack("<I", 0xFF000000))
    assert picture_facts(data).has_alpha is False
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"


def test_cut_off() -> None:
    assert picture_facts(PLAIN[:-10]).problem(Problem.TRUNCATED) == "its pixels need 10 bytes more than the file has"


def test_run_length_encoded_pixels_may_be_fewer() -> None:
    assert picture_facts(patched(encoded(picture("P"), "BMP"), 30, b"\1")[:-100]).problems == ()


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [(18, 0, "0 x 16 px"), (18, -5, "-5 x 16 px"), (22, 0, "24 x 0 px"), (28, 7, "24 x 16 px of 7 bits")],
)
def test_broken(at: int, value: int, words: str) -> None:
    facts = picture_facts(patched(PLAIN, at, struct.pack("<h" if at == 28 else "<i", value)))
    assert words in (facts.problem(Problem.BROKEN) or "")


@pytest.mark.parametrize(("mode", "depth"), [("1", 1), ("P", 8), ("L", 8)])
def test_depth_of_palettes(mode: str, depth: int) -> None:
    assert picture_facts(encoded(picture(mode), "BMP")).bit_depth == depth


def test_colours_that_the_palette_has_not() -> None:
    data = bitmap(16, 16, 8)
    four = patched(data, 46, struct.pack("<I", 4))
    four = patched(four[:54] + bytes(range(16)) + four[54:], 10, struct.pack("<I", 70))
    assert picture_facts(four, decode=True).problems == ()
    assert picture_facts(patched(four, 100, b"\3"), decode=True).problems == ()
    assert picture_facts(patched(four, 100, b"\4"), decode=True).problem(Problem.CORRUPT) is not None
