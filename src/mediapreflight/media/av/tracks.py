"""What headers say about the video and FFmpeg does not report. Sources: ISO/IEC 14496-12 (MP4), RFC 9559 (Matroska), Dolby Vision
Streams Within the ISO Base Media File Format 2.1.2."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..display import Turn, turn_of
from ..facts import Problem
from ..formats import DEMUXERS
from ..parsers import boxes as isobmff
from ..parsers import matroska
from .containers import codec_of, first_audio, first_video

if TYPE_CHECKING:
    from av.container import InputContainer

    from ..source import Source

_ENCRYPTED_ENTRIES = frozenset({b"encv", b"drmi"})
_DOLBY_VISION = frozenset({b"dvcC", b"dvvC", b"dvwC"})
# Before the boxes of a sample entry there are the fields of all entries and those of video entries.
_ENTRY_BYTES = 8 + 78
_MAX_ENTRY_BYTES = 2**16
_MATRIX_BYTES = 36
_MVHD_MATRIX = {0: 36, 1: 48}
_ROUNDING = 0.005
_Linear = tuple[int, int, int, int]


class _TkhdLayout(NamedTuple):
    track: int
    matrix: int


_TKHD_LAYOUTS = {0: _TkhdLayout(12, 40), 1: _TkhdLayout(20, 52)}


class PictureHeader(NamedTuple):
    """What headers say about one video track.

    `duration`: the movie's length in seconds, None if it is not stated. `dolby_vision`: whether it has colours that only a
    reader of Dolby Vision can show: neither HDR10 nor HLG nor standard range. `stretched`: whether it is shown wider or higher.
    """

    duration: float | None = None
    turn: Turn = Turn()
    encrypted: bool = False
    has_alpha: bool = False
    dolby_vision: bool = False
    stretched: bool = False


def read_picture_header(source: Source, format: str, track: int) -> PictureHeader:
    """What the headers of an MP4 say about the track with this number, or those of a Matroska file about its first one."""
    with source.peeking() as stream:
        if DEMUXERS[format] == "matroska":
            header = matroska.read_track_header(stream, source.size)
            dolby_vision = any(_is_dolby_only(data) for data in header.dolby_vision)
            return PictureHeader(None, header.turn, header.encrypted, header.has_alpha, dolby_vision)
        movie = isobmff.find(stream, isobmff.Box(b"file", 0, source.size), b"moov") if DEMUXERS[format] == "mov" else None
        return _in_movie(stream, movie, track) if movie else PictureHeader()


def unknown_codecs(source: Source, format: str, container: InputContainer) -> tuple[str, ...]:
    """Entries for `Facts.problems` for the picture and for the sound, if no available decoder knows the codec."""
    streams = {"picture": first_video(container), "sound": first_audio(container)}
    unknown = {name: stream for name, stream in streams.items() if stream is not None and codec_of(stream) is None}
    if not unknown:
        return ()
    with source.peeking() as opened:
        tags = {name: _codec_tag(opened, source.size, format, name, stream.id) for name, stream in unknown.items()}
    return tuple(
        Problem.NOT_RUN.because(
            f"its {name} is {tag}, which is not decoded here" if tag else f"the codec of its {name} is not known here"
        )
        for name, tag in tags.items()
    )


def _codec_tag(stream: BinaryIO, size: int, format: str, name: str, track: int) -> str | None:
    """The name that the container gives to a codec; None if it has none that can be shown."""
    tag = None
    if DEMUXERS[format] == "matroska":
        tag = matroska.codec_id(stream, size, 1 if name == "picture" else 2)
    elif DEMUXERS[format] == "mov" and (movie := isobmff.find(stream, isobmff.Box(b"file", 0, size), b"moov")):
        found = _track(stream, movie, track)
        tag = _sample_entry(stream, found)[4:8].decode("ascii", "replace") if found else None
    tag = tag.strip("\0 ") if tag else ""
    return tag if tag and tag.isascii() and tag.isprintable() else None


def _in_movie(stream: BinaryIO, movie: isobmff.Box, track: int) -> PictureHeader:
    duration, found = isobmff.movie_duration(stream, movie), _track(stream, movie, track)
    matrix, entry = (found.matrix, _sample_entry(stream, found)) if found else (b"", b"")
    return picture_header(duration, matrix, _movie_matrix(stream, movie), entry)


def picture_header(duration: float | None, track: bytes, movie: bytes, entry: bytes) -> PictureHeader:
    """What the headers of an MP4 say: seconds, the matrices of the track and the movie, and the track's first sample entry."""
    matrix, parts = _matrix(track, movie), tuple(entry_parts(entry))
    return PictureHeader(
        None if duration is None else round(duration, 6),
        turn_of(*matrix),
        entry[4:8] in _ENCRYPTED_ENTRIES or any(kind == b"sinf" for kind, _ in parts),
        dolby_vision=any(_is_dolby_only(data) for kind, data in parts if kind in _DOLBY_VISION),
        stretched=_stretches(matrix),
    )


