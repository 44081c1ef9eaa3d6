"""Cover art beyond bounds is not read: FFmpeg and mutagen would hold all of it, some several times over."""

import io
import struct
from pathlib import Path

import pytest

from mediapreflight.errors import UnreadableMediaError
from mediapreflight.media.av import containers
from mediapreflight.media.facts import Problem
from mediapreflight.media.parsers import attached
from mediapreflight.media.parsers.attached import attached_bytes
from mediapreflight.media.probe import probe
from mediapreflight.people import listen

from ..make import FIXTURES, box, riff_chunk, wav

MEBIBYTE = 2**20
FLAC_STREAM_INFO_END = 42


def flac(pictures: int) -> bytes:
    """A FLAC with so many attached pictures of a mebibyte."""
    data = (FIXTURES / "formats/voice.flac").read_bytes()
    content = (
        b"".join(n.to_bytes(4, "big") for n in (3, 9)) + b"image/png" + bytes(20) + MEBIBYTE.to_bytes(4, "big") + bytes(MEBIBYTE)
    )
    block = b"\6" + len(content).to_bytes(3, "big") + content
    return data[:FLAC_STREAM_INFO_END] + block * pictures + data[FLAC_STREAM_INFO_END:]


def id3(length: int) -> bytes:
    return b"ID3\4\0\0" + bytes(length >> shift & 127 for shift in (21, 14, 7, 0)) + bytes(length)


def measured(data: bytes, format: str) -> int:
    return attached_bytes(io.BytesIO(data), len(data), format)


def test_what_each_format_tells() -> None:
    plain = (FIXTURES / "formats/voice.flac").read_bytes()
    assert measured(flac(3), "flac") - measured(plain, "flac") == 3 * (4 + 8 + 9 + 20 + 4 + MEBIBYTE)
    assert measured(id3(5000) + b"\xff\xfb", "mp3") == 5010
    assert measured(id3(5000)[:100], "mp3") == 100
    assert measured(b"\xff\xfb\x90\0", "mp3") == 0
    movie = box(b"moov", box(b"trak", bytes(900)), box(b"udta", bytes(500)), box(b"mvhd", bytes(100)))
    assert measured(movie, "m4a") == 600
    assert measured(box(b"ftyp", bytes(8)), "mp4") == 0
    assert measured(wav(bytes(50), more=riff_chunk(b"LIST", b"INFO" + bytes(40))), "wav") == 44


def test_a_movie_carries_no_more_than_it_has() -> None:
    movie = box(b"moov", box(b"mvhd", bytes(100)), struct.pack(">I", 2**31) + b"udta")
    assert measured(movie, "mp4") <= len(movie)


def test_too_much_is_a_problem_and_less_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_ATTACHED_BYTES", 2 * MEBIBYTE + 1000)
    few, many = tmp_path / "few.flac", tmp_path / "many.flac"
    few.write_bytes(flac(1))
    many.write_bytes(flac(2))

    assert probe(few).problems == ()
    said = probe(many).problem(Problem.OVERSIZED)
    assert said is not None
    assert said.startswith("its tags and attached pictures have 2")
    with pytest.raises(UnreadableMediaError, match="attached pictures"):
        listen(many)


def test_every_recording_of_a_model_fits() -> None:
    assert attached.MAX_ATTACHED_BYTES > 30 * MEBIBYTE
