"""Sound: what the header says, what is in the file (PyAV's packets), and the loudest sample."""

from __future__ import annotations

import math
import struct
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import msgspec

from ...language import say
from ..facts import ENCRYPTED_SOUND, AudioFacts, Gap, Problem
from ..formats import DEMUXERS
from ..parsers import boxes as isobmff
from ..parsers.id3 import is_modest
from ..parsers.mpeg_audio import Frames, Hole, InfoTag, read_info_tag, walk_frames
from ..parsers.riff import read_wav_header
from ..parsers.streams import sound_is_encrypted
from .containers import MAX_PACKETS, codec_of, demuxed, first_audio, promises_too_much, seen_at_end, stated_duration
from .listening import Listener, garbled_sound, missing_sound
from .sound_length import few, length_of_sound, promised
from .tail import Tail, is_no_sound, read_tail

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from ..source import Source

SILENCE_DBFS = -200.0
# Encoders pad the last frame; a smaller difference does not make an index wrong.
_SHORTFALL_S = 0.1
_SHORTFALL_SHARE = 0.02
# Encoders pad up to two frames; at 8 kHz one has 128 ms.
_PADDING_S = 0.26
# Shorter than a word. At 16 kHz a frame of FLAC has 256 ms.
_SHORT_FRAME_S = 0.3
_AHEAD_S = 0.001
_COUNTED = frozenset({"flac", "wavpack", "tta"})
# mutagen's module and class for a format, loaded when a file has it.
_TAG_READERS = {
    "mp3": ("mutagen.mp3", "MP3"),
    "wav": ("mutagen.wave", "WAVE"),
    "aac": ("mutagen.aac", "AAC"),
    "flac": ("mutagen.flac", "FLAC"),
    **dict.fromkeys(("m4a", "mp4", "mov", "3gp"), ("mutagen.mp4", "MP4")),
}


def probe_audio(source: Source, format: str, container: InputContainer, *, decode: bool) -> AudioFacts:
    """The facts of an open container without a real video stream."""
    stream = first_audio(container)
    if stream is None:
        problem = Problem.BROKEN.because(say("it contains neither picture nor sound"))
        return AudioFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))
    context: Any = stream.codec_context
    header = _header(source, format)
    is_encrypted = _is_encrypted(source, format)
    entries = (header.problem, ENCRYPTED_SOUND if is_encrypted else None)
    facts = AudioFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        problems=tuple(filter(None, entries)),
        audio_codec=codec_of(stream),
        sample_rate=context.sample_rate or None if context else None,
        channels=context.channels or None if context else None,
        stated_duration_s=stated_duration(container) if header.duration is None and not header.is_open else header.duration,
        cover_art_bytes=header.cover_art_bytes,
    )
    return _measured(facts, source, container) if decode else facts


def _is_encrypted(source: Source, format: str) -> bool:
    with source.peeking() as stream:
        return sound_is_encrypted(stream, source.size, format)


class _Header(NamedTuple):
    """`duration` in seconds; `problem`: the entry for what the header itself shows. `is_open`: whether it states no length."""

    duration: float | None
    cover_art_bytes: int
    problem: str | None
    is_open: bool = False


def _header(source: Source, format: str) -> _Header:
    with source.peeking() as stream:
        tags = _tags(stream, format)
        if format == "wav":
            # mutagen treats every WAV as PCM.
            return _wav_header(stream, source.size, tags.cover_art_bytes)
        duration = tags.duration
        if DEMUXERS[format] == "mov":
            # mutagen returns the length of the track, which includes parts that an edit list hides: encoder priming in every AAC
            # file.
            movie = isobmff.find(stream, isobmff.Box(b"file", 0, source.size), b"moov")
            duration = isobmff.movie_duration(stream, movie) if movie else None
    return _Header(None if duration is None else round(duration, 6), tags.cover_art_bytes, seen_at_end(source, format))


def _wav_header(stream: BinaryIO, size: int, cover_art_bytes: int) -> _Header:
    header = read_wav_header(stream, size)
    problem = Problem.MISSTATED.because(header.falsehood) if header.falsehood else None
    if header.missing:
        problem = Problem.TRUNCATED.because(f"its data chunk needs {header.missing} bytes more than the file has")
    is_open = problem is not None and header.duration is None
    return _Header(None if header.duration is None else round(header.duration, 6), cover_art_bytes, problem, is_open)


class _Tags(NamedTuple):
    duration: float | None
    cover_art_bytes: int


