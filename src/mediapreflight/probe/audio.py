"""Sound: what the header says, what is there (PyAV's packets), and the loudest sample."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import msgspec

from . import isobmff
from .containers import (
    MAX_PACKETS,
    codec_of,
    demuxed,
    first_audio,
    is_end,
    samples,
    shortfall,
    sound_packet,
    sound_start,
    stated_duration,
)
from .facts import AudioFacts, Problem
from .formats import DEMUXERS
from .id3 import is_modest
from .riff import read_wav_header
from .timing import SoundPacket, sound_ticks

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

    from .source import Source

# The longest documented recording is 180 s; beyond ten minutes samples are no longer looked at, only counted.
MAX_DECODED_S = 600.0
SILENCE_DBFS = -200.0
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
    header = _header(source, format)
    facts = AudioFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        problems=(Problem.TRUNCATED.because(header.shortfall),) if header.shortfall else (),
        audio_codec=codec_of(stream),
        sample_rate=context.sample_rate if context else None,
        channels=context.channels if context else None,
        stated_duration_s=header.duration if header.duration is not None else stated_duration(container),
        cover_art_bytes=header.cover_art_bytes,
    )
    return _measured(facts, container) if decode else facts


class _Header(NamedTuple):
    """`duration` in seconds; `shortfall`: how the header shows that the file is cut off."""

    duration: float | None
    cover_art_bytes: int
    shortfall: str | None


def _header(source: Source, format: str) -> _Header:
    with source.aside() as stream:
        tags = _tags(stream, format)
        if format == "wav":
            # mutagen takes every WAV for PCM.
            header = read_wav_header(stream, source.size)
            missing = f"its data chunk needs {header.missing} bytes more than the file has" if header.missing else None
            return _Header(None if header.duration is None else round(header.duration, 6), tags.cover_art_bytes, missing)
        duration = tags.duration
        if DEMUXERS[format] == "mov":
            # mutagen takes the track's length, which counts what an edit hides: encoder priming in every AAC file.
            movie = isobmff.find(stream, isobmff.Box(b"file", 0, source.size), b"moov")
            duration = isobmff.movie_duration(stream, movie) if movie else None
    return _Header(None if duration is None else round(duration, 6), tags.cover_art_bytes, shortfall(source, format))


class _Tags(NamedTuple):
    duration: float | None
    cover_art_bytes: int


def _tags(stream: BinaryIO, format: str) -> _Tags:
    """Length and attached pictures as mutagen reads them; nothing where it cannot, or had better not."""
    import mutagen
    from mutagen.aac import AAC
    from mutagen.flac import FLAC
    from mutagen.mp3 import MP3
    from mutagen.mp4 import MP4
    from mutagen.wave import WAVE

    readers: dict[str, Any] = {"mp3": MP3, "wav": WAVE, "aac": AAC, "flac": FLAC, "m4a": MP4, "mp4": MP4, "mov": MP4, "3gp": MP4}
    # mutagen inflates what a tag holds, however large it comes out.
    if format not in readers or not is_modest(stream):
        return _Tags(None, 0)
    stream.seek(0)
    try:
        tagged = readers[format](stream)
    except (mutagen.MutagenError, ValueError, ArithmeticError, LookupError, struct.error):
        return _Tags(None, 0)
    length = getattr(tagged.info, "length", None)
    return _Tags(float(length) if length else None, _cover_art_bytes(tagged))


def _cover_art_bytes(tagged: Any) -> int:
    tags = tagged.tags or {}
    pictures = [frame.data for frame in tags.getall("APIC")] if hasattr(tags, "getall") else list(tags.get("covr", ()))
    pictures += [picture.data for picture in getattr(tagged, "pictures", ())]
    return sum(map(len, pictures))


def _measured(facts: AudioFacts, container: InputContainer) -> AudioFacts:
    import av

    stream = first_audio(container)
    assert stream is not None and stream.time_base is not None
    sound: list[SoundPacket] = []
    seconds, failed, peak = 0.0, 0, 0.0
    problems = list(facts.problems)
    tick = float(stream.time_base)
    decodable = stream.codec_context is not None
    try:
        for count, packet in enumerate(demuxed(container, [stream])):
            if count >= MAX_PACKETS:
                problems.append(Problem.OVERSIZED.because(f"more than {MAX_PACKETS} packets; the rest was not measured"))
                break
            if heard := sound_packet(packet):
                sound.append(heard)
                seconds += heard.duration * tick
            if decodable and seconds <= MAX_DECODED_S and (packet.size or is_end(packet)):
                try:
                    peak = max([peak, *(_peak(frame) for frame in packet.decode())])
                except av.FFmpegError:
                    failed += 1
    except av.FFmpegError as error:
        problems.append(Problem.CORRUPT.because(f"reading stops after {seconds:.2f} s: {error.strerror}"))
    facts = msgspec.structs.replace(
        facts,
        duration_s=round(sound_ticks(sound, sound_start(stream, facts.format or "")) * tick, 6),
        # Adding 0 turns the -0.0 of a sample just below full scale into 0.0.
        peak_dbfs=round(max(20 * math.log10(peak), SILENCE_DBFS), 1) + 0.0 if peak > 0 else SILENCE_DBFS,
    )
    promised = float(stream.duration * stream.time_base) if stream.duration else 0.0
    problems += _trouble(facts, promised, failed)
    return msgspec.structs.replace(facts, problems=tuple(problems))


def _trouble(facts: AudioFacts, promised: float, failed: int) -> list[str]:
    measured = facts.duration_s or 0.0
    if facts.problem(Problem.TRUNCATED) is not None:
        return []
    if DEMUXERS[facts.format or ""] == "mov" and measured < promised * (1 - _SHORTFALL_SHARE) - _SHORTFALL_S:
        return [Problem.TRUNCATED.because(f"its index promises {promised:.2f} s of sound, {measured:.2f} s are there")]
    if measured == 0:
        return [Problem.EMPTY.because("it holds no sound")]
    return [Problem.CORRUPT.because(f"{failed} of its packets cannot be decoded")] if failed else []


def _peak(frame: AudioFrame) -> float:
    """The largest sample of a frame, 1 at full scale."""
    import numpy as np

    stored = samples(frame)
    if stored.dtype.kind == "f":
        stored = stored[np.isfinite(stored)]
    if stored.size == 0:
        return 0.0
    if stored.dtype == np.uint8:
        return float(np.abs(stored.astype(np.int16) - 128).max()) / 128
    largest = max(float(stored.max()), -float(stored.min()))
    return largest / 2 ** (8 * stored.dtype.itemsize - 1) if stored.dtype.kind == "i" else largest
