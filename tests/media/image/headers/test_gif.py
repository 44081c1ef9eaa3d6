"""GIF blocks."""

import io
import struct

import pytest
from PIL import Image

from mediapreflight.media.facts import Problem

from ...make import encoded, patched, picture, picture_facts

STILL = encoded(picture("P", (24, 16)), "GIF")


def test_screen_smaller_than_its_first_picture_is_widened() -> None:
    data = patched(STILL, 6, struct.pack("<HH", 10, 10))
    facts = picture_facts(data)
    with Image.open(io.BytesIO(data)) as image:
        assert (facts.width, facts.height) == image.size == (24, 16)


@pytest.mark.parametrize("version", [b"GIF87a", b"GIF89a"])
def test_both_versions(version: bytes) -> None:
    assert picture_facts(version + STILL[6:]).width == 24


def test_a_transparent_colour_is_alpha() -> None:
    assert picture_facts(encoded(picture("P"), "GIF", transparency=3)).has_alpha
    assert not picture_facts(STILL).has_alpha


def test_comments_and_local_palettes_are_walked_over() -> None:
    frames = [picture("P", (20, 20)), picture("L", (20, 20)), picture("P", (20, 20)).rotate(90)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], comment=b"x" * 700, loop=0, duration=[10, 20, 30])
    facts = picture_facts(data, decode=True)
    assert (facts.frames, facts.problems) == (3, ())


def test_what_is_transparent_in_a_later_picture_shows_the_one_before() -> None:
    frames = [picture("P", (20, 20)), picture("P", (20, 20)).rotate(90)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    later = data.index(b"\x21\xf9", data.index(b"\x2c"))
    opaque = patched(data, data.index(b"\x21\xf9") + 3, b"\x04") if data.index(b"\x21\xf9") < later else data
    shows = patched(opaque, later + 3, bytes([opaque[later + 3] | 1]))
    with Image.open(io.BytesIO(shows)) as image:
        assert not image.has_transparency_data
    assert not picture_facts(shows).has_alpha


def test_missing_end_mark() -> None:
    """Of the mark alone, nothing is lost but the mark."""
    assert picture_facts(STILL[:-1], decode=True).problems == ()
    for missing in range(2, 40):
        assert picture_facts(STILL[:-missing]).problem(Problem.TRUNCATED) == "the end mark is missing"


def test_bytes_behind_the_end_do_not_count() -> None:
    assert picture_facts(STILL + b"\x2c" * 99, decode=True).problems == ()


def test_screen_without_size_and_without_picture() -> None:
    assert picture_facts(b"GIF89a" + bytes(7) + b";").problem(Problem.BROKEN) == "the header says 0 x 0 px"


@pytest.mark.parametrize("crumbs", [b"\x21\xfe\x00" * 1_000_001, b"\x21\xfe" + b"\1x" * 1_000_001 + b"\0"])
def test_file_in_crumbs_is_not_walked_to_its_end(crumbs: bytes) -> None:
    data = encoded(picture("P"), "GIF")
    at = data.index(b"\x2c")
    facts = picture_facts(data[:at] + crumbs + data[at:], decode=True)
    assert facts.problems == ("broken header: it is made of more than 1000000 blocks",)
