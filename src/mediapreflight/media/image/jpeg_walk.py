"""Read the codes of a sequential Huffman JPEG one by one, without making pixels: slow, and exact about lost data.

No available decoder that knows every sampling says what it found wrong. Source: ITU-T T.81 annex F.
"""

from __future__ import annotations

import itertools
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..facts import counted
from ..foreign_words import ONE_BYTE_LEFT
from .headers.base import DamagedError

_BLOCK = 64
_LAST_TABLE = 3
_BITS_OF_A_CODE = 16
# More than the codes of one block, so that a block can be read to its end before its length is checked.
_BEHIND = bytes(512)
_END_OF_BLOCK = 1000
_ZEROS = 0xF0
_MAX_STRAY_BYTES = 16


class Codes(NamedTuple):
    """One table of a segment: the number of codes of each length from 1 to 16, and the meaning of each code."""

    counts: bytes
    symbols: bytes


class Table(NamedTuple):
    """By the next 16 bits: how many of them, and of those that follow, a code and its value take (0: there is no such code); and
    by how many coefficients it moves on."""

    bits: Sequence[int]
    moves: Sequence[int]


class Scan(NamedTuple):
    """`blocks`: the tables, DC and AC, of each block of one unit; `units` in all; `interval`: units between restarts, or 0."""

    blocks: Sequence[tuple[Table, Table]]
    units: int
    interval: int


def codes_of(segment: bytes) -> Iterator[tuple[int, Codes]]:
    """The tables of a DHT segment by their class and number, as one byte. Raises DamagedError.

    A segment may have thousands, of which scans use eight at most.
    """
    at = 0
    while at + 17 <= len(segment):
        counts = segment[at + 1 : at + 17]
        symbols = segment[at + 17 : at + 17 + sum(counts)]
        if len(symbols) < sum(counts):
            raise DamagedError("a table of its codes is cut off")
        yield segment[at], Codes(counts, symbols)
        at += 17 + len(symbols)


def quantization_tables_of(segment: bytes) -> Iterator[int]:
    """The numbers of the tables of a DQT segment. Raises DamagedError if it is not made of whole tables."""
    at = 0
    while at < len(segment):
        precision, number = segment[at] >> 4, segment[at] & 15
        at += 1 + _BLOCK * (precision + 1)
        if precision > 1 or number > _LAST_TABLE or at > len(segment):
            raise DamagedError("a table of its values is damaged")
        yield number


def _table(codes: Codes) -> Table:
    bits: list[int] = []
    moves: list[int] = []
    following = iter(codes.symbols)
    for length, count in enumerate(codes.counts, start=1):
        for symbol in (next(following) for _ in range(count)):
            entries = 1 << (_BITS_OF_A_CODE - length)
            bits += [length + (symbol & 15)] * entries
            moves += [_move(symbol)] * entries
    unused = (1 << _BITS_OF_A_CODE) - len(bits)
    if unused < 0:
        raise DamagedError("a table of its codes contradicts itself")
    return Table(array("B", bits + [0] * unused), array("H", moves + [0] * unused))


def _move(symbol: int) -> int:
    if symbol & 15 or symbol == _ZEROS:
        return (symbol >> 4) + 1
    return _END_OF_BLOCK


