"""Video: the container's index at level `metadata`, every packet's time and a decode within bounds at level `decode`."""

from __future__ import annotations

import math
import struct
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import msgspec

from . import display, h264, isobmff, matroska
from .containers import (
    MAX_PACKETS,
    clock_zero,
    codec_of,
    demuxed,
    first_audio,
    first_video,
    is_end,
    shortfall,
    sound_packet,
    sound_start,
    stated_duration,
)
from .facts import Problem, VideoFacts
from .formats import DEMUXERS
from .timing import FrameTiming, SoundPacket, frame_timing, sound_ticks

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from .source import Source

# Up to this many pixels a clip is decoded whole (about half a second on one core); a longer one at its key frames only.
FULL_DECODE_PIXELS = 300_000_000
# The largest side that any model takes is 4096 px. A decoder may keep a dozen frames at a time.
MAX_FRAME_PIXELS = 20_000_000
_TRANSFERS: dict[int, Literal["pq", "hlg"]] = {16: "pq", 18: "hlg"}
_FULL_RANGE = 2
_USUAL_DEPTHS = frozenset({8, 10})
_PROGRESSIVE_OR_UNKNOWN = frozenset({0, 1})
_LOCATION_KEYS = ("location", "com.apple.quicktime.location.iso6709")
_ENCRYPTED_ENTRIES = frozenset({b"encv", b"drmi"})


class _TkhdLayout(NamedTuple):
    track: int
    matrix: int


_TKHD_LAYOUTS = {0: _TkhdLayout(12, 40), 1: _TkhdLayout(20, 52)}


def probe_video(source: Source, format: str, container: InputContainer, *, decode: bool) -> VideoFacts:
    """The facts of an open container that has a real video stream (see `containers.first_video`)."""
    facts = _stated(source, format, container)
    return _measured(facts, container, clock_zero(container, format)) if decode else facts


def probe_undecoded(source: Source, format: str, container: InputContainer) -> VideoFacts | None:
    """What `probe_video` says without `decode`, of a container opened without decoders; None where one must be asked."""
    stream = first_video(container)
    if stream is None or codec_of(stream) != "h264" or not stream.frames:
        return None
    header = h264.read_configuration(stream.codec_context.extradata or b"")
    if header is None or header.is_rgb or header.bit_depth not in _USUAL_DEPTHS:
        return None
    facts = _stated(source, format, container, header)
    fits = not facts.encrypted and (facts.stored_width, facts.stored_height) == (header.width, header.height)
    return facts if fits else None


def _stated(
    source: Source, format: str, container: InputContainer, header_of_h264: h264.SequenceHeader | None = None
) -> VideoFacts:
    stream = first_video(container)
    assert stream is not None
    context: Any = stream.codec_context
    header = _track_header(source, format, stream.id)
    audio = first_audio(container)
    cut_off = shortfall(source, format)
    average = float(stream.average_rate) if stream.average_rate else None
    facts = VideoFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        problems=(Problem.TRUNCATED.because(cut_off),) if cut_off else (),
        rotation=header.rotation,
        stated_duration_s=header.duration or stated_duration(container),
        fps=average,
        stated_fps=average,
        fps_nominal=float(stream.base_rate) if stream.base_rate else None,
        stated_frames=stream.frames or None,
        start_s=_seconds(stream.start_time, stream.time_base, clock_zero(container, format)),
        audio_codec=codec_of(audio) if audio else None,
        encrypted=header.encrypted,
        has_location=any(key.lower().startswith(_LOCATION_KEYS) for key in container.metadata),
    )
    if context is None or not context.width or not context.height:
        problem = Problem.BROKEN.because("its picture size or codec is not stated")
        return msgspec.structs.replace(facts, problems=(*facts.problems, problem))
    ratio = stream.sample_aspect_ratio
    transfer, pixels = int(context.color_trc), _pixels(context.format)
    if header_of_h264 is not None:
        ratio = ratio or _fraction(header_of_h264.pixel_ratio)
        transfer = transfer if header_of_h264.transfer is None else header_of_h264.transfer
        pixels = _pixels_of_h264(header_of_h264, int(context.color_range) == _FULL_RANGE)
    width, height = display.displayed(context.width, context.height, header.rotation, ratio)
    return msgspec.structs.replace(
        facts,
        width=width,
        height=height,
        stored_width=context.width,
        stored_height=context.height,
        sample_aspect_ratio=f"{ratio.numerator}:{ratio.denominator}" if ratio else None,
        video_codec=codec_of(stream),
        transfer=_TRANSFERS.get(transfer, "sdr"),
        interlaced=int(context.field_order) not in _PROGRESSIVE_OR_UNKNOWN,
        **pixels,
    )


