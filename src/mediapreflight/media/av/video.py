"""Video: the container's index at level `metadata`, every packet's time and a decode within bounds at level `decode`."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from ...language import say
from .. import display
from ..facts import ENCRYPTED_SOUND, Chroma, Problem, VideoFacts, counted
from ..formats import DEMUXERS
from ..parsers import h264, vpx
from ..parsers.holes import HoleFinder
from ..parsers.streams import sound_is_encrypted
from .containers import (
    FORMATS_WITH_FREE_CLOCK,
    MAX_PACKETS,
    clock_zero,
    codec_of,
    demuxed,
    first_audio,
    first_video,
    is_end,
    promises_too_much,
    stated_duration,
    turn_of_frame,
)
from .hidden import Hidden, another
from .listening import Listener, garbled_sound, missing_sound
from .sound_length import length_of_sound
from .stated import TRANSFERS, UNKNOWN_TRANSFER, Pixels, Stated, facts_of
from .timing import FrameTiming, frame_timing
from .tracks import read_picture_header

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from ..source import Source

# Up to this many pixels, a clip is decoded completely (about half a second on one core); a longer one at its key frames only.
FULL_DECODE_PIXELS = 300_000_000
# The largest side that any model takes is 4096 px. A decoder may keep a dozen frames at a time.
MAX_FRAME_PIXELS = 20_000_000
# Codecs whose sequence header is in the container, and states the transfer function.
_SAY_TRANSFER = frozenset({"h264", "hevc", "av1"})
# By default their decoders replace damaged parts without a report.
_STRICTNESS = {"mjpeg": {"err_detect": "explode"}, "hevc": {"err_detect": "explode"}}
# Nobody looks at these pictures, and damage is found before they are smoothed: a fifth of the time for H.264.
_UNSEEN = {"skip_loop_filter": "all"}
_ONE_FRAME_A_PACKET = frozenset({"h264", "hevc"})
_OUT_OF_ORDER = 2
# Decode times never go back; FFmpeg allows for clocks that are less exact.
_MOST_BACK_S = Fraction(1, 10)
# What containers without an index say beyond this is mostly the rate of their clock: 1000 fps in FLV.
_MOST_FPS = 120
# There is usually a key frame every few seconds.
_PATIENCE = 250
_PROGRESSIVE_OR_UNKNOWN = frozenset({0, 1})
_LOCATION_KEYS = ("location", "com.apple.quicktime.location.iso6709")


def probe_video(source: Source, format: str, container: InputContainer, decoded_s: float | None) -> VideoFacts:
    """The facts of an open container that has a real video stream (see `containers.first_video`).

    `decoded_s`: the seconds to decode, from the start, at least one frame; all packets are read. None: only headers.
    """
    facts = facts_of(source, format, _stated(source, format, container))
    return facts if decoded_s is None else _measured(facts, source, container, clock_zero(container, format), decoded_s)


def completed(stated: Stated, source: Source, format: str, container: InputContainer) -> Stated:
    """What an index does not say by itself, from its container, which may have been opened without decoders."""
    stream = first_video(container)
    assert stream is not None
    context: Any = stream.codec_context
    audio = first_audio(container)
    sound_codec = codec_of(audio) if audio else None
    return stated._replace(
        nominal_rate=float(stream.base_rate) if stream.base_rate else None,
        start_s=_seconds(stream.start_time, stream.time_base, clock_zero(container, format)),
        is_interlaced=context is not None and int(context.field_order) not in _PROGRESSIVE_OR_UNKNOWN,
        sound_codec=sound_codec,
        sample_rate=audio.codec_context.sample_rate or None if audio and sound_codec else None,
        is_sound_encrypted=audio is not None and _is_sound_encrypted(source, format),
        has_location=any(key.lower().startswith(_LOCATION_KEYS) for key in container.metadata),
        is_complete=True,
    )


def _stated(source: Source, format: str, container: InputContainer) -> Stated:
    """What FFmpeg finds in the headers."""
    stream = first_video(container)
    assert stream is not None
    context: Any = stream.codec_context
    header = read_picture_header(source, format, stream.id)
    stated = Stated(
        header,
        codec_of(stream),
        average_rate=float(stream.average_rate) if stream.average_rate else None,
        nominal_rate=None,
        frames=stream.frames or None,
        start_s=None,
        duration_s=header.duration or stated_duration(container),
    )
    if context is not None:
        stated = stated._replace(
            sides=(context.width, context.height),
            pixel_ratio=stream.sample_aspect_ratio,
            pixels=_pixels(context.format, has_alpha=header.has_alpha or _has_alpha(stream, format)),
            transfer=_transfer(stream),
        )
    return completed(stated, source, format, container)


def _transfer(stream: VideoStream) -> int:
    """The transfer that the container says, or else the sequence header in it: FFmpeg passes on only the former.

    The decoder reads the header when it is opened, in about 20 microseconds.
    """
    import av

    stated: Any = stream.codec_context
    if int(stated.color_trc) in TRANSFERS or codec_of(stream) not in _SAY_TRANSFER:
        return int(stated.color_trc)
    context: Any = av.CodecContext.create(stated.codec.name, "r")
    context.extradata = stated.extradata
    context.thread_count = 1
    try:
        context.open()
    except av.FFmpegError:
        return UNKNOWN_TRANSFER
    return int(context.color_trc)


def _is_sound_encrypted(source: Source, format: str) -> bool:
    if DEMUXERS[format] != "mov":
        return False
    with source.peeking() as stream:
        return sound_is_encrypted(stream, source.size, format)


def _has_alpha(stream: VideoStream, format: str) -> bool:
    """Whether the pixels carry an alpha channel. The fourth byte of plain pixels in AVI is filler that is mostly 0."""
    pixels: Any = stream.codec_context.format
    if pixels is None or (format == "avi" and codec_of(stream) == "rawvideo"):
        return False
    return any(component.is_alpha for component in pixels.components)


def _pixels(pixels: Any, *, has_alpha: bool) -> Pixels:
    if pixels is None:
        return Pixels(has_alpha=has_alpha)
    return Pixels(pixels.name, max(component.bits for component in pixels.components), _chroma(pixels), has_alpha)


def _chroma(pixels: Any) -> Chroma | None:
    if pixels.is_rgb or pixels.has_palette:
        return "rgb"
    if len(pixels.components) < 3:
        return "4:0:0"
    across, down = 16 // pixels.chroma_width(16), 16 // pixels.chroma_height(16)
    chromas: dict[tuple[int, int], Chroma] = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1"}
    return chromas.get((across, down))


def _seconds(ticks: int | None, tick: Fraction | None, zero: float) -> float | None:
    return None if ticks is None or tick is None else _tidy(float(ticks * tick) - zero)


def _tidy(seconds: float) -> float:
    """Microseconds, the finest unit of any container; removes rounding errors of ticks times fractions, and a minus before 0."""
    return round(seconds, 6) + 0.0


class _Walk(NamedTuple):
    """`packets` counts video packets, including those that an edit list hides. `sound_start_s`, `sound_s`, `sound_bytes`: of the
    sound; it starts by the container's clock.

    `untimed`: frames without times.

    `in_fields`: whether frames are stored in two packets each.

    `transfer`: the high dynamic range that the first decoded frame names.
    """

    packets: int
    stamps: list[int]
    untimed: int
    in_fields: bool
    turn: display.Turn | None
    transfer: Literal["pq", "hlg"] | None
    last_duration: int
    sound_start_s: float | None
    sound_s: float | None
    sound_bytes: int
    problems: tuple[str, ...]


def _measured(stated: VideoFacts, source: Source, container: InputContainer, zero: float, decoded_s: float) -> VideoFacts:
    stream = first_video(container)
    assert stream is not None
    walk = _walk(stated, source, stream, container, decoded_s)
    missing = _missing_frames(stated, walk.packets, stream) or _missing_sound(stated, walk.sound_bytes, container)
    tick = float(stream.time_base) if stream.time_base else 0.0
    timing = frame_timing(walk.stamps, walk.last_duration, tick)
    if walk.in_fields and timing and timing.fps:
        stated = _of_frames(stated, timing.fps)
    facts = msgspec.structs.replace(
        _turned(stated, walk.turn, stream.sample_aspect_ratio),
        problems=(*stated.problems, *missing, *walk.problems),
        frames=timing.frames + walk.untimed if timing else 0,
        duration_s=_tidy(timing.duration) if timing else 0.0,
        audio_start_s=None if walk.sound_start_s is None else _tidy(walk.sound_start_s - zero),
        audio_duration_s=walk.sound_s,
        # Readers that decode use what the frames say, whatever the container says.
        transfer=walk.transfer if walk.transfer and stated.transfer == "sdr" else stated.transfer,
    )
    if timing is None:
        return facts
    if walk.untimed:
        return _sparsely_timed(facts, timing.start - zero)
    return msgspec.structs.replace(
        facts,
        fps=_settled(timing, stated.stated_fps, tick),
        fps_min=_rounded(timing.fps_min),
        fps_max=_rounded(timing.fps_max),
        variable_frame_rate=timing.variable,
        start_s=_tidy(timing.start - zero),
    )


def _turned(stated: VideoFacts, turn: display.Turn | None, ratio: Fraction | None) -> VideoFacts:
    """The turn that the stream itself states, if its container states none (H.264, annex D: display orientation)."""
    if turn is None or turn == (stated.rotation, stated.mirrored) or not stated.stored_width or not stated.stored_height:
        return stated
    width, height = display.displayed(stated.stored_width, stated.stored_height, turn.rotation, ratio)
    return msgspec.structs.replace(stated, rotation=turn.rotation, mirrored=turn.mirrored, width=width, height=height)


def _of_frames(stated: VideoFacts, fps: float) -> VideoFacts:
    """An index of fields converted to frames; a rate is of fields if it is about twice the measured one."""
    rates = {"stated_fps": stated.stated_fps, "fps_nominal": stated.fps_nominal}
    halves = {name: rate / 2 for name, rate in rates.items() if rate and abs(rate - 2 * fps) < fps / 4}
    frames = stated.stated_frames // 2 if stated.stated_frames else None
    return msgspec.structs.replace(stated, interlaced=True, stated_frames=frames, **halves)


def _sparsely_timed(facts: VideoFacts, start_s: float) -> VideoFacts:
    """Frames of which only some have times, as in program streams: the others get times from the stated rate."""
    facts = msgspec.structs.replace(facts, start_s=_tidy(start_s))
    if not facts.stated_fps or not facts.frames:
        return facts
    rates = dict.fromkeys(("fps", "fps_min", "fps_max"), _rounded(facts.stated_fps))
    duration = _tidy(facts.frames / facts.stated_fps)
    return msgspec.structs.replace(facts, duration_s=duration, variable_frame_rate=False, **rates)


def _settled(timing: FrameTiming, stated: float | None, tick: float) -> float | None:
    """The measured average rate; the stated one if time stamps, rounded to whole ticks, cannot distinguish the two."""
    if timing.fps is None:
        return stated
    uncertainty = timing.fps * 2 * tick / timing.duration
    return stated if stated is not None and abs(stated - timing.fps) <= uncertainty else _rounded(timing.fps)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)


def _missing_frames(stated: VideoFacts, found: int, stream: VideoStream) -> tuple[str, ...]:
    """A truncation, if the index lists frames that the file does not have."""
    if stated.problem(Problem.TRUNCATED) is not None:
        return ()
    promised = stated.stated_frames or 0
    if stated.format == "avi":
        # Its header counts a frame once for each time that it is shown.
        promised = len(stream.index_entries)
    if found < promised:
        return (Problem.TRUNCATED.because(f"its index lists {promised} frames, but only {found} are there"),)
    return () if found else (Problem.TRUNCATED.because(say("it contains no frame")),)


def _missing_sound(stated: VideoFacts, found: int, container: InputContainer) -> tuple[str, ...]:
    """A truncation, if the index of an AVI lists bytes of sound that are not there: readers skip a broken chunk."""
    audio = first_audio(container)
    if audio is None or stated.format != "avi" or stated.problem(Problem.TRUNCATED) is not None:
        return ()
    promised = sum(entry.size for entry in audio.index_entries)
    reason = f"its index lists {promised} bytes of sound, but only {found} are there"
    return (Problem.TRUNCATED.because(reason),) if found < promised else ()


def _walk(stated: VideoFacts, source: Source, stream: VideoStream, container: InputContainer, decoded_s: float) -> _Walk:
    """One pass over the packets: time stamps of the picture, length of the sound, and a decode within bounds."""
    import av

    audio = first_audio(container)
    # AVI has decode times only, as evenly spaced as display times; FFmpeg's display times are guesses.
    counts_chunks = stated.format == "avi"
    decoder = _Decoder(stated, stream, decoded_s)
    pictures = _Pictures(stated, stream)
    stamps: list[int] = []
    untimed: list[int] = []
    clock = _Clock(stream, stated.format)
    last = (-1, 0)
    packets = shown = sound_bytes = 0
    is_heard = _is_readable(stated) and ENCRYPTED_SOUND not in stated.problems
    listener = Listener(audio, decode=is_heard, finds_peak=False, most_s=decoded_s) if audio else None
    problems: list[str] = []
    try:
        streams: list[Any] = [stream, audio] if audio else [stream]
        for count, packet in enumerate(demuxed(container, streams)):
            if count >= MAX_PACKETS:
                problems.append(Problem.OVERSIZED.because(f"more than {MAX_PACKETS} packets; the rest was not measured"))
                break
            if packet.stream is not stream:
                if listener:
                    listener.feed(packet)
                sound_bytes += packet.size
                continue
            size, stamp, ends = packet.size, clock.stamp(packet), is_end(packet)
            # A decoder treats any empty packet as the end.
            if size or ends:
                decoder.feed(packet)
            packets += not ends
            if ends or pictures.adds_none(packet) or packet.is_discard:
                continue
            shown += 1
            if stamp is not None and not counts_chunks:
                stamps.append(stamp)
                last = max(last, (stamp, packet.duration or 0))
            elif packet.dts is not None:
                untimed.append(packet.dts)
    except av.FFmpegError:
        if not promises_too_much(source, stated.format or ""):
            problems.append(Problem.CORRUPT.because(f"reading stops after {len(stamps)} frames"))
    if len(untimed) > len(stamps):
        stamps = untimed
    elif not counts_chunks:
        # In a recording cut out of a broadcast, everything before the first picture that can be shown is never seen.
        unseen = sum(1 for stamp in stamps if decoder.first is not None and stamp < decoder.first)
        stamps = sorted(stamps)[unseen:]
        shown -= unseen
        if unseen > shown:
            problems.append(Problem.CORRUPT.because(f"{unseen} of its frames come before the first that can be decoded"))
    return _Walk(
        packets,
        stamps,
        shown - len(stamps),
        2 * pictures.fields > shown,
        decoder.turn,
        decoder.transfer,
        last[1],
        listener.start_s if listener else None,
        _length_of_sound(listener, audio, stated.format) if listener and audio else None,
        sound_bytes,
        (*problems, *decoder.problems(shown), *(_unheard(listener) if listener else ())),
    )


def _length_of_sound(listener: Listener, audio: AudioStream, format: str | None) -> float | None:
    return _tidy(length_of_sound(listener, audio, format or "")) if listener.sound and audio.time_base else None


def _is_readable(stated: VideoFacts) -> bool:
    """Whether the described stream can probably be decoded, by its headers."""
    return not stated.encrypted and stated.has_only(Problem.MISSTATED, Problem.ENCRYPTED)


def _unheard(listener: Listener) -> tuple[str, ...]:
    """The damage in the sound of a video."""
    if count := listener.lost + listener.refused:
        one, several = "1 packet of its sound cannot be decoded", "{count} packets of its sound cannot be decoded"
        where = f", the first at {listener.gaps[0].at_s:.2f} s" if listener.gaps else ""
        return (Problem.CORRUPT.because(counted(count, one, several) + where),)
    damaged = missing_sound(listener) or garbled_sound(listener)
    return (damaged,) if damaged else ()


class _Clock:
    """Time stamps that go on where the clock of a broadcast format jumps back, as it does in files joined of several."""

    def __init__(self, stream: VideoStream, format: str | None) -> None:
        self._shift = 0
        self._next: int | None = None
        self._most_back = _MOST_BACK_S / stream.time_base if stream.time_base and format in FORMATS_WITH_FREE_CLOCK else math.inf

    def stamp(self, packet: Packet[Any]) -> int | None:
        """When the packet is shown, in ticks; None if it does not say."""
        if packet.dts is not None:
            if self._next is not None and packet.dts < self._next - self._most_back:
                self._shift += self._next - packet.dts
            self._next = packet.dts + (packet.duration or 0)
        return None if packet.pts is None else packet.pts + self._shift


class _Pictures:
    """Distinguishes packets that add a picture from those with its second field, or with something never shown."""

    def __init__(self, stated: VideoFacts, stream: VideoStream) -> None:
        self._codec = stated.video_codec or ""
        self._finder = h264.FieldFinder(stream.codec_context.extradata or b"") if self._codec == "h264" else None
        self._is_open = False
        self.fields = 0

    def adds_none(self, packet: Packet[Any]) -> bool:
        """Whether no picture begins in this packet."""
        if self._finder is None:
            return self._codec in ("vp8", "vp9") and vpx.is_hidden(self._codec, bytes(packet))
        if not self._finder.may_find:
            return False
        is_field = self._finder.is_field(bytes(packet))
        is_second = is_field and self._is_open
        self._is_open = is_field and not is_second
        self.fields += is_second
        return is_second


class _Decoder:
    """Decodes packets, all of a small clip or the key frames of a large one, and counts failures.

    Frames that an edit list hides are decoded too if others need them: damage in them spreads to those that are shown.

    `decoded_s`: the seconds to decode, from the start, at least one frame.
    """

    def __init__(self, stated: VideoFacts, stream: VideoStream, decoded_s: float) -> None:
        area = (stated.stored_width or 0) * (stated.stored_height or 0)
        rate = min(stated.stated_fps or 0, stated.fps_nominal or math.inf, _MOST_FPS)
        frames = stated.stated_frames or round((stated.stated_duration_s or 0) * rate)
        self._area = area
        self._budget = FULL_DECODE_PIXELS
        self._is_oversized = area > MAX_FRAME_PIXELS
        self._active = bool(area) and not self._is_oversized and _is_readable(stated)
        self._end = (stream.start_time or 0) + decoded_s / float(stream.time_base or 1)
        self._failed = 0
        self._damaged = 0
        self._frames = 0
        self._fed = 0
        # In other codecs packets may contain nothing to show.
        self._is_whole = stated.video_codec in _ONE_FRAME_A_PACKET
        self._is_hevc = stated.video_codec == "hevc"
        self._key: int | None = None
        self._skipping: Any = None
        self._first_key: Packet[Any] | None = None
        self._patience = 0.0
        self._is_blind = False
        self.first: int | None = None
        self.turn: display.Turn | None = None
        self.transfer: Literal["pq", "hlg"] | None = None
        if self._active:
            if not stream.codec_context.is_open:
                # FFmpeg's frame threads sometimes lose the mark of a frame that did not decode cleanly.
                stream.codec_context.thread_count = 1
                # Pictures may be larger than the container says.
                options = {"max_pixels": str(MAX_FRAME_PIXELS)} | _UNSEEN
                stream.codec_context.options = options | _STRICTNESS.get(stated.video_codec or "", {})
            stream.codec_context.copy_opaque = True
            if area * max(frames, 1) > FULL_DECODE_PIXELS:
                self._skipping = stream.codec_context
                self._patience = min(frames // 2, _PATIENCE)
                self._skipping.skip_frame = "NONKEY"
                self._is_whole = False
        self._hidden = Hidden(stream.codec_context, stated.video_codec or "", skips=not self._skipping)
        self._holed = 0
        self._holes: HoleFinder | None = None
        if self._active and stated.video_codec in HoleFinder.CODECS:
            self._holes = HoleFinder(stated.video_codec, stream.codec_context.extradata or b"")

    def feed(self, packet: Packet[Any]) -> None:
        import av

        if self._holes and packet.size and not packet.is_discard:
            self._holed += self._holes.has_hole(bytes(packet))
        if not self._active:
            return
        self._fed += packet.size > 0
        if not packet.is_discard:
            self._hidden.follow(packet)
        if packet.is_keyframe and self._key is None:
            self._key = packet.pts
            self._first_key = self._first_key or packet
        if self._skipping and self._fed > self._patience and not self._frames:
            self._end_patience(self._skipping)
        try:
            frames = self._hidden.decode(packet) if packet.is_discard else packet.decode()
        except av.FFmpegError:
            if self._is_blind or self._lacks_key(packet):
                return
            if packet.is_discard:
                self._hidden.fail()
            else:
                self._failed += 1
            return
        if frames:
            self._count(frames)
        is_behind = packet.dts is not None and packet.dts > self._end
        self._active = self._budget > 0 and not (is_behind and self._frames)

    def _count(self, frames: list[Any]) -> None:
        if self.first is None and not self._failed and not self._is_blind:
            self.first = frames[0].pts
        if self._skipping and self.first is not None:
            # Without the frames between them, key frames may come out in another order.
            self.first = min([self.first, *(frame.pts for frame in frames if frame.pts is not None)])
        if self.turn is None:
            self.turn = turn_of_frame(frames[0])
            self.transfer = TRANSFERS.get(int(frames[0].color_trc))
        self._frames += len(frames)
        shown = self._hidden.sift(frames)
        self._damaged += sum(1 for frame in shown if frame.is_corrupt and not self._is_blind)
        self._budget -= self._area * len(frames)

    def _end_patience(self, decoder: Any) -> None:
        """Wait for good if the first key frame decodes: a decoder may hold it back until the third, which can be minutes away.

        There may be none at all: what decodes from then on lacks its reference frames, and only shows whether anything decodes.
        """
        if self._first_key and _decodes_alone(self._first_key, decoder):
            self._patience = math.inf
        else:
            decoder.skip_frame, self._skipping, self._is_blind = "DEFAULT", None, True

    def _lacks_key(self, packet: Packet[Any]) -> bool:
        """Whether a strict decoder refuses what is shown before the first key frame of a recording cut out of a broadcast."""
        return self._is_hevc and (self._key is None or (packet.pts is not None and packet.pts < self._key))

    def problems(self, shown: int) -> tuple[str, ...]:
        """The faults of a video in which `shown` frames should be visible."""
        if self._is_oversized:
            limit = f"more than {MAX_FRAME_PIXELS / 1e6:.0f} are not decoded"
            return (Problem.OVERSIZED.because(f"frames of {self._area / 1e6:.0f} megapixels; {limit}"),)
        if self._fed and not (self._frames and shown):
            return (Problem.CORRUPT.because(say("none of its frames can be decoded")),)
        lost = min(shown, self._fed) - (self._frames - self._hidden.frames) if self._is_whole and self._active else 0
        # A decoder that learns late how frames are ordered may drop one or two; that is not damage.
        unseen = lost if lost > max(_OUT_OF_ORDER, shown // 50) else 0
        bad = max(self._failed, self._damaged, self._holed, unseen) + self._hidden.spread()
        return (Problem.CORRUPT.because(f"{bad} of its frames cannot be decoded cleanly"),) if bad else ()


def _decodes_alone(packet: Packet[Any], decoder: Any) -> bool:
    """Whether another decoder of the same kind makes a picture of this packet alone."""
    import av

    context = another(decoder)
    try:
        return bool(context.decode(packet) or context.decode(None))
    except av.FFmpegError:
        return False
