"""Damage in a JPEG is what costs pixels; what costs none is none. Judged by Pillow's pixels."""

import io
import random
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mediapreflight.media.facts import Problem
from mediapreflight.media.image.jpeg_data import _complaint
from mediapreflight.media.image.rewritten import rewritten

from ..make import encoded, jpeg_segment, jpeg_with, patched, picture, picture_facts
from .jpegs import Sampling, data_at, of_sampling, photograph, restarts, segments

KINDS = [(mode, progressive) for mode in ("L", "RGB", "CMYK") for progressive in (False, True)]
RARE: list[Sampling] = [
    ((3, 1), (1, 1), (1, 1)),
    ((1, 3), (1, 1), (1, 1)),
    ((3, 2), (1, 1), (1, 1)),
    ((2, 1), (1, 2), (1, 1)),
    ((1, 1), (2, 2), (2, 2)),
    ((2, 2), (1, 1), (1, 1), (1, 1)),
]
ENDS = b"\xff\xd9"


def pixels(jpeg: bytes) -> NDArray[np.uint8]:
    """Without the end mark Pillow refuses to read the data."""
    with Image.open(io.BytesIO(jpeg + ENDS)) as opened:
        return np.asarray(opened)


def problems(jpeg: bytes) -> tuple[str, ...]:
    return picture_facts(jpeg, decode=True).problems


def inserted(jpeg: bytes, at: int, data: bytes) -> bytes:
    return jpeg[:at] + data + jpeg[at:]


SHORT_PARTS = Problem.MISSTATED.because("a part that makes no pixels is damaged")
ENDLESS = Problem.MISSTATED.because("its end mark is missing")


@pytest.mark.parametrize("end", [b"", ENDS])
@pytest.mark.parametrize(
    "part",
    [jpeg_segment(0xE0, b"JFIF\0"), jpeg_segment(0xE2, b"ICC_PROFILE\0"), jpeg_segment(0xEE, b"Adobe\0")],
    ids=["JFIF", "ICC", "Adobe"],
)
def test_application_data_for_which_strict_readers_refuse_the_file(part: bytes, end: bytes) -> None:
    plain = encoded(photograph(), "JPEG")
    odd = inserted(plain, 2, part)[:-2] + end
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(odd))
    assert problems(odd) == (SHORT_PARTS if end else ENDLESS,)
    mended = rewritten(io.BytesIO(odd), "jpeg")
    assert mended is not None
    assert mended.read() == plain


def assert_sound(odd: bytes, plain: bytes, *found: str) -> None:
    """Whole, and of the very same pixels."""
    assert np.array_equal(pixels(odd), pixels(plain))
    assert problems(odd) == found


@pytest.mark.parametrize(("mode", "progressive"), KINDS)
def test_stray_bytes_between_segments_cost_no_pixel(mode: str, progressive: bool) -> None:
    jpeg = encoded(photograph(mode), "JPEG", progressive=progressive)
    for _, at in segments(jpeg)[1:]:
        for stray in (bytes(16), b"\x00", bytes(range(1, 100)), b"\x00\xff\x00\x07"):
            assert_sound(inserted(jpeg, at, stray), jpeg)


@pytest.mark.parametrize(
    "segment",
    [
        jpeg_segment(0xE2, b"ICC_PROFILE\x00\x09\x01" + bytes(16)),
        jpeg_segment(0xE2, b"ICC_PROFILE\x00\x02\x02" + bytes(16)),
        jpeg_segment(0xE0, b"JFIF\x00\x07\x02" + bytes(7)),
        jpeg_segment(0xEE, b"Adobe\x00\x64" + bytes(4) + b"\x09"),
        jpeg_segment(0xE7, b""),
    ],
)
def test_segments_that_make_no_pixel(segment: bytes) -> None:
    jpeg = encoded(photograph(), "JPEG")
    assert problems(jpeg_with(jpeg, segment)) == ()


@pytest.mark.every(("mode", "progressive"), KINDS)
@pytest.mark.every("behind", [ENDS + bytes(100), ENDS + b"anything", b"\xff\xff" + ENDS])
def test_what_stands_before_the_end_mark_or_behind_it(mode: str, progressive: bool, behind: bytes) -> None:
    jpeg = encoded(photograph(mode), "JPEG", progressive=progressive)
    assert_sound(jpeg[:-2] + behind, jpeg)


