"""Pixels whose colours are given by coding points to sRGB: other primaries, other curves, high dynamic range.

Sources: ITU-T H.273 for the code points, ITU-R BT.2100 for PQ and HLG, BT.2408 for the white of a page in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .profiles import Coding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Linear = NDArray[np.float32]

# The white of a page, in cd/m2 of PQ and as the share of a scene's brightest light in HLG, where 75 % of the signal show it
# (BT.2408). A display no brighter than that shows HLG with a system gamma of about 1 (BT.2390), which is left out.
_WHITE_OF_PQ, _WHITE_OF_HLG = 203, 0.265
_PEAK_OF_PQ = 10_000
# What is darker than this share of reference white keeps its brightness; highlights are rolled off, if there are any.
_KEPT_SHARE = 0.5
_STEPS = 65_535
# How much of a picture may be brighter than what becomes white, in percent, and how many pixels are asked for it.
_CLIPPED, _ASKED_PIXELS = 0.1, 250_000
_PQ, _HLG, _LINEAR, _GAMMA_22 = 16, 18, 8, 4
# Linear red, green and blue of each kind of primaries to those of sRGB, by their codes; both under D65.
_TO_SRGB = {
    9: ((1.66049, -0.58764, -0.07285), (-0.12455, 1.13290, -0.00835), (-0.01815, -0.10058, 1.11873)),
    **dict.fromkeys((11, 12), ((1.22494, -0.22494, 0.0), (-0.04206, 1.04206, 0.0), (-0.01964, -0.07864, 1.09828))),
}


class Rendering(NamedTuple):
    """How the pixels of one picture become sRGB. `brightest`: the light that becomes white, in reference whites."""

    coding: Coding
    brightest: float

    def of(self, rgb: NDArray[Any]) -> NDArray[np.uint8]:
        """8-bit sRGB of pixels of 8 or 16 bits, height x width x 3."""
        linear = _light(rgb, self.coding)
        return _coded(linear if self.brightest <= 1 else _rolled_off(linear, self.brightest))


def rendering(rgb: NDArray[Any], coding: Coding) -> Rendering:
    """The one for a picture, of which every row and column, or every so many of them, are in `rgb`."""
    import numpy as np

    if coding.range == "sdr":
        return Rendering(coding, 1.0)
    step = max(1, round((rgb.shape[0] * rgb.shape[1] / _ASKED_PIXELS) ** 0.5))
    brightest = _light(rgb[::step, ::step, :3], coding).max(axis=-1)
    return Rendering(coding, float(np.percentile(brightest, 100 - _CLIPPED)))


def _light(rgb: NDArray[Any], coding: Coding) -> Linear:
    """Linear red, green and blue of sRGB, 1 for the white of a page."""
    import numpy as np

    most = np.iinfo(rgb.dtype).max
    values = np.linspace(0, 1, most + 1, dtype=np.float32)
    linear: Linear = _linear(values, coding.transfer).astype(np.float32)[rgb]
    matrix = _TO_SRGB.get(coding.primaries)
    return linear if matrix is None else np.asarray(linear @ np.array(matrix, np.float32).T, np.float32)


def _linear(values: Linear, transfer: int) -> NDArray[Any]:
    """Light from coded values."""
    import numpy as np

    if transfer == _PQ:
        root = values ** (1 / 78.84375)
        light = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
        return np.asarray(light ** (1 / 0.1593017578125) * (_PEAK_OF_PQ / _WHITE_OF_PQ))
    if transfer == _HLG:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
        return np.asarray(scene / _WHITE_OF_HLG)
    if transfer == _LINEAR:
        return values
    if transfer == _GAMMA_22:
        return np.asarray(values**2.2)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _rolled_off(linear: Linear, peak: float) -> Linear:
    """The curve that FFmpeg calls mobius, by the brightest of the three channels, so that no hue changes."""
    import numpy as np

    kept = _KEPT_SHARE
    a = -(kept**2) * (peak - 1) / (kept**2 - 2 * kept + peak)
    b = (kept**2 - 2 * kept * peak + peak) / max(peak - 1, 1e-6)
    brightest = np.maximum(linear.max(axis=-1, keepdims=True), 1e-6)
    curved = (b**2 + 2 * b * kept + kept**2) / (b - a) * (brightest + a) / (brightest + b)
    mapped: Linear = linear * np.where(brightest <= kept, 1, curved / brightest).astype(np.float32)
    return mapped


def _coded(linear: Linear) -> NDArray[np.uint8]:
    """By a table in steps so fine that none of the 256 values is missed."""
    import numpy as np

    light = np.linspace(0, 1, _STEPS + 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    table = (coded * 255 + 0.5).astype(np.uint8)
    return table[(linear.clip(0, 1) * _STEPS + np.float32(0.5)).astype(np.uint16)]
