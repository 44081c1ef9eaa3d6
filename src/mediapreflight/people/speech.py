"""What is heard in a recording: speech and pauses, levels, clipping."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from math import log10
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import UnreadableMediaError
from ..language import say
from ..media.av.containers import first_audio, opened_container, samples
from ..media.av.sound import mono
from ..media.image.decoding import guarded
from ..media.source import display_name
from .facts import SILENCE_DBFS, Span, SpeechFacts
from .vad import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, VoiceActivity

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Speech begins at the first probability and continues down to the second, as the Silero team recommends.
SPEECH_BEGINS, SPEECH_LASTS = 0.5, 0.35
# Shorter gaps count as speech; shorter stretches of speech do not count.
MIN_PAUSE_S, MIN_SPEECH_S = 0.2, 0.25
# Sound that is not speech counts as quiet below this level.
QUIET_DBFS = -50.0
# This many samples in a row at full scale are clipping; the peak of an undistorted wave has fewer.
_FULL_SCALE, _CLIPPED_RUN = 0.999, 3
_FLOOR_PERCENTILE = 10
# The voice activity model gets this many frames at once: 16 seconds.
_FRAMES_AT_ONCE = 512


def listen(path: str | os.PathLike[str]) -> SpeechFacts:
    """Analyse the first sound track of a file, up to `MAX_HEARD_S`. Raises UnreadableMediaError."""
    sound = _heard(path)
    speech = speech_spans(sound.probabilities)
    return _facts(sound, speech)


def speech_timeline(path: str | os.PathLike[str]) -> tuple[float, ...]:
    """The probability of speech, 0 to 1, for each `vad.FRAME_S` (32 ms) of a recording. Raises UnreadableMediaError."""
    return tuple(float(each) for each in _heard(path).probabilities)


def speech_spans(probabilities: Sequence[float] | Floats) -> tuple[Span, ...]:
    """Start and end in seconds of each stretch of speech in a timeline."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for number, probability in enumerate([*probabilities, 0.0]):
        if start is None and probability >= SPEECH_BEGINS:
            start = number
        elif start is not None and probability < SPEECH_LASTS:
            if spans and (start - spans[-1][1]) * FRAME_S < MIN_PAUSE_S:
                start = spans.pop()[0]
            spans.append((start, number))
            start = None
    return tuple(
        (round(first * FRAME_S, 3), round(last * FRAME_S, 3)) for first, last in spans if (last - first) * FRAME_S >= MIN_SPEECH_S
    )