def _fraction(ratio: tuple[int, int] | None) -> Fraction | None:
    return Fraction(*ratio) if ratio and all(ratio) else None


def _pixels_of_h264(header: h264.SequenceHeader, is_full_by_container: bool) -> dict[str, Any]:
    """Chroma and depth by FFmpeg's names: 8 bits in full range are a format of their own there."""
    is_full = is_full_by_container if header.full_range is None else header.full_range
    wide = f"10{sys.byteorder[0]}e" if header.bit_depth == 10 else ""
    return {
        "pixel_format": f"yuv{'j' if is_full and not wide else ''}{header.chroma}p{wide}",
        "bit_depth": header.bit_depth,
        "chroma": ":".join(header.chroma),
    }


def _pixels(pixels: Any) -> dict[str, Any]:
    if pixels is None:
        return {}
    return {
        "pixel_format": pixels.name,
        "bit_depth": max(component.bits for component in pixels.components),
        "chroma": _chroma(pixels),
    }


def _chroma(pixels: Any) -> str | None:
    if pixels.is_rgb or pixels.has_palette:
        return "rgb"
    if len(pixels.components) < 3:
        return "4:0:0"
    across, down = 16 // pixels.chroma_width(16), 16 // pixels.chroma_height(16)
    return {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1"}.get((across, down))


class _TrackHeader(NamedTuple):
    """What headers say and FFmpeg does not pass on: the movie's length in seconds; of the picture, its turn in degrees clockwise
    and whether it is encrypted."""

    duration: float | None = None
    rotation: int = 0
    encrypted: bool = False


def _track_header(source: Source, format: str, track: int) -> _TrackHeader:
    with source.aside() as stream:
        if DEMUXERS[format] == "matroska":
            header = matroska.read_track_header(stream, source.size)
            return _TrackHeader(None, _quarter_turns(header.rotation), header.encrypted)
        movie = isobmff.find(stream, isobmff.Box(b"file", 0, source.size), b"moov") if DEMUXERS[format] == "mov" else None
        return _movie_header(stream, movie, track) if movie else _TrackHeader()


def _movie_header(stream: BinaryIO, movie: isobmff.Box, track: int) -> _TrackHeader:
    duration = isobmff.movie_duration(stream, movie)
    duration = None if duration is None else _tidy(duration)
    for box in isobmff.boxes(stream, movie.start, movie.end):
        header = isobmff.find(stream, box, b"tkhd") if box.type == b"trak" else None
        data = isobmff.payload(stream, header) if header else b""
        layout = _TKHD_LAYOUTS.get(data[0]) if data else None
        if layout is None or len(data) < layout.matrix + 8:
            continue
        if int.from_bytes(data[layout.track : layout.track + 4], "big") == track:
            cosine, sine = struct.unpack_from(">ii", data, layout.matrix)
            descriptions = isobmff.find(stream, box, b"mdia", b"minf", b"stbl", b"stsd")
            entry = isobmff.payload(stream, descriptions, 16)[12:16] if descriptions else b""
            return _TrackHeader(duration, _quarter_turns(math.degrees(math.atan2(sine, cosine))), entry in _ENCRYPTED_ENTRIES)
    return _TrackHeader(duration)


def _quarter_turns(degrees: float) -> int:
    """The nearest multiple of 90 degrees, 0 to 270: players turn by nothing else."""
    return round(degrees / 90) % 4 * 90


def _seconds(ticks: int | None, tick: Fraction | None, zero: float) -> float | None:
    return None if ticks is None or tick is None else _tidy(float(ticks * tick) - zero)


def _tidy(seconds: float) -> float:
    """Microseconds, the finest any container counts; hides the float dust of ticks times fractions, and a minus before 0."""
    return round(seconds, 6) + 0.0


class _Walk(NamedTuple):
    """`packets` counts those of the picture that an edit hides, too."""

    packets: int
    stamps: list[int]
    last_duration: int
    sound: list[SoundPacket]
    problems: tuple[str, ...]


def _measured(stated: VideoFacts, container: InputContainer, zero: float) -> VideoFacts:
    stream = first_video(container)
    assert stream is not None
    walk = _walk(stated, stream, container)
    tick = float(stream.time_base) if stream.time_base else 0.0
    timing = frame_timing(walk.stamps, walk.last_duration, tick)
    audio = first_audio(container)
    audio_s = None
    if audio and audio.time_base and walk.sound:
        audio_s = _tidy(sound_ticks(walk.sound, sound_start(audio, stated.format or "")) * float(audio.time_base))
    facts = msgspec.structs.replace(
        stated,
        problems=(*stated.problems, *_missing_frames(stated, walk.packets), *walk.problems),
        frames=timing.frames if timing else 0,
        duration_s=_tidy(timing.duration) if timing else 0.0,
        audio_duration_s=audio_s,
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


def _missing_frames(stated: VideoFacts, found: int) -> tuple[str, ...]:
    """A truncation, where the index promises frames the file does not hold."""
    if stated.problem(Problem.TRUNCATED) is not None:
        return ()
    # AVI counts a frame once for each time that it is shown.
    if stated.stated_frames and found < stated.stated_frames and stated.format != "avi":
        return (Problem.TRUNCATED.because(f"its index promises {stated.stated_frames} frames, {found} are there"),)
    return () if found else (Problem.TRUNCATED.because("it holds no frame"),)


def _walk(stated: VideoFacts, stream: VideoStream, container: InputContainer) -> _Walk:
    """One pass over the packets: time stamps of the picture, length of the sound, and a decode within bounds."""
    import av

    audio = first_audio(container)
    # AVI gives decode times only, as evenly spaced as display times; what FFmpeg hands out as display times are guesses.
    counts_chunks = stated.format == "avi"
    decoder = _Decoder(stated, stream)
    stamps: list[int] = []
    untimed: list[int] = []
    last = (-1, 0)
    packets = 0
    sound: list[SoundPacket] = []
    problems: list[str] = []
    try:
        for count, packet in enumerate(demuxed(container, [stream, audio] if audio else [stream])):
            if count >= MAX_PACKETS:
                problems.append(Problem.OVERSIZED.because(f"more than {MAX_PACKETS} packets; the rest was not measured"))
                break
            if packet.stream is not stream:
                if heard := sound_packet(packet):
                    sound.append(heard)
                continue
            # A decoder would take any empty packet for the end.
            if packet.size or is_end(packet):
                decoder.feed(packet)
            packets += not is_end(packet)
            if is_end(packet) or packet.is_discard:
                continue
            if packet.pts is not None and not counts_chunks:
                stamps.append(packet.pts)
                last = max(last, (packet.pts, packet.duration or 0))
            elif packet.dts is not None:
                untimed.append(packet.dts)
    except av.FFmpegError as error:
        problems.append(Problem.CORRUPT.because(f"reading stops after {len(stamps)} frames: {error.strerror}"))
    times = untimed if len(untimed) > len(stamps) else stamps
    return _Walk(packets, times, last[1], sound, (*problems, *decoder.problems()))


class _Decoder:
    """Decodes what it is fed, all of a small clip or the key frames of a large one, and counts what fails."""

    def __init__(self, stated: VideoFacts, stream: VideoStream) -> None:
        area = (stated.stored_width or 0) * (stated.stored_height or 0)
        frames = stated.stated_frames or round((stated.stated_duration_s or 0) * (stated.stated_fps or 0))
        self._area = area
        self._budget = FULL_DECODE_PIXELS
        self._is_oversized = area > MAX_FRAME_PIXELS
        self._active = bool(area) and not self._is_oversized and not stated.encrypted and not stated.problems
        self._failed = 0
        self._damaged = 0
        if self._active:
            if not stream.codec_context.is_open:
                stream.thread_type = "AUTO"
                # Pictures may come larger than the container says.
                stream.codec_context.options = {"max_pixels": str(MAX_FRAME_PIXELS)}
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
        if self._is_oversized:
            limit = f"more than {MAX_FRAME_PIXELS / 1e6:.0f} are not decoded"
            return (Problem.OVERSIZED.because(f"frames of {self._area / 1e6:.0f} megapixels; {limit}"),)
        bad = max(self._failed, self._damaged)
        return (Problem.CORRUPT.because(f"{bad} of its frames cannot be decoded cleanly"),) if bad else ()
