"""Opening sound and video files with PyAV, the one place where FFmpeg is called for reading.

The demuxer is chosen from the bytes, never guessed by FFmpeg, and FFmpeg gets a file object instead of a name: a playlist with
a video's file name cannot make it open anything else.
"""

from __future__ import annotations

import errno
import functools
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from ...errors import MissingLibraryError, UnreadableMediaError
from ...language import say
from ..display import Turn, turn_of
from ..facts import Problem, counted
from ..foreign_words import meaning_of
from ..formats import DEMUXERS
from ..opening import opened
from ..parsers import amr, asf, extents, matroska, riff, transport
from ..parsers import boxes as isobmff
from ..parsers.attached import MAX_ATTACHED_BYTES, attached_bytes
from ..sniff import sniff
from ..source import MAX_BYTES_READ, Excerpt

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Disposition, Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from ..source import Source

_Selected = TypeVar("_Selected", bound="Stream")

# PyAV looks up the stream of every packet in a table as long as there were streams when reading began. Streams that appear later
# are behind its end, by fewer places than this.
MAX_STREAMS = 64
# An hour of 60 fps video with AAC sound has 400,000 packets.
MAX_PACKETS = 1_000_000
# FFmpeg takes 70 bytes for each sample that a table lists, before it reads one. A day of 50 fps video has 4,320,000.
MAX_LISTED_SAMPLES = 5_000_000
MAX_HEADER_BYTES_READ = 64 * 2**20
_CALL_COST = 256
# How many kinds of frame side data PyAV may lack compared with FFmpeg: four, for version 8.
_UNNAMED_SORTS = 16
FORMATS_WITH_FREE_CLOCK = frozenset({"ts", "mpg"})
_OPTIONS = {
    # A demuxer may open others on its own (AVI subtitles, MOV references): only these, and by no protocol at all.
    "format_whitelist": ",".join(sorted(set(DEMUXERS.values()))),
    "protocol_whitelist": "none",
    "max_streams": str(MAX_STREAMS),
}
# FFmpeg looks for other codecs among the samples of a WAV, by default in 5 MB of them. Eight frames of DTS are found here.
_OPTIONS_OF = {"wav": {"probesize": str(2**15)}}

# What FFmpeg takes sound in a transport stream for, such as MPEG-H, if it finds no frame of any codec.
_GUESS = "mp3"
# What FFmpeg says of what it could read and does not.
_UNKNOWN_TO_FFMPEG = "Not yet implemented in FFmpeg, patches welcome"
_NO_DECODERS = {"codec_whitelist": "none"}
# Samples by FFmpeg's names; the p is for planar ones.
_SAMPLE_TYPES = {
    name + planar: type
    for name, type in {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}.items()
    for planar in ("", "p")
}


class ContainerError(Exception):
    """FFmpeg cannot open the container; carries the problem and its detail."""

    def __init__(self, problem: Problem, detail: str) -> None:
        self.problem = problem
        super().__init__(problem.because(detail))


class Reader:
    """The file for FFmpeg: after a budget of bytes it also reports its end.

    Broken files make FFmpeg read gigabytes in steps of eight bytes, so each call costs as much as reading `_CALL_COST`
    bytes. PyAV prints a traceback where a method raises, and broken files make FFmpeg seek below 0.
    """

    def __init__(self, source: Source, format: str, budget: int = MAX_BYTES_READ) -> None:
        self._file = played_part(source, format)
        self._budget = budget

    @property
    def is_exhausted(self) -> bool:
        """Whether FFmpeg wanted to read more than the budget allowed."""
        return self._budget < 0

    def read(self, count: int) -> bytes:
        """Up to `count` bytes."""
        self._budget -= _CALL_COST
        if self.is_exhausted:
            return b""
        data = self._file.read(count)
        self._budget -= len(data)
        return data

    def tell(self) -> int:
        """The offset in the file."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new offset, or the number of an error."""
        self._budget -= _CALL_COST
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -errno.EINVAL


