"""One rule at a time over real files: what it finds, and media at the very edge of a limit."""

import functools
import os
import shutil
import struct
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from msgspec.structs import asdict
from PIL import Image

from mediapreflight import Finding, Job, check

WAV_HEADER_BYTES = 44
Found = Callable[..., list[dict[str, Any]]]
Said = Callable[..., list[str]]


@pytest.fixture(scope="session")
def found() -> Found:
    """`found("image-is-cmyk", "wan2.6-i2v", image=path)`: that rule's findings, without their words."""

    def find(rule: str, model: str, /, **given: Any) -> list[dict[str, Any]]:
        return [_without_words(finding) for finding in _findings(rule, model, **given)]

    return find


@pytest.fixture(scope="session")
def said() -> Said:
    """The same call as `found`: the message of each finding, and its help, on one line."""

    def say(rule: str, model: str, /, **given: Any) -> list[str]:
        return [f"{finding.message} | {finding.help}" for finding in _findings(rule, model, **given)]

    return say


def _findings(
    rule: str, model: str, /, *, level: str = "decode", whole: bool = False, region: str | None = None, **given: Any
) -> Sequence[Finding]:
    job = Job(model, whole=whole, region=region, **given)
    findings = check(job, level=level, select=[rule], preview=True).findings
    for finding in findings:
        _assert_reads_well(finding)
    return findings


def _assert_reads_well(finding: Finding) -> None:
    for text in (finding.message, finding.help):
        assert text, finding
        assert text.isprintable(), finding
        assert text == text.strip(), finding
        assert "  " not in text, finding
        assert not text.endswith("."), finding
        assert "None" not in text, finding


def _without_words(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in asdict(finding).items() if name not in ("message", "help", "source_urls")}


class MediaMaker:
    """Writes real media of exactly the traits asked for; each is made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.picture = functools.cache(self._picture)
        self.sound = functools.cache(self._sound)
        self.video = functools.cache(self._video)

    def _picture(self, width: int, height: int, name: str = "", mode: str = "L") -> str:
        path = self._folder / (name or f"{width}x{height}-{mode}.png")
        Image.new(mode, (width, height), 0).save(path)
        return str(path)

    def _sound(self, samples: int, rate: int = 8000) -> str:
        """A WAV of a tone as loud as it can be: samples alternate between the extremes."""
        path = self._folder / f"{samples}-at-{rate}.wav"
        with wave.open(str(path), "wb") as output:
            output.setnchannels(1)
            output.setsampwidth(2)
            output.setframerate(rate)
            output.writeframes((b"\xff\x7f\x01\x80" * (samples // 2 + 1))[: 2 * samples])
        return str(path)

    def _video(self, width: int, height: int, frames: int, fps: Fraction = Fraction(25), options: str = "") -> str:
        """An H.264 MP4 of black frames."""
        path = self._folder / f"{width}x{height}-{frames}-at-{fps.numerator}-{fps.denominator}{options.replace(':', '')}.mp4"
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=fps, width=width, height=height, pix_fmt="yuv420p")
            stream.codec_context.options = {"preset": "ultrafast", "x264-params": options}
            stream.codec_context.thread_count = 1
            for index in range(frames):
                frame = av.VideoFrame(width, height, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes([128]) * plane.buffer_size)
                frame.pts, frame.time_base = index, 1 / fps
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return str(path)

    def sound_of_bytes(self, size: int) -> str:
        """A silent WAV of exactly this many bytes, an even number; the silence takes no room on the disk."""
        path = self._folder / f"{size}-bytes.wav"
        rest = size - WAV_HEADER_BYTES
        fields = (b"RIFF", size - 8, b"WAVE", b"fmt ", 16, 1, 1, 48000, 96000, 2, 16, b"data", rest)
        path.write_bytes(struct.pack("<4sI4s4sIHHIIHH4sI", *fields))
        os.truncate(path, size)
        return str(path)

    def picture_of_bytes(self, original: Path, size: int) -> str:
        """A copy of a JPEG with zeros behind its end, up to this many bytes; they take no room on the disk."""
        path = self._folder / f"{size}-{original.name}"
        shutil.copyfile(original, path)
        os.truncate(path, size)
        return str(path)

    def copy(self, original: Path, name: str) -> str:
        """The same bytes under another name."""
        return str(shutil.copyfile(original, self._folder / name))


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> MediaMaker:
    return MediaMaker(tmp_path_factory.mktemp("made"))
