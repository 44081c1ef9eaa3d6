"""Decode the sound of a recording or a video: as recorded, or mixed down to one channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..image.headers import DamagedError
from .containers import demuxed

if TYPE_CHECKING:
    import numpy as np
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Longer recordings are judged by their beginning: an hour takes ten seconds, and no model takes more than a few minutes.
MAX_HEARD_S = 600.0
# The highest rate: converters reach 768 kHz. FLAC could state 20 bits, and the memory of the resampling filter grows with the
# rate.
MAX_SAMPLE_RATE = 2**20


def mono(
    container: InputContainer, stream: AudioStream, rate: int, *, watch: Callable[[AudioFrame], None] | None = None
) -> Iterator[Floats]:
    """The sound in one channel, `rate` samples a second, full scale 1.0, in pieces of any length, up to `MAX_HEARD_S`.

    Args:
        watch: is called with each frame as recorded, before it is converted.

    Raises DamagedError as `decoded` does.
    """
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    for frame in decoded(container, stream):
        if watch is not None:
            watch(frame)
        yield from (part.to_ndarray()[0] for part in resampler.resample(frame))
    yield from (part.to_ndarray()[0] for part in resampler.resample(None))


def decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """The frames that can be decoded, up to `MAX_HEARD_S`; damaged ones are left out.

    Raises DamagedError for a rate that no recording has: too high, or so low that a single frame would last longer than that.
    """
    import av

    heard = 0.0
    for packet in _readable(demuxed(container, [stream])):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if frame.sample_rate > MAX_SAMPLE_RATE or frame.samples > frame.sample_rate * MAX_HEARD_S:
                raise DamagedError(f"no recording has {frame.sample_rate} samples per second")
            yield frame
            heard += frame.samples / frame.sample_rate
        if heard >= MAX_HEARD_S:
            return


def _readable(packets: Iterator[Packet[AudioStream]]) -> Iterator[Packet[AudioStream]]:
    """The packets up to the first that cannot be read: a tag or filler behind the last one fails like that.

    If none can be read, raises what FFmpeg says.
    """
    import av

    is_begun = False
    try:
        for packet in packets:
            yield packet
            is_begun = True
    except av.FFmpegError:
        if not is_begun:
            raise
