"""What the sequence header of H.265 says of the picture. Source: ITU-T H.265, 7.3.2 and annex E; ISO/IEC 14496-15, 8.3.3."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .sequence_header import CHROMA, CROP_UNITS, Bits, SequenceHeader, unescaped, with_usability

_CONFIGURATION_BYTES, _UNIT_HEADER_BYTES = 23, 2
_SETS, _SEQUENCE, _MESSAGES = 32, 33, frozenset({39, 40})
# What encoders say of themselves, and the light of the mastering display, of the picture and of the viewer's room. Other messages
# may change how the picture is shown.
_HARMLESS = frozenset({5, 137, 144, 148})
_PROFILE_BITS, _LEVEL_BITS = 88, 8
_MAX_REFERENCES, _MAX_REFERENCE_SETS, _MAX_LONG_TERM = 16, 64, 32


def read_configuration(data: bytes) -> SequenceHeader | None:
    """The header in a decoder configuration record (`hvcC`); None if there is not exactly one, or an unusual one."""
    try:
        units = list(_units(data))
        headers = [unit for kind, unit in units if kind == _SEQUENCE]
        is_plain = all(_is_plain(kind, unit) for kind, unit in units)
        return _header(Bits(unescaped(headers[0]))) if is_plain and len(headers) == 1 else None
    except (EOFError, struct.error, IndexError):
        return None


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The units of a record by their types, without their headers."""
    at = _CONFIGURATION_BYTES
    for _ in range(data[at - 1]):
        kind, count = struct.unpack_from(">BH", data, at)
        at += 3
        for _ in range(count):
            (length,) = struct.unpack_from(">H", data, at)
            yield kind & 0x3F, data[at + 2 + _UNIT_HEADER_BYTES : at + 2 + length]
            at += 2 + length


def _is_plain(kind: int, unit: bytes) -> bool:
    """Whether a unit means one layer, and no message on how to show it."""
    if kind in _MESSAGES:
        return unit[0] in _HARMLESS
    return kind != _SETS or not int.from_bytes(unit[:2], "big") >> 4 & 0x3F


def _header(bits: Bits) -> SequenceHeader | None:
    bits.take(4)
    more_layers = bits.take(3)
    bits.take(1)
    _skip_profile(bits, more_layers)
    bits.number()
    chroma = bits.number()
    if chroma not in CHROMA or (chroma == 3 and bits.take(1)):
        return None
    width, height = bits.number(), bits.number()
    left, right, top, bottom = (bits.number() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    across, down = CROP_UNITS[chroma]
    depth, chroma_depth, order_bits = bits.number() + 8, bits.number() + 8, bits.number() + 4
    for _ in range(1 + more_layers if bits.take(1) else 1):
        _skip_numbers(bits, 3)
    _skip_numbers(bits, 6)
    if depth != chroma_depth or (bits.take(1) and bits.take(1)):
        return None
    bits.take(2)
    if bits.take(1):
        bits.take(8)
        _skip_numbers(bits, 2)
        bits.take(1)
    _skip_references(bits)
    if bits.take(1):
        for _ in range(_up_to(_MAX_LONG_TERM, bits.number())):
            bits.take(order_bits + 1)
    bits.take(2)
    header = SequenceHeader(width - (left + right) * across, height - (top + bottom) * down, CHROMA[chroma], depth)
    return _with_fields(with_usability(header, bits), bits) if bits.take(1) else header


def _up_to(most: int, number: int) -> int:
    if number > most:
        raise EOFError
    return number


def _skip_numbers(bits: Bits, count: int) -> None:
    for _ in range(count):
        bits.number()


def _skip_profile(bits: Bits, more_layers: int) -> None:
    bits.take(_PROFILE_BITS + _LEVEL_BITS)
    stated = [(bits.take(1), bits.take(1)) for _ in range(more_layers)]
    bits.take(2 * (8 - more_layers) if more_layers else 0)
    for has_profile, has_level in stated:
        bits.take(has_profile * _PROFILE_BITS + has_level * _LEVEL_BITS)


def _skip_references(bits: Bits) -> None:
    """The sets of pictures to refer to, some of which are told by their difference from the one before."""
    before = 0
    for index in range(_up_to(_MAX_REFERENCE_SETS, bits.number())):
        if index and bits.take(1):
            bits.take(1)
            bits.number()
            before = sum(bool(bits.take(1) or bits.take(1)) for _ in range(before + 1))
        else:
            before = _up_to(_MAX_REFERENCES, bits.number()) + _up_to(_MAX_REFERENCES, bits.number())
            for _ in range(before):
                bits.number()
                bits.take(1)


def _with_fields(header: SequenceHeader, bits: Bits) -> SequenceHeader:
    if bits.take(1):
        _skip_numbers(bits, 2)
    bits.take(1)
    return header._replace(has_fields=bool(bits.take(1)))
