"""The index of an MP4, beside what FFmpeg finds in the same file."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediapreflight import probe
from mediapreflight.media.av import movie
from mediapreflight.media.av.stated import Stated
from mediapreflight.media.facts import Facts
from mediapreflight.media.opening import open_source

from ..make import FIXTURES, MediaMaker, box, box_at, lavfi

Change = Callable[[bytes], bytes]
PLAIN = FIXTURES / "formats/h264.mp4"


def read(path: Path) -> Stated | None:
    with open_source(str(path)) as source:
        return movie.read_movie(source)


def by_ffmpeg(path: Path) -> Facts:
    """The facts as FFmpeg finds them, with its decoders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(movie, "read_movie", lambda _: None)
        return probe(path, level="metadata")


def assert_same(path: Path) -> None:
    assert probe(path, level="metadata") == by_ffmpeg(path)


def test_fixtures_are_the_same_either_way() -> None:
    paths = [path for path in FIXTURES.rglob("*.m*") if path.suffix in (".mp4", ".mov")]
    for path in paths:
        assert_same(path)
    stated = [each for each in map(read, paths) if each]
    assert sum(each.is_complete for each in stated) > len(paths) / 2


def test_no_demuxer_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    for name in ("formats/h264.mp4", "formats/h265.mp4", "formats/h264.mov", "dance.mp4", "video/hdr-pq.mp4"):
        assert probe(FIXTURES / name, level="metadata").problems == ()
    assert "not measured" in probe(FIXTURES / "formats/av1.mp4", level="metadata").problems[0]


RATES = st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(12), Fraction(60), Fraction(15)])
SOUNDS = st.sampled_from([None, ("aac", 44100), ("aac", 8000), ("libmp3lame", 32000), ("pcm_s16le", 22050), ("ac3", 48000)])
X264 = st.sampled_from(["bframes=0", "bframes=3", "sar=4/3", "transfer=arib-std-b67", "interlaced=1", "fullrange=on"])


@settings(max_examples=10)
@given(
    rate=RATES,
    gaps=st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=1, max_size=24),
    start=st.sampled_from([0, 0, 5]),
    sound=SOUNDS,
    x264=X264,
    clock=st.sampled_from([None, "600", "90000"]),
    extension=st.sampled_from(["mp4", "mov"]),
)
def test_what_the_index_states_is_what_ffmpeg_finds(
    make: MediaMaker,
    rate: Fraction,
    gaps: list[int],
    start: int,
    sound: tuple[str, int] | None,
    x264: str,
    clock: str | None,
    extension: str,
) -> None:
    if sound and sound[0] == "pcm_s16le":
        extension = "mov"
    path = make.folder / f"any.{extension}"
    options = {"video_track_timescale": clock} if clock else {}
    with av.open(str(path), "w", options=options) as container:
        picture = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "threads": "1", "x264-params": x264})
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        heard = container.add_stream(sound[0], rate=sound[1]) if sound else None
        for number, gap in enumerate(gaps):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            frame.pts, start = start, start + gap
            frame.time_base = 1 / rate
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if heard is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), format="s16", layout="mono")
            silence.sample_rate = heard.rate
            container.mux(heard.encode(silence))
            container.mux(heard.encode(None))
    assert_same(path)


def changed(make: MediaMaker, change: Change) -> Path:
    return make.write("changed.mp4", change(PLAIN.read_bytes()))


def put(data: bytes, path: tuple[bytes, ...], at: int, value: bytes) -> bytes:
    start, _ = box_at(data, *path)
    return data[: start + at] + value + data[start + at + len(value) :]


TRACK = (b"moov", b"trak")
TABLES = (*TRACK, b"mdia", b"minf", b"stbl")
TURNS = {"quarter": (0, 1, -1, 0), "half": (-1, 0, 0, -1), "mirrored": (-1, 0, 0, 1)}


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("header", [(*TRACK, b"tkhd"), (b"moov", b"mvhd")])
def test_turns(make: MediaMaker, name: str, header: tuple[bytes, ...]) -> None:
    a, b, c, d = (number << 16 for number in TURNS[name])
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path = changed(make, lambda data: put(data, header, 40 if len(header) > 2 else 36, matrix))
    assert read(path) is not None
    assert_same(path)


def test_a_place_among_the_titles(make: MediaMaker) -> None:
    path = make("place.mov", *lavfi("color=s=64x48:d=0.2"), "-c:v", "libx264", "-metadata", "location=+27.5916+086.5640/")
    stated = read(path)
    assert stated is not None
    assert stated.has_location
    assert_same(path)


def test_sides_of_the_track_that_make_pixels_wider(make: MediaMaker) -> None:
    path = changed(make, lambda data: put(data, (*TRACK, b"tkhd"), 76, struct.pack(">I", 192 << 16)))
    assert read(path) is None
    assert_same(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: put(data, (*TABLES, b"stts"), 4, struct.pack(">I", 1 << 30)),
        lambda data: put(data, (*TABLES, b"stsz"), 12, b"\x7f"),
        lambda data: put(data, (*TABLES, b"stsd"), 4, struct.pack(">I", 2)),
        lambda data: put(data, (b"moov", b"trak", b"mdia", b"mdhd"), 12, bytes(4)),
        lambda data: put(data, (b"moov", b"mvhd"), -4, b"free"),
        lambda data: data + box(b"moof"),
        lambda data: data + box(b"moov"),
    ],
)
def test_an_index_that_does_not_add_up_is_left_to_ffmpeg(make: MediaMaker, change: Change) -> None:
    assert read(changed(make, change)) is None


@pytest.mark.parametrize("path", [(*TRACK, b"tkhd"), (*TRACK, b"mdia"), TABLES, (*TABLES, b"stts")])
def test_a_track_with_two_of_a_box_is_left_to_ffmpeg(make: MediaMaker, path: tuple[bytes, ...]) -> None:
    def doubled(data: bytes) -> bytes:
        start, end = box_at(data, *path)
        again = data[start - 8 : end]
        for depth in range(1, len(path)):
            inside, outside = box_at(data, *path[:depth])
            data = put(data, path[:depth], -8, struct.pack(">I", outside - inside + 8 + len(again)))
        return data[:end] + again + data[end:]

    path_of_copy = changed(make, doubled)
    assert read(path_of_copy) is None
    assert_same(path_of_copy)


def test_chunks_that_do_not_hold_all_samples(make: MediaMaker) -> None:
    path = changed(make, lambda data: put(data, (*TABLES, b"stsc"), 12, struct.pack(">I", 9)))
    stated = read(path)
    assert stated is not None
    assert not stated.is_complete
    assert_same(path)


@given(at=st.integers(0, 4000), value=st.binary(min_size=1, max_size=4))
def test_a_damaged_index_never_raises(make: MediaMaker, at: int, value: bytes) -> None:
    path = changed(make, lambda data: put(data, (b"moov",), at, value))
    stated = read(path)
    assert stated is None or stated.average_rate


def test_lengths_of_descriptors_are_bounded(make: MediaMaker) -> None:
    def endless(data: bytes) -> bytes:
        at = data.index(b"esds") + 9
        return data[:at] + b"\xff" * 8 + data[at + 8 :]

    stated = read(changed(make, endless))
    assert stated is not None
    assert not stated.is_complete
