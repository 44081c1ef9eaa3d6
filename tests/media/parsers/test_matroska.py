"""Matroska elements that FFmpeg does not pass on."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.display import Turn
from mediapreflight.media.facts import Problem
from mediapreflight.media.parsers.matroska import (
    Clusters,
    TrackHeader,
    missing_bytes,
    missing_titles,
    read_clusters,
    read_track_header,
)
from mediapreflight.media.probe import probe

from ..make import FIXTURES, TONE, MediaMaker, lavfi, patched

FIXTURE = (FIXTURES / "formats/h264.mkv").read_bytes()
EBML, SEGMENT, TRACKS, TRACK, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675
VIDEO, PROJECTION, PROJECTION_TYPE, YAW, PITCH, ROLL = 0xE0, 0x7670, 0x7671, 0x7673, 0x7674, 0x7675
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
    assert read(track(1, turned(-degrees, layout))) == TrackHeader(Turn(degrees % 360))


def posed(*pose: tuple[int, bytes]) -> bytes:
    return element(VIDEO, element(PROJECTION, *(element(id, value) for id, value in pose)))


def test_a_picture_seen_from_behind_is_mirrored() -> None:
    half, quarter = struct.pack(">f", 180), struct.pack(">f", 90)
    assert read(track(1, posed((YAW, half)))).turn == Turn(0, mirrored=True)
    assert read(track(1, posed((YAW, struct.pack(">f", -180)), (ROLL, quarter)))).turn == Turn(270, mirrored=True)
    for other in ((YAW, quarter), (PITCH, quarter), (PROJECTION_TYPE, b"\1")):
        assert read(track(1, posed((ROLL, quarter), other))).turn == Turn()


def test_alpha_and_dolby_vision() -> None:
    record = bytes((1, 0, 5 << 1, 0x28, 0))
    additions = element(0x41E4, element(0x41E7, b"dvcC"), element(0x41ED, record))
    header = read(track(1, element(VIDEO, element(0x53C0, b"\1")), additions))
    assert (header.has_alpha, header.dolby_vision) == (True, (record,))
    assert not read(track(1, element(VIDEO, element(0x53C0, b"\0")))).has_alpha


def test_a_segment_of_open_size() -> None:
    assert read(track(1, turned(-90)), segment=open_element).turn.rotation == 90


def test_the_first_video_track_counts() -> None:
    assert read(track(2), track(1), track(1, turned(90))).turn.rotation == 0
    assert read(track(2), track(1, turned(-90)), track(1)).turn.rotation == 90


def test_encryption() -> None:
    encrypted = element(ENCODINGS, element(ENCODING, element(ENCRYPTION, b"")))
    compressed = element(ENCODINGS, element(ENCODING, element(COMPRESSION, b"")))
    assert read(track(1, encrypted)).encrypted
    assert not read(track(1, compressed)).encrypted
    assert not read(track(2, encrypted), track(1)).encrypted


@pytest.mark.parametrize("roll", [float("nan"), float("inf"), float("-inf")])
def test_senseless_rolls_do_not_count(roll: float) -> None:
    assert read(track(1, turned(roll))).turn.rotation == 0


def test_nothing_is_read_behind_the_first_cluster() -> None:
    tracks = element(TRACKS, track(1, turned(90)))
    data = element(EBML) + element(SEGMENT, element(CLUSTER, bytes(10)), tracks)
    assert read_track_header(io.BytesIO(data), len(data)) == TrackHeader()


def test_missing_bytes() -> None:
    places_to_enter = len(FIXTURE) - FIXTURE.rindex(b"\x1c\x53\xbb\x6b")
    for cut in (0, places_to_enter, 1000, len(FIXTURE) - 200):
        data = io.BytesIO(FIXTURE[: len(FIXTURE) - cut])
        assert (missing_bytes(data, len(FIXTURE) - cut), missing_titles(data, len(FIXTURE) - cut)) == (cut, 0)
    for cut in (1, places_to_enter - 5):
        data = io.BytesIO(FIXTURE[: len(FIXTURE) - cut])
        assert (missing_bytes(data, len(FIXTURE) - cut), missing_titles(data, len(FIXTURE) - cut)) == (0, cut)


def test_facts_of_a_file_of_which_only_places_to_enter_are_lost(make: MediaMaker) -> None:
    path = make.write("cues-cut.mkv", FIXTURE[:-1])
    for level in ("metadata", "decode"):
        facts, twin = probe(path, level), probe(FIXTURES / "formats/h264.mkv", level)  # type: ignore[arg-type]
        assert facts.has_only(Problem.MISSTATED)
        assert facts.problem(Problem.MISSTATED)
        assert facts.duration_s == twin.duration_s  # type: ignore[union-attr]


@pytest.mark.parametrize("more", [1, 8, 5000])
def test_a_segment_that_says_too_much_is_whole(more: int) -> None:
    at = FIXTURE.index(SEGMENT.to_bytes(4, "big")) + 4
    length = int.from_bytes(FIXTURE[at + 1 : at + 8], "big") + more
    data = FIXTURE[: at + 1] + length.to_bytes(7, "big") + FIXTURE[at + 8 :]
    assert FIXTURE[at] == 1
    assert missing_bytes(io.BytesIO(data), len(data)) == 0
    for cut in (1, 1000):
        assert missing_bytes(io.BytesIO(data[:-cut]), len(data) - cut) == cut + more


def test_parts_that_the_table_of_contents_lists_are_missing() -> None:
    """A download that stopped between two clusters."""
    listed = element(0x114D9B74, element(0x4DBB, element(0x53AB, b"\x1c\x53\xbb\x6b"), element(0x53AC, (200).to_bytes(2, "big"))))
    body = listed + element(TRACKS, track(1)) + element(CLUSTER, bytes(50))
    whole = element(EBML) + element(SEGMENT, body, bytes(500))
    data = whole[:-500]
    assert missing_bytes(io.BytesIO(data), len(data)) == 500


def test_nothing_is_missing_from_an_open_segment() -> None:
    data = element(EBML) + open_element(SEGMENT, element(TRACKS, track(1)))
    assert missing_bytes(io.BytesIO(data), len(data)) == 0


FRAME = element(0xA3, b"\x81\0\0\x80", bytes(40))
GROUP = element(0xA0, element(0xA1, b"\x81\0\0\0", bytes(30)), element(0x9B, b"\x28"))
TIME = element(0xE7, b"\0")


def clusters(*parts: bytes, segment=element) -> Clusters:  # type: ignore[no-untyped-def]
    data = element(EBML, bytes(20)) + segment(SEGMENT, element(TRACKS, track(1)), *parts)
    return read_clusters(io.BytesIO(data), len(data))


def live(id: int, *parts: bytes) -> bytes:
    return open_element(id, b"".join(parts))


@pytest.mark.parametrize("segment", [element, live])
@pytest.mark.parametrize("cluster", [element, live])
def test_whole_clusters(segment, cluster) -> None:  # type: ignore[no-untyped-def]
    body = cluster(CLUSTER, element(0xBF, bytes(4)), TIME, FRAME, GROUP, element(0xEC, bytes(9)), element(0x7FFE, b"new"))
    cues = element(0x1C53BB6B, bytes(10))
    assert clusters(body, body, cues, segment=segment) == Clusters()
    assert clusters(body, cues, body, bytes(300), segment=segment) == Clusters()
    # Taggers write behind the last cluster, and recorders fill up to the next block of a disk.
    assert clusters(body, bytes(100), body, b"a tag of some kind", segment=segment) == Clusters()


@pytest.mark.every("segment", [element, live])
@pytest.mark.every("cluster", [element, live])
@pytest.mark.every(
    "broken",
    [
        patched(FRAME * 3, len(FRAME), bytes(4)),
        patched(FRAME * 3, len(FRAME) + 1, b"\x01\0\0\x7f\xff\xff\xff\xff"),
        patched(GROUP * 3, len(GROUP) + 9, bytes(3)),
        patched(FRAME * 3, len(FRAME) + 1, b"\x01\xff\xff\xff\xff\xff\xff\xff"),
    ],
)
def test_frames_that_a_broken_element_hides(segment, cluster, broken: bytes) -> None:  # type: ignore[no-untyped-def]
    whole = cluster(CLUSTER, TIME, FRAME, GROUP)
    assert clusters(whole, cluster(CLUSTER, TIME, broken), whole, segment=segment) == Clusters(broken=1)
    lost = patched(cluster(CLUSTER, TIME, FRAME, FRAME), 0, bytes(6))
    assert clusters(whole, lost, whole, segment=segment) == Clusters(broken=1)


def test_a_live_recording_that_ends_within_a_frame() -> None:
    whole = live(CLUSTER, TIME, FRAME, GROUP)
    assert clusters(whole, whole[:-20], segment=live) == Clusters(is_cut=True)
    assert clusters(whole, element(CLUSTER, TIME, FRAME, FRAME)[:-20], segment=live) == Clusters(is_cut=True)


def test_of_many_broken_places_the_first_are_counted() -> None:
    body = element(CLUSTER, TIME, patched(FRAME, 0, bytes(2)))
    assert 20 <= clusters(*[body] * 1000).broken <= 21


def test_groups_within_groups_are_not_followed_down() -> None:
    nest = b""
    for _ in range(3000):
        nest = element(0xA0, nest, size_bytes=4)
    assert clusters(element(CLUSTER, nest)) == Clusters()


@pytest.mark.parametrize(("video", "sound"), [("libvpx", "libvorbis"), ("libvpx-vp9", "libopus")])
def test_a_webm_of_which_readers_skip_frames_is_damaged(make: MediaMaker, video: str, sound: str) -> None:
    shot = (*lavfi("testsrc2=size=160x120:rate=25:duration=2", TONE), "-c:v", video, "-deadline", "realtime", "-c:a", sound)
    path = make(f"skips-{video}.webm", *shot)
    assert probe(path).problems == ()
    data = path.read_bytes()
    facts = probe(make.write(f"skipped-{video}.webm", patched(data, len(data) // 3, bytes(len(data) // 8))))
    assert facts.problem(Problem.CORRUPT) is not None
    assert probe(make.write(f"behind-{video}.webm", data + bytes(3000))).problems == ()


@given(st.binary(max_size=300))
def test_random_bytes_never_raise(data: bytes) -> None:
    body = element(EBML) + open_element(SEGMENT, data)
    assert read_track_header(io.BytesIO(body), len(body)).encrypted in (True, False)
    assert missing_bytes(io.BytesIO(data), len(data)) >= 0
    assert missing_titles(io.BytesIO(data), len(data)) >= 0
    assert read_clusters(io.BytesIO(data), len(data)).broken >= 0
    assert read_clusters(io.BytesIO(body), len(body)).broken >= 0


@given(st.integers(0, 600), st.integers(0, 255))
def test_damaged_files_never_raise(at: int, value: int) -> None:
    data = bytearray(FIXTURE)
    data[at] = value
    assert read_track_header(io.BytesIO(data), len(data)).turn.rotation in (0, 90, 180, 270)
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
