"""Data packets of ASF, in files that ffmpeg writes."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import AudioFacts, Problem
from mediapreflight.media.parsers.asf import damaged_packets, missing_bytes
from mediapreflight.media.probe import probe

from ..make import PICTURE, TONE, MediaMaker, lavfi, patched

PACKET_BYTES = 3200


def recording(make: MediaMaker) -> bytes:
    noise = "anoisesrc=d=4:r=44100:seed=1:a=0.3"
    return make("noise.wma", *lavfi(noise), "-c:a", "wmav2", "-b:a", "64k").read_bytes()


def problems(make: MediaMaker, data: bytes, name: str = "changed.wma") -> tuple[str, ...]:
    return probe(make.write(name, data)).problems


def packet_at(data: bytes, number: int) -> int:
    return struct.unpack_from("<Q", data, 16)[0] + 50 + number * PACKET_BYTES


def test_whole_files_have_whole_packets(make: MediaMaker) -> None:
    video = make("both.wmv", *lavfi(PICTURE, TONE), "-c:v", "wmv2", "-c:a", "wmav1").read_bytes()
    for data in (recording(make), video, recording(make) + b"\n"):
        assert (damaged_packets(io.BytesIO(data), len(data)), missing_bytes(io.BytesIO(data), len(data))) == (0, 0)
    assert problems(make, recording(make)) == problems(make, video, "both.wmv") == ()


@pytest.mark.parametrize("place", [0, 8, 900])
def test_a_packet_whose_payloads_are_lost_is_damage(make: MediaMaker, place: int) -> None:
    """FFmpeg passes over them, and so did the check."""
    data = recording(make)
    broken = patched(data, packet_at(data, 4) + place, bytes(400))
    assert damaged_packets(io.BytesIO(broken), len(broken)) == 1
    assert probe(make.write("broken.wma", broken)).problem(Problem.CORRUPT) is not None


def test_a_damaged_packet_of_pictures_is_named(make: MediaMaker) -> None:
    video = make("pictures.wmv", *lavfi(PICTURE.replace("64x48", "320x240")), "-c:v", "wmv2", "-b:v", "800k").read_bytes()
    broken = patched(video, packet_at(video, 3), bytes(16))
    assert damaged_packets(io.BytesIO(broken), len(broken)) == 1
    assert probe(make.write("broken.wmv", broken)).problem(Problem.CORRUPT) is not None


def test_sound_that_is_missing_between_time_stamps_is_damage(make: MediaMaker) -> None:
    data = recording(make)
    at = packet_at(data, 4)
    start = at - 50 - 4 * PACKET_BYTES
    shorter = (
        data[: start + 16]
        + struct.pack("<Q", len(data) - start - PACKET_BYTES)
        + data[start + 24 : at]
        + data[at + PACKET_BYTES :]
    )
    facts = probe(make.write("shorter.wma", shorter))
    assert isinstance(facts, AudioFacts)
    assert len(facts.problems) == 1
    assert facts.problems[0].startswith("corrupt: 0.")
    assert facts.problems[0].endswith(" s of its sound is missing between its time stamps")


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_a_file_that_is_cut_off_is_truncated(make: MediaMaker, level: str) -> None:
    data = recording(make)
    facts = probe(make.write("cut.wma", data[:-5000]), level)  # type: ignore[arg-type]
    assert facts.problem(Problem.TRUNCATED) == "the file is 5000 bytes shorter than its header says"


@given(st.binary(max_size=200), st.integers(0, 2**64 - 1))
def test_no_bytes_make_the_walk_fail(data: bytes, length: int) -> None:
    head = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + struct.pack("<Q", length)
    for bytes_ in (data, head + data):
        assert damaged_packets(io.BytesIO(bytes_), len(bytes_)) >= 0