def played_part(source: Source, format: str) -> Excerpt:
    """What FFmpeg gets of a file: only the data of a WAV, all of it, with a correct header; AMR without tags after its frames;
    AIFF and Wave64 with a length.

    FFmpeg searches what follows the data, treats such tags and chunks as sound, and trusts the lengths that wide files claim.
    """
    if format not in ("wav", "amr", *_OPEN_HEADERS):
        return Excerpt(source.stream, range(source.size))
    with source.peeking() as stream:
        if format in _OPEN_HEADERS:
            left_open = _OPEN_HEADERS[format](stream, source.size)
            head = left_open.head if left_open else b""
            return Excerpt(stream, range(len(head), source.size), head=head)
        if format == "wav":
            header = riff.read_wav_header(stream, source.size)
            end = source.size if header.end is None else min(header.end, source.size)
            if header.falsehood and (head := header.plain_head):
                return Excerpt(stream, range(header.start, end), *header.more, head=head)
            return Excerpt(stream, range(end))
        return Excerpt(stream, range(amr.end_of_frames(stream, source.size)))


@contextmanager
def open_container(
    source: Source, format: str, reader: Reader | None = None, *, decoders: bool = True
) -> Iterator[InputContainer]:
    """The open container of a source whose bytes say it is `format`. Raises ContainerError.

    Without `decoders` FFmpeg returns only what container and parsers say, in a fraction of the time.
    """
    import av

    listed = isobmff.listed_samples(source.stream, source.size) if DEMUXERS[format] == "mov" else 0
    if listed > MAX_LISTED_SAMPLES:
        raise ContainerError(Problem.BROKEN, f"its index lists {listed} samples; more than {MAX_LISTED_SAMPLES} are not read")
    attached = attached_bytes(source.stream, source.size, format)
    if attached > MAX_ATTACHED_BYTES:
        raise ContainerError(
            Problem.OVERSIZED,
            f"its tags and attached pictures have {attached} bytes; more than {MAX_ATTACHED_BYTES} are not read",
        )
    options = _OPTIONS | _OPTIONS_OF.get(format, {}) | ({} if decoders else _NO_DECODERS)
    try:
        # A title in an old code page is not a fault in video or sound; by default PyAV would not open the file.
        container = av.open(
            reader or Reader(source, format), mode="r", format=DEMUXERS[format], options=options, metadata_errors="replace"
        )
    except (av.FFmpegError, ValueError, OSError) as error:
        raise _unreadable(source, format, error) from None
    try:
        yield container
    finally:
        container.close()


def first_video(container: InputContainer) -> VideoStream | None:
    """The first video stream that is not a cover picture; None if there is none."""
    return next((stream for stream in container.streams.video if not stream.disposition & _covers()), None)


@functools.cache
def _covers() -> Disposition:
    from av.stream import Disposition

    return Disposition.attached_pic | Disposition.timed_thumbnails


def first_audio(container: InputContainer) -> AudioStream | None:
    """The first audio stream; None if there is none."""
    return next(iter(container.streams.audio), None)


def codec_of(stream: Any) -> str | None:
    """The codec's own name (`av1`), not that of the available decoder (`libdav1d`); None if it is unknown."""
    context = stream.codec_context
    if context is None or (
        stream.container.format.name == "mpegts" and context.codec.canonical_name == _GUESS and not context.sample_rate
    ):
        return None
    name: str = context.codec.canonical_name
    return name


def stated_duration(container: InputContainer) -> float | None:
    """What the container says its length is, in seconds."""
    return container.duration / 1_000_000 if container.duration and container.duration > 0 else None


