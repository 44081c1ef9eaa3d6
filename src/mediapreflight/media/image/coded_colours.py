"""Convert pixels whose colours are defined by coding points to sRGB: other primaries, other curves, high dynamic range.

Sources: ITU-T H.273 for the code points, ITU-R BT.2100 for PQ and HLG, BT.2408 for the white of a page in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .profiles import Coding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Linear = NDArray[np.float32]

# Reference white (the white of a page), in cd/m2 for PQ, and as a share of the scene's brightest light for HLG, where it is 75 %
# of the signal (BT.2408). A display of that brightness shows HLG with a system gamma of about 1 (BT.2390), so gamma is left out.
_WHITE_OF_PQ, _WHITE_OF_HLG = 203, 0.265
_PEAK_OF_PQ = 10_000
# Pixels below this share of reference white keep their brightness; brighter ones are compressed.
_KEPT_SHARE = 0.5
_STEPS = 65_535
# The percentage of pixels that may be brighter than the new white, and the number of pixels sampled for that.
_CLIPPED, _ASKED_PIXELS = 0.1, 250_000
_PQ, _HLG, _LINEAR, _GAMMA_22 = 16, 18, 8, 4
# The matrices from linear RGB with other primaries, by code, to linear RGB of sRGB; both with white D65.
_TO_SRGB = {
    9: ((1.66049, -0.58764, -0.07285), (-0.12455, 1.13290, -0.00835), (-0.01815, -0.10058, 1.11873)),
    **dict.fromkeys((11, 12), ((1.22494, -0.22494, 0.0), (-0.04206, 1.04206, 0.0), (-0.01964, -0.07864, 1.09828))),
}


class Rendering(NamedTuple):
    """Converts the pixels of one picture to sRGB. `brightest`: the light that becomes white, relative to reference white."""

    coding: Coding
    brightest: float

    def of(self, rgb: NDArray[Any]) -> NDArray[np.uint8]:
        """Pixels of 8 or 16 bits, height x width x 3, as 8-bit sRGB."""
        linear = _light(rgb, self.coding)
        return _coded(linear if self.brightest <= 1 else _rolled_off(linear, self.brightest))


def rendering(rgb: NDArray[Any], coding: Coding) -> Rendering:
    """The rendering for a picture; `rgb` contains all or a regular sample of its rows and columns."""
    import numpy as np

    if coding.range == "sdr":
        return Rendering(coding, 1.0)
    step = max(1, round((rgb.shape[0] * rgb.shape[1] / _ASKED_PIXELS) ** 0.5))
    brightest = _light(rgb[::step, ::step, :3], coding).max(axis=-1)
    return Rendering(coding, float(np.percentile(brightest, 100 - _CLIPPED)))


def _light(rgb: NDArray[Any], coding: Coding) -> Linear:
    """Linear RGB of sRGB, 1 for reference white."""
    import numpy as np

    most = np.iinfo(rgb.dtype).max
    values = np.linspace(0, 1, most + 1, dtype=np.float32)
    linear: Linear = _linear(values, coding.transfer).astype(np.float32)[rgb]
    matrix = _TO_SRGB.get(coding.primaries)
    return linear if matrix is None else np.asarray(linear @ np.array(matrix, np.float32).T, np.float32)


def _linear(values: Linear, transfer: int) -> NDArray[Any]:
    """Linear light from coded values."""
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
    """The curve that FFmpeg calls mobius, applied to the brightest of the three channels so that hues do not change."""
    import numpy as np

    kept = _KEPT_SHARE
    a = -(kept**2) * (peak - 1) / (kept**2 - 2 * kept + peak)
    b = (kept**2 - 2 * kept * peak + peak) / max(peak - 1, 1e-6)
    brightest = np.maximum(linear.max(axis=-1, keepdims=True), 1e-6)
    curved = (b**2 + 2 * b * kept + kept**2) / (b - a) * (brightest + a) / (brightest + b)
    mapped: Linear = linear * np.where(brightest <= kept, 1, curved / brightest).astype(np.float32)
    return mapped


def _coded(linear: Linear) -> NDArray[np.uint8]:
    """With a table whose steps are fine enough for all 256 values."""
    import numpy as np

    light = np.linspace(0, 1, _STEPS + 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    table = (coded * 255 + 0.5).astype(np.uint8)
    return table[(linear.clip(0, 1) * _STEPS + np.float32(0.5)).astype(np.uint16)]
