"""Ogg pages, damaged and cut."""

import io
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import AudioFacts, Problem
from mediapreflight.media.parsers.ogg import Pages, read_pages
from mediapreflight.media.probe import probe

from ..make import FIXTURES, MediaMaker, lavfi

SOUND = (FIXTURES / "formats/vorbis.ogg").read_bytes()


def pages(data: bytes) -> Pages:
    return read_pages(io.BytesIO(data), len(data))


def starts(data: bytes) -> list[int]:
    """Where pages begin."""
    return [at for at in range(len(data)) if data.startswith(b"OggS\0", at)]


def test_a_whole_file() -> None:
    assert pages(SOUND) == Pages()


def test_checksums_are_those_of_the_encoder() -> None:
    """Each byte of a page of sound counts, its checksum as well."""
    at = starts(SOUND)[-1]
    for place in (at + 22, (at + len(SOUND)) // 2, len(SOUND) - 1):
        assert pages(SOUND[:place] + bytes((SOUND[place] ^ 1,)) + SOUND[place + 1 :]) == Pages(broken=1)


@pytest.mark.parametrize("junk", [b"TAG" + bytes(125), bytes(300), b"\n"])
def test_what_stands_behind_the_last_page_is_no_matter(junk: bytes) -> None:
    assert pages(SOUND + junk) == Pages()


def test_titles_that_were_edited_in_place() -> None:
    second = starts(SOUND)[1]
    edited = SOUND[: second + 60] + b"x" + SOUND[second + 61 :]
    assert edited != SOUND
    assert pages(edited) == Pages()


def test_a_file_cut_within_a_page() -> None:
    for end in (len(SOUND) - 1, starts(SOUND)[-1] + 10, starts(SOUND)[-1] + 27):
        assert pages(SOUND[:end]) == Pages(is_cut=True)


def test_a_file_cut_between_pages_may_be_a_stream() -> None:
    assert pages(SOUND[: starts(SOUND)[-1]]) == Pages()


def test_a_page_that_is_missing() -> None:
    first, second = starts(SOUND)[-2:]
    assert pages(SOUND[:first] + SOUND[second:]) == Pages(broken=1)


def test_bytes_between_pages_are_no_loss_where_readers_find_the_next_one() -> None:
    at, junk = starts(SOUND)[-1], random.Random(1).randbytes(70_000).replace(b"Ogg", b"ogg")
    assert pages(SOUND[:at] + junk[:5000] + SOUND[at:]) == Pages()
    assert pages(SOUND[:at] + junk + SOUND[at:]) == Pages(broken=1)
    assert pages(SOUND[: starts(SOUND)[-2]] + junk[:5000] + SOUND[at:]) == Pages(broken=1)


def test_a_second_stream_behind_the_first() -> None:
    assert pages(SOUND + SOUND) == Pages()


def test_a_first_page_that_comes_twice() -> None:
    second = starts(SOUND)[1]
    assert pages(SOUND[:second] + SOUND[:second] + SOUND[second:]) == Pages()


def test_headers_without_data_end() -> None:
    empty = b"OggS\0" + bytes(21) + b"\0"
    assert pages(empty * 1000).is_cut is False
    assert pages(b"OggS" + struct.pack("<B", 0) + bytes(21) + b"\xff") == Pages(is_cut=True)


@pytest.mark.parametrize("encoder", ["libvorbis", "libopus", "flac"])
def test_facts_name_the_damage(make: MediaMaker, encoder: str) -> None:
    noise = lavfi("anoisesrc=d=8:r=48000:seed=1")
    whole = make(f"long-{encoder}.ogg", *noise, "-c:a", encoder, "-page_duration", "500000").read_bytes()
    middle = starts(whole)[6] + 300
    overwritten = make.write("overwritten.ogg", whole[:middle] + bytes(50) + whole[middle + 50 :])
    assert probe(overwritten).problem(Problem.CORRUPT) is not None
    assert probe(make.write("cut.ogg", whole[:middle])).problem(Problem.TRUNCATED) == "it ends within a page"
    assert probe(make.write("tagged.ogg", whole + bytes(300))).problems == ()


def checksum(page: bytes) -> int:
    """CRC-32 by the polynomial 0x04c11db7, begun with 0."""
    found = 0
    for byte in page:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ (0x04C11DB7 if found >> 31 else 0)) & 0xFFFFFFFF
    return found


def test_sound_that_the_header_of_opus_has_left_out_is_not_missed(make: MediaMaker) -> None:
    """So begins what was cut out of a longer recording: decoders skip it, and FFmpeg counts it."""
    data = bytearray(make("pages.opus", *lavfi("sine=d=3:r=48000"), "-c:a", "libopus", "-b:a", "16k").read_bytes())
    skipped = data.index(b"OpusHead") + 10
    data[skipped : skipped + 2] = (40_000).to_bytes(2, "little")
    data[22:26] = bytes(4)
    data[22:26] = checksum(bytes(data[: starts(bytes(data))[1]])).to_bytes(4, "little")
    facts = probe(make.write("skipping.opus", bytes(data)))
    assert isinstance(facts, AudioFacts)
    assert (facts.problems, facts.duration_s) == ((), pytest.approx(3 - 39_688 / 48_000, abs=0.02))


def test_a_page_of_pictures_that_is_damaged(make: MediaMaker) -> None:
    whole = make("long.ogv", *lavfi("testsrc2=d=3:s=160x120:r=10"), "-c:v", "libtheora").read_bytes()
    middle = starts(whole)[3] + 100
    overwritten = make.write("overwritten.ogv", whole[:middle] + bytes(50) + whole[middle + 50 :])
    assert probe(overwritten).problem(Problem.CORRUPT) is not None


@given(data=st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    read_pages(io.BytesIO(b"OggS" + data), len(data) + 4)
