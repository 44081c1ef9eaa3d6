"""Opening containers: bounds, and what is said when it fails."""

import errno
import io
import os
import struct
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.av.containers import (
    ContainerError,
    Reader,
    codec_of,
    demuxed,
    first_audio,
    first_video,
    is_end,
    open_container,
    samples,
    stated_duration,
)
from mediapreflight.media.facts import Problem
from mediapreflight.media.formats import DEMUXERS
from mediapreflight.media.probe import probe
from mediapreflight.media.source import Source

from ..make import FIXTURES, MediaMaker, box, box_at, patched, wav, with_box


def opened(data: bytes, format: str) -> str | None:
    """The problem of opening; None where it works."""
    try:
        with open_container(Source("made", io.BytesIO(data), len(data)), format):
            return None
    except ContainerError as error:
        return str(error)


@pytest.mark.every("format", sorted(DEMUXERS))
def test_every_demuxer_exists_and_refuses_garbage(format: str) -> None:
    problem = opened(b"garbage, and nothing but garbage " * 100, format)
    # Demuxers of raw frames take anything and find nothing in it.
    assert problem is None or problem.startswith(("broken header: ", "truncated: "))


@pytest.mark.parametrize("name", ["h264.mp4", "h264.mkv", "h264.avi", "cbr.mp3", "voice.flac"])
def test_a_file_is_only_opened_as_what_its_bytes_say(name: str) -> None:
    data = (FIXTURES / "formats" / name).read_bytes()
    assert opened(data, Path(name).suffix.removeprefix(".")) is None
    assert opened(data, "mxf") is not None
    assert opened(data, "wav") is not None


def test_messages_are_one_line_in_lower_case() -> None:
    problem = opened(b"RIFF\x10\0\0\0WAVEfmt ", "wav")
    assert problem == "broken header: its structure cannot be read"


def test_the_first_real_streams() -> None:
    data = (FIXTURES / "formats/h264-with-cover.mp4").read_bytes()
    with open_container(Source("made", io.BytesIO(data), len(data)), "mp4") as container:
        video, audio = first_video(container), first_audio(container)
        assert (codec_of(video), codec_of(audio)) == ("h264", "aac")
        assert len(container.streams.video) == 2
        assert stated_duration(container) == 1.0


def test_codec_names_are_those_of_codecs_not_of_decoders() -> None:
    for name, codec in (
        ("av1.mp4", "av1"),
        ("vp9.webm", "vp9"),
        ("opus.opus", "opus"),
        ("cbr.mp3", "mp3"),
        ("amr-nb.amr", "amr_nb"),
    ):
        facts = probe(FIXTURES / "formats" / name, level="metadata")
        assert codec in (getattr(facts, "video_codec", None), facts.audio_codec)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["h264.mp4", "h264.ts", "mpeg2.mpg", "h264.avi", "vp9.webm", "cbr.mp3", "stereo-48-khz.wav"])
def test_every_packet_is_handed_out_and_a_mark_for_each_stream(name: str) -> None:
    format = Path(name).suffix.removeprefix(".")
    data = (FIXTURES / "formats" / name).read_bytes()
    with av.open(io.BytesIO(data)) as container:
        expected = [(packet.stream.index, packet.dts, bytes(packet)) for packet in container.demux()]
    with open_container(made(data), format) as container:
        found = list(demuxed(container, container.streams))
        assert [(packet.stream.index, packet.dts, bytes(packet)) for packet in found] == expected
        assert sum(map(is_end, found)) == len(container.streams)


def pes_packet(stream: int) -> bytes:
    """A packet of an MPEG program stream, with the head of an MPEG audio frame."""
    body = b"\x80\0\0" + b"\xff\xfb\x90\0" + bytes(410)
    return b"\0\0\1" + bytes([stream]) + struct.pack(">H", len(body)) + body


def test_streams_that_appear_while_reading_end_nothing_but_the_file() -> None:
    clip = (FIXTURES / "formats/mpeg2.mpg").read_bytes()
    # Between what FFmpeg looks at in advance: five megabytes at the start, and a quarter of one at the end.
    new = b"".join(pes_packet(stream) * 2 for stream in range(0xC0, 0xE0))
    kinds = []
    for data in (clip * 300 + new + clip * 50, clip * 350):
        with open_container(made(data), "mpg") as container:
            assert len(container.streams) == 2
            kinds.append([(packet.stream.type, is_end(packet)) for packet in demuxed(container, container.streams)])
    assert Counter(kinds[0])[("video", False)] == Counter(kinds[1])[("video", False)]
    assert kinds[0][-2:] == kinds[1][-2:] == [("video", True), ("audio", True)]


