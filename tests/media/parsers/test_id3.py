"""ID3 tags that are not worth reading."""

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.id3 import MAX_FRAMES, is_modest

from ..make import FIXTURES

HUGE = b"ID3\x03\0\0\x7f\x7f\x7f\x7f"


def tag(*frames: bytes, version: int = 3) -> bytes:
    body = b"".join(frames)
    return b"ID3" + bytes([version, 0, 0]) + syncsafe(len(body)) + body + b"\xff\xfb"


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def frame(kind: bytes, data: bytes, flags: int = 0, version: int = 3) -> bytes:
    if version == 2:
        return kind + len(data).to_bytes(3, "big") + data
    return kind + (syncsafe(len(data)) if version == 4 else len(data).to_bytes(4, "big")) + flags.to_bytes(2, "big") + data


def modest(data: bytes) -> bool:
    return is_modest(io.BytesIO(data))


@pytest.mark.parametrize(
    "name", ["formats/cover-art.mp3", "formats/large-cover-art.mp3", "formats/cbr.mp3", "formats/pcm-s16.wav"]
)
def test_ordinary_files(name: str) -> None:
    assert modest((FIXTURES / name).read_bytes())


@pytest.mark.parametrize(("version", "kind"), [(2, b"TT2"), (3, b"TIT2"), (4, b"TIT2")])
def test_number_of_frames(version: int, kind: bytes) -> None:
    one = frame(kind, b"\0" + b"x" * 200, version=version)
    assert modest(tag(one * (MAX_FRAMES - 1), version=version))
    assert not modest(tag(one * (MAX_FRAMES + 1), version=version))
    assert modest(tag(one, bytes(100_000), version=version))


@pytest.mark.parametrize(("version", "flags"), [(3, 0x0080), (4, 0x0008)])
def test_compressed_frames(version: int, flags: int) -> None:
    plain = frame(b"TIT2", b"\0x", version=version)
    assert not modest(tag(plain, frame(b"TPE1", zlib.compress(b"\0x"), flags, version), version=version))
    assert modest(tag(plain, frame(b"TPE1", b"\0x", flags >> 1 if version == 4 else 0x2000, version), version=version))


def test_size() -> None:
    assert not modest(HUGE)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert modest(data) in (True, False)
    assert modest(tag(data)) in (True, False)
