"""RIFF headers."""

import io
import random
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.riff import (
    WavHeader,
    aiff_missing_bytes,
    au_missing_bytes,
    avi_missing_bytes,
    avi_missing_index,
    info_bytes,
    read_wav_header,
    w64_missing_bytes,
)

from ..make import FIXTURES, patched, riff, riff_chunk, wav

OPEN = [0, 0x7FFFFFFF, 0x7FFFF000, 0x7FFFFFDB, 0x80000000, 0xFFFFFF9B, 0xFFFFFFFF, 2_000_000_000, 0x40000000]
AVI = (FIXTURES / "formats/h264.avi").read_bytes()


def header(data: bytes) -> WavHeader:
    return read_wav_header(io.BytesIO(data), len(data))


@given(length=st.integers(1, 2000), behind=st.integers(0, 50))
def test_whole_file(length: int, behind: int) -> None:
    data = wav(bytes(length), rate=1000, bits=8)
    assert header(data + bytes(behind)) == WavHeader(length / 1000, 0, 44, len(data), None, data[12:36])


@given(length=st.integers(1, 2000), missing=st.integers(65, 2**27))
def test_data_that_is_cut_off(length: int, missing: int) -> None:
    claim = length + missing
    data = wav(bytes(length), rate=1000, bits=8, length=claim)
    assert header(data) == WavHeader(claim / 1000, missing, 44, 44 + claim, None, data[12:36])


@pytest.mark.parametrize("slip", [1, 8, 36, 44])
def test_a_writer_that_counts_wrong(slip: int) -> None:
    data = wav(bytes(100), rate=1000, bits=8, length=100 + slip)
    claims = f"its data chunk states {100 + slip} bytes, {slip} more than it has"
    assert header(data) == WavHeader((100 + slip) / 1000, 0, 44, 144, claims, data[12:36])


@pytest.mark.parametrize("claim", OPEN)
def test_length_left_open(claim: int) -> None:
    data = wav(bytes(100), rate=1000, bits=8, length=claim)
    falsehood = f"its data chunk states {claim} bytes, as streaming programs write; it has 100"
    assert header(data) == WavHeader(None, 0, 44, 144, falsehood, data[12:36])


@pytest.mark.every("claim", [0, 2**63 - 1, 2**64 - 1, *OPEN])
def test_wide_length_left_open(claim: int) -> None:
    wide = riff_chunk(b"ds64", struct.pack("<QQQI", 0, claim, 0, 0))
    data = wav(bytes(100), rate=1000, bits=8, length=0xFFFFFFFF, more=wide).replace(b"RIFF", b"RF64", 1)
    found = header(data)
    assert found.falsehood is not None
    assert (found.duration, found.missing, found.start, found.end) == (None, 0, len(data) - 100, len(data))


@pytest.mark.parametrize("wide", [0, 2**64 - 1, 100])
def test_a_length_in_its_own_chunk_counts_in_wide_files_too(wide: int) -> None:
    more = riff_chunk(b"ds64", struct.pack("<QQQI", 0, wide, 0, 0))
    found = header(wav(bytes(100), rate=1000, bits=8, more=more).replace(b"RIFF", b"RF64", 1))
    assert (found.duration, found.missing) == (0.1, 0)
    assert (found.falsehood is None) == (wide == 100)


NOISE = random.Random(1).randbytes(4000)
TITLES = b"LIST" + struct.pack("<I", 26) + b"INFO" + riff_chunk(b"INAM", b"title\0") + riff_chunk(b"ICMT", b"")
BEHIND = {
    "titles": TITLES,
    "titles and a tag": TITLES + riff_chunk(b"id3 ", b"ID3\4\0\0\0\0\0\0"),
    "a chunk of no name that is known": riff_chunk(b"x_y9", bytes(300)),
    "a chunk of odd length": riff_chunk(b"bext", bytes(603)),
    "a chunk of odd length without its filler": riff_chunk(b"bext", bytes(603), pad=False),
    "an empty chunk": riff_chunk(b"JUNK", b""),
}