@pytest.mark.parametrize("name", ["stereo-48-khz.wav", "pcm-u8.wav", "pcm-f32.wav", "cbr.mp3", "voice.flac", "aac.m4a"])
def test_samples_are_those_of_pyav(name: str) -> None:
    with av.open(FIXTURES / "formats" / name) as container:
        for frame in container.decode(audio=0):
            channels = frame.layout.nb_channels
            stored = frame.to_ndarray()
            expected = stored if frame.format.is_planar else stored.reshape(-1, channels).T
            assert samples(frame).dtype == stored.dtype
            assert np.array_equal(samples(frame), expected)
            assert samples(frame).shape == (channels, frame.samples)


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_nothing_is_printed_about_broken_files(make: MediaMaker, capfd: pytest.CaptureFixture[str], level: str) -> None:
    for folder in ("formats", "video", "faults"):
        for path in sorted((FIXTURES / folder).iterdir()):
            data = path.read_bytes()
            for kept in (len(data), len(data) // 2, len(data) // 5):
                probe(make.write("quiet", data[:kept]), level=level)  # type: ignore[arg-type]
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_seeks_below_zero_print_no_traceback(make: MediaMaker, capfd: pytest.CaptureFixture[str]) -> None:
    """Seven bytes too many in an ASF header make FFmpeg seek below zero, and PyAV prints what a file object raises."""
    data = (FIXTURES / "formats/windows-media.wma").read_bytes()
    facts = probe(make.write("seek.wma", data[:240] + bytes.fromhex("04677fc9825e72") + data[240:]))
    assert facts.format == "asf"
    assert capfd.readouterr() == ("", "")


def listing(count: int) -> bytes:
    """An MP4 of a few kilobytes that claims this many frames of one byte each."""
    data = (FIXTURES / "formats/h264-silent.mp4").read_bytes()
    table = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
    for kind, fields in (
        (b"stsz", (0, 1, count)),
        (b"stts", (0, 1, count, 1)),
        (b"stsc", (0, 1, 1, count, 1)),
        (b"stco", (0, 1, 48)),
    ):
        data = with_box(data, box(kind, struct.pack(f">{len(fields)}I", *fields)), *table, kind)
    start, _ = box_at(data, *table, b"ctts")
    return patched(data, start - 4, b"free")


@pytest.mark.parametrize("count", [5_000_001, 2**32 - 1])
def test_an_index_of_more_samples_than_any_file_has_is_refused_before_it_is_laid_out(count: int) -> None:
    words = f"its index lists {count} samples; more than 5000000 are not read"
    assert opened(listing(count), "mp4") == f"broken header: {words}"


def test_an_index_of_a_million_samples_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(listing(1_000_000))
    facts = probe(path, level="metadata")
    assert facts.kind == "video"
    assert facts.problem(Problem.BROKEN) is None


def made(data: bytes) -> Source:
    return Source("made", io.BytesIO(data), len(data))


@given(st.lists(st.tuples(st.sampled_from([os.SEEK_SET, os.SEEK_END]), st.integers(-60, 60), st.integers(0, 30))))
def test_the_reader_is_the_file(moves: list[tuple[int, int, int]]) -> None:
    data = bytes(range(50))
    reader, plain = Reader(made(data), "mp4"), io.BytesIO(data)
    for whence, offset, count in moves:
        wanted = offset + (len(data) if whence == os.SEEK_END else 0)
        assert reader.seek(offset, whence) == (plain.seek(wanted) if wanted >= 0 else -errno.EINVAL)
        assert reader.read(count) == plain.read(count)
        assert reader.tell() == plain.tell()


def test_the_reader_ends_where_the_data_of_a_wav_ends() -> None:
    data = wav(bytes(100))
    reader = Reader(made(data + bytes(10**6)), "wav")
    assert reader.seek(0, os.SEEK_END) == len(data)
    assert reader.read(10) == b""
    assert reader.seek(0) == 0
    assert reader.read(10**7) == data


def test_the_reader_ends_where_its_budget_does() -> None:
    reader = Reader(made(bytes(10_000)), "mp4", 5000)
    assert len(reader.read(4000)) == 4000
    assert not reader.is_exhausted
    assert len(reader.read(4000)) == 4000
    assert reader.is_exhausted
    assert reader.read(1) == b""


def test_many_small_steps_cost_as_much_as_few_large_ones() -> None:
    reader = Reader(made(bytes(10_000)), "mp4", 50_000)
    for _ in range(300):
        reader.seek(8, os.SEEK_CUR)
    assert reader.is_exhausted


def test_a_file_beyond_the_budget_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediapreflight.media.source.MAX_BYTES_READ", 70_000)
    for name in ("talking-head.mp4", "voice.wav"):
        facts = probe(FIXTURES / name)
        assert facts.kind != "unknown"
        assert facts.problems == ("beyond bounds: no more than 70000 bytes of it are read",)
    assert probe(FIXTURES / "formats/h264.mp4").problems == ()
