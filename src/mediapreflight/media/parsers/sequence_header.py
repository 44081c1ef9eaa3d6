"""What the sequence headers of H.264 and H.265 have in common: their fields, how these are coded, and what they say of pixels.

Sources: ITU-T H.264 and H.265, 9.1 or 9.2 (codes) and annex E (usability).
"""

from __future__ import annotations

from typing import NamedTuple

# By `chroma_format_idc`: its name, and how many pixels a unit of cropping is across and down.
CHROMA = {1: "420", 2: "422", 3: "444"}
CROP_UNITS = {1: (2, 2), 2: (2, 1), 3: (1, 1)}
# Table E-1: width over height of one pixel, by index from 1.
_RATIOS = ((1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11), (64, 33),
           (160, 99), (4, 3), (3, 2), (2, 1))  # fmt: skip
_EXTENDED_RATIO = 255
_RGB = 0
_USUAL_DEPTHS = frozenset({8, 10})
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