@pytest.mark.every("behind", BEHIND)
@pytest.mark.every("claim", [0, 0xFFFFFFFF])
def test_data_of_unknown_length_ends_before_the_chunks_behind_it(behind: str, claim: int) -> None:
    found = header(wav(NOISE, length=claim) + BEHIND[behind])
    assert (found.start, found.end) == (44, 4044)
    assert found.falsehood is not None
    assert found.falsehood.endswith("; it has 4000")


@pytest.mark.parametrize("behind", [TITLES[:-1], TITLES + b"x", b"LIST" + struct.pack("<I", 2**31), b"\0\0\0\0\0\0\0\0"])
def test_what_does_not_lead_to_the_end_is_no_chunk(behind: bytes) -> None:
    data = wav(NOISE, length=0) + behind
    assert header(data).end == len(data)


@given(length=st.integers(1, 300), behind=st.integers(0, 50), claim=st.sampled_from([None, 0, 2**32 - 1]))
def test_a_plain_head_makes_a_true_file(length: int, behind: int, claim: int | None) -> None:
    data = wav(bytes(length), rate=1000, bits=8, length=claim) + bytes(behind if claim is None else 0)
    found = header(data)
    plain = found.plain_head + data[found.start : found.end]
    assert header(plain) == WavHeader(length / 1000, 0, 44, len(plain), None, data[12:36])
    with wave.open(io.BytesIO(plain + bytes(length % 2))) as judge:
        assert judge.readframes(length + 1) == bytes(length)


TITLE = riff_chunk(b"LIST", b"INFO" + riff_chunk(b"INAM", b"title\0"))


@pytest.mark.parametrize("wide", [None, 1000])
@pytest.mark.parametrize("behind", [b"", TITLE])
def test_sound_behind_a_size_that_is_too_small_is_named(wide: int | None, behind: bytes) -> None:
    """FFmpeg, SoX, libsndfile and mediainfo go by the size."""
    more = b"" if wide is None else riff_chunk(b"ds64", struct.pack("<QQQI", 0, wide, 0, 0))
    data = wav(NOISE, length=1000 if wide is None else 0xFFFFFFFF, more=more) + behind
    found = header(data)
    left = 3000 + len(behind)
    assert (
        found.falsehood
        == f"its data chunk states 1000 bytes; the {left} bytes after it are not a chunk, and players leave them out"
    )
    assert (found.duration, found.missing, (found.end or 0) - found.start) == (1000 / 16_000, 0, 1000)


@pytest.mark.parametrize("between", [b"", TITLE, riff_chunk(b"data", b"")])
def test_sound_behind_an_empty_data_chunk(between: bytes) -> None:
    """FFmpeg plays it; others take the first chunk for the whole file."""
    data = riff(wav(b"")[8:] + between + riff_chunk(b"data", NOISE))
    found = header(data)
    assert found.falsehood == f"its first data chunk is empty; the sound is in a second one, of {len(NOISE)} bytes"
    assert (found.duration, found.missing, data[found.start : found.end]) == (None, 0, NOISE)
    cut = header(data[:-100])
    assert (cut.missing, cut.falsehood) == (100, None)


@pytest.mark.parametrize("between", [b"", TITLE])
def test_a_second_data_chunk_is_named(between: bytes) -> None:
    """SoX and mediainfo play the first one, FFmpeg the second, libsndfile neither."""
    found = header(wav(NOISE) + between + riff_chunk(b"data", bytes(500)))
    said = "it has a second data chunk, of 500 bytes, which some players leave out and others play alone"
    assert (found.falsehood, found.end) == (said, 4044)
    assert found.more == (range(4052 + len(between), 4552 + len(between)),)


def test_a_second_data_chunk_does_not_go_on_within_a_sample() -> None:
    assert header(wav(NOISE[:-1]) + b"\0" + riff_chunk(b"data", NOISE)).more == ()