def _tags(stream: BinaryIO, format: str) -> _Tags:
    """Length and attached pictures as mutagen reads them; nothing if it cannot read them, or should not."""
    import mutagen

    # mutagen decompresses the content of a tag, however large it becomes.
    if format not in _TAG_READERS or not is_modest(stream):
        return _Tags(None, 0)
    module, name = _TAG_READERS[format]
    stream.seek(0)
    try:
        tagged = getattr(import_module(module), name)(stream)
    except (mutagen.MutagenError, ValueError, ArithmeticError, LookupError, struct.error):
        return _Tags(None, 0)
    length = getattr(tagged.info, "length", None)
    if format == "mp3" and length and not tagged.info.sketchy:
        # One that is cut after its first frames may say more of them than there are.
        length = max(length - read_info_tag(stream).unheard / tagged.info.sample_rate, 0)
    return _Tags(float(length) if length else None, _cover_art_bytes(tagged))


def _cover_art_bytes(tagged: Any) -> int:
    tags = tagged.tags or {}
    pictures = [frame.data for frame in tags.getall("APIC")] if hasattr(tags, "getall") else list(tags.get("covr", ()))
    pictures += [picture.data for picture in getattr(tagged, "pictures", ())]
    return sum(map(len, pictures))


def _measured(facts: AudioFacts, source: Source, container: InputContainer) -> AudioFacts:
    import av

    stream, format = first_audio(container), facts.format or ""
    assert stream is not None
    is_encrypted = facts.problem(Problem.ENCRYPTED) is not None
    frames, info = Frames(), InfoTag()
    if format in ("aac", "mp3"):
        with source.peeking() as file:
            frames, info = walk_frames(file, source.size, format), read_info_tag(file)
    listener = Listener(stream, decode=not is_encrypted, is_bare=format == "mp3", tags=frames.tags)
    problems = list(facts.problems)
    try:
        for count, packet in enumerate(demuxed(container, [stream])):
            if count >= MAX_PACKETS:
                problems.append(Problem.OVERSIZED.because(f"more than {MAX_PACKETS} packets; the rest was not measured"))
                break
            listener.feed(packet)
    except av.FFmpegError:
        if not is_no_sound(source, format, listener.end) and not promises_too_much(source, format):
            problems.append(Problem.CORRUPT.because(f"reading stops after {listener.heard_s:.2f} s"))
    skipped = sum(hole.bytes for hole in frames.holes)
    if format == "aac" and len(frames.holes) == 1 and not listener.lost and not listener.refused:
        _miss(listener, frames.holes[0])
        skipped = 0
    rest = read_tail(source, format, facts.audio_codec, listener, info.frames)
    is_unheard = listener.refused > 0 and (rest.is_no_sound or rest.cut is not None)
    length = length_of_sound(listener, stream, format, is_unheard=is_unheard)
    if DEMUXERS[format] == "mov" and (end := _end_within_frame(source, container, listener)) and 0 < length - end <= _PADDING_S:
        length = end
    facts = msgspec.structs.replace(
        facts,
        duration_s=round(length, 6) if length or facts.audio_codec else None,
        peak_dbfs=None if is_encrypted else _decibels(listener.peak),
        gaps=tuple(listener.gaps),
    )
    if rest.cut and not skipped and _is_cut_frame_all(listener, stream, format, info):
        problems.append(Problem.MISSTATED.because(f"{rest.cut}; all sound before it is whole"))
        return msgspec.structs.replace(facts, problems=tuple(problems), gaps=(_cut_frame(listener, rest, stream, length),))
    return msgspec.structs.replace(facts, problems=(*problems, *_trouble(facts, listener, rest, stream, skipped)))


def _miss(listener: Listener, hole: Hole) -> None:
    """Count frames that FFmpeg passed over, and left no time for."""
    seconds = hole.lost * listener.frame_s
    # The frame after them is heard at this very time, and must not count as one before.
    at_s = max(hole.before * listener.frame_s - _AHEAD_S, 0.0)
    listener.miss(Gap(at_s=round(at_s, 3), length_s=round(seconds, 3), untimed_s=round(seconds, 3)), seconds)


