"""Packets of transport streams: readers skip those that are damaged. Source: ISO/IEC 13818-1, 2.4.3."""

from __future__ import annotations

from typing import BinaryIO

_MARK = b"G"
# Plain, and after a time stamp as in Blu-ray and AVCHD: the length of a packet, and the offset of its mark.
_LAYOUTS = ((188, 0), (192, 4))
_HEADER_BYTES = 4
_HAS_PAYLOAD = 0x10
_NULL = 0x1FFF
# So many marks in a row are not a coincidence.
_RUN = 3
_PACKETS_A_READ = 4096
# Packets are not counted beyond this either.
_MAX_PACKETS = 1_000_000


def torn_packet(stream: BinaryIO, size: int) -> str | None:
    """How the last packet shows that the file is cut off; None if it does not."""
    layout = _layout(stream)
    if layout is None:
        return None
    length, before = layout
    there = size % length
    stream.seek(max(0, size - there - _RUN * length))
    data = stream.read(_RUN * length + there)
    last = data[_RUN * length + before :]
    if data[before::length] != _MARK * (_RUN + 1) or len(last) < _HEADER_BYTES:
        return None
    identifier = int.from_bytes(last[1:3], "big") & _NULL
    if identifier == _NULL or not last[3] & _HAS_PAYLOAD:
        return None
    return f"its last packet has {there} of {length} bytes"


def damaged_packets(stream: BinaryIO, size: int) -> int:
    """How many packets have lost the mark that each begins with.

    If the packets after them are shifted, bytes were added or removed; whether these mattered is not known here.
    """
    layout = _layout(stream)
    if layout is None:
        return 0
    length, before = layout
    stream.seek(0)
    marks = bytearray()
    while len(marks) < min(size // length, _MAX_PACKETS) and (data := stream.read(length * _PACKETS_A_READ)):
        marks += data[before::length]
    marks = marks[: marks.rfind(_MARK * _RUN) + _RUN]
    good = marks.count(_MARK)
    return len(marks) - good if 2 * good > len(marks) else 0


def _layout(stream: BinaryIO) -> tuple[int, int] | None:
    stream.seek(0)
    head = stream.read(_RUN * max(length for length, _ in _LAYOUTS))
    return next((layout for layout in _LAYOUTS if head[layout[1] :: layout[0]][:_RUN] == _MARK * _RUN), None)
