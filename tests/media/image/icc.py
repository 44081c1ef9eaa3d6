"""Colour profiles written tag by tag: of well-known spaces, and sRGB with red and blue exchanged, which cannot be overlooked."""

import struct

import numpy as np

Xyz = tuple[float, float, float]
Primaries = tuple[Xyz, Xyz, Xyz]
# Chromaticities (x, y) of red, green, blue and white by the standards; D65 and D50.
_D65, _D50 = (0.3127, 0.3290), (0.3457, 0.3585)
_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))


def _xyz_of(x: float, y: float) -> np.ndarray:
    return np.array((x / y, 1.0, (1 - x - y) / y))


def _adapted(
    red: tuple[float, float], green: tuple[float, float], blue: tuple[float, float], white: tuple[float, float]
) -> Primaries:
    """Red, green and blue as X, Y, Z, adapted to D50 by Bradford's method."""
    columns = np.array([_xyz_of(*each) for each in (red, green, blue)]).T
    scaled = columns * np.linalg.solve(columns, _xyz_of(*white))
    gains = (_BRADFORD @ _xyz_of(*_D50)) / (_BRADFORD @ _xyz_of(*white))
    one, two, three = (np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD @ scaled).T.tolist()
    return tuple(one), tuple(two), tuple(three)


SRGB = _adapted((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
DISPLAY_P3 = _adapted((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65)
ADOBE_RGB = _adapted((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)
PROPHOTO_RGB = _adapted((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), _D50)
BT2020 = _adapted((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)
WHITE = (0.9642, 1.0, 0.8249)


def gamma(value: float) -> bytes:
    """A curve that is a power."""
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256)) + bytes(2)


def table(values: list[float]) -> bytes:
    """A curve by its values at equal distances."""
    data = b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *(round(value * 65_535) for value in values))
    return data + bytes(-len(data) % 4)


def parametric(kind: int, *numbers: float) -> bytes:
    """A curve by one of the formulas of ICC.1:2022, 10.18."""
    return b"para" + bytes(4) + struct.pack(">H2x", kind) + b"".join(map(_fixed, numbers))


def srgb_curve() -> bytes:
    """That of IEC 61966-2-1, as profiles of version 4 write it."""
    return parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def swapped_profile() -> bytes:
    """Red in it means blue, and blue red."""
    red, green, blue = SRGB
    return profile((blue, green, red), gamma(2.2), name="Red and blue exchanged")


def profile(primaries: Primaries, curve: bytes, *, name: str = "Unnamed", more: dict[bytes, bytes] | None = None) -> bytes:
    """A profile of three primaries and one curve for all of them. `more`: further tags."""
    text = name.encode() + b"\0"
    described = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    red, green, blue = primaries
    tags = {
        b"desc": described + bytes(-len(described) % 4),
        b"cprt": b"text" + bytes(4) + b"none\0\0\0\0",
        b"wtpt": _xyz(WHITE),
        b"rXYZ": _xyz(red),
        b"gXYZ": _xyz(green),
        b"bXYZ": _xyz(blue),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
        **(more or {}),
    }
    at, entries, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        entries += struct.pack(">4sII", tag, at + len(body), len(content))
        body += content
    illuminant = b"".join(_fixed(value) for value in WHITE)
    head = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return head + bytes(68 - len(head)) + illuminant + bytes(48) + entries + body


def _xyz(values: Xyz) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(value) for value in values)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65_536))
