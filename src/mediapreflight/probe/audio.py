"""Sound: what the header says (mutagen), what is there (PyAV's packets), and the loudest sample."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import msgspec

from .containers import MAX_PACKETS, codec_of, first_audio, stated_duration
from .facts import AudioFacts, Problem
from .formats import DEMUXERS

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

    from .source import Source

# The longest documented recording is 180 s; beyond ten minutes samples are no longer looked at, only counted.
MAX_DECODED_S = 600.0
SILENCE_DBFS = -200.0
_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
# Encoders pad the last frame; an index is not called a lie over less than this.
_SHORTFALL_S = 0.1
_SHORTFALL_SHARE = 0.02


def probe_audio(source: Source, format: str, container: InputContainer, *, decode: bool) -> AudioFacts:
    """The facts of an open container without a real video stream."""
    stream = first_audio(container)
    if stream is None:
        problem = Problem.BROKEN.because("it holds neither picture nor sound")
        return AudioFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))
    context: Any = stream.codec_context
    with source.aside() as stream_bytes:
        tags = _tags(stream_bytes, format)
        shortfall = _wav_shortfall(stream_bytes, source.size) if format == "wav" else None
    facts = AudioFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        problems=(Problem.TRUNCATED.because(shortfall),) if shortfall else (),
        audio_codec=codec_of(stream),
        sample_rate=context.sample_rate if context else None,
        channels=context.channels if context else None,
        stated_duration_s=tags.duration if tags.duration is not None else stated_duration(container),
        cover_art_bytes=tags.cover_art_bytes,
    )
    return _measured(facts, container) if decode else facts


class _Tags(NamedTuple):
    duration: float | None
    cover_art_bytes: int


def _tags(stream: BinaryIO, format: str) -> _Tags:
    """Length and attached pictures as mutagen reads them; nothing where it cannot."""
    import mutagen
    from mutagen.aac import AAC
    from mutagen.flac import FLAC
    from mutagen.mp3 import MP3
    from mutagen.mp4 import MP4
    from mutagen.wave import WAVE

    readers: dict[str, Any] = {"mp3": MP3, "wav": WAVE, "aac": AAC, "flac": FLAC, "m4a": MP4, "mp4": MP4, "mov": MP4, "3gp": MP4}
    if format not in readers:
        return _Tags(None, 0)
    stream.seek(0)
    try:
        tagged = readers[format](stream)
    except (mutagen.MutagenError, ValueError, ArithmeticError, LookupError, struct.error):
        return _Tags(None, 0)
    length = getattr(tagged.info, "length", None)
    return _Tags(round(float(length), 6) if length else None, _cover_art_bytes(tagged))


def _cover_art_bytes(tagged: Any) -> int:
    tags = tagged.tags or {}
    pictures = [frame.data for frame in tags.getall("APIC")] if hasattr(tags, "getall") else list(tags.get("covr", ()))
    pictures += [picture.data for picture in getattr(tagged, "pictures", ())]
    return sum(map(len, pictures))


def _wav_shortfall(stream: BinaryIO, size: int) -> str | None:
    """How far the data chunk runs past the end of the file; None where it does not, or where a stream writer left it open."""
    at = 12
    while at + 8 <= size:
        stream.seek(at)
        name, length = struct.unpack("<4sI", stream.read(8).ljust(8, b"\x00"))
        if name == b"data":
            missing = at + 8 + length - size
            return (
                f"its data chunk needs {missing} bytes more than the file has"
                if missing > 0 and length not in _UNKNOWN_LENGTHS
                else None
            )
        at += 8 + length + (length & 1)
    return None


def _measured(facts: AudioFacts, container: InputContainer) -> AudioFacts:
    import av

    stream = first_audio(container)
    assert stream is not None and stream.time_base is not None
    seconds, failed, peak = 0.0, 0, 0.0
    problems = list(facts.problems)
    tick = float(stream.time_base)
    decodable = stream.codec_context is not None
    try:
        for count, packet in enumerate(container.demux(stream)):
            if count >= MAX_PACKETS:
                problems.append(Problem.OVERSIZED.because(f"more than {MAX_PACKETS} packets; the rest was not measured"))
                break
            if packet.size and not packet.is_discard:
                # Encoder priming lies before time 0 and is never heard.
                seconds += max(0, (packet.duration or 0) + min(packet.pts or 0, 0)) * tick
            if decodable and seconds <= MAX_DECODED_S:
                try:
                    peak = max([peak, *(_peak(frame) for frame in packet.decode())])
                except av.FFmpegError:
                    failed += 1
    except av.FFmpegError as error:
        problems.append(Problem.CORRUPT.because(f"reading stops after {seconds:.2f} s: {error.strerror}"))
    facts = msgspec.structs.replace(
        facts,
        duration_s=round(seconds, 6),
        peak_dbfs=round(max(20 * math.log10(peak), SILENCE_DBFS), 1) if peak > 0 else SILENCE_DBFS,
    )
    problems += _trouble(facts, failed)
    return msgspec.structs.replace(facts, problems=tuple(problems))


def _trouble(facts: AudioFacts, failed: int) -> list[str]:
    measured, stated = facts.duration_s or 0.0, facts.stated_duration_s
    if DEMUXERS[facts.format or ""] == "mov" and stated and measured < stated * (1 - _SHORTFALL_SHARE) - _SHORTFALL_S:
        return [Problem.TRUNCATED.because(f"its index promises {stated:.2f} s of sound, {measured:.2f} s are there")]
    if measured == 0:
        return [Problem.EMPTY.because("it holds no sound")]
    return [Problem.CORRUPT.because(f"{failed} of its packets cannot be decoded")] if failed else []


def _peak(frame: AudioFrame) -> float:
    """The largest sample of a frame, 1 at full scale."""
    import numpy as np

    samples = frame.to_ndarray()
    if samples.size == 0:
        return 0.0
    if samples.dtype == np.uint8:
        return float(np.abs(samples.astype(np.int16) - 128).max()) / 128
    largest = max(float(samples.max()), -float(samples.min()))
    return largest / 2 ** (8 * samples.dtype.itemsize - 1) if samples.dtype.kind == "i" else largest
