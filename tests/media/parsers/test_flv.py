"""Tags of FLV files that readers pass over."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import Problem
from mediapreflight.media.parsers.flv import Tags, read_tags
from mediapreflight.media.probe import probe

from ..make import FIXTURES, MediaMaker, patched

FLV = (FIXTURES / "formats/h264.flv").read_bytes()


def tags(data: bytes) -> Tags:
    return read_tags(io.BytesIO(data), len(data))


def starts() -> list[int]:
    found, at = [], 13
    while at < len(FLV):
        found.append(at)
        at += 15 + int.from_bytes(FLV[at + 1 : at + 4], "big")
    return found


def test_whole_tags() -> None:
    assert tags(FLV) == Tags()
    for behind in (bytes(3000), b"a tag of somebody", FLV[-4:]):
        assert tags(FLV + behind) == Tags()
    # Some writers leave the lengths behind the tags at 0.
    lengthless = FLV
    for at in starts()[1:]:
        lengthless = patched(lengthless, at - 4, bytes(4))
    assert tags(lengthless) == Tags()


@pytest.mark.parametrize("kept", [11, 20])
def test_a_file_that_ends_within_a_tag(kept: int) -> None:
    last = starts()[-2]
    length = 11 + int.from_bytes(FLV[last + 1 : last + 4], "big")
    assert tags(FLV[: last + min(kept, length - 1)]).missing == length - min(kept, length - 1)


@pytest.mark.parametrize("new", [bytes(11), b"\x09\xff\xff\xff\0\0\0\0\0\0\0", b"\x09\0\0\x05\0\0\0\0\0\0\0"])
def test_a_tag_that_hides_the_next(make: MediaMaker, new: bytes) -> None:
    middle = starts()[len(starts()) // 2]
    data = patched(FLV, middle, new)
    assert tags(data).broken >= 1
    facts = probe(make.write("hurt.flv", data))
    assert facts.problem(Problem.CORRUPT) or facts.problem(Problem.TRUNCATED)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    assert tags(data).missing >= 0
    assert tags(FLV[:13] + data).missing >= 0
