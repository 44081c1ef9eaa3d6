"""RIFF headers."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.probe.riff import WavHeader, avi_missing_bytes, info_bytes, read_wav_header

from .make import FIXTURES, patched, riff, riff_chunk, wav

AVI = (FIXTURES / "formats/h264.avi").read_bytes()


def header(data: bytes) -> WavHeader:
    return read_wav_header(io.BytesIO(data), len(data))


@given(length=st.integers(1, 2000), behind=st.integers(0, 50))
def test_whole_file(length: int, behind: int) -> None:
    data = wav(bytes(length), rate=1000, bits=8)
    assert header(data + bytes(behind)) == WavHeader(length / 1000, 0, len(data))


@given(length=st.integers(1, 2000), claim=st.integers(1, 2**32 - 2))
def test_false_length(length: int, claim: int) -> None:
    data = wav(bytes(length), rate=1000, bits=8, length=claim)
    assert header(data) == WavHeader(claim / 1000, max(0, claim - length), 44 + claim)


@pytest.mark.parametrize(("claim", "duration"), [(0, None), (0xFFFFFFFF, 0xFFFFFFFF / 1000)])
def test_length_left_open(claim: int, duration: float | None) -> None:
    assert header(wav(bytes(100), rate=1000, bits=8, length=claim)) == WavHeader(duration)


def test_no_data_and_no_format() -> None:
    assert header(riff(b"WAVE")) == WavHeader()
    assert header(riff(b"WAVE", riff_chunk(b"fmt ", bytes(16)))) == WavHeader()
    assert header(riff(b"WAVE", riff_chunk(b"data", bytes(10)))) == WavHeader(None, 0, 30)


def test_endless_chunks_are_given_up() -> None:
    class Counting(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size)

    stream = Counting(riff(b"WAVE", riff_chunk(b"abcd", b"") * 200_000))
    assert read_wav_header(stream, stream.getbuffer().nbytes) == WavHeader()
    assert stream.reads <= 10_000


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    assert header(data).missing >= 0
    assert avi_missing_bytes(io.BytesIO(data), len(data)) >= 0


@pytest.mark.parametrize("cut", [0, 9, 1000, len(AVI) - 20])
def test_avi_that_is_cut_off(cut: int) -> None:
    assert avi_missing_bytes(io.BytesIO(AVI[: len(AVI) - cut]), len(AVI) - cut) == cut


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF, len(AVI), len(AVI) - 8, 100])
def test_avi_lengths_that_say_nothing(stated: int) -> None:
    assert avi_missing_bytes(io.BytesIO(patched(AVI, 4, stated.to_bytes(4, "little"))), len(AVI)) == 0


# -- lists of titles


def info(claim: int, more: bytes = b"") -> bytes:
    """A list of titles that claims to hold so many bytes, and holds one of four."""
    return b"LIST" + struct.pack("<I", claim) + b"INFO" + riff_chunk(b"INAM", b"name") + more


def longest(data: bytes) -> int:
    return info_bytes(io.BytesIO(data), len(data))


@pytest.mark.parametrize("claim", [16, 2**31, 2**32 - 1])
@pytest.mark.parametrize(
    "before",
    [
        b"",
        riff_chunk(b"JUNK", bytes(2**17)),
        riff_chunk(b"JUNK", bytes(5)),
        info(16),
        # FFmpeg clips lengths that reach beyond what is around them.
        b"strf" + struct.pack("<I", 2**30) + bytes(40),
        b"LIST" + struct.pack("<I", 60) + b"hdrl",
    ],
    ids=["nothing", "much", "odd", "another", "lie", "inside"],
)
def test_the_longest_list_of_titles_is_found(before: bytes, claim: int) -> None:
    assert longest(riff(b"WAVE", before, info(claim), riff_chunk(b"data", bytes(10)))) == claim


def test_what_stands_behind_the_sound_and_the_pictures_is_not_looked_at() -> None:
    assert longest(riff(b"WAVE", riff_chunk(b"data", bytes(10)), info(2**31))) == 0
    assert longest(riff(b"AVI ", riff_chunk(b"LIST", b"movi"), info(2**31))) == 0
    assert longest(AVI) == 0


@given(st.binary(max_size=200))
def test_no_bytes_make_the_search_fail(data: bytes) -> None:
    assert 0 <= longest(riff(b"WAVE", data)) < 2**32