class _Track(NamedTuple):
    box: isobmff.Box
    matrix: bytes


def _track(stream: BinaryIO, movie: isobmff.Box, number: int) -> _Track | None:
    for box in isobmff.boxes(stream, movie.start, movie.end):
        header = isobmff.find(stream, box, b"tkhd") if box.type == b"trak" else None
        data = isobmff.payload(stream, header) if header else b""
        layout = _TKHD_LAYOUTS.get(data[0]) if data else None
        if layout and int.from_bytes(data[layout.track : layout.track + 4], "big") == number:
            return _Track(box, data[layout.matrix :])
    return None


def _sample_entry(stream: BinaryIO, track: _Track) -> bytes:
    """The first entry of a track's sample descriptions."""
    descriptions = isobmff.find(stream, track.box, b"mdia", b"minf", b"stbl", b"stsd")
    return isobmff.payload(stream, descriptions, _MAX_ENTRY_BYTES)[8:] if descriptions else b""


def _movie_matrix(stream: BinaryIO, movie: isobmff.Box) -> bytes:
    header = isobmff.find(stream, movie, b"mvhd")
    return matrix_in(isobmff.payload(stream, header)) if header else b""


def matrix_in(header: bytes) -> bytes:
    """The matrix in the header of a movie."""
    at = _MVHD_MATRIX.get(header[0]) if header else None
    return b"" if at is None else header[at : at + _MATRIX_BYTES]


def _matrix(track: bytes, movie: bytes) -> _Linear:
    """The matrix of a track, and then the movie's: the numbers a, b, c and d of `turn_of`."""
    if len(track) < _MATRIX_BYTES:
        return 1, 0, 0, 1
    a, b, c, d = _linear(track)
    if len(movie) == _MATRIX_BYTES:
        e, f, g, h = _linear(movie)
        a, b, c, d = a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
    return a, b, c, d


def _stretches(matrix: _Linear) -> bool:
    """Whether a matrix makes a picture wider or higher, by more than rounding does."""
    a, b, c, d = matrix
    across, down = math.hypot(a, c), math.hypot(b, d)
    return abs(across - down) > _ROUNDING * min(across, down) > 0


def _linear(matrix: bytes) -> _Linear:
    a, b, _, c, d = struct.unpack_from(">5i", matrix)
    return a, b, c, d


def entry_parts(entry: bytes, start: int = _ENTRY_BYTES) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in a sample entry, with their payloads. They begin at `start`; by default, where those of a picture do."""
    return isobmff.parts(entry[: int.from_bytes(entry[:4], "big")], start)


def _is_dolby_only(configuration: bytes) -> bool:
    """Whether a configuration record of Dolby Vision names a base that other readers show in false colours: profile 5 and its
    like in AV1."""
    if len(configuration) < 5:
        return False
    profile, base_shown_as = configuration[2] >> 1, configuration[4] >> 4
    return profile == 5 or (profile == 10 and base_shown_as == 0)