@pytest.mark.every(("mode", "progressive"), KINDS)
@pytest.mark.every("behind", [b"", b"\xff", bytes(40)])
def test_an_end_mark_that_is_missing(mode: str, progressive: bool, behind: bytes) -> None:
    jpeg = encoded(photograph(mode), "JPEG", progressive=progressive)
    assert_sound(jpeg[:-2] + behind, jpeg, ENDLESS)
    assert Problem.MISSTATED not in "".join(problems(jpeg[:-40]))


@pytest.mark.every("size", [(160, 120), (97, 33)])
@pytest.mark.every("mode", ["L", "RGB", "CMYK"])
@pytest.mark.every("filled_to", [4, 16, 512])
def test_intervals_filled_with_zeros(mode: str, filled_to: int, size: tuple[int, int]) -> None:
    jpeg = encoded(photograph(mode, size), "JPEG", restart_marker_blocks=3)
    filled, copied = b"", 0
    for at in (*restarts(jpeg), len(jpeg) - 2):
        filled += jpeg[copied:at]
        filled += bytes(-len(filled) % filled_to)
        copied = at
    assert_sound(filled + ENDS, jpeg)


def test_more_lines_than_the_header_states() -> None:
    whole = encoded(photograph(), "JPEG", restart_marker_blocks=5)
    at = whole.index(b"\xff\xc0") + 5
    lower = patched(whole, at, (96).to_bytes(2, "big"))
    assert "extraneous bytes before marker 0xd" in _complaint(lower)
    assert np.array_equal(pixels(lower)[:90], pixels(whole)[:90])
    assert problems(lower) == ()
    first, second = restarts(lower)[:2]
    assert problems(lower[: first + 30] + lower[second - 30 :]) != ()


