"""Damage in a later frame of an animation is damage of the file."""

import io

import pytest
from PIL import Image

from mediapreflight.media.facts import Problem
from mediapreflight.media.image import picture as image
from mediapreflight.media.image import webp_still

from ..make import encoded, patched, picture_facts, png_chunk
from .jpegs import photograph

FORMATS = ("GIF", "PNG", "WEBP")


def animated(format: str, count: int = 5, **options) -> bytes:
    frames = [photograph("RGB", (96, 64)).rotate(90 * number).resize((96, 64)) for number in range(count)]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=50, **options)


def overwritten(data: bytes, share: float) -> bytes:
    return patched(data, int(len(data) * share), bytes(range(1, 201)))


@pytest.mark.parametrize("format", FORMATS)
def test_all_frames_of_a_whole_animation(format: str) -> None:
    facts = picture_facts(animated(format), decode=True)
    assert (facts.frames, facts.problems) == (5, ())


def test_a_damaged_frame_is_named() -> None:
    data = overwritten(animated("GIF"), 0.5)
    assert picture_facts(data, decode=True).problem(Problem.CORRUPT) == "frame 3 of 5 cannot be decoded"
    assert picture_facts(data).problems == ()


def test_a_damaged_frame_of_a_webp() -> None:
    data = animated("WEBP", lossless=True)
    last = data.rindex(b"VP8L")
    damaged = patched(data, last + 13, b"\xff" * 60)
    assert picture_facts(damaged, decode=True).problem(Problem.CORRUPT) == "frame 5 of 5 cannot be decoded"


def test_a_damaged_frame_of_a_png_with_right_checksums() -> None:
    data = animated("PNG")
    at = data.rindex(b"fdAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    damaged = png_chunk(b"fdAT", data[at + 4 : at + 8] + bytes(length - 4))
    whole = data[: at - 4] + damaged + data[at + 8 + length :]
    assert picture_facts(whole, decode=True).problem(Problem.CORRUPT) == "frame 5 of 5 cannot be decoded"


def test_frames_beyond_the_budget_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = overwritten(animated("GIF"), 0.9)
    assert picture_facts(data, decode=True).problem(Problem.CORRUPT) == "frame 5 of 5 cannot be decoded"
    with monkeypatch.context() as patch:
        patch.setattr(image, "_MAX_ANIMATED_PIXELS", 4 * 30_000)
        assert picture_facts(data, decode=True).problems == ()
    monkeypatch.setattr(webp_still, "LARGE_PIXELS", 96 * 64 - 1)
    assert picture_facts(data, decode=True).problems == ()


def test_an_animation_that_holds_fewer_frames_than_it_says() -> None:
    data = animated("PNG", 3)
    at = data.index(b"acTL")
    more = data[: at - 4] + png_chunk(b"acTL", (9).to_bytes(4, "big") + data[at + 8 : at + 12]) + data[at + 16 :]
    assert picture_facts(more, decode=True).problem(Problem.CORRUPT) == "frame 4 of 9 cannot be decoded"


@pytest.mark.parametrize("count", [0, 2**31 + 1, 2**32 - 1])
def test_an_animation_of_no_possible_length_is_the_picture_that_comes_first(count: int) -> None:
    data = animated("PNG", 3)
    at = data.index(b"acTL")
    odd = data[: at - 4] + png_chunk(b"acTL", count.to_bytes(4, "big") + data[at + 8 : at + 12]) + data[at + 16 :]
    with pytest.warns(UserWarning, match="Invalid APNG"), Image.open(io.BytesIO(odd)) as opened:
        assert opened.n_frames == 1
    facts = picture_facts(odd, decode=True)
    assert (facts.frames, facts.problems) == (1, ())
