"""What the sequence header of H.264 says of the picture. Source: ITU-T H.264, 7.3.2.1.1 and annex E; ISO/IEC 14496-15, 5.3.3.

FFmpeg finds this by decoding the first pictures; for large ones that takes a hundred times as long as reading it here.
"""

from __future__ import annotations

from collections.abc import Iterator

from .sequence_header import CHROMA, CROP_UNITS, Bits, SequenceHeader, unescaped, with_usability

_PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_SEQUENCE_UNIT, _SLICE_UNITS = 7, frozenset({1, 5})
_MAX_UNITS = 64
# More than the headers of a sequence, or the part of a slice header that is read.
_HEADER_BYTES = 512


def read_configuration(data: bytes) -> SequenceHeader | None:
    """The header in a decoder configuration record (`avcC`); None if there is not exactly one, or an unusual one."""
    if len(data) < 9 or data[0] != 1 or data[5] & 0x1F != 1:
        return None
    unit = data[8 : 8 + int.from_bytes(data[6:8], "big")]
    try:
        return _header(Bits(unescaped(unit[1:]))) if unit and unit[0] & 0x1F == 7 else None
    except EOFError:
        return None


class FieldFinder:
    """Tells packets that hold one field from those that hold a whole frame (7.3.3)."""

    def __init__(self, configuration: bytes) -> None:
        self._header = read_configuration(configuration)
        self._length_bytes = (configuration[4] & 3) + 1 if configuration[:1] == b"\x01" and len(configuration) > 4 else 0
        if not self._length_bytes:
            self.is_field(configuration)

    @property
    def may_find(self) -> bool:
        """Whether fields are possible: not if the sequence header excludes them."""
        return self._header is None or self._header.has_fields

    def is_field(self, packet: bytes) -> bool:
        """Whether the first slice in a packet is of a field, by the sequence header in this packet or before."""
        for unit in self._units(packet):
            kind = unit[0] & 0x1F
            try:
                if kind == _SEQUENCE_UNIT:
                    self._header = _header(Bits(unescaped(unit[1:])))
                elif kind in _SLICE_UNITS:
                    return self._header is not None and self._header.has_fields and _is_field(unit, self._header)
            except EOFError:
                return False
        return False

    def _units(self, packet: bytes) -> Iterator[bytes]:
        """The first bytes of each unit."""
        at = 0
        for _ in range(_MAX_UNITS):
            if self._length_bytes:
                length, start = int.from_bytes(packet[at : at + self._length_bytes], "big"), at + self._length_bytes
                at = start + length
            else:
                start = packet.find(b"\0\0\1", at) + 3
                at = start
                if start < 3:
                    return
            if start >= len(packet):
                return
            yield packet[start : start + _HEADER_BYTES]


def _is_field(unit: bytes, header: SequenceHeader) -> bool:
    bits = Bits(unescaped(unit[1:]))
    for _ in range(3):
        bits.number()
    bits.take(header.frame_number_bits)
    return bool(bits.take(1))


def _header(bits: Bits) -> SequenceHeader | None:
    profile = bits.take(8)
    bits.take(16)
    bits.number()
    chroma, luma_depth, chroma_depth = 1, 8, 8
    if profile in _PROFILES_WITH_CHROMA:
        chroma = bits.number()
        if chroma == 3 and bits.take(1):
            return None
        luma_depth, chroma_depth = 8 + bits.number(), 8 + bits.number()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 12 if chroma == 3 else 8)
    if chroma not in CHROMA or luma_depth != chroma_depth:
        return None
    frame_number_bits = bits.number() + 4
    _skip_order(bits)
    bits.number()
    bits.take(1)
    columns, rows = bits.number() + 1, bits.number() + 1
    whole_frames = bits.take(1)
    if not whole_frames:
        bits.take(1)
    bits.take(1)
    left, right, top, bottom = (bits.number() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    across, down = CROP_UNITS[chroma]
    width = columns * 16 - (left + right) * across
    height = rows * 16 * (2 - whole_frames) - (top + bottom) * down * (2 - whole_frames)
    header = SequenceHeader(
        width, height, CHROMA[chroma], luma_depth, has_fields=not whole_frames, frame_number_bits=frame_number_bits
    )
    return with_usability(header, bits) if bits.take(1) else header


def _skip_scaling(bits: Bits, lists: int) -> None:
    for index in range(lists):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_order(bits: Bits) -> None:
    kind = bits.number()
    if kind == 0:
        bits.number()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.number(), 255)):
            bits.signed()