def shortfall(source: Source, format: str) -> str | None:
    """How the container's own lengths show that the file is cut off; None if they do not."""
    if DEMUXERS[format] == "mpegts":
        with source.peeking() as stream:
            return transport.torn_packet(stream, source.size)
    measure = _MISSING_BYTES.get(DEMUXERS[format])
    if measure is None:
        return None
    with source.peeking() as stream:
        missing = measure(stream, source.size)
    one, several = "the file is 1 byte shorter than its header says", "the file is {count} bytes shorter than its header says"
    return counted(missing, one, several) if missing else None


def promises_too_much(source: Source, format: str) -> bool:
    """Whether a box claims more than there is of an MP4 that holds all its samples: FFmpeg may end such a file with an error."""
    if DEMUXERS[format] != "mov":
        return False
    with source.peeking() as stream:
        return extents.runs_past_whole(stream, source.size)


def seen_at_end(source: Source, format: str) -> str | None:
    """The entry for `Facts.problems` if a file ends before its headers say so; else None."""
    if cut_off := shortfall(source, format):
        return Problem.TRUNCATED.because(cut_off)
    if format in _OPEN_HEADERS:
        with source.peeking() as stream:
            left_open = _OPEN_HEADERS[format](stream, source.size)
        return Problem.MISSTATED.because(left_open.falsehood) if left_open else None
    measure = _MISSING_BEHIND.get(DEMUXERS[format])
    if measure is None:
        return None
    with source.peeking() as stream:
        missing = measure(stream, source.size)
    one = "it states 1 byte more than it has, though no picture or sound is missing"
    several = "it states {count} bytes more than it has, though no picture or sound is missing"
    return Problem.MISSTATED.because(counted(missing, one, several)) if missing else None


_MISSING_BYTES: dict[str, Callable[[BinaryIO, int], int]] = {
    "mov": extents.missing_bytes,
    "matroska": matroska.missing_bytes,
    "avi": riff.avi_missing_bytes,
    "aiff": riff.aiff_missing_bytes,
    "au": riff.au_missing_bytes,
    "w64": riff.w64_missing_bytes,
    "caf": riff.caf_missing_bytes,
    "asf": asf.missing_bytes,
}
_OPEN_HEADERS = {"aiff": riff.open_aiff, "w64": riff.open_w64}
# Parts after all frames: titles, an index that readers do not need.
_MISSING_BEHIND: dict[str, Callable[[BinaryIO, int], int]] = {
    "mov": extents.missing_titles,
    "matroska": matroska.missing_titles,
    "avi": riff.avi_missing_index,
}


def demuxed(container: InputContainer, streams: Sequence[_Selected]) -> Iterator[Packet[_Selected]]:
    """The packets of these streams, in the order of the file; after the last one, an end mark for each stream (see `is_end`).

    Streams may appear while a broadcast format is read. PyAV goes by their number when it sets the marks, and has no name for
    new ones: it fails after the marks of the streams that were there from the start.
    """
    found: Iterator[Packet[Any]] = container.demux(list(streams))
    marks: dict[int, Packet[Any]] = {}
    while True:
        try:
            packet = next(found)
        except (StopIteration, IndexError):
            break
        if is_end(packet):
            # FLV has empty packets among the others. A decoder that got the end mark takes nothing more.
            marks[packet.stream.index] = packet
        else:
            yield packet
    yield from marks.values()


def samples(frame: AudioFrame) -> NDArray[Any]:
    """The stored sound of a frame, channels x samples. Do not write to it."""
    import numpy as np

    stored = planes(frame)
    return np.stack(stored) if frame.format.is_planar else stored[0].reshape(-1, frame.layout.nb_channels).T


def planes(frame: AudioFrame) -> list[NDArray[Any]]:
    """The same as arrays: one per channel, or one for all, sample by sample. Do not write to them."""
    import numpy as np

    return [np.frombuffer(piece, sample_type(frame)) for piece in stored_planes(frame)]


def sample_type(frame: AudioFrame) -> str:
    """What numpy calls the type of the stored samples."""
    return _SAMPLE_TYPES[frame.format.name]


