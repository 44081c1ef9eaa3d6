"""The network gives what the Silero team's own model file gives, however the sound is cut up."""

import numpy as np
import pytest

from mediapreflight.people.vad import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, VoiceActivity

# The probabilities of every fourth frame of `babble()` by silero_vad_16k_sequence.onnx (silero-vad 6.2.3), run by OpenCV 5.
PUBLISHED = [0.026, 0.245, 0.435, 0.631, 0.881, 0.563, 0.557, 0.512, 0.49, 0.82, 0.99, 0.98, 0.945, 0.826, 0.643, 0.821]


def babble(seconds=2.048):
    """Vowels: harmonics of a gliding pitch under moving formants, four syllables a second."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    formants = (
        (500 + 250 * np.sin(2 * np.pi * 1.3 * time), 90, 1),
        (1500 + 500 * np.sin(2 * np.pi * 0.9 * time + 1), 120, 0.5),
        (2600 + 0 * time, 160, 0.25),
    )
    sound = np.zeros_like(time)
    for harmonic in range(1, 31):
        gain = sum(np.exp(-(((harmonic * pitch - centre) / (2 * width)) ** 2)) * peak for centre, width, peak in formants)
        sound += gain * np.sin(harmonic * phase)
    return (0.2 * sound * (0.5 - 0.5 * np.cos(2 * np.pi * 4 * time))).astype(np.float32)


def test_probabilities_are_those_of_the_published_model():
    heard = VoiceActivity().hear(babble())
    assert len(heard) == 64
    assert heard[::4].tolist() == pytest.approx(PUBLISHED, abs=0.001)


@pytest.mark.parametrize("frames", [1, 3, 16, 63])
def test_pieces_follow_on_each_other(frames):
    sound, listener = babble(), VoiceActivity()
    step = frames * FRAME_SAMPLES
    pieces = [listener.hear(sound[at : at + step]) for at in range(0, len(sound), step)]
    assert np.concatenate(pieces).tolist() == pytest.approx(VoiceActivity().hear(sound).tolist(), abs=1e-5)


def test_each_listener_starts_anew():
    first, second = VoiceActivity(), VoiceActivity()
    first.hear(babble())
    assert second.hear(babble()).tolist() == VoiceActivity().hear(babble()).tolist()


@pytest.mark.parametrize("frequency", [100, 440, 3000])
def test_a_tone_is_no_speech(frequency):
    time = np.arange(64 * FRAME_SAMPLES) / SAMPLE_RATE
    assert VoiceActivity().hear((0.5 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)).max() < 0.3


@pytest.mark.parametrize("level", [0, 1e-4, 1])
def test_silence_and_noise_are_no_speech(level):
    noise = np.random.default_rng(0).normal(0, 0.2, 64 * FRAME_SAMPLES).astype(np.float32) * level
    assert np.median(VoiceActivity().hear(noise)) < 0.3


def test_extremes_stay_probabilities():
    loud = np.sign(np.random.default_rng(0).normal(size=8 * FRAME_SAMPLES)).astype(np.float32) * 1e6
    heard = VoiceActivity().hear(loud)
    assert np.isfinite(heard).all()
    assert ((heard >= 0) & (heard <= 1)).all()


def test_a_frame_is_32_milliseconds():
    assert FRAME_S == 0.032
