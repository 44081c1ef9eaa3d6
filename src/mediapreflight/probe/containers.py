"""Opening sound and video files with PyAV, the one place where FFmpeg is called for reading.

The demuxer is named from the bytes, never guessed by FFmpeg, and FFmpeg gets a file object instead of a name: a playlist under
a video's name cannot make it open anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import isobmff
from .facts import Problem
from .formats import DEMUXERS

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from .source import Source

MAX_STREAMS = 64
# An hour of 60 fps video with AAC sound has 400,000 packets.
MAX_PACKETS = 1_000_000
_FORMATS_WITH_FREE_CLOCK = frozenset({"ts", "mpg"})
_OPTIONS = {
    # A demuxer may open others on its own (AVI subtitles, MOV references): only these, and by no protocol at all.
    "format_whitelist": ",".join(sorted(set(DEMUXERS.values()))),
    "protocol_whitelist": "none",
    "max_streams": str(MAX_STREAMS),
}


class ContainerError(Exception):
    """FFmpeg cannot open the container; carries the problem and its detail."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(problem.because(detail))


@contextmanager
def open_container(source: Source, format: str) -> Iterator[InputContainer]:
    """The open container of a source whose bytes say it is `format`. Raises ContainerError."""
    import av

    source.stream.seek(0)
    try:
        container = av.open(source.stream, mode="r", format=DEMUXERS[format], options=_OPTIONS)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise _unreadable(source, format, error) from None
    try:
        yield container
    finally:
        container.close()


def first_video(container: InputContainer) -> VideoStream | None:
    """The first video stream that is no cover picture; None where there is none."""
    from av.stream import Disposition

    still = Disposition.attached_pic | Disposition.timed_thumbnails
    return next((stream for stream in container.streams.video if not stream.disposition & still), None)


def first_audio(container: InputContainer) -> AudioStream | None:
    """The first audio stream; None where there is none."""
    return next(iter(container.streams.audio), None)


def codec_of(stream: Any) -> str | None:
    """The codec's own name (`av1`), not that of the decoder at hand (`libdav1d`); None where it is unknown."""
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else None


def stated_duration(container: InputContainer) -> float | None:
    """What the container says its length is, in seconds."""
    return container.duration / 1_000_000 if container.duration and container.duration > 0 else None


def clock_zero(container: InputContainer, format: str) -> float:
    """The time, in seconds, at which this container's clock stands when playing starts: broadcast formats start anywhere."""
    return (container.start_time or 0) / 1_000_000 if format in _FORMATS_WITH_FREE_CLOCK else 0.0


def _unreadable(source: Source, format: str, error: Exception) -> ContainerError:
    whole = isobmff.Box(b"file", 0, source.size)
    if DEMUXERS[format] == "mov" and isobmff.find(source.stream, whole, b"moov") is None:
        return ContainerError(Problem.TRUNCATED, "its index (moov) is missing: the file is cut off, or was never finished")
    detail = " ".join((getattr(error, "strerror", None) or str(error)).split())
    return ContainerError(Problem.BROKEN, detail[:1].lower() + detail[1:])
