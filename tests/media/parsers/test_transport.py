"""Packets of transport streams that readers pass over."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import Problem
from mediapreflight.media.parsers.transport import damaged_packets, torn_packet
from mediapreflight.media.probe import probe

from ..make import FIXTURES, MediaMaker, patched

PLAIN = (FIXTURES / "formats/h264.ts").read_bytes()
STAMPED = b"".join(bytes(4) + PLAIN[at : at + 188] for at in range(0, len(PLAIN), 188))
NULL = b"G\x1f\xff\x10" + b"\xff" * 184
STUFFING = b"G\x01\x00\x20" + b"\xff" * 184
LAYOUTS = pytest.mark.parametrize(("data", "length"), [(PLAIN, 188), (STAMPED, 192)], ids=["plain", "stamped"])


def torn(data: bytes) -> str | None:
    return torn_packet(io.BytesIO(data), len(data))


def damaged(data: bytes) -> int:
    return damaged_packets(io.BytesIO(data), len(data))


@LAYOUTS
def test_whole(data: bytes, length: int) -> None:
    assert (torn(data), damaged(data)) == (None, 0)
    for behind in (NULL, NULL[:50], STUFFING[:50], bytes(1000), b"a tag of somebody"):
        assert (torn(data + behind), damaged(data + behind)) == (None, 0)


@LAYOUTS
@pytest.mark.parametrize("there", [20, 100, 187])
def test_cut_off_within_a_packet(data: bytes, length: int, there: int) -> None:
    assert torn(data[: len(data) - length + there]) == f"its last packet has {there} of {length} bytes"


@LAYOUTS
def test_packets_without_a_mark(data: bytes, length: int) -> None:
    at = len(data) // 2 // length * length
    assert damaged(patched(data, at, bytes(2 * length))) == 2
    assert damaged(patched(data, at, bytes(length)) + bytes(500)) == 1


def test_bytes_put_in_between_are_left_to_decoders() -> None:
    at = len(PLAIN) // 3 // 188 * 188
    assert damaged(PLAIN[:at] + b"stray" + PLAIN[at:]) == 0


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_facts_name_what_is_cut(make: MediaMaker, level: str) -> None:
    facts = probe(make.write("torn.ts", PLAIN[:-100]), level)  # type: ignore[arg-type]
    assert facts.problem(Problem.TRUNCATED) == "its last packet has 88 of 188 bytes"


def test_facts_name_what_is_damaged(make: MediaMaker) -> None:
    at = len(PLAIN) // 2 // 188 * 188
    facts = probe(make.write("hurt.ts", patched(PLAIN, at, bytes(188))))
    assert facts.problem(Problem.CORRUPT) is not None


@given(st.binary(max_size=800))
def test_any_bytes(data: bytes) -> None:
    for start in (b"", b"G" + bytes(187) + b"G" + bytes(187) + b"G" + bytes(187)):
        assert damaged(start + data) >= 0
        assert torn(start + data) is None or len(start + data) % 188
