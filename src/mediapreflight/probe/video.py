"""Video: the container's index at level `metadata`, every packet's time and a decode within bounds at level `decode`."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import msgspec

from . import display, isobmff
from .containers import (
    MAX_PACKETS,
    clock_zero,
    codec_of,
    first_audio,
    first_video,
    stated_duration,
)
from .facts import Problem, VideoFacts
from .formats import DEMUXERS
from .timing import FrameTiming, frame_timing

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from .source import Source

# Up to this many pixels a clip is decoded whole (about half a second on one core); a longer one at its key frames only.
FULL_DECODE_PIXELS = 300_000_000
_TRANSFERS: dict[int, Literal["pq", "hlg"]] = {16: "pq", 18: "hlg"}
_PROGRESSIVE_OR_UNKNOWN = frozenset({0, 1})
_LOCATION_KEYS = ("location", "com.apple.quicktime.location.iso6709")
_TKHD_MATRIX_AT = {0: 40, 1: 52}


def probe_video(source: Source, format: str, container: InputContainer, *, decode: bool) -> VideoFacts:
    """The facts of an open container that has a real video stream (see `containers.first_video`)."""
    facts = _stated(source, format, container)
    return _measured(facts, container, clock_zero(container, format)) if decode else facts


def _stated(source: Source, format: str, container: InputContainer) -> VideoFacts:
    stream = first_video(container)
    assert stream is not None
    context: Any = stream.codec_context
    header = _track_header(source) if DEMUXERS[format] == "mov" else _TrackHeader(None, 0)
    rotation = _frame_rotation(stream, container) if DEMUXERS[format] == "matroska" else header.rotation
    audio = first_audio(container)
    average = float(stream.average_rate) if stream.average_rate else None
    facts = VideoFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        rotation=rotation,
        stated_duration_s=header.duration or stated_duration(container),
        fps=average,
        stated_fps=average,
        fps_nominal=float(stream.base_rate) if stream.base_rate else None,
        stated_frames=stream.frames or None,
        start_s=_seconds(stream.start_time, stream.time_base, clock_zero(container, format)),
        audio_codec=codec_of(audio) if audio else None,
        has_location=any(key.lower().startswith(_LOCATION_KEYS) for key in container.metadata),
    )
    if context is None or not context.width or not context.height:
        return msgspec.structs.replace(facts, problems=(Problem.BROKEN.because("its picture size or codec is not stated"),))
    ratio = stream.sample_aspect_ratio
    width, height = display.displayed(context.width, context.height, rotation, ratio)
    return msgspec.structs.replace(
        facts,
        width=width,
        height=height,
        stored_width=context.width,
        stored_height=context.height,
        sample_aspect_ratio=f"{ratio.numerator}:{ratio.denominator}" if ratio else None,
        video_codec=codec_of(stream),
        encrypted=str(context.codec_tag).startswith("enc"),
        transfer=_TRANSFERS.get(int(context.color_trc), "sdr"),
        interlaced=int(context.field_order) not in _PROGRESSIVE_OR_UNKNOWN,
        **_pixels(context),
    )


def _pixels(context: Any) -> dict[str, Any]:
    pixels = context.format
    if pixels is None:
        return {}
    return {
        "pixel_format": pixels.name,
        "bit_depth": max(component.bits for component in pixels.components),
        "chroma": _chroma(pixels),
    }


def _chroma(pixels: Any) -> str:
    if pixels.is_rgb:
        return "rgb"
    if len(pixels.components) < 3:
        return "4:0:0"
    across, down = 16 // pixels.chroma_width(16), 16 // pixels.chroma_height(16)
    return {(2, 2): "4:2:0", (2, 1): "4:2:2", (4, 1): "4:1:1"}.get((across, down), "4:4:4")


class _TrackHeader(NamedTuple):
    """What MP4 and MOV headers say and FFmpeg does not pass on: the movie's length in seconds, the picture's turn in degrees."""

    duration: float | None
    rotation: int


def _track_header(source: Source) -> _TrackHeader:
    with source.aside() as stream:
        movie = isobmff.find(stream, isobmff.Box(b"file", 0, source.size), b"moov")
        if movie is None:
            return _TrackHeader(None, 0)
        return _TrackHeader(_movie_duration(stream, movie), _track_rotation(stream, movie))


def _movie_duration(stream: BinaryIO, movie: isobmff.Box) -> float | None:
    header = isobmff.find(stream, movie, b"mvhd")
    data = isobmff.payload(stream, header) if header else b""
    layout, at = (">IQ", 20) if data[:1] == b"\x01" else (">II", 12)
    if len(data) < at + struct.calcsize(layout):
        return None
    timescale, duration = struct.unpack_from(layout, data, at)
    # All bits set stands for "unknown"; fragmented files write 0.
    known = timescale and duration and duration not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return _tidy(duration / timescale) if known else None


def _track_rotation(stream: BinaryIO, movie: isobmff.Box) -> int:
    for track in isobmff.boxes(stream, movie.start, movie.end):
        handler = isobmff.find(stream, track, b"mdia", b"hdlr") if track.type == b"trak" else None
        header = isobmff.find(stream, track, b"tkhd") if handler else None
        if handler and header and isobmff.payload(stream, handler)[8:12] == b"vide":
            data = isobmff.payload(stream, header)
            at = _TKHD_MATRIX_AT.get(data[0] if data else -1)
            if at is not None and len(data) >= at + 8:
                cosine, sine = struct.unpack_from(">ii", data, at)
                return _quarter_turns(math.degrees(math.atan2(sine, cosine)))
            return 0
    return 0


def _frame_rotation(stream: VideoStream, container: InputContainer) -> int:
    import av

    try:
        frame = next(container.decode(stream), None)
        container.seek(0)
    except (av.FFmpegError, ValueError):
        return 0
    return _quarter_turns(-frame.rotation) if frame is not None else 0


def _quarter_turns(degrees: float) -> int:
    """The nearest multiple of 90 degrees, 0 to 270: players turn by nothing else."""
    return round(degrees / 90) % 4 * 90


def _seconds(ticks: int | None, tick: Fraction | None, zero: float) -> float | None:
    return None if ticks is None or tick is None else _tidy(float(ticks * tick) - zero)


def _tidy(seconds: float) -> float:
    """Microseconds, the finest any container counts; hides the float dust of ticks times fractions."""
    return round(seconds, 6)


class _Walk(NamedTuple):
    stamps: list[int]
    last_duration: int
    audio_ticks: int
    audio_span: tuple[int, int] | None
    problems: tuple[str, ...]


def _measured(stated: VideoFacts, container: InputContainer, zero: float) -> VideoFacts:
    stream = first_video(container)
    assert stream is not None
    walk = _walk(stated, stream, container)
    tick = float(stream.time_base) if stream.time_base else 0.0
    timing = frame_timing(walk.stamps, walk.last_duration, tick)
    audio = first_audio(container)
    audio_s = walk.audio_ticks * float(audio.time_base) if audio and audio.time_base and walk.audio_span else None
    facts = msgspec.structs.replace(
        stated,
        problems=(*stated.problems, *_shortfall(stated, timing), *walk.problems),
        frames=timing.frames if timing else 0,
        duration_s=_tidy(timing.duration) if timing else 0.0,
        audio_duration_s=None if audio_s is None else _tidy(audio_s),
    )
    if timing is None:
        return facts
    return msgspec.structs.replace(
        facts,
        fps=_settled(timing, stated.stated_fps, tick),
        fps_min=_rounded(timing.fps_min),
        fps_max=_rounded(timing.fps_max),
        variable_frame_rate=timing.variable,
        start_s=_tidy(timing.start - zero),
    )


def _settled(timing: FrameTiming, stated: float | None, tick: float) -> float | None:
    """The average rate, measured; the stated one where time stamps, rounded to whole ticks, cannot tell the two apart."""
    if timing.fps is None:
        return stated
    uncertainty = timing.fps * 2 * tick / timing.duration
    return stated if stated is not None and abs(stated - timing.fps) <= uncertainty else _rounded(timing.fps)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)


def _shortfall(stated: VideoFacts, timing: FrameTiming | None) -> tuple[str, ...]:
    """A truncation, where the index promises frames the file does not hold."""
    found = timing.frames if timing else 0
    if stated.stated_frames and found < stated.stated_frames:
        return (Problem.TRUNCATED.because(f"its index promises {stated.stated_frames} frames, {found} are there"),)
    if not found:
        return (Problem.TRUNCATED.because("it holds no frame"),)
    return ()


def _walk(stated: VideoFacts, stream: VideoStream, container: InputContainer) -> _Walk:
    """One pass over the packets: time stamps of the picture, length of the sound, and a decode within bounds."""
    import av

    audio = first_audio(container)
    decoder = _Decoder(stated, stream)
    stamps: list[int] = []
    untimed: list[int] = []
    last = (-1, 0)
    audio_ticks, audio_span = 0, None
    problems: list[str] = []
    try:
        for count, packet in enumerate(container.demux([stream, audio] if audio else [stream])):
            if count >= MAX_PACKETS:
                problems.append(Problem.OVERSIZED.because(f"more than {MAX_PACKETS} packets; the rest was not measured"))
                break
            if packet.stream is not stream:
                audio_ticks += packet.duration or 0
                audio_span = (0, audio_ticks)
                continue
            decoder.feed(packet)
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is not None:
                stamps.append(packet.pts)
                last = max(last, (packet.pts, packet.duration or 0))
            elif packet.dts is not None:
                untimed.append(packet.dts)
    except av.FFmpegError as error:
        problems.append(Problem.CORRUPT.because(f"reading stops after {len(stamps)} frames: {error.strerror}"))
    # AVI gives decode times only; they are as evenly spaced as display times, but must not be mixed with them.
    times = untimed if len(untimed) > len(stamps) else stamps
    return _Walk(times, last[1], audio_ticks, audio_span, (*problems, *decoder.problems()))


class _Decoder:
    """Decodes what it is fed, all of a small clip or the key frames of a large one, and counts what fails."""

    def __init__(self, stated: VideoFacts, stream: VideoStream) -> None:
        area = (stated.stored_width or 0) * (stated.stored_height or 0)
        frames = stated.stated_frames or round((stated.stated_duration_s or 0) * (stated.stated_fps or 0))
        self._area = area
        self._budget = FULL_DECODE_PIXELS
        self._active = bool(area) and not stated.encrypted and not stated.problems
        self._failed = 0
        self._damaged = 0
        if self._active:
            if not stream.codec_context.is_open:
                stream.thread_type = "AUTO"
            if area * max(frames, 1) > FULL_DECODE_PIXELS:
                stream.codec_context.skip_frame = "NONKEY"

    def feed(self, packet: Packet[Any]) -> None:
        import av

        if not self._active:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self._failed += 1
            return
        self._damaged += sum(1 for frame in frames if frame.is_corrupt)
        self._budget -= self._area * len(frames)
        self._active = self._budget > 0

    def problems(self) -> tuple[str, ...]:
        bad = max(self._failed, self._damaged)
        return (Problem.CORRUPT.because(f"{bad} of its frames cannot be decoded cleanly"),) if bad else ()
