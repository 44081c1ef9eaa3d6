"""H.265's sequence header, beside what FFmpeg finds by decoding."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.parsers.hevc import read_configuration
from mediapreflight.media.parsers.sequence_header import SequenceHeader

from ..av.test_movie import assert_same, read
from ..make import encode_shades

# Encoder options by what is uncommon about the header they make, with the pixel format.
CLIPS = {
    "plain": ("yuv420p", ""),
    "ten bits": ("yuv420p10le", ""),
    "4:2:2": ("yuv422p10le", ""),
    "4:4:4": ("yuv444p", ""),
    "full range": ("yuv420p", "range=full"),
    "pq": ("yuv420p10le", "transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc"),
    "hlg": ("yuv420p10le", "transfer=arib-std-b67"),
    "ratio of the table": ("yuv420p", "sar=14"),
    "largest ratio of the table": ("yuv420p", "sar=16"),
    "no prediction of times": ("yuv420p", "no-temporal-mvp=1:no-sao=1:no-amp=1"),
    "layers in time": ("yuv420p", "temporal-layers=1:bframes=3"),
}
UNUSUAL = {"grey": ("gray", ""), "twelve bits": ("yuv420p12le", ""), "full range at 4:4:4": ("yuv444p", "range=full")}


def clip(path: Path, pixel_format: str, options: str = "", size: tuple[int, int] = (96, 64)) -> Path:
    settings = {"preset": "ultrafast", "x265-params": f"log-level=none:pools=1:frame-threads=1:{options}".rstrip(":")}
    return encode_shades(path, "libx265", pixel_format, size, 6, settings)


@pytest.mark.parametrize("name", CLIPS)
def test_header_says_what_decoding_finds(tmp_path: Path, name: str) -> None:
    path = clip(tmp_path / "clip.mp4", *CLIPS[name])
    assert read(path) is not None
    assert_same(path)


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_left_to_the_decoder(tmp_path: Path, name: str) -> None:
    path = clip(tmp_path / "clip.mp4", *UNUSUAL[name])
    assert read(path) is None
    assert_same(path)


@pytest.mark.parametrize("size", [(94, 62), (64, 66), (130, 72)])
def test_sides_are_those_after_cropping(tmp_path: Path, size: tuple[int, int]) -> None:
    path = clip(tmp_path / "clip.mp4", "yuv420p", size=size)
    stated = read(path)
    assert stated is not None
    assert stated.sides == size
    assert_same(path)


def configuration(tmp_path: Path) -> bytes:
    with av.open(str(clip(tmp_path / "clip.mp4", "yuv420p", "sar=14:transfer=smpte2084"))) as container:
        return container.streams.video[0].codec_context.extradata


def test_header_by_itself(tmp_path: Path) -> None:
    whole = configuration(tmp_path)
    assert read_configuration(whole) == SequenceHeader(96, 64, "420", 8, pixel_ratio=(4, 3), full_range=False, transfer=16)
    assert read_configuration(b"") is None
    for kept in (10, 23, 40):
        assert read_configuration(whole[:kept]) is None


@pytest.mark.parametrize(("message", "is_read"), [(5, True), (148, True), (147, False), (3, False)])
def test_messages_on_how_to_show_the_picture_are_left_to_the_decoder(tmp_path: Path, message: int, is_read: bool) -> None:
    whole = configuration(tmp_path)
    unit = bytes([39, 0, 1, 0, 5, 0x4E, 1, message, 1, 16])
    with_message = whole[:22] + bytes([whole[22] + 1]) + unit + whole[23:]
    assert (read_configuration(with_message) is not None) == is_read


@given(st.binary(max_size=60))
def test_any_bytes_are_a_header_or_none(data: bytes) -> None:
    record = bytes(22) + b"\x01\x21\x00\x01" + (len(data) + 2).to_bytes(2, "big") + b"\x42\x01" + data
    for found in (read_configuration(record), read_configuration(data)):
        assert found is None or found.chroma in ("420", "422", "444")
