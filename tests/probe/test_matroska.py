"""Matroska elements that FFmpeg does not pass on."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.probe.matroska import TrackHeader, missing_bytes, read_track_header

from .make import FIXTURES

FIXTURE = (FIXTURES / "formats/h264.mkv").read_bytes()
EBML, SEGMENT, TRACKS, TRACK, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675
VIDEO, PROJECTION, ROLL = 0xE0, 0x7670, 0x7675
ENCODINGS, ENCODING, ENCRYPTION, COMPRESSION = 0x6D80, 0x6240, 0x5035, 0x5034


def element(id: int, *contents: bytes, size_bytes: int = 8) -> bytes:
    body = b"".join(contents)
    return open_element(id, body, ((1 << 7 * size_bytes) | len(body)).to_bytes(size_bytes, "big"))


def open_element(id: int, body: bytes, size: bytes = b"\x01" + b"\xff" * 7) -> bytes:
    """An element whose size is left open, as live streams do."""
    return id.to_bytes((id.bit_length() + 7) // 8, "big") + size + body


def track(kind: int, *more: bytes) -> bytes:
    return element(TRACK, element(0xD7, b"\1"), element(0x83, bytes([kind])), *more)


def turned(roll: float, layout: str = ">f") -> bytes:
    return element(VIDEO, element(0xB0, b"\x40"), element(PROJECTION, element(ROLL, struct.pack(layout, roll))))


def read(*tracks: bytes, segment=element) -> TrackHeader:  # type: ignore[no-untyped-def]
    body = element(0x1549A966, bytes(30)) + element(TRACKS, *tracks) + element(CLUSTER, bytes(100))
    data = element(EBML, bytes(20)) + segment(SEGMENT, body)
    return read_track_header(io.BytesIO(data), len(data))


@pytest.mark.parametrize("layout", [">f", ">d"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270, -90])
def test_roll_counts_counter_clockwise(degrees: int, layout: str) -> None:
    assert read(track(1, turned(-degrees, layout))) == TrackHeader(rotation=degrees)


def test_a_segment_of_open_size() -> None:
    assert read(track(1, turned(-90)), segment=open_element).rotation == 90


def test_the_first_video_track_counts() -> None:
    assert read(track(2), track(1), track(1, turned(90))).rotation == 0
    assert read(track(2), track(1, turned(-90)), track(1)).rotation == 90


def test_encryption() -> None:
    encrypted = element(ENCODINGS, element(ENCODING, element(ENCRYPTION, b"")))
    compressed = element(ENCODINGS, element(ENCODING, element(COMPRESSION, b"")))
    assert read(track(1, encrypted)).encrypted
    assert not read(track(1, compressed)).encrypted
    assert not read(track(2, encrypted), track(1)).encrypted


@pytest.mark.parametrize("roll", [float("nan"), float("inf"), float("-inf")])
def test_senseless_rolls_do_not_count(roll: float) -> None:
    assert read(track(1, turned(roll))).rotation == 0


def test_nothing_is_read_behind_the_first_cluster() -> None:
    tracks = element(TRACKS, track(1, turned(90)))
    data = element(EBML) + element(SEGMENT, element(CLUSTER, bytes(10)), tracks)
    assert read_track_header(io.BytesIO(data), len(data)) == TrackHeader()


def test_missing_bytes() -> None:
    for cut in (0, 1, 1000, len(FIXTURE) - 200):
        assert missing_bytes(io.BytesIO(FIXTURE[: len(FIXTURE) - cut]), len(FIXTURE) - cut) == cut


def test_nothing_is_missing_from_an_open_segment() -> None:
    data = element(EBML) + open_element(SEGMENT, element(TRACKS, track(1)))
    assert missing_bytes(io.BytesIO(data), len(data)) == 0


@given(st.binary(max_size=300))
def test_random_bytes_never_raise(data: bytes) -> None:
    body = element(EBML) + open_element(SEGMENT, data)
    assert read_track_header(io.BytesIO(body), len(body)).encrypted in (True, False)
    assert missing_bytes(io.BytesIO(data), len(data)) >= 0


@given(st.integers(0, 600), st.integers(0, 255))
def test_damaged_files_never_raise(at: int, value: int) -> None:
    data = bytearray(FIXTURE)
    data[at] = value
    assert read_track_header(io.BytesIO(data), len(data)).rotation == pytest.approx(0, abs=1e39)
    assert missing_bytes(io.BytesIO(data), len(data)) >= 0


def test_endless_empty_elements_are_given_up() -> None:
    data = element(EBML) + open_element(SEGMENT, b"\xec\x80" * 500_000)

    class Counting(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size)

    stream = Counting(data)
    assert read_track_header(stream, len(data)) == TrackHeader()
    assert stream.reads < 50_000