def test_a_file_joined_to_another_is_named() -> None:
    found = header(wav(NOISE) + wav(NOISE))
    assert (
        found.falsehood == "its data chunk states 4000 bytes; the 4044 bytes after it are not a chunk, and players leave them out"
    )


QUIET = {
    "filler": bytes(5000),
    "a tag": b"TAG" + bytes(5000),
    "an ID3 tag": b"ID3\4\0\0" + bytes(5000),
    "a moment": NOISE[:60],
    "a chunk that is cut": TITLE[:-5],
    "a chunk and filler": TITLE + bytes(5000),
}


@pytest.mark.every("behind", [*BEHIND, *QUIET])
@pytest.mark.every("length", [4000, 3999])
def test_what_stands_behind_the_data_as_a_rule_is_not_named(behind: str, length: int) -> None:
    assert header(wav(NOISE[:length]) + b"\0" * (length % 2) + (BEHIND | QUIET)[behind]).falsehood is None


def test_a_chunk_behind_odd_data_without_its_filler_is_not_named() -> None:
    assert header(wav(NOISE[:3999], bits=8) + riff_chunk(b"bext", bytes(9000))).falsehood is None


@pytest.mark.parametrize(("bits", "length"), [(8, 3999), (24, 3999), (24, 3990)])
@pytest.mark.parametrize("claim", [0, 0xFFFFFFFF])
def test_no_filler_is_played_at_the_end_of_data_of_unknown_length(bits: int, length: int, claim: int) -> None:
    """In unsigned samples it would be a click as loud as can be."""
    data = wav(NOISE[: length - 1] + b"x", bits=bits, length=claim)
    for filler in (b"\0" * (length % 2), b""):
        found = header(data + filler + TITLE)
        assert (found.end or 0) - found.start == length


def test_of_two_formats_the_first_counts() -> None:
    """FFmpeg and SoX go by it, libsndfile refuses the file."""
    other = riff_chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 16_000, 64_000, 4, 16))
    found = header(wav(NOISE, more=other))
    assert found == WavHeader(0.25, 0, 68, 4068, "it has 2 fmt chunks; players go by the first, or refuse it", wav(b"")[12:36])


def test_nothing_behind_an_open_length_is_no_recording() -> None:
    found = header(wav(b"", length=0))
    assert (found.falsehood, found.start, found.end) == (None, 44, 44)


def test_no_data_and_no_format() -> None:
    assert header(riff(b"WAVE")) == WavHeader()
    assert header(riff(b"WAVE", riff_chunk(b"fmt ", bytes(16)))) == WavHeader()
    assert header(riff(b"WAVE", riff_chunk(b"data", bytes(10)))) == WavHeader(None, 0, 20, 30)
    assert header(riff(b"WAVE", riff_chunk(b"data", bytes(10)))).plain_head == b""


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
    assert avi_missing_index(io.BytesIO(data), len(data)) >= 0
    assert au_missing_bytes(io.BytesIO(data), len(data)) >= 0
    assert w64_missing_bytes(io.BytesIO(data), len(data)) >= 0


@pytest.mark.parametrize(("cut", "missing"), [(0, 0), (1, 0), (64, 0), (65, 65), (900, 900)])
def test_aiff_that_is_cut_off(cut: int, missing: int) -> None:
    body = b"COMM" + struct.pack(">I", 18) + bytes(18) + b"SSND" + struct.pack(">I", 1008) + bytes(1008)
    data = (b"FORM" + struct.pack(">I", 4 + len(body)) + b"AIFF" + body)[: 1054 - cut]
    assert aiff_missing_bytes(io.BytesIO(data), len(data)) == missing