def pauses_between(speech: Sequence[Span], duration_s: float) -> tuple[Span, ...]:
    """The stretches without speech, from 0 to `duration_s`."""
    edges = [0.0, *(edge for span in speech for edge in span), duration_s]
    return tuple((start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start)


class _Sound(NamedTuple):
    """`probabilities` of speech and `powers` (mean squares, 1.0 for full scale) of each frame of `FRAME_S`."""

    probabilities: Floats
    powers: Floats
    duration_s: float
    peak: float
    clipped_share: float


def _heard(path: str | os.PathLike[str]) -> _Sound:
    shown = display_name(os.fsdecode(path))
    with opened_container(path) as container:
        stream = first_audio(container)
        if stream is None:
            raise UnreadableMediaError(shown, say("it contains no sound"))
        sound = guarded(shown, lambda: _listened(container, stream))
    if sound is None:
        raise UnreadableMediaError(shown, say("none of its sound can be decoded"))
    return sound


def _listened(container: InputContainer, stream: AudioStream) -> _Sound | None:
    voice, gauge = VoiceActivity(), _Gauge()
    probabilities, powers, heard = [], [], 0
    for block in _blocks(mono(container, stream, SAMPLE_RATE, watch=gauge.see)):
        heard += len(block)
        frames = np.pad(_finite(block), (0, -len(block) % FRAME_SAMPLES))
        probabilities.append(voice.hear(frames))
        powers.append(np.square(frames.reshape(-1, FRAME_SAMPLES)).mean(axis=1))
    if not heard:
        return None
    return _Sound(
        probabilities=np.concatenate(probabilities),
        powers=np.concatenate(powers),
        duration_s=heard / SAMPLE_RATE,
        peak=gauge.peak,
        clipped_share=gauge.clipped / gauge.samples,
    )


def _blocks(pieces: Iterator[Floats]) -> Iterator[Floats]:
    """The same sound in blocks of `_FRAMES_AT_ONCE` frames; only the last is shorter."""
    size = _FRAMES_AT_ONCE * FRAME_SAMPLES
    waiting: list[Floats] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= size:
            joined = np.concatenate(waiting)
            yield from np.split(joined[: length // size * size], length // size)
            waiting = [joined[length // size * size :]]
            length %= size
    if length:
        yield np.concatenate(waiting)


class _Gauge:
    """Measures the peak (1.0 for full scale) and counts the clipped samples, before resampling."""

    def __init__(self) -> None:
        self.peak = 0.0
        self.clipped = 0
        self.samples = 0

    def see(self, frame: AudioFrame) -> None:
        loudness = _finite(np.abs(_channels(frame)))
        peak = float(loudness.max(initial=0.0))
        self.samples += loudness.size
        self.peak = max(self.peak, peak)
        if peak >= _FULL_SCALE:
            self.clipped += sum(_in_runs(channel >= _FULL_SCALE) for channel in loudness)


def _finite(values: Floats) -> Floats:
    """The samples without the NaN and infinite values that a broken float file may contain."""
    return values if np.isfinite(values).all() else np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def _in_runs(full: NDArray[np.bool_]) -> int:
    """How many of these samples are in runs of at least `_CLIPPED_RUN`."""
    edges = np.flatnonzero(np.diff(full, prepend=False, append=False))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _CLIPPED_RUN].sum())


def _channels(frame: AudioFrame) -> Floats:
    """Channels x samples, full scale 1.0."""
    stored = samples(frame)
    values = stored.astype(np.float32)
    if stored.dtype == np.uint8:
        values = values - np.float32(128)
    return values if stored.dtype.kind == "f" else values / np.float32(2 ** (8 * stored.dtype.itemsize - 1))


def _facts(sound: _Sound, speech: tuple[Span, ...]) -> SpeechFacts:
    middles = (np.arange(len(sound.powers)) + 0.5) * FRAME_S
    is_speech = np.zeros(len(middles), dtype=bool)
    for start, end in speech:
        is_speech |= (middles >= start) & (middles < end)
    loud = sound.powers > 10 ** (QUIET_DBFS / 10)
    spoken = min(sum(end - start for start, end in speech), sound.duration_s)
    return SpeechFacts(
        heard_s=round(sound.duration_s, 3),
        speech_share=round(spoken / sound.duration_s, 3),
        speech=speech,
        pauses=pauses_between(speech, round(sound.duration_s, 3)),
        loudness_dbfs=_dbfs(float(sound.powers.mean())),
        speech_level_dbfs=_dbfs(float(sound.powers[is_speech].mean()) if is_speech.any() else 0.0),
        noise_floor_dbfs=_dbfs(_percentile(sound.powers, _FLOOR_PERCENTILE)),
        other_sound_share=round(float((loud & ~is_speech).mean()), 3),
        peak_dbfs=_dbfs(sound.peak**2),
        clipping_share=round(sound.clipped_share, 5),
    )


def _percentile(values: Floats, share: float) -> float:
    """The same as `np.percentile`, which would first load numpy's masked arrays in 13 ms."""
    return float(np.interp(share / 100 * (len(values) - 1), np.arange(len(values)), np.sort(values)))


def _dbfs(power: float) -> float:
    return round(max(SILENCE_DBFS, 10 * log10(power)), 1) if power > 0 else SILENCE_DBFS
