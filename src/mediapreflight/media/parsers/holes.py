"""Zeros in place of data of H.264 and H.265, as unfinished downloads leave them. Source: ITU-T H.264 and H.265, 7.4.1 (three zero
bytes in a row never stand within a unit); ISO/IEC 14496-15, 5.3.3 and 8.3.3.

FFmpeg decodes such a frame to something else, often without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Where the configuration record of each codec says how many bytes the length of a unit has.
_LENGTH_AT = {"h264": 4, "hevc": 21}
# Other units than those of slices are sometimes written without the bytes that prevent zeros.
_SLICE_UNITS = {"h264": frozenset(range(1, 6)), "hevc": frozenset(range(32))}
_ZEROS = b"\0\0\0\0"
# Zeros at the end of a unit may be padding.
_HOLE = re.compile(rb"\0{4,}[^\0]")


class HoleFinder:
    """Finds the packets of one stream, by its codec and its decoder configuration, in which a slice has a hole."""

    CODECS = frozenset(_LENGTH_AT)

    def __init__(self, codec: str, configuration: bytes) -> None:
        at = _LENGTH_AT[codec]
        self._codec = codec
        self._length_bytes = (configuration[at] & 3) + 1 if configuration[:1] == b"\1" and len(configuration) > at else 0

    def has_hole(self, packet: bytes) -> bool:
        """Whether zeros stand within a slice."""
        return _ZEROS in packet and any(self._is_slice(unit) and _HOLE.search(unit) for unit in self._units(packet))

    def _is_slice(self, unit: bytes) -> bool:
        kind = unit[0] & 0x1F if self._codec == "h264" else unit[0] >> 1 & 0x3F
        return kind in _SLICE_UNITS[self._codec]

    def _units(self, packet: bytes) -> Iterator[bytes]:
        if not self._length_bytes:
            yield from filter(None, packet.split(b"\0\0\1"))
            return
        at = 0
        while at + self._length_bytes < len(packet):
            length, start = int.from_bytes(packet[at : at + self._length_bytes], "big"), at + self._length_bytes
            at = start + length
            if length:
                yield packet[start:at]