@pytest.mark.parametrize(("cut", "missing"), [(0, 0), (64, 0), (65, 65), (900, 900)])
def test_w64_that_is_cut_off(cut: int, missing: int) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return name + bytes(12) + struct.pack("<Q", 24 + len(body)) + body + bytes(-len(body) % 8)

    body = bytes(16) + chunk(b"fmt ", bytes(18)) + chunk(b"data", bytes(1000))
    data = b"riff" + bytes(12) + struct.pack("<Q", 24 + len(body)) + body
    assert w64_missing_bytes(io.BytesIO(data[: len(data) - cut]), len(data) - cut) == missing


@pytest.mark.parametrize(("cut", "missing"), [(0, 0), (64, 0), (65, 65), (900, 900)])
def test_au_that_is_cut_off(cut: int, missing: int) -> None:
    data = b".snd" + struct.pack(">IIIII", 24, 1000, 3, 8000, 1) + bytes(1000)
    assert au_missing_bytes(io.BytesIO(data[: len(data) - cut]), len(data) - cut) == missing


def test_au_and_w64_of_unknown_length_are_whole() -> None:
    au = b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 3, 8000, 1) + bytes(1000)
    w64 = b"riff" + bytes(36) + b"data" + bytes(12) + struct.pack("<Q", 2**63 - 1) + bytes(1000)
    assert (au_missing_bytes(io.BytesIO(au), len(au)), w64_missing_bytes(io.BytesIO(w64), len(w64))) == (0, 0)


@pytest.mark.parametrize("claim", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_aiff_of_unknown_length_is_whole(claim: int) -> None:
    data = b"FORM" + bytes(4) + b"AIFF" + b"SSND" + struct.pack(">I", claim) + bytes(1000)
    assert aiff_missing_bytes(io.BytesIO(data), len(data)) == 0


INDEX = AVI.rindex(b"idx1")


@pytest.mark.parametrize("cut", [0, len(AVI) - INDEX + 1, len(AVI) - INDEX + 1000, len(AVI) - 20])
def test_avi_that_is_cut_off(cut: int) -> None:
    assert avi_missing_bytes(io.BytesIO(AVI[: len(AVI) - cut]), len(AVI) - cut) == cut
    assert avi_missing_index(io.BytesIO(AVI[: len(AVI) - cut]), len(AVI) - cut) == 0


@pytest.mark.parametrize("cut", [1, 9, 600])
def test_avi_of_which_only_the_index_is_cut(cut: int) -> None:
    data = io.BytesIO(AVI[:-cut])
    assert (avi_missing_bytes(data, len(AVI) - cut), avi_missing_index(data, len(AVI) - cut)) == (0, cut)


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF, len(AVI), len(AVI) - 8, 100])
def test_avi_lengths_that_say_nothing(stated: int) -> None:
    assert avi_missing_bytes(io.BytesIO(patched(AVI, 4, stated.to_bytes(4, "little"))), len(AVI)) == 0


@pytest.mark.parametrize("more", [9, 5000])
def test_avi_that_says_too_much_is_whole(more: int) -> None:
    whole = int.from_bytes(AVI[4:8], "little") + more
    longer = patched(AVI, 4, whole.to_bytes(4, "little"))
    assert avi_missing_bytes(io.BytesIO(longer), len(AVI)) == 0
    at = AVI.index(b"movi") - 4
    frames = int.from_bytes(AVI[at : at + 4], "little") + more
    assert avi_missing_bytes(io.BytesIO(patched(longer, at, frames.to_bytes(4, "little"))), len(AVI)) == 0
    cut = AVI.rindex(b"idx1") - 5
    assert avi_missing_bytes(io.BytesIO(longer[:cut]), cut) == len(AVI) + more - cut


# -- lists of titles


def info(claim: int, more: bytes = b"") -> bytes:
    """A list of titles that claims to hold so many bytes, and holds one of four."""
    return b"LIST" + struct.pack("<I", claim) + b"INFO" + riff_chunk(b"INAM", b"name") + more


def longest(data: bytes) -> int:
    return info_bytes(io.BytesIO(data), len(data))


@pytest.mark.every("claim", [16, 2**31, 2**32 - 1])
@pytest.mark.every(
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
