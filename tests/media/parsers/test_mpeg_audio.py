"""MPEG audio among bytes that look like it."""

import io
import random

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.mpeg_audio import InfoTag, find_audio_frames, read_info_tag

from ..make import FIXTURES, TONE, MediaMaker, lavfi

MP3 = (FIXTURES / "formats/cbr.mp3").read_bytes()
AAC = (FIXTURES / "formats/adts.aac").read_bytes()
# What ffmpeg puts before the sound: an ID3 tag.
BARE_MP3 = MP3[10 + int.from_bytes(MP3[6:10], "big") :]


def found(data: bytes) -> str | None:
    return find_audio_frames(io.BytesIO(data))


def id3(size: int, *, footer: bool = False) -> bytes:
    length = bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    tag = b"ID3\x04\0" + (b"\x10" if footer else b"\0") + length + bytes(size)
    return tag + (b"3DI\x04\0\x10" + length if footer else b"")


@pytest.mark.every(("sound", "name"), [(BARE_MP3, "mp3"), (AAC, "aac")])
@pytest.mark.every(
    "before",
    [
        b"",
        id3(0),
        id3(300),
        id3(100_000),
        id3(17) + id3(300) + id3(0),
        id3(50, footer=True),
        id3(20) * 99,
        bytes(1000),
        b"\xff" * 500,
        id3(100) + bytes(3000),
        random.Random(1).randbytes(60_000),
    ],
)
def test_sound_behind_tags_and_junk(before: bytes, sound: bytes, name: str) -> None:
    assert found(before + sound) == name


def test_sound_behind_more_than_64_kib_of_junk_is_not_looked_for() -> None:
    assert found(bytes(70_000) + BARE_MP3) is None


@pytest.mark.parametrize("rate", [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize(("extension", "encoder", "name"), [("mp3", "libmp3lame", "mp3"), ("aac", "aac", "aac")])
def test_every_sample_rate(make: MediaMaker, rate: int, extension: str, encoder: str, name: str) -> None:
    tone = TONE.replace("16000", str(rate)).replace("duration=1", "duration=0.3")
    path = make(f"{rate}.{extension}", *lavfi(tone), "-c:a", encoder, "-id3v2_version", "0", "-write_xing", "0")
    assert found(path.read_bytes()) == name


def test_layer_two(make: MediaMaker) -> None:
    assert found(make("tone.mp2", *lavfi(TONE), "-c:a", "mp2").read_bytes()) == "mp3"


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
@pytest.mark.parametrize(("sound", "name"), [(BARE_MP3, "mp3"), (AAC, "aac")])
def test_few_frames_are_enough_where_they_end_the_file(sound: bytes, name: str, frames: int) -> None:
    mark = sound[:2]
    at = 0
    for _ in range(frames):
        at = sound.index(mark, at + 50)
    assert found(sound[:at]) == name
    assert (found(bytes(50) + sound[:at]) == name) == (frames > 1)


@given(seed=st.integers(0, 2**64), size=st.integers(0, 70_000))
def test_random_bytes_are_no_sound(seed: int, size: int) -> None:
    assert found(random.Random(seed).randbytes(size)) is None


@given(st.binary(max_size=2000))
def test_chosen_bytes_are_no_sound(data: bytes) -> None:
    assert found(data) is None


@given(st.data())
def test_single_frame_headers_strewn_about_are_no_sound(data: st.DataObject) -> None:
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    noise = bytearray(rng.randbytes(20_000))
    for _ in range(20):
        at = rng.randrange(1, len(noise) - 4)
        noise[at : at + 4] = bytes([0xFF, 0xE0 | rng.randrange(32), rng.randrange(256), rng.randrange(256)])
    assert found(bytes(noise)) is None


def test_a_file_of_wavpack_is_no_sound_of_ours(make: MediaMaker) -> None:
    data = make("tone.wv", *lavfi(TONE.replace("16000", "48000")), "-c:a", "wavpack").read_bytes()
    assert found(data) is None


def test_tags_without_end_are_given_up() -> None:
    class Endless(io.RawIOBase):
        reads = 0

        def seek(self, offset: int, whence: int = 0) -> int:
            return offset

        def read(self, size: int = -1) -> bytes:
            self.reads += 1
            return (b"ID3\x04" + bytes(size))[:size]

    stream = Endless()
    assert find_audio_frames(stream) is None  # type: ignore[arg-type]
    assert stream.reads < 200


def test_the_first_frame_counts_the_others(make: MediaMaker) -> None:
    """What is not of the 16,000 samples that were encoded is the encoder's delay and padding."""
    data = make("counted.mp3", *lavfi(TONE), "-c:a", "libmp3lame").read_bytes()
    with av.open(io.BytesIO(data)) as container:
        frames = sum(1 for packet in container.demux(audio=0) if packet.size)
    assert read_info_tag(io.BytesIO(data)) == InfoTag(frames, frames * 576 - 16_000)
    assert read_info_tag(io.BytesIO(BARE_MP3[BARE_MP3.index(b"\xff", 200) :])) == InfoTag()


def test_a_first_frame_of_fraunhofer_counts_too() -> None:
    head = bytes(36) + b"VBRI" + bytes(10) + (1234).to_bytes(4, "big")
    assert read_info_tag(io.BytesIO(head)) == InfoTag(frames=1234)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reading_of_the_first_frame_fail(data: bytes) -> None:
    read_info_tag(io.BytesIO(b"Xing" + data))
