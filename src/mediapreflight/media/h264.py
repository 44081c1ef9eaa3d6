"""What the sequence header of H.264 says of the picture. Source: ITU-T H.264, 7.3.2.1.1 and annex E; ISO/IEC 14496-15, 5.3.3.

FFmpeg finds this by decoding the first pictures; for large ones that takes a hundred times as long as reading it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
CHROMA = {1: "420", 2: "422", 3: "444"}
CROP_UNITS = {1: (2, 2), 2: (2, 1), 3: (1, 1)}
# Table E-1: width over height of one pixel, by index from 1.
_RATIOS = ((1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11), (64, 33),
           (160, 99), (4, 3), (3, 2), (2, 1))  # fmt: skip
_EXTENDED_RATIO = 255
_RGB = 0
_USUAL_DEPTHS = frozenset({8, 10})
_SEQUENCE_UNIT, _SLICE_UNITS = 7, frozenset({1, 5})
_MAX_UNITS = 64
# More than the headers of a sequence, or the part of a slice header that is read.
_HEADER_BYTES = 512
_MAX_ZEROS = 32


class SequenceHeader(NamedTuple):
    """Sides in pixels as shown after cropping. `chroma` is `420`, `422` or `444`; `is_rgb`: as planes of red, green and blue.

    What the header leaves open is None: `pixel_ratio`, `full_range`, `transfer` (a code of table E-4). `has_fields`: whether a
    picture may be stored as two fields. `frame_number_bits`: how long a frame's number is in the header of its slices.
    """

    width: int
    height: int
    chroma: str
    bit_depth: int
    is_rgb: bool = False
    pixel_ratio: tuple[int, int] | None = None
    full_range: bool | None = None
    transfer: int | None = None
    has_fields: bool = False
    frame_number_bits: int = 4

    @property
    def is_usual(self) -> bool:
        """Whether its pixels are those of common decoders: 8 or 10 bits, not as planes of red, green and blue."""
        return not self.is_rgb and self.bit_depth in _USUAL_DEPTHS


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


def unescaped(data: bytes) -> bytes:
    """A unit without the bytes that keep start codes from appearing in the data."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


class Bits:
    """Bits, read from the front."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        """A number of `count` bits. Raises EOFError."""
        if count > self._left:
            raise EOFError
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def number(self) -> int:
        """A number with as many bits as there are zeros before it (Exp-Golomb, 9.1)."""
        left = self._value & ((1 << self._left) - 1)
        zeros = self._left - left.bit_length()
        if not left or zeros > _MAX_ZEROS:
            raise EOFError
        self._left -= zeros + 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """The same with a sign (9.1.1)."""
        code = self.number()
        return (code + 1) // 2 if code % 2 else -(code // 2)


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


def with_usability(header: SequenceHeader, bits: Bits) -> SequenceHeader:
    """The header with the shape, range and meaning of its pixels, with which its part on usability begins. Raises EOFError."""
    if bits.take(1):
        index = bits.take(8)
        if index == _EXTENDED_RATIO:
            header = header._replace(pixel_ratio=(bits.take(16), bits.take(16)))
        elif 1 <= index <= len(_RATIOS):
            header = header._replace(pixel_ratio=_RATIOS[index - 1])
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(3)
        header = header._replace(full_range=bool(bits.take(1)))
        if bits.take(1):
            bits.take(8)
            header = header._replace(transfer=bits.take(8), is_rgb=bits.take(8) == _RGB)
    return header
