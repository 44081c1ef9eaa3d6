"""What is written shows what it was made of; what it shows instead is seen, however fine the pattern."""

import ctypes
import io

import numpy as np
import pytest
from PIL import Image

from mediapreflight.media.image.decoding import packet_of
from mediapreflight.media.image.second_look import difference


def file_of(pixels: np.ndarray, format: str) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format, quality=75)
    return data.getvalue()


def stripes(height: int, width: int, step: int) -> np.ndarray:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[::step] = 255
    return pixels


def blots(height: int, width: int) -> np.ndarray:
    small = np.random.default_rng(4).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height)))


@pytest.mark.every("format", ["jpeg", "png"])
@pytest.mark.every(
    "pixels",
    # Every eighth row of 2048 is white, or black.
    [stripes(2048, 300, 2), stripes(2048, 300, 8), stripes(531, 900, 19), blots(1200, 700), blots(70, 2000), stripes(9, 11, 4)],
)
def test_the_same_picture_is_no_other(pixels, format):
    assert difference(pixels, file_of(pixels, format), format) < 2


@pytest.mark.parametrize("format", ["jpeg", "png"])
def test_another_picture_is(format):
    pixels = blots(600, 400)
    for other in (pixels[::-1], pixels[:, ::-1], 255 - pixels, np.roll(pixels, 200, axis=0)):
        assert difference(pixels, file_of(np.ascontiguousarray(other), format), format) > 12


def test_a_jpeg_that_is_cut_off_is_not_taken_for_written():
    data = file_of(blots(600, 400), "jpeg")
    with pytest.raises(ValueError, match="Premature end"):
        difference(blots(600, 400), data[: len(data) // 2], "jpeg")


def test_decoders_find_zeros_behind_a_packet() -> None:
    packet = packet_of(bytes(range(1, 101)))
    assert bytes(packet) == bytes(range(1, 101))
    assert ctypes.string_at(packet.buffer_ptr + packet.size, 64) == bytes(64)