def _end_within_frame(source: Source, container: InputContainer, listener: Listener) -> float | None:
    """Seconds of sound by the edit list of an MP4 with one track, or else by the tag `iTunSMPB`; None if neither is usable.

    The tag states delay, padding and sound, in samples: FFmpeg, iTunes and ExoPlayer leave out the padding. A tag that
    does not add up to the stored length was copied from another file.
    """
    with source.peeking() as stream:
        movie = isobmff.find(stream, isobmff.Box(b"file", 0, source.size), b"moov")
        tracks = [box for box in isobmff.boxes(stream, movie.start, movie.end) if box.type == b"trak"] if movie else []
        edited = [isobmff.edited_duration(stream, movie, track) for track in tracks] if movie else []
    if edited and edited[0] is not None:
        return edited[0] if len(edited) == 1 else None
    try:
        delay, padding, sound = (int(number, 16) for number in container.metadata.get("iTunSMPB", "").split()[1:4])
    except ValueError:
        return None
    rate = container.streams.audio[0].rate
    is_all = rate and abs((delay + padding + sound) / rate - listener.stored_s) <= listener.frame_s
    return sound / rate if is_all else None


def _is_cut_frame_all(listener: Listener, stream: AudioStream, format: str, info: InfoTag) -> bool:
    """Whether only a short last frame is lost, as far as the file states its length. An excerpt states none."""
    if (
        listener.lost
        or listener.garbled > listener.ends_garbled
        or not listener.heard_s
        or max(listener.frame_s, listener.refused_s) > _SHORT_FRAME_S
    ):
        return False
    if format == "flac":
        return promised(stream) - listener.heard_s <= listener.frame_s + listener.tick
    return info.frames is None or info.frames <= len(listener.sound)


def _cut_frame(listener: Listener, rest: Tail, stream: AudioStream, length: float) -> Gap:
    """The last frame, if only part of it is there."""
    frame = listener.accepted if rest.is_filled else listener.last
    if listener.refused and not rest.is_filled:
        return Gap(at_s=round(length, 6), length_s=round(listener.refused_s, 6))
    assert frame is not None
    # FLAC, AMR and the like begin at time 0, MP3 with what its encoder put before the sound.
    begin = float((frame.pts or 0) - (stream.start_time or 0)) * listener.tick
    return Gap(at_s=round(min(begin, length), 6), length_s=round(listener.frame_s, 6))


def _trouble(facts: AudioFacts, listener: Listener, rest: Tail, stream: AudioStream, skipped: int) -> list[str]:
    if facts.problem(Problem.TRUNCATED) is not None:
        return []
    stated = promised(stream)
    stored = max(listener.stored_s, listener.span_s)
    if DEMUXERS[facts.format or ""] == "mov" and stored < stated * (1 - _SHORTFALL_SHARE) - _SHORTFALL_S:
        there = f"but only {stored:.2f} s are there"
        return [Problem.TRUNCATED.because(f"its index lists {stated:.2f} s of sound, {there}")]
    if rest.cut and not listener.lost and (facts.format != "flac" or not facts.duration_s):
        return [Problem.TRUNCATED.because(rest.cut)]
    if facts.audio_codec is None:
        return []
    if not facts.duration_s:
        return [Problem.EMPTY.because(say("it contains no sound"))]
    if facts.format in _COUNTED and listener.is_whole and (facts.sample_rate or 0) * (stated - listener.heard_s) > 0.5:
        # They count their samples exactly; readers skip frames that they cannot read.
        sort = Problem.TRUNCATED if listener.refused else Problem.CORRUPT
        return [sort.because(f"it states {stated:.2f} s of sound, but only {listener.heard_s:.2f} s can be decoded")]
    passed_over = [Problem.CORRUPT.because(f"{skipped} bytes between its frames are not frames")] if skipped else []
    if passed_over and facts.format == "aac":
        # How much sound was there is not known: a packet that does not decode may replace several.
        return passed_over
    failed = listener.lost + (0 if rest.is_no_sound else listener.refused)
    if failed:
        where = f", the first at {listener.gaps[0].at_s:.2f} s" if listener.gaps else ""
        return [Problem.CORRUPT.because(f"{failed} of its packets cannot be decoded{where}")]
    if passed_over:
        return passed_over
    if damaged := missing_sound(listener) or garbled_sound(listener):
        return [damaged]
    # What an Ogg file puts before time 0, as one that was cut out of another does, is not played.
    played = stated + min(listener.first or 0, 0) * listener.tick
    if facts.format == "ogg" and listener.is_whole and played - facts.duration_s > few(listener):
        # A page with a wrong checksum is skipped without a report.
        return [Problem.CORRUPT.because(f"it states {played:.2f} s of sound, but only {facts.duration_s:.2f} s can be decoded")]
    return [Problem.CORRUPT.because(f"its last {rest.wasted} bytes contain no sound")] if rest.wasted else []


def _decibels(peak: float) -> float:
    # Adding 0 turns the -0.0 of a sample just below full scale into 0.0.
    return round(max(20 * math.log10(peak), SILENCE_DBFS), 1) + 0.0 if peak > 0 else SILENCE_DBFS
