"""Data packets of ASF (WMA and WMV): readers skip those that are damaged.

Source: Microsoft, "Advanced Systems Format (ASF) Specification" 01.20.03, sections 3.2, 3.3 and 5.2.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_PACKET_SIZES_AT, _STREAM_NUMBER_AT, _DATA_HEAD_BYTES = 92, 72, 50
# Titles and cover pictures among them.
_MOST_HEADER_BYTES = 2**24
# Packets are not counted beyond this either.
_MAX_PACKETS = 1_000_000
_LENGTH_BYTES = (0, 1, 2, 4)
_HAS_CORRECTION, _CORRECTION_SORT = 0x80, 0x70
_LEAST_REPLICATED, _IS_PACKED = 8, 1


class _Layout(NamedTuple):
    """Where the first data packet begins, how long all that follow it are, in bytes, and what streams they may hold."""

    start: int
    end: int
    packet_bytes: int
    streams: frozenset[int]


def damaged_packets(stream: BinaryIO, size: int) -> int:
    """How many data packets of a file of `size` bytes do not hold the payloads that they announce."""
    layout = _layout(stream, size)
    if layout is None:
        return 0
    stream.seek(layout.start)
    count = min((min(layout.end, size) - layout.start) // layout.packet_bytes, _MAX_PACKETS)
    return sum(not _is_whole(stream.read(layout.packet_bytes), layout.streams) for _ in range(count))


def missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the data runs past the end of the file; 0 if it is complete, or its length is open."""
    layout = _layout(stream, size)
    return max(0, layout.end - size) if layout else 0


def _layout(stream: BinaryIO, size: int) -> _Layout | None:
    stream.seek(0)
    head = stream.read(24)
    if len(head) < 24:
        return None
    start = int.from_bytes(head[16:24], "little")
    stream.seek(0)
    header = stream.read(min(start, _MOST_HEADER_BYTES))
    stream.seek(min(start, size))
    data = stream.read(_DATA_HEAD_BYTES)
    properties = header.find(_FILE_PROPERTIES)
    sizes = header[properties + _PACKET_SIZES_AT : properties + _PACKET_SIZES_AT + 8]
    if properties < 0 or len(sizes) < 8 or len(data) < _DATA_HEAD_BYTES or not data.startswith(_DATA):
        return None
    least, most = struct.unpack("<II", sizes)
    if least != most or not least:
        return None
    length = int.from_bytes(data[16:24], "little")
    end = start + length if length > _DATA_HEAD_BYTES else size
    return _Layout(start + _DATA_HEAD_BYTES, end, least, _stream_numbers(header))


def _stream_numbers(header: bytes) -> frozenset[int]:
    found, at = set(), header.find(_STREAM_PROPERTIES)
    while at >= 0:
        found.add(int.from_bytes(header[at + _STREAM_NUMBER_AT : at + _STREAM_NUMBER_AT + 2], "little") & 0x7F)
        at = header.find(_STREAM_PROPERTIES, at + 1)
    return frozenset(found)


class _Fields:
    """The numbers of a packet, read from the front."""

    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self.at = 0

    def take(self, count: int) -> int:
        """A number of `count` bytes. Raises EOFError."""
        self.at += count
        if self.at > len(self._packet):
            raise EOFError
        return int.from_bytes(self._packet[self.at - count : self.at], "little")

    def take_coded(self, flags: int, shift: int) -> int:
        """A number with its length in two bits of `flags`; 0 if it is left out."""
        return self.take(_LENGTH_BYTES[flags >> shift & 3])


def _is_whole(packet: bytes, streams: frozenset[int]) -> bool:
    """Whether the payloads of a packet are of known streams and fill it up to its padding."""
    fields = _Fields(packet)
    try:
        first = fields.take(1)
        if first & _HAS_CORRECTION:
            if first & _CORRECTION_SORT:
                return True
            fields.take(first & 15)
            first = fields.take(1)
        return _holds_payloads(fields, first, len(packet), streams)
    except EOFError:
        return False


def _holds_payloads(fields: _Fields, flags: int, packet_bytes: int, streams: frozenset[int]) -> bool:
    lengths = fields.take(1)
    end = fields.take_coded(flags, 5) or packet_bytes
    fields.take_coded(flags, 1)
    end -= fields.take_coded(flags, 3)
    fields.take(6)
    are_several = flags & 1
    counts = fields.take(1) if are_several else 1
    for _ in range(counts & 63):
        if fields.take(1) & 0x7F not in streams:
            return False
        fields.take_coded(lengths, 4)
        offset = fields.take_coded(lengths, 2)
        replicated = fields.take_coded(lengths, 0)
        if _IS_PACKED < replicated < _LEAST_REPLICATED:
            return False
        object_bytes = fields.take(4) if replicated >= _LEAST_REPLICATED else None
        fields.take(replicated - 4 if object_bytes is not None else replicated)
        length = fields.take_coded(counts, 6) if are_several else end - fields.at
        if length < 0 or (object_bytes is not None and offset + length > object_bytes):
            return False
        fields.take(length)
    return counts & 63 > 0 and fields.at == end