def test_a_frame_of_motion_jpeg_without_tables_and_with_padded_intervals() -> None:
    whole = encoded(photograph(), "JPEG", restart_marker_blocks=3)
    bare = b"\xff\xd8" + b"".join(
        whole[at : at + 2 + int.from_bytes(whole[at + 2 : at + 4], "big")] for marker, at in segments(whole) if marker != 0xC4
    )
    data, copied = whole[data_at(whole) : -2], 0
    for at in (found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", data)):
        bare += data[copied:at] + b"\xff\x00" * 6
        copied = at
    bare += data[copied:] + ENDS
    assert "extraneous bytes before marker 0xd" in _complaint(bare)
    assert_sound(bare, whole)


def test_the_last_zero_of_the_data_is_no_filling() -> None:
    """Of a plain picture, whose data ends in zeros at most widths."""
    for width in range(8, 200, 8):
        jpeg = encoded(Image.new("RGB", (width, 16), "white"), "JPEG", subsampling="4:4:4")
        assert_sound(jpeg[:-2] + bytes(40) + ENDS, jpeg)


def test_a_scan_that_states_other_coefficients_than_it_has() -> None:
    jpeg = encoded(photograph(), "JPEG")
    assert_sound(patched(jpeg, data_at(jpeg) - 3, b"\x00\x00\x00"), jpeg)


@pytest.mark.parametrize(("mode", "progressive"), KINDS)
def test_data_that_are_cut_off_are_damage_with_an_end_mark_and_without(mode: str, progressive: bool) -> None:
    jpeg = encoded(photograph(mode), "JPEG", progressive=progressive)
    start = data_at(jpeg)
    for share in range(1, 20):
        cut = jpeg[: start + (len(jpeg) - start - 4) * share // 20]
        for tail in (b"", bytes(2000)):
            assert len(problems(cut + tail)) == 1
    assert len(problems(jpeg[:-3])) == 1
    assert len(problems(jpeg[:-3] + ENDS)) == 1


def test_a_progressive_picture_cut_off_between_two_scans() -> None:
    jpeg = encoded(photograph(), "JPEG", progressive=True)
    scans = [at for at in range(data_at(jpeg), len(jpeg)) if jpeg[at : at + 2] == b"\xff\xda"]
    assert scans
    for at in scans:
        tables = jpeg.rindex(b"\xff\xc4", 0, at)
        for end in (tables, at):
            assert problems(jpeg[:end]) != ()


@pytest.mark.sweep
@pytest.mark.parametrize(("mode", "progressive"), KINDS)
def test_overwritten_and_lost_data(mode: str, progressive: bool) -> None:
    jpeg = encoded(photograph(mode), "JPEG", quality=90, progressive=progressive)
    dice, start, missed = random.Random(7), data_at(jpeg), 0
    for _ in range(30):
        at = dice.randrange(start, len(jpeg) - 402)
        for damaged in (patched(jpeg, at, dice.randbytes(400)), patched(jpeg, at, bytes(400)), jpeg[:at] + jpeg[at + 400 :]):
            missed += problems(damaged) == ()
    assert missed <= 3


@pytest.mark.parametrize("at", [18_581, 18_655, 18_692, 18_793, 18_997, 19_034])
def test_zeros_in_the_place_of_data_that_a_decoder_takes_for_blocks(at: int) -> None:
    jpeg = encoded(picture(size=(160, 120)), "JPEG", quality=95)
    # In the last three no block has more than 64 values.
    hole = patched(jpeg, at, bytes(100 if at < 18_700 else 64))
    assert _complaint(hole) == ""
    assert not np.array_equal(pixels(hole), pixels(jpeg))
    assert problems(hole) == (Problem.CORRUPT.because("a part of its data is lost: there are zeros in its place"),)


def test_zeros_in_the_place_of_progressive_data_that_a_decoder_takes_for_blocks() -> None:
    jpeg = encoded(picture(size=(160, 120)), "JPEG", quality=95, progressive=True)
    for at in (14_065, 14_709, 15_330, 16_457):
        hole = patched(jpeg, at, bytes(100))
        assert _complaint(hole) == ""
        assert problems(hole) == (Problem.CORRUPT.because("a part of its data is lost: there are zeros in its place"),)


@pytest.mark.parametrize(("progressive", "at"), [(False, 1319), (False, 5189), (True, 1154), (True, 2231)])
def test_blocks_of_too_many_values_are_damage(progressive: bool, at: int) -> None:
    """One bit is turned: libjpeg-turbo passes over the values behind the 64th of a block, and over all that moved with them."""
    jpeg = encoded(picture(size=(160, 120)), "JPEG", quality=95, progressive=progressive)
    damaged = patched(jpeg, at, bytes((jpeg[at] ^ 0x10,)))
    assert _complaint(damaged) == ""
    assert not np.array_equal(pixels(damaged), pixels(jpeg))
    assert problems(damaged) == (Problem.CORRUPT.because("its data contains a block of more than 64 values"),)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_flat_pictures_are_zeros(mode: str, progressive: bool) -> None:
    jpeg = encoded(Image.new(mode, (1280, 960)), "JPEG", optimize=True, progressive=progressive)
    assert bytes(16) in jpeg[data_at(jpeg) :]
    assert problems(jpeg) == ()


@pytest.mark.parametrize("marker", [0x65, 0x02, 0xE3, 0xFE, 0xC0])
def test_a_marker_among_overwritten_data_does_not_end_them(marker: int) -> None:
    jpeg = encoded(photograph(), "JPEG", progressive=True)
    at = jpeg.index(b"\xff\xda") + 300
    assert problems(patched(jpeg, at, bytes((0xFF, marker, 0, 20)) + bytes(range(1, 60)))) != ()


def test_a_picture_whose_scans_are_lost() -> None:
    jpeg = encoded(photograph(), "JPEG")
    at = jpeg.index(b"\xff\xda")
    assert problems(patched(jpeg, at, b"\x00\x00")) != ()
    assert problems(patched(jpeg, at, b"\xff\xe9")) != ()


def test_a_lost_restart_is_damage() -> None:
    jpeg = encoded(photograph(), "JPEG", restart_marker_blocks=3)
    for at in restarts(jpeg):
        assert problems(jpeg[:at] + jpeg[at + 2 :]) != ()


def test_bytes_that_are_left_over_are_damage_where_they_are_no_zeros() -> None:
    jpeg = encoded(photograph(), "JPEG")
    assert problems(jpeg[:-2] + b"\x12" * 40 + ENDS) != ()


@pytest.mark.every(("mode", "progressive"), KINDS)
@pytest.mark.every("stray", [b"\x12", b"\x12\x34\x56", b"\xa7\x00\x13\x88"])
def test_a_few_stray_bytes_behind_the_last_block_cost_no_pixel(mode: str, progressive: bool, stray: bytes) -> None:
    for seed in range(5):
        jpeg = encoded(photograph(mode, (160 + 8 * seed, 120)), "JPEG", progressive=progressive)
        assert_sound(jpeg[:-2] + stray + ENDS, jpeg)


def test_the_last_bytes_of_data_that_lost_blocks_are_no_strays() -> None:
    """One bit turned makes blocks out of others; those that no longer fit are left over."""
    jpeg, dice, missed = encoded(photograph(), "JPEG", quality=90), random.Random(3), 0
    for at in (dice.randrange(data_at(jpeg), len(jpeg) - 40) for _ in range(60)):
        damaged = patched(jpeg, at, bytes([jpeg[at] ^ 0x10]))
        missed += "extraneous" in _complaint(damaged) and problems(damaged) == ()
    assert missed <= 1


@pytest.mark.parametrize(
    "marker", [b"\xff\x65\x00\x40", b"\xff\x02\x10\x00", b"\xff\xe5\x7f\xff", b"\xff\xd9", b"\xff\xc4\x00\x02"]
)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_false_marker_within_the_data_is_damage(marker: bytes, progressive: bool) -> None:
    jpeg = encoded(photograph(), "JPEG", progressive=progressive)
    for share in (1, 3, 5, 7, 9):
        at = data_at(jpeg) + (len(jpeg) - data_at(jpeg)) * share // 10
        assert problems(patched(jpeg, at, marker)) != ()


# -- samplings that only decoders without warnings know


@pytest.mark.sweep
@pytest.mark.parametrize("sampling", RARE)
def test_rare_samplings_are_sound_or_damaged_like_any_other(sampling: Sampling) -> None:
    jpeg = of_sampling(sampling)
    assert len(np.unique(pixels(jpeg))) > 50
    assert problems(jpeg) == ()
    assert problems(inserted(jpeg, segments(jpeg)[1][1], bytes(9))) == ()
    dice, start, missed = random.Random(7), data_at(jpeg), 0
    for _ in range(6):
        at = dice.randrange(start, len(jpeg) - 402)
        for damaged in (patched(jpeg, at, dice.randbytes(400)), patched(jpeg, at, bytes(400)), jpeg[:at] + ENDS, jpeg[:at]):
            missed += problems(damaged) == ()
    assert missed <= 1


def test_tables_of_values_that_are_damaged_or_missing() -> None:
    jpeg = encoded(photograph(), "JPEG", subsampling="4:2:0")
    at = next(at for marker, at in segments(jpeg) if marker == 0xDB)
    end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    for odd in (patched(jpeg, at + 4, b"\x5b"), jpeg[:at] + jpeg[end:]):
        assert picture_facts(odd, decode=True).problem(Problem.CORRUPT) is not None


def test_a_rare_sampling_in_several_scans_is_not_judged() -> None:
    jpeg = encoded(photograph(), "JPEG", progressive=True, subsampling="4:2:0")
    frame = jpeg.index(b"\xff\xc2")
    facts = picture_facts(patched(jpeg, frame + 11, b"\x31"), decode=True)
    assert facts.problem(Problem.NOT_RUN) == "its sampling of colours is so rare that no decoder here reports damage in it"


# -- codings that no decoder here reads


@pytest.mark.parametrize(
    ("marker", "depth", "words"),
    [
        (0xC3, 8, "lossless JPEG is not decoded here"),
        (0xCB, 8, "lossless JPEG is not decoded here"),
        (0xF7, 8, "JPEG-LS is not decoded here"),
        (0xC5, 8, "hierarchical JPEG is not decoded here"),
        (0xC1, 12, "JPEG of 12 bits is not decoded here"),
    ],
)
def test_codings_that_no_decoder_here_reads(marker: int, depth: int, words: str) -> None:
    jpeg = encoded(photograph(), "JPEG")
    frame = jpeg.index(b"\xff\xc0")
    facts = picture_facts(patched(patched(jpeg, frame + 1, bytes((marker,))), frame + 4, bytes((depth,))), decode=True)
    assert facts.problems == (Problem.NOT_RUN.because(words),)
    assert (facts.width, facts.height) == (160, 120)
