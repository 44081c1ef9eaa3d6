"""Boxes of ISO base media files."""

import io
import itertools
import struct
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.boxes import Box, ListingReader, boxes, find, listed_samples, movie_duration, payload

from ..make import FIXTURES, box, box_at

FIXTURE = (FIXTURES / "formats/h264.mp4").read_bytes()
KINDS = st.sampled_from([b"moov", b"trak", b"mdat", b"free", b"abcd", b"\0\0\0\0"])
CONTENTS = st.binary(max_size=40)
UNKNOWN_32, UNKNOWN_64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def walk(data: bytes) -> list[Box]:
    return list(boxes(io.BytesIO(data), 0, len(data)))


@given(st.lists(st.tuples(KINDS, CONTENTS), max_size=12))
def test_boxes_come_in_order_with_their_contents(parts: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(box(kind, content) for kind, content in parts)
    found = walk(data)
    assert [(each.type, data[each.start : each.end]) for each in found] == parts


@given(CONTENTS, CONTENTS)
def test_wide_lengths(first: bytes, second: bytes) -> None:
    data = struct.pack(">I4sQ", 1, b"mdat", 16 + len(first)) + first + box(b"moov", second)
    assert [(each.type, data[each.start : each.end]) for each in walk(data)] == [(b"mdat", first), (b"moov", second)]


@given(CONTENTS)
def test_length_zero_reaches_to_the_end(content: bytes) -> None:
    data = box(b"free") + struct.pack(">I4s", 0, b"mdat") + content
    assert walk(data)[-1] == Box(b"mdat", 16, len(data))


@given(st.binary(max_size=300))
def test_random_bytes_never_raise_and_never_hang(data: bytes) -> None:
    found = walk(data)
    assert len(found) <= len(data) // 8
    assert all(each.start > 0 and each.end >= each.start for each in found)
    assert all(later.start > earlier.start for earlier, later in itertools.pairwise(found))


@given(st.integers(0, len(FIXTURE) - 1), st.integers(0, 255))
def test_damaged_files_never_raise(at: int, value: int) -> None:
    data = bytearray(FIXTURE)
    data[at] = value
    stream, whole = io.BytesIO(data), Box(b"file", 0, len(data))
    movie = find(stream, whole, b"moov")
    assert movie is None or (movie_duration(stream, movie) or 1) > 0
    assert listed_samples(stream, len(data)) >= 0


def test_find_follows_a_path() -> None:
    whole = Box(b"file", 0, len(FIXTURE))
    found = find(io.BytesIO(FIXTURE), whole, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
    assert found is not None
    assert (found.start, found.end) == box_at(FIXTURE, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
    assert find(io.BytesIO(FIXTURE), whole, b"moov", b"nope") is None


@given(st.binary(max_size=50), st.integers(0, 60))
def test_payload_is_limited(content: bytes, limit: int) -> None:
    data = box(b"abcd", content)
    assert payload(io.BytesIO(data), walk(data)[0], limit) == content[:limit]


def movie(header: bytes, *more: bytes) -> tuple[io.BytesIO, Box]:
    data = box(b"moov", box(b"mvhd", header), *more)
    return io.BytesIO(data), Box(b"moov", 8, len(data))


@given(timescale=st.integers(1, 2**32 - 1), duration=st.integers(1, 2**32 - 2), wide=st.booleans())
def test_movie_duration(timescale: int, duration: int, wide: bool) -> None:
    narrow_header = struct.pack(">IIIII", 0, 0, 0, timescale, duration)
    wide_header = struct.pack(">IQQIQ", 1 << 24, 0, 0, timescale, duration)
    assert movie_duration(*movie(wide_header if wide else narrow_header)) == pytest.approx(duration / timescale)


@pytest.mark.parametrize(
    "header",
    [
        struct.pack(">IIIII", 0, 0, 0, 1000, 0),
        struct.pack(">IIIII", 0, 0, 0, 0, 1000),
        struct.pack(">IIIII", 0, 0, 0, 1000, UNKNOWN_32),
        struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, UNKNOWN_64),
        struct.pack(">IIII", 0, 0, 0, 1000),
        b"",
    ],
    ids=["zero", "no timescale", "unknown", "unknown, wide", "short", "empty"],
)
def test_movie_duration_that_is_left_open(header: bytes) -> None:
    assert movie_duration(*movie(header)) is None


def test_movie_header_of_a_fragmented_file_covers_no_more_than_its_first_fragment() -> None:
    assert movie_duration(*movie(struct.pack(">IIIII", 0, 0, 0, 1000, 400), box(b"mvex"))) is None


@pytest.mark.parametrize("count", [0, 25, 2**32 - 1])
def test_listed_samples(count: int) -> None:
    sizes = box(b"stsz", struct.pack(">III", 0, 1, count))
    track = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", sizes))))
    run = box(b"trun", struct.pack(">II", 0, count))
    for data in (
        box(b"moov", box(b"trak"), track),
        box(b"moof", box(b"traf", run)),
        box(b"free") + box(b"moof", box(b"traf", run)),
    ):
        assert listed_samples(io.BytesIO(data), len(data)) == count


@pytest.mark.parametrize(
    ("handler", "times", "listed"),
    [
        (b"soun", (1, 48_000, 1), 0),
        (b"vide", (1, 48_000, 1), 48_000),
        (b"soun", (1, 48_000, 1024), 48_000),
        (b"soun", (2, 1, 1), 48_000),
        (b"soun", (1, 47_999, 1), 48_000),
    ],
)
def test_samples_of_raw_sound_are_not_listed_one_by_one(handler: bytes, times: tuple[int, ...], listed: int) -> None:
    tables = box(b"stsz", struct.pack(">III", 0, 2, 48_000)) + box(b"stts", struct.pack(">IIII", 0, *times))
    media = box(b"mdia", box(b"hdlr", bytes(8) + handler), box(b"minf", box(b"stbl", tables)))
    data = box(b"moov", box(b"trak", media))
    assert listed_samples(io.BytesIO(data), len(data)) == listed


def test_listed_samples_of_a_fixture() -> None:
    assert listed_samples(io.BytesIO(FIXTURE), len(FIXTURE)) == 25


def test_what_a_file_lists_is_read_once() -> None:
    class Counted(io.BytesIO):
        reads = 0

        def readinto(self, buffer: Any) -> int:
            Counted.reads += 1
            return super().readinto(buffer)

    index = box(b"moov", box(b"trak", b"1234"))
    # So far behind that no buffer holds both.
    data = box(b"free", bytes(100_000)) + index
    stream = ListingReader(cast("io.RawIOBase", Counted(data)))
    whole = Box(b"file", 0, len(data))
    found = find(stream, whole, b"moov", b"trak")
    before = Counted.reads
    assert found == find(stream, whole, b"moov", b"trak") == Box(b"trak", len(data) - 4, len(data))
    assert Counted.reads == before > 0
