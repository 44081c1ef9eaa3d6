"""H.264's sequence header, beside what FFmpeg finds by decoding."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.h264 import read_configuration
from mediapreflight.media.parsers.sequence_header import SequenceHeader

from ..av.test_movie import assert_same, read
from ..make import encode_shades

PICTURE = (320, 240)
# Encoder options by what is uncommon about the header they make, with the pixel format.
CLIPS = {
    "plain": ("yuv420p", {}),
    "baseline": ("yuv420p", {"profile": "baseline"}),
    "reordered": ("yuv420p", {"x264-params": "bframes=7:b-pyramid=2:ref=4:keyint=5"}),
    "4:2:2": ("yuv422p", {}),
    "4:4:4 in 10 bits": ("yuv444p10le", {}),
    "full range": ("yuv420p", {"x264-params": "fullrange=on"}),
    "full range by format": ("yuvj420p", {}),
    "pq": ("yuv420p10le", {"x264-params": "transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc"}),
    "hlg": ("yuv420p10le", {"x264-params": "transfer=arib-std-b67"}),
    "ratio of the table": ("yuv420p", {"x264-params": "sar=4/3"}),
    "ratio of its own": ("yuv420p", {"x264-params": "sar=123/100"}),
    "interlaced": ("yuv420p", {"x264-params": "interlaced=1:tff=1"}),
    "scaling lists": ("yuv420p", {"x264-params": "cqm=jvt"}),
    "twelve scaling lists": ("yuv444p", {"x264-params": "cqm=jvt"}),
    "grey": ("gray", {}),
}


def clip(path: Path, pixel_format: str, size: tuple[int, int] = PICTURE, **options: str) -> Path:
    return encode_shades(path, "libx264", pixel_format, size, 12, {"preset": "ultrafast", "threads": "1"} | options)


@pytest.mark.parametrize("extension", ["mp4", "mov"])
@pytest.mark.parametrize("name", CLIPS)
def test_header_says_what_decoding_finds(tmp_path: Path, name: str, extension: str) -> None:
    pixel_format, options = CLIPS[name]
    path = clip(tmp_path / f"clip.{extension}", pixel_format, **options)
    assert (read(path) is not None) == (name != "grey")
    assert_same(path)


@pytest.mark.parametrize("size", [(318, 238), (16, 16), (1918, 1078), (2, 2)])
def test_sides_are_those_after_cropping(tmp_path: Path, size: tuple[int, int]) -> None:
    path = clip(tmp_path / "clip.mp4", "yuv420p", size)
    stated = read(path)
    assert stated is not None
    assert stated.sides == size
    assert_same(path)


def test_sides_that_contradict_the_container_are_left_to_the_decoder(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", "yuv420p")
    data = path.read_bytes()
    at = data.index(b"avc1", data.index(b"stsd")) + 28
    assert struct.unpack_from(">HH", data, at) == PICTURE
    path.write_bytes(data[:at] + struct.pack(">HH", 640, 480) + data[at + 4 :])
    assert read(path) is None


def configuration(tmp_path: Path) -> bytes:
    with av.open(str(clip(tmp_path / "clip.mp4", "yuv420p", **{"x264-params": "sar=123/100:transfer=smpte2084"}))) as container:
        return container.streams.video[0].codec_context.extradata


def test_header_by_itself(tmp_path: Path) -> None:
    header = read_configuration(configuration(tmp_path))
    assert header == SequenceHeader(320, 240, "420", 8, pixel_ratio=(123, 100), full_range=False, transfer=16)


def test_header_that_is_cut_off(tmp_path: Path) -> None:
    whole = configuration(tmp_path)
    length = int.from_bytes(whole[6:8], "big")
    for kept in range(8):
        assert read_configuration(whole[:kept]) is None
    for kept in range(4):
        assert read_configuration(whole[:6] + kept.to_bytes(2, "big") + whole[8 : 8 + kept]) is None
    assert read_configuration(whole[: 8 + length]) is not None


@given(st.binary(max_size=60), st.integers(0, 255))
def test_any_bytes_are_a_header_or_none(data: bytes, profile: int) -> None:
    record = bytes([1, profile, 0, 30, 0xFF, 0xE1]) + (len(data) + 2).to_bytes(2, "big") + bytes([0x67, profile]) + data
    for found in (read_configuration(record), read_configuration(data)):
        assert found is None or found.chroma in ("420", "422", "444")
