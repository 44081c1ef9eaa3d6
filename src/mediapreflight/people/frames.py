"""Frames of a video, spread over its length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import UnreadableMediaError
from ..probe import display
from ..probe.containers import MAX_PACKETS, demuxed, first_video
from ..probe.source import display_name
from .media import Picture, guarded, opened_container

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Jumping to keyframes serves where they give more than this share of the frames asked for; else the video is decoded through.
_ENOUGH_KEYFRAMES = 0.5


class Frame(NamedTuple):
    """One frame, shown `time_s` after the first."""

    time_s: float
    picture: Picture


def sample_frames(path: str | os.PathLike[str], count: int, longest_side: int) -> tuple[Frame, ...]:
    """The first frame of a video and up to `count` - 1 more, spread evenly over its length.

    A long video is entered at keyframes, which can be decoded by themselves, so frames lie up to a keyframe interval before
    their even places. Rotation and pixel shape are applied. `longest_side`: of the arrays, in pixels; smaller videos keep
    their size.

    Raises: UnreadableMediaError where it holds no video, or no frame that can be decoded.
    """
    shown = display_name(os.fsdecode(path))
    with opened_container(path) as container:
        stream = first_video(container)
        if stream is None:
            raise UnreadableMediaError(shown, "it holds no video")
        frames = guarded(shown, lambda: tuple(_frames(container, stream, count, longest_side)))
    if not frames:
        raise UnreadableMediaError(shown, "no frame of it can be decoded")
    return frames


class _Index(NamedTuple):
    """Presentation times of all packets and of those that are keyframes, in the stream's time base, sorted."""

    times: tuple[int, ...]
    keys: tuple[int, ...]


def _frames(container: InputContainer, stream: VideoStream, count: int, longest_side: int) -> Iterator[Frame]:
    index = _index(container, stream)
    if not index.times or stream.time_base is None:
        return
    places = _places(index.times, count)
    keys = _keys_before(places, index.keys)
    decoded: list[VideoFrame] = []
    if len(keys) > count * _ENOUGH_KEYFRAMES:
        decoded = list(_at_keyframes(container, stream, keys))
    # A format without an index may be entered anywhere but at its keyframes.
    decoded = decoded or list(_passing(container, stream, places))
    timed = [(frame.pts, frame) for frame in decoded if frame.pts is not None]
    for pts, frame in timed:
        yield Frame(round(float((pts - timed[0][0]) * stream.time_base), 3), _picture(frame, stream, longest_side))


def _index(container: InputContainer, stream: VideoStream) -> _Index:
    times, keys = [], []
    for number, packet in enumerate(demuxed(container, [stream])):
        if number >= MAX_PACKETS:
            break
        if packet.pts is not None:
            times.append(packet.pts)
            if packet.is_keyframe:
                keys.append(packet.pts)
    return _Index(tuple(sorted(times)), tuple(sorted(keys)))


def _places(times: Sequence[int], count: int) -> tuple[int, ...]:
    """The times of `count` frames whose numbers are spread evenly, the first frame's first."""
    return tuple(dict.fromkeys(times[number * len(times) // count] for number in range(count)))


def _keys_before(places: Sequence[int], keys: Sequence[int]) -> tuple[int, ...]:
    """For each place the keyframe that its decoding starts from, without repeats."""
    latest = (max((key for key in keys if key <= place), default=None) for place in places)
    return tuple(dict.fromkeys(key for key in latest if key is not None))


def _at_keyframes(container: InputContainer, stream: VideoStream, keys: Sequence[int]) -> Iterator[VideoFrame]:
    # Frame threads would decode ahead of each jump, for nothing.
    stream.thread_type = "SLICE"
    for key in keys:
        container.seek(key, stream=stream)
        frame = next(_decoded(container, stream), None)
        if frame is not None:
            yield frame


def _passing(container: InputContainer, stream: VideoStream, places: Sequence[int]) -> Iterator[VideoFrame]:
    """The first frame at or after each place, decoding everything but the frames that no other needs."""
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
    """The frames that decode; what is damaged is left out."""
    import av

    for packet in demuxed(container, [stream]):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _picture(frame: VideoFrame, stream: VideoStream, longest_side: int) -> Picture:
    rotation = -int(frame.rotation)
    width, height = display.displayed(frame.width, frame.height, rotation, stream.sample_aspect_ratio)
    square = display.displayed(frame.width, frame.height, 0, stream.sample_aspect_ratio)
    scale = min(Fraction(1), Fraction(longest_side, max(square)))
    across, down = (max(1, round(side * scale)) for side in square)
    rgb = frame.reformat(width=across, height=down, format="rgb24").to_ndarray()
    return Picture(np.ascontiguousarray(np.rot90(rgb, -round(rotation / 90)), dtype=np.uint8), width, height)
