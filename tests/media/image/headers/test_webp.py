"""WebP chunks: the three ways to state a size, frames, and where files end."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediapreflight.media.facts import Problem

from ...make import encoded, exif_block, picture, picture_facts, riff, riff_chunk

LOSSY = encoded(picture(size=(24, 16)), "WEBP")


def canvas(width: int, height: int, flags: int = 0) -> bytes:
    return riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


@given(width=st.integers(1, 2**24), height=st.integers(1, 2**24), alpha=st.booleans())
def test_extended_canvas(width: int, height: int, alpha: bool) -> None:
    facts = picture_facts(riff(b"WEBP", canvas(width, height, 0x10 if alpha else 0)))
    assert (facts.width, facts.height, facts.has_alpha, facts.frames) == (width, height, alpha, 1)


@given(width=st.integers(1, 2**14), height=st.integers(1, 2**14), alpha=st.booleans())
def test_lossless_canvas(width: int, height: int, alpha: bool) -> None:
    bits = (width - 1) | (height - 1) << 14 | alpha << 28
    facts = picture_facts(riff(b"WEBP", riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", bits) + bytes(10))))
    assert (facts.width, facts.height, facts.has_alpha, facts.channels) == (width, height, alpha, 4 if alpha else 3)


@given(width=st.integers(1, 2**14 - 1), height=st.integers(1, 2**14 - 1), scale=st.integers(0, 3))
def test_lossy_canvas(width: int, height: int, scale: int) -> None:
    # The two bits above each side ask for scaling, which nobody does.
    sides = struct.pack("<HH", width | scale << 14, height | scale << 14)
    facts = picture_facts(riff(b"WEBP", riff_chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + sides)))
    assert (facts.width, facts.height, facts.has_alpha) == (width, height, False)


@pytest.mark.parametrize("frames", [0, 1, 2, 7])
def test_frames_are_counted(frames: int) -> None:
    data = riff(b"WEBP", canvas(8, 8, 0x02), riff_chunk(b"ANIM", bytes(6)), riff_chunk(b"ANMF", bytes(24)) * frames)
    assert picture_facts(data).frames == frames


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_exif_with_and_without_the_prefix_of_jpeg(prefix: bytes) -> None:
    data = riff(b"WEBP", canvas(24, 16), LOSSY[12:], riff_chunk(b"EXIF", prefix + exif_block(6, located=True)))
    facts = picture_facts(data)
    assert (facts.width, facts.height, facts.has_location) == (16, 24, True)


def test_xmp() -> None:
    data = riff(b"WEBP", canvas(24, 16), LOSSY[12:], riff_chunk(b"XMP ", b"<tiff:Orientation>8</tiff:Orientation>"))
    assert picture_facts(data).orientation == 8


@pytest.mark.parametrize("pad", [True, False])
def test_the_last_chunk_needs_its_pad_byte(pad: bool) -> None:
    data = riff(b"WEBP", canvas(24, 16), LOSSY[12:], riff_chunk(b"XMP ", b"odd", pad=pad))
    problem = picture_facts(data).problem(Problem.TRUNCATED)
    assert problem == (None if pad else "the file is 1 bytes shorter than its header says")
    # libwebp refuses to decode without it.
    if pad:
        Image.open(io.BytesIO(data)).close()
    else:
        with pytest.raises(OSError, match="decoder"):
            Image.open(io.BytesIO(data))


@pytest.mark.parametrize("missing", [1, 2, 100])
def test_cut_off(missing: int) -> None:
    facts = picture_facts(LOSSY[:-missing])
    assert facts.problem(Problem.TRUNCATED) == f"the file is {missing} bytes shorter than its header says"


def test_bytes_behind_the_end_do_not_count() -> None:
    assert picture_facts(LOSSY + bytes(99)).problems == ()


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        (b"", "it contains no picture"),
        (riff_chunk(b"ALPH", bytes(8)), "its first chunk is not a picture"),
        (riff_chunk(b"VP8L", b"\x00" * 10), "lacks the signature byte"),
        (riff_chunk(b"VP8 ", b"\x00" * 10), "not a key frame"),
        (riff_chunk(b"VP8X", b"\x00" * 4), "ends inside its header"),
    ],
)
def test_broken(chunk: bytes, words: str) -> None:
    assert words in (picture_facts(riff(b"WEBP", chunk)).problem(Problem.BROKEN) or "")
