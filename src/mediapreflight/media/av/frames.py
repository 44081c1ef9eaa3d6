"""Frames of a video, spread over its length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import UnreadableMediaError
from ...language import say
from .. import display
from ..image.decoding import guarded
from ..image.pixels import Picture
from ..source import display_name
from .containers import MAX_PACKETS, demuxed, first_video, opened_container, turn_of_frame

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Jumping to keyframes is used if they give more than this share of the requested frames; else the whole video is decoded.
_ENOUGH_KEYFRAMES = 0.5
_SEARCHED_BY_DECODE_TIME = frozenset({"mpegts", "mpeg"})


class Frame(NamedTuple):
    """One frame, shown `time_s` after the first."""

    time_s: float
    picture: Picture


def sample_frames(path: str | os.PathLike[str], count: int, longest_side: int) -> tuple[Frame, ...]:
    """The first frame of a video and up to `count` - 1 more, spread evenly over its length.

    In a long video, only keyframes are decoded, because they need no other frame. So frames are up to a keyframe interval before
    their even positions. Rotation and pixel shape are applied. `longest_side`: of the arrays, in pixels; smaller videos keep
    their size.

    Raises: UnreadableMediaError if it contains no video, or no frame that can be decoded.
    """
    shown = display_name(os.fsdecode(path))
    with opened_container(path) as container:
        stream = first_video(container)
        if stream is None:
            raise UnreadableMediaError(shown, say("it contains no video"))
        frames = guarded(shown, lambda: tuple(_frames(container, stream, count, longest_side)))
    if not frames:
        raise UnreadableMediaError(shown, say("none of its frames can be decoded"))
    return frames


def frames_around(
    path: str | os.PathLike[str], times: Sequence[float], within_s: float, longest_side: int
) -> tuple[tuple[Frame, ...], ...]:
    """For each time (seconds after the first frame, in order), the frames shown at most `within_s` from it.

    Raises: UnreadableMediaError as `sample_frames` does.
    """
    shown = display_name(os.fsdecode(path))
    with opened_container(path) as container:
        stream = first_video(container)
        if stream is None:
            raise UnreadableMediaError(shown, say("it contains no video"))
        stream.thread_type = "AUTO"
        return guarded(shown, lambda: tuple(tuple(_around(container, stream, time, within_s, longest_side)) for time in times))


def _around(container: InputContainer, stream: VideoStream, time: float, within_s: float, longest_side: int) -> Iterator[Frame]:
    if stream.time_base is None:
        return
    start = stream.start_time or 0
    container.seek(start + int(max(time - within_s, 0) / stream.time_base), stream=stream)
    for frame in _decoded(container, stream):
        at = None if frame.pts is None else float((frame.pts - start) * stream.time_base)
        if at is None or at < time - within_s:
            continue
        if at > time + within_s:
            return
        yield Frame(round(at, 3), _picture(frame, turn_of_frame(frame), stream, longest_side))


class _Index(NamedTuple):
    """Presentation times of packets, and of keyframes with their decode times, in the stream's time base, sorted.

    In a recording cut out of a broadcast, frames before the first keyframe cannot be decoded, and are left out.
    """

    times: tuple[int, ...]
    keys: dict[int, int]


def _frames(container: InputContainer, stream: VideoStream, count: int, longest_side: int) -> Iterator[Frame]:
    index = _index(container, stream)
    if not index.times or stream.time_base is None:
        return
    places = _places(index.times, count)
    keys = _keys_before(places, tuple(index.keys))
    decoded: list[VideoFrame] = []
    if len(keys) > count * _ENOUGH_KEYFRAMES:
        entries = {key: index.keys[key] if container.format.name in _SEARCHED_BY_DECODE_TIME else key for key in keys}
        decoded = _at_keyframes(container, stream, entries)
    # In a format without an index, a jump may land anywhere but at a keyframe.
    decoded = decoded or list(_passing(container, stream, places))
    timed = [(frame.pts, frame) for frame in decoded if frame.pts is not None]
    for pts, frame in timed:
        # What the first one says applies to all: a stream need not repeat it.
        picture = _picture(frame, turn_of_frame(timed[0][1]), stream, longest_side)
        yield Frame(round(float((pts - timed[0][0]) * stream.time_base), 3), picture)


def _index(container: InputContainer, stream: VideoStream) -> _Index:
    times: list[int] = []
    keys: dict[int, int] = {}
    for number, packet in enumerate(demuxed(container, [stream])):
        if number >= MAX_PACKETS:
            break
        if packet.pts is not None:
            times.append(packet.pts)
            if packet.is_keyframe:
                keys[packet.pts] = packet.pts if packet.dts is None else packet.dts
    first = min(keys, default=None)
    times = sorted(time for time in times if first is None or time >= first)
    return _Index(tuple(times), dict(sorted(keys.items())))


def _places(times: Sequence[int], count: int) -> tuple[int, ...]:
    """The times of `count` frames whose numbers are spread evenly, the first frame's first."""
    return tuple(dict.fromkeys(times[number * len(times) // count] for number in range(count)))


def _keys_before(places: Sequence[int], keys: Sequence[int]) -> tuple[int, ...]:
    """For each position the keyframe where decoding starts, without repeats."""
    latest = (max((key for key in keys if key <= place), default=None) for place in places)
    return tuple(dict.fromkeys(key for key in latest if key is not None))


def _at_keyframes(container: InputContainer, stream: VideoStream, entries: Mapping[int, int]) -> list[VideoFrame]:
    """The frame at each key, found by its time; none if a jump lands after it."""
    # Frame threads would decode ahead of each jump, which is wasted.
    stream.thread_type = "SLICE"
    found = []
    for key, entry in entries.items():
        container.seek(entry, stream=stream)
        frame = next(_decoded(container, stream), None)
        if frame is not None and frame.pts is not None:
            if frame.pts > key:
                return []
            found.append(frame)
    return found


def _passing(container: InputContainer, stream: VideoStream, places: Sequence[int]) -> Iterator[VideoFrame]:
    """The first frame at or after each position; decodes everything but frames that no other frame needs."""
    if not stream.codec_context.is_open:
        stream.thread_type = "AUTO"
    stream.codec_context.skip_frame = "NONREF"
    container.seek(0)
    waiting = list(places)
    for frame in _decoded(container, stream):
        if frame.pts is None or frame.pts < waiting[0]:
            continue
        yield frame
        waiting = [place for place in waiting if place > frame.pts]
        if not waiting:
            return


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The frames that can be decoded; damaged ones are left out."""
    import av

    for packet in demuxed(container, [stream]):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _picture(frame: VideoFrame, turn: display.Turn, stream: VideoStream, longest_side: int) -> Picture:
    width, height = display.displayed(frame.width, frame.height, turn.rotation, stream.sample_aspect_ratio)
    square = display.displayed(frame.width, frame.height, 0, stream.sample_aspect_ratio)
    scale = min(Fraction(1), Fraction(longest_side, max(square)))
    across, down = (max(1, round(side * scale)) for side in square)
    rgb = frame.reformat(width=across, height=down, format="rgb24").to_ndarray()
    return Picture(display.turned(rgb.astype(np.uint8, copy=False), turn.orientation), width, height)
