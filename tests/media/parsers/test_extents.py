"""What an MP4 promises beyond its end."""

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import Problem
from mediapreflight.media.parsers.extents import missing_bytes, missing_titles
from mediapreflight.media.probe import probe

from ..make import FIXTURES, PICTURE, TONE, X264, MediaMaker, box, lavfi, patched

FIXTURE = (FIXTURES / "formats/h264.mp4").read_bytes()
MORE = 8
# Where the index stands before the data: the usual way, in one that counts in 64 bits, and in fragments of several sorts.
FIRST = {
    "moov-first": ("-movflags", "+faststart"),
    "raw-sound": ("-movflags", "+faststart", "-c:a", "pcm_s16le"),
    "fragments": ("-movflags", "+frag_keyframe+empty_moov"),
    "default-base": ("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    "separate": ("-movflags", "+frag_keyframe+empty_moov+separate_moof", "-g", "10"),
    "dash": ("-movflags", "dash", "-frag_duration", "300000"),
}


def missing(data: bytes) -> int:
    return missing_bytes(io.BytesIO(data), len(data))


def claiming_more(data: bytes, more: int) -> bytes:
    """The last data box says that it is longer."""
    at = data.rindex(b"mdat") - 4
    return patched(data, at, struct.pack(">I", struct.unpack_from(">I", data, at)[0] + more))


@pytest.mark.parametrize("kind", [b"mdat", b"moov", b"moof"])
def test_what_is_essential_and_runs_past_the_end_is_missing(kind: bytes) -> None:
    data = box(b"ftyp", bytes(8)) + box(kind, bytes(100))
    for kept in (len(data), len(data) - 1, len(data) - 90):
        assert missing_bytes(io.BytesIO(data[:kept]), kept) == len(data) - kept


def test_padding_that_runs_past_the_end_is_not_missed() -> None:
    data = box(b"mdat", bytes(10)) + box(b"free", bytes(100))
    assert missing_bytes(io.BytesIO(data[:-50]), len(data) - 50) == 0


@given(st.integers(0, len(FIXTURE) - 1), st.integers(0, 255), st.integers(0, 1000))
def test_damaged_files_never_raise(at: int, value: int, cut: int) -> None:
    data = bytearray(FIXTURE)
    data[at] = value
    assert missing(bytes(data[: len(data) - cut])) >= 0
    assert missing_titles(io.BytesIO(data[: len(data) - cut]), len(data) - cut) >= 0


def test_titles_behind_the_tracks_may_be_cut_off(make: MediaMaker) -> None:
    whole = make("titled.mp4", *lavfi(PICTURE, TONE), *X264, "-metadata", "title=a title")
    data = whole.read_bytes()
    titles = len(data) - data.rindex(b"udta")
    for cut in (1, titles - 4):
        path = make.write("title-cut.mp4", data[:-cut])
        assert (missing(data[:-cut]), missing_titles(io.BytesIO(data[:-cut]), len(data) - cut)) == (0, cut)
        for level in ("metadata", "decode"):
            facts, twin = probe(path, level), probe(whole, level)  # type: ignore[arg-type]
            assert facts.has_only(Problem.MISSTATED)
            assert facts.problem(Problem.MISSTATED) is not None
            assert facts.duration_s == twin.duration_s  # type: ignore[union-attr]
    for cut in (titles + 5, titles + 300):
        assert missing(data[:-cut]) == cut
        assert missing_titles(io.BytesIO(data[:-cut]), len(data) - cut) == 0


@pytest.fixture(params=FIRST)
def whole(request: pytest.FixtureRequest, make: MediaMaker) -> Path:
    suffix = "mov" if request.param == "raw-sound" else "mp4"
    return make(f"{request.param}.{suffix}", *lavfi(PICTURE, TONE), *X264, *FIRST[request.param])


@pytest.mark.parametrize("more", [1, 8, 100_000])
def test_a_data_box_that_says_too_much_is_whole(whole: Path, make: MediaMaker, more: int) -> None:
    data = whole.read_bytes()
    if "moof" in str(data):
        data = data[: data.rindex(b"mfra") - 4]
    path = make.write(f"more{whole.suffix}", claiming_more(data, more))
    assert missing(path.read_bytes()) == 0
    for level in ("metadata", "decode"):
        facts, twin = probe(path, level), probe(whole, level)  # type: ignore[arg-type]
        assert facts.problems == ()
        assert facts.duration_s == twin.duration_s  # type: ignore[union-attr]


@pytest.mark.parametrize("cut", [1, 300])
def test_a_missing_byte_of_a_sample_is_missing(whole: Path, make: MediaMaker, cut: int) -> None:
    data = whole.read_bytes()
    start, length = data.rindex(b"mdat") - 4, struct.unpack_from(">I", data, data.rindex(b"mdat") - 4)[0]
    data = claiming_more(data[: start + length - cut], MORE)
    assert missing(data) == cut + MORE
    assert probe(make.write("cut.mp4", data)).problem(Problem.TRUNCATED) is not None


def indexed(offset: int) -> bytes:
    """One chunk of two samples of 50 bytes at an offset of 64 bits, in a data box that says it is longer than that."""
    chunks = box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 2, 1)), box(b"stsz", struct.pack(">III", 0, 50, 2))
    table = box(b"stbl", box(b"co64", struct.pack(">IIQ", 0, 1, offset)), *chunks)
    movie = box(b"moov", box(b"trak", box(b"mdia", box(b"minf", table))))
    return movie + struct.pack(">I4s", 8 + 100 + MORE, b"mdat") + bytes(100)


def test_offsets_of_64_bits() -> None:
    start = len(indexed(0)) - 100
    assert missing(indexed(start)) == 0
    assert missing(indexed(start + 1)) == MORE


@pytest.mark.parametrize("lost", [b"mfhd", b"tfhd"])
def test_the_index_of_a_fragment_is_damaged(make: MediaMaker, lost: bytes) -> None:
    """FFmpeg passes over the frames, or the sound, that it lists, and says nothing."""
    path = make("indexes.mp4", *lavfi(PICTURE), *lavfi(TONE), *X264, "-g", "10", "-c:a", "aac", *FIRST["default-base"])
    assert probe(path).problems == ()
    data = path.read_bytes()
    # The last of a fragment in the middle: its sound, if it is the header of a track.
    at = data.rindex(lost, 0, data.rindex(b"moof")) - 4
    damaged = make.write("damaged.mp4", patched(data, at, bytes(range(100, 130))))
    assert probe(damaged).problem(Problem.CORRUPT) == "the index of 1 of its fragments is damaged"
