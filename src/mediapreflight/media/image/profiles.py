"""The meaning of a picture's colour values: ICC profiles and coding points, read as far as needed.

A profile is judged by its primaries and curves, not by its name. Sources: ICC.1:2022 for profiles, ITU-T H.273 for
coding points. Nothing here needs a library, so that a header check stays fast.
"""

from __future__ import annotations

import functools
import itertools
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ..facts import ColorSpace, Transfer

_HEADER_BYTES, _ENTRY_BYTES, _MAX_TAGS, _MAX_CURVE = 128, 12, 200, 65_536
# The number of bytes of them that are read.
_TAGS_READ = {
    **dict.fromkeys((b"rXYZ", b"gXYZ", b"bXYZ"), 20),
    **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), 12 + 2 * _MAX_CURVE),
    b"A2B0": 4,
    b"cicp": 12,
}
_UNSAID = 2
_LINEAR, _PQ, _HLG = 8, 16, 18
_TRANSFERS: dict[int, Transfer] = {_PQ: "pq", _HLG: "hlg"}
# BT.709, BT.601 and the 10 and 12 bits of BT.2020 have the same curve, which all viewers show like that of sRGB.
_SHOWN_AS_SRGB = frozenset({1, _UNSAID, 6, 13, 14, 15})
_KNOWN_TRANSFERS = _SHOWN_AS_SRGB | {4, _LINEAR, _PQ, _HLG}
# Those of standard television differ invisibly from sRGB's.
_SPACES_OF_PRIMARIES: dict[int, ColorSpace] = {
    **dict.fromkeys((1, _UNSAID, 5, 6, 7), "srgb"),
    9: "bt2020",
    11: "display-p3",
    12: "display-p3",
}
_Xyz = tuple[float, float, float]
# Red, green and blue as X, Y, Z under D50, to which profiles adapt them.
_COLORANTS: dict[ColorSpace, tuple[_Xyz, _Xyz, _Xyz]] = {
    "srgb": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)),
    "display-p3": ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
    "adobe-rgb": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
    "prophoto-rgb": ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)),
    "bt2020": ((0.6735, 0.2790, -0.0019), (0.1657, 0.6753, 0.0300), (0.1251, 0.0456, 0.7969)),
}
_COLORANT_TOLERANCE = 0.01
_SRGB_TOLERANCE = 0.003
# As shares of the whole range, coded as sRGB again: what may be skipped, and an invisible difference. Plain
# gamma 2.2 differs from sRGB in the shadows alone.
_EXACT_CURVE, _NEAR_CURVE = 0.006, 0.03
_SHADOWS = 0.1
# White under D50; white of D65, which some profiles keep, is 0.26 away.
_WHITE, _WHITE_TOLERANCE = (0.9642, 1.0, 0.8249), 0.4
# How much light a quarter of the range must leave to the rest: far less than any gamma up to 6. And how far measured curves
# may decrease between two values.
_LEAST_LIGHT, _WAVER = 0.1, 0.02
_SAMPLES = tuple(index / 32 for index in range(33))


class Coding(NamedTuple):
    """Code points of H.273: `primaries` of table 2, `transfer` of table 3."""

    primaries: int
    transfer: int

    @property
    def is_srgb(self) -> bool:
        """Whether its values are shown like those of sRGB."""
        return _SPACES_OF_PRIMARIES.get(self.primaries, "srgb") == "srgb" and self._shown_transfer == _UNSAID

    @property
    def color_space(self) -> ColorSpace:
        """The name of its colours; `other` for a curve that no reader expects."""
        if self.transfer == _LINEAR:
            return "other"
        return _SPACES_OF_PRIMARIES.get(self.primaries, "srgb")

    @property
    def range(self) -> Transfer:
        """Standard or high dynamic range, and which curve."""
        return _TRANSFERS.get(self.transfer, "sdr")

    @property
    def _shown_transfer(self) -> int:
        return self.transfer if self.transfer in _KNOWN_TRANSFERS - _SHOWN_AS_SRGB else _UNSAID


class Profile(NamedTuple):
    """What a profile does.

    `is_srgb`: it changes no colour visibly. `space`: `other` for one without a name, None for grey
    and print colours. `coding`: the coding points that a profile of version 4.4 may contain.
    """

    is_srgb: bool
    space: ColorSpace | None
    coding: Coding | None


@functools.lru_cache(maxsize=8)
def read_profile(profile: bytes) -> Profile | None:
    """The effect of an ICC profile; None for an invalid or incomplete one. Most pictures of a folder have the same profile."""
    if len(profile) < _HEADER_BYTES + 4 or profile[36:40] != b"acsp":
        return None
    tags = _tags(profile)
    points = tags.get(b"cicp", b"")
    coding = Coding(points[8], points[9]) if len(points) >= 10 else None
    if profile[16:20] != b"RGB ":
        return Profile(False, None, coding)
    colorants = _colorants(tags)
    if colorants is None:
        return Profile(False, "other", coding) if b"A2B0" in tags else None
    if not _is_usable(colorants, tags):
        return None
    name = min(_COLORANTS, key=lambda each: _distance(colorants, _COLORANTS[each]))
    distance = _distance(colorants, _COLORANTS[name])
    if distance > _COLORANT_TOLERANCE:
        return Profile(False, "other", coding)
    if name != "srgb":
        return Profile(False, name, coding)
    errors = list(_curve_errors(tags))
    is_exact = distance <= _SRGB_TOLERANCE and all(error <= _EXACT_CURVE for _, error in errors)
    is_near = all(error <= _NEAR_CURVE for value, error in errors if value >= _SHADOWS)
    return Profile(is_exact, "srgb" if is_near else "other", coding)


