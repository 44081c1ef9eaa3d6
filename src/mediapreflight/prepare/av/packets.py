"""What ffmpeg must know about a source before it runs: which streams, when they start, where a cut leaves complete frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import PrepareError
from ...language import say
from ...media.av.containers import ContainerError, clock_zero, codec_of, demuxed, first_audio, first_video, open_container
from ...media.formats import DEMUXERS
from ...media.opening import open_source
from ...media.sniff import sniff
from ...media.source import OpenError, Source, display_name

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Packets are out of display order by less than this; a larger difference means a broken file.
_REORDER_S = 2.0
# Broadcast formats: a recording may be cut out at any packet, and its clock starts anywhere.
CUT_ANYWHERE = ("mpegts", "mpeg")


class FrameCut(NamedTuple):
    """A cut by copy, after `frames` frames. They end `end_s` after the first one is shown."""

    frames: int
    end_s: float


class Streams(NamedTuple):
    """The streams that are kept: the first video and the first sound, by their index; None if there is none.

    Attributes:
        bytes: size of the file. `area`: stored pixels of a frame.
        start_s: the first picture's time after the file's start, as ffmpeg counts.
        sound_clock_s: what is added to a time in `VideoFacts` for the time as ffmpeg counts if it reads only the sound.
        cut: where the picture can be cut by copy; None if it cannot, or no cut was asked for.
    """

    demuxer: str
    bytes: int
    video: int | None
    audio: int | None
    video_codec: str | None
    area: int
    start_s: float
    sound_clock_s: float
    cut: FrameCut | None


def survey(path: str, cut_s: float | None = None) -> Streams:
    """The streams of a sound or video file.

    Args:
        cut_s: find the latest cut by copy that ends at most this many seconds after the first picture, and leaves no gap and no
            frame that cannot be decoded.

    Raises PrepareError if the file cannot be opened.
    """
    try:
        with open_source(path) as source:
            return _surveyed(source, cut_s)
    except (OpenError, ContainerError) as error:
        raise PrepareError(display_name(path), str(error)) from None


def _surveyed(source: Source, cut_s: float | None) -> Streams:
    format = sniff(source.stream).format
    if format not in DEMUXERS:
        raise PrepareError(source.path, say("is not a sound or video file, but {format}", format=format))
    with open_container(source, format) as container:
        video, audio = first_video(container), first_audio(container)
        context = video.codec_context if video is not None else None
        return Streams(
            demuxer=DEMUXERS[format],
            bytes=source.size,
            video=video.index if video is not None else None,
            audio=audio.index if audio is not None else None,
            video_codec=codec_of(video) if video is not None else None,
            area=context.width * context.height if context is not None else 0,
            start_s=_start(container, video),
            sound_clock_s=clock_zero(container, format) - _first_sound(container, audio),
            cut=_cut(container, video, cut_s) if video is not None and cut_s is not None else None,
        )


def _start(container: InputContainer, video: VideoStream | None) -> float:
    if video is None or video.start_time is None or video.time_base is None:
        return 0.0
    return max(float(video.start_time * video.time_base) - (container.start_time or 0) / 1_000_000, 0.0)


def _first_sound(container: InputContainer, audio: AudioStream | None) -> float:
    """The time of this container's clock, in seconds, from which ffmpeg counts if it reads only the sound."""
    from av.format import Flags

    is_own_clock = Flags.ts_discont in Flags(container.format.flags)
    if is_own_clock and audio is not None and audio.start_time is not None and audio.time_base:
        return float(audio.start_time * audio.time_base)
    return (container.start_time or 0) / 1_000_000


def _cut(container: InputContainer, stream: VideoStream, cut_s: float) -> FrameCut | None:
    """The latest cut; none in a file that cannot be searched, or not read that far."""
    import av

    try:
        return _last_cut(container, stream, cut_s)
    except av.FFmpegError:
        return None


def _last_cut(container: InputContainer, stream: VideoStream, cut_s: float) -> FrameCut | None:
    """The longest run of packets, from the first one on, whose frames are all shown before any frame of the rest, and in time."""
    if stream.time_base is None or stream.start_time is None:
        return None
    start, tick = stream.start_time, float(stream.time_base)
    passed = _skipped(container, stream, start + int(cut_s / tick))
    shown = _shown_until(container, stream, start + int((cut_s + _REORDER_S) / tick))
    latest, best = start - 1, None
    if passed and shown and (min(shown) - start) * tick <= cut_s:
        best = FrameCut(passed, (min(shown) - start) * tick)
    for count, (time, rest) in enumerate(zip(shown, _earliest_after(shown), strict=True), start=passed + 1):
        latest = max(latest, time)
        # A frame lasts until the next one is shown: its length in the container may be missing or wrong.
        if rest is not None and latest < rest and (rest - start) * tick <= cut_s:
            best = FrameCut(count, (rest - start) * tick)
    return best


def _skipped(container: InputContainer, stream: VideoStream, before: int) -> int:
    """How many packets need not be read: those up to the key frame before a time, if the file's index lists them all."""
    # Older PyAV does not return the index: then all packets are read.
    index: Any = getattr(stream, "index_entries", ())
    if not len(index) or len(index) != stream.frames:
        return 0
    container.seek(before, stream=stream, backward=True)
    first = next((packet.dts for packet in demuxed(container, [stream]) if packet.size), None)
    place = -1 if first is None else index.search_timestamp(first)
    is_border = place > 0 and index[place].timestamp == first and not any(entry.is_discard for entry in index)
    container.seek(before if is_border else stream.start_time or 0, stream=stream, backward=True)
    return place if is_border else 0


def _shown_until(container: InputContainer, stream: VideoStream, end: int) -> list[int]:
    """When the frames from here on are shown, in ticks, in the order they are stored; empty if a time is missing or hidden."""
    found: list[int] = []
    for packet in demuxed(container, [stream]):
        if packet.size == 0:
            continue
        if packet.pts is None or packet.dts is None or packet.is_discard:
            return []
        found.append(packet.pts)
        if packet.dts > end:
            break
    return found


def _earliest_after(shown: list[int]) -> list[int | None]:
    """For each frame, when the first of all that follow it is shown; None for the last."""
    earliest: list[int | None] = [None] * len(shown)
    for place in range(len(shown) - 2, -1, -1):
        later = earliest[place + 1]
        earliest[place] = shown[place + 1] if later is None else min(shown[place + 1], later)
    return earliest
