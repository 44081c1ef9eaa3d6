"""What of a PNG makes no pixel may be broken. Judged by the pixels of the file without it."""

import numpy as np
import pytest

from mediapreflight.media.facts import Problem
from mediapreflight.media.pixels import load_picture

from .make import MediaMaker, encoded, picture, picture_facts, png_chunk, png_with

PLAIN = encoded(picture(), "PNG")


def broken(kind: bytes, content: bytes) -> bytes:
    chunk = png_chunk(kind, content)
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"pHYs", b"eXIf", b"teSt"])
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_wrong_checksums_of_what_makes_no_pixel(kind: bytes, before: bytes, make: MediaMaker) -> None:
    data = png_with(PLAIN, before, broken(kind, b"Title\0\0" + bytes(20)))
    assert picture_facts(data, decode=True).problems == ()
    whole, odd = (load_picture(make.write(name, bytes_), 100) for name, bytes_ in (("whole.png", PLAIN), ("odd.png", data)))
    assert np.array_equal(whole.rgb, odd.rgb)


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


@pytest.mark.parametrize("missing", [1, 3, 4])
def test_an_end_that_is_cut_off(missing: int) -> None:
    assert picture_facts(PLAIN[:-missing], decode=True).problems == ()
    assert picture_facts(PLAIN[:-12], decode=True).problem(Problem.TRUNCATED) is not None