def stored_planes(frame: AudioFrame) -> list[bytes]:
    """The bytes of the samples: of each channel, or of all, sample by sample.

    PyAV's own array reads beyond the memory of eight or more planes, and does not know 64-bit integers.
    """
    from av.audio.plane import AudioPlane

    format, channels = frame.format, frame.layout.nb_channels
    count, length = (channels, frame.samples) if format.is_planar else (1, frame.samples * channels)
    length *= format.bytes
    pieces: list[Any] = [AudioPlane(frame, index) for index in range(count)]
    # What follows the samples is filler.
    return [bytes(piece)[:length] for piece in pieces]


def turn_of_frame(frame: VideoFrame) -> Turn:
    """How a decoded frame is shown, by its container or its own stream."""
    from av.sidedata.sidedata import Type

    try:
        found: Any = frame.side_data
    except ValueError:
        # If FFmpeg finds side data that has no name in PyAV, PyAV does not return the matrix either.
        found = _with_named_data_only(frame, len(Type)).side_data
    matrix = found.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return Turn()
    a, b, _, c, d = struct.unpack_from("=5i", bytes(matrix))
    return turn_of(a, b, c, d)


def _with_named_data_only(frame: VideoFrame, first_unnamed: int) -> VideoFrame:
    """The frame without side data of kinds numbered `first_unnamed` and above."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    filters = [source]
    filters += [graph.add("sidedata", f"mode=delete:type={first_unnamed + more}") for more in range(_UNNAMED_SORTS)]
    graph.link_nodes(*filters, graph.add("buffersink")).configure()
    graph.push(frame)
    return cast("VideoFrame", graph.pull())


def is_end(packet: Packet[Any]) -> bool:
    """Whether this is the mark after the last packet. An empty packet with a time is data: it repeats the packet before it."""
    return packet.size == 0 and packet.pts is None and packet.dts is None


def sound_start(stream: AudioStream, format: str) -> int:
    """The tick at which sound starts to play: time 0, or the stream's start if an MP4 drops part of a packet."""
    return max(0, stream.start_time or 0) if DEMUXERS[format] == "mov" else 0


def clock_zero(container: InputContainer, format: str) -> float:
    """The time of this container's clock, in seconds, when playing starts: broadcast formats start anywhere."""
    return (container.start_time or 0) / 1_000_000 if format in FORMATS_WITH_FREE_CLOCK else 0.0


def _unreadable(source: Source, format: str, error: Exception) -> ContainerError:
    whole = isobmff.Box(b"file", 0, source.size)
    if DEMUXERS[format] == "mov" and isobmff.find(source.stream, whole, b"moov") is None:
        return ContainerError(Problem.TRUNCATED, say("its index (moov) is missing: the file is cut off, or was never finished"))
    if cut_off := shortfall(source, format):
        return ContainerError(Problem.TRUNCATED, cut_off)
    if getattr(error, "strerror", "") == _UNKNOWN_TO_FFMPEG:
        return ContainerError(Problem.NOT_RUN, say("a part of it is of an unknown kind"))
    return ContainerError(Problem.BROKEN, meaning_of(error) or say("it cannot be opened"))


@contextmanager
def opened_container(path: str | os.PathLike[str]) -> Iterator[InputContainer]:
    """The open sound or video file. Raises UnreadableMediaError and MissingLibraryError."""
    with opened(path) as source:
        found = sniff(source.stream)
        if found.family != "stream":
            raise UnreadableMediaError(source.path, f"it is neither sound nor video, but {found.format}")
        try:
            import av  # noqa: F401
        except ImportError as error:
            raise MissingLibraryError("PyAV", str(error), "pip install av") from None
        try:
            with open_container(source, found.format) as container:
                yield container
        except ContainerError as error:
            raise UnreadableMediaError(source.path, str(error)) from None