def scan_of(frame: bytes, scan: bytes, codes: Mapping[int, Codes], interval: int) -> Scan:
    """The structure of a scan, from its frame header and its scan header. Raises DamagedError."""
    height, width = struct.unpack_from(">HH", frame, 1)
    sampling = {frame[at]: (frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(6, len(frame) - 2, 3)}
    across, down = (max(factors) for factors in zip(*sampling.values(), strict=True))
    chosen = [(scan[at], scan[at + 1]) for at in range(1, 1 + 2 * scan[0], 2)]
    if not chosen or not across or not down or any(name not in sampling for name, _ in chosen):
        raise DamagedError("a scan refers to components that the picture does not have")
    blocks = []
    for name, numbers in chosen:
        if numbers >> 4 not in codes or 16 + (numbers & 15) not in codes:
            raise DamagedError("a scan lacks the tables of its codes")
        horizontal, vertical = sampling[name]
        of_block = _table(codes[numbers >> 4]), _table(codes[16 + (numbers & 15)])
        blocks += [of_block] * (1 if len(chosen) == 1 else horizontal * vertical)
    if len(chosen) == 1:
        horizontal, vertical = sampling[chosen[0][0]]
        sides = -(-width * horizontal // across), -(-height * vertical // down)
        return Scan(blocks, -(-sides[0] // 8) * -(-sides[1] // 8), interval)
    return Scan(blocks, -(-width // (8 * across)) * -(-height // (8 * down)), interval)


def walk(scan: Scan, intervals: Sequence[bytes]) -> None:
    """Read all data of a scan, given between its restarts, in order.

    After each, zeros may be left over as padding, and a few extra bytes that are not data; after the last, whole intervals.

    Raises: DamagedError if a code does not exist, or data is missing or left over.
    """
    per_interval = scan.interval or scan.units
    expected = -(-scan.units // per_interval)
    if len(intervals) < expected:
        raise DamagedError(f"its data has {len(intervals) - 1} restarts instead of {expected - 1}")
    # Some writers put a restart after the last unit too, and some scanners more lines than the header states.
    intervals = intervals[:expected]
    windows, start = _windows(b"".join(intervals).replace(b"\xff\x00", b"\xff")), 0
    for number, data in enumerate(intervals):
        units = min(per_interval, scan.units - number * per_interval)
        plain = data.replace(b"\xff\x00", b"\xff")
        end = _bits_read(itertools.chain.from_iterable(itertools.repeat(scan.blocks, units)), windows, 8 * start, 8 * len(plain))
        used = -(-end // 8)
        start += len(plain)
        before_zeros = len(plain.rstrip(b"\x00"))
        # The last zero may belong to the data; if more were read as data, they replace lost data.
        is_filled = before_zeros <= used <= before_zeros + 1
        if used < len(plain) and not is_filled and not _is_followed_by_strays(scan.blocks, plain, end):
            several = "{count} bytes are left over where its data should end"
            raise DamagedError(counted(len(plain) - used, ONE_BYTE_LEFT, several))


def _is_followed_by_strays(blocks: Sequence[tuple[Table, Table]], data: bytes, end: int) -> bool:
    """Whether data that ends at this bit is complete. It ends in ones; if blocks continue to the end, others were lost before."""
    if len(data) - end // 8 > _MAX_STRAY_BYTES + 1 or not _is_padding(data, end):
        return False
    return not any(_goes_on((*blocks[first:], *blocks[:first]), data, end) for first in range(len(blocks)))


def _goes_on(blocks: Sequence[tuple[Table, Table]], data: bytes, at: int) -> bool:
    """Whether everything from this bit on is blocks."""
    left, at = data[at >> 3 :], at & 7
    windows = _windows(left)
    for block in itertools.cycle(blocks):
        try:
            at += _bits_read((block,), windows, at, 8 * len(left) - at)
        except DamagedError:
            return False
        if at >> 3 >= len(left) - 1 and _is_padding(left, at):
            return True
    return False


def _is_padding(data: bytes, at: int) -> bool:
    """Whether there are ones from this bit to the end of its byte."""
    ones = (1 << (-at & 7)) - 1
    return not ones or data[at >> 3] & ones == ones


def _bits_read(blocks: Iterable[tuple[Table, Table]], windows: Sequence[int], start: int, most: int) -> int:
    """The number of bits of the blocks that begin at this bit. Raises DamagedError, also if that is more than `most`."""
    at, end = start, start + most
    for first, others in blocks:
        step = first.bits[windows[at >> 3] >> (16 - (at & 7)) & 0xFFFF]
        if not step:
            raise DamagedError("its data contains a code that does not exist")
        at += step
        bits, moves = others
        place = 1
        while place < _BLOCK:
            code = windows[at >> 3] >> (16 - (at & 7)) & 0xFFFF
            step = bits[code]
            if not step:
                raise DamagedError("its data contains a code that does not exist")
            at += step
            place += moves[code]
        if _BLOCK < place < _END_OF_BLOCK:
            raise DamagedError("its data contains a block of more than 64 values")
        if at > end:
            raise DamagedError("its data ends before its picture does")
    return at - start


def _windows(data: bytes) -> Sequence[int]:
    """The 32 bits from each byte on."""
    import numpy as np

    octets = np.frombuffer(data + _BEHIND, np.uint8).astype(np.uint32)
    return array("I", (octets[:-3] << 24 | octets[1:-2] << 16 | octets[2:-1] << 8 | octets[3:]).tobytes())