def _tags(profile: bytes) -> Mapping[bytes, bytes]:
    """The contents of the tags that are needed, by their names."""
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    tags = {}
    for at in range(_HEADER_BYTES + 4, _HEADER_BYTES + 4 + min(count, _MAX_TAGS) * _ENTRY_BYTES, _ENTRY_BYTES):
        if at + _ENTRY_BYTES > len(profile):
            break
        name, start, length = struct.unpack_from(">4sII", profile, at)
        if name in _TAGS_READ:
            tags[name] = profile[start : start + min(length, _TAGS_READ[name])]
    return tags


def _colorants(tags: Mapping[bytes, bytes]) -> tuple[_Xyz, _Xyz, _Xyz] | None:
    """Red, green and blue; None for a profile with tables, which count more."""
    found = [tags.get(name, b"") for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    if b"A2B0" in tags or any(len(data) < 20 for data in found):
        return None
    red, green, blue = (_xyz(data) for data in found)
    return red, green, blue


def _xyz(data: bytes) -> _Xyz:
    x, y, z = struct.unpack_from(">3i", data, 8)
    return x / 65_536, y / 65_536, z / 65_536


def _is_usable(colorants: tuple[_Xyz, _Xyz, _Xyz], tags: Mapping[bytes, bytes]) -> bool:
    """Whether white stays white, and every curve rises from dark to light.

    A broken profile makes a picture black, white or negative, which is never intended.
    """
    white = (sum(column) for column in zip(*colorants, strict=True))
    if any(abs(value - expected) > _WHITE_TOLERANCE for value, expected in zip(white, _WHITE, strict=True)):
        return False
    return all(_rises(curve) for curve in map(_curve, _curves(tags)) if curve is not None)


def _rises(curve: Callable[[float], float]) -> bool:
    light = [curve(value) for value in _SAMPLES]
    is_ordered = all(darker <= lighter + _WAVER for darker, lighter in itertools.pairwise(light))
    quarter = len(light) // 4
    return is_ordered and light[quarter] < 1 - _LEAST_LIGHT and light[-1 - quarter] > _LEAST_LIGHT


def _curves(tags: Mapping[bytes, bytes]) -> set[bytes]:
    return {tags.get(name, b"") for name in (b"rTRC", b"gTRC", b"bTRC")}


def _distance(these: tuple[_Xyz, _Xyz, _Xyz], those: tuple[_Xyz, _Xyz, _Xyz]) -> float:
    return max(abs(a - b) for one, other in zip(these, those, strict=True) for a, b in zip(one, other, strict=True))


def _curve_errors(tags: Mapping[bytes, bytes]) -> Iterator[tuple[float, float]]:
    """For values of each channel: the difference between the value and the curve's result, coded as sRGB. 1 without a result."""
    for data in _curves(tags):
        curve = _curve(data)
        for value in _SAMPLES:
            yield value, 1.0 if curve is None else abs(_coded(curve(value)) - value)


def _curve(data: bytes) -> Callable[[float], float] | None:
    if data[:4] == b"curv" and len(data) >= 12:
        return _table_curve(data)
    if data[:4] == b"para" and len(data) >= 16:
        return _parametric_curve(data)
    return None


def _table_curve(data: bytes) -> Callable[[float], float] | None:
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return lambda value: value
    if count > _MAX_CURVE or len(data) < 12 + 2 * count:
        return None
    table = struct.unpack_from(f">{count}H", data, 12)
    if count == 1:
        gamma: float = table[0] / 256
        return lambda value: float(value**gamma)

    def between(value: float) -> float:
        place = value * (count - 1)
        left = min(int(place), count - 2)
        return float(table[left] + (table[left + 1] - table[left]) * (place - left)) / 65_535

    return between


def _parametric_curve(data: bytes) -> Callable[[float], float] | None:
    """The five forms of ICC.1:2022, 10.18: which parameters are given, and whether anything is added to the power."""
    (kind,) = struct.unpack_from(">H", data, 8)
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(kind)
    if count is None or len(data) < 12 + 4 * count:
        return None
    numbers = [number / 65_536 for number in struct.unpack_from(f">{count}i", data, 12)]
    gamma, a, b = (numbers[0], 1.0, 0.0) if kind == 0 else numbers[:3]
    # Below this value a straight line with this slope and start; above it the power, plus this value.
    limit, slope, foot, added = -b / a if a else 0.0, 0.0, 0.0, 0.0
    if kind == 2:
        foot = added = numbers[3]
    elif kind >= 3:
        slope, limit = numbers[3:5]
    if kind == 4:
        added, foot = numbers[5:]
    if gamma <= 0:
        # Such a power makes everything white.
        return lambda value: 1.0

    def power(value: float) -> float:
        return float(min(max(a * value + b, 0.0), 1.0) ** gamma + added) if value >= limit else slope * value + foot

    return power


def _coded(linear: float) -> float:
    """The curve of sRGB (IEC 61966-2-1)."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
