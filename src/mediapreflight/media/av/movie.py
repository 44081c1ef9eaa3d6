"""The index of an MP4 (`moov`) read without a demuxer: what it states of a picture in H.264 or H.265 and its sound.

A plain index says all that is asked at level `metadata`. What FFmpeg estimates, and what is rare in sound and titles, is left
open; an index with anything rare in its picture, or that does not add up, is left to FFmpeg. Sources: ISO/IEC 14496-12, -14 and
-15, 14496-3 (AAC), QuickTime File Format (sample entries).
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..parsers import h264, hevc
from ..parsers.boxes import boxes, duration_in, parts, payload
from .containers import MAX_LISTED_SAMPLES
from .stated import TRANSFERS, UNKNOWN_TRANSFER, Stated
from .tracks import entry_parts, matrix_in, picture_header

if TYPE_CHECKING:
    from ..source import Source

_Known = TypeVar("_Known")
# The index of an hour of video and sound is smaller.
_MAX_INDEX_BYTES = 2**20
_MAX_NUMBER = 2**31 - 1
# Of a number in the table of sizes: FFmpeg takes no sample of 1 GB.
_MAX_HIGHEST_BYTE = 0x3F
_NO_ROWS = bytes(8)
_BOX, _VERSION_BYTES = struct.Struct(">I4s"), 4
# Fragments, and still pictures beside the movie; fragments, and a compressed index.
_BESIDE_MOVIE, _IN_MOVIE = frozenset({b"moof", b"meta"}), frozenset({b"mvex", b"cmov"})
_BRANCHES = frozenset({b"mdia", b"minf", b"stbl", b"edts"})
# Of each of these FFmpeg takes one in a track, or refuses the file.
_SINGLE = _BRANCHES | {b"tkhd", b"mdhd", b"elst", b"stsd", b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"co64"}
_PICTURE, _SOUND = b"vide", b"soun"
# Sample entries of other tracks: time codes, timed metadata, subtitles, hints for streaming.
_NEITHER = frozenset({b"tmcd", b"mebx", b"mett", b"tx3g", b"text", b"c608", b"rtp "})
# Titles of a movie that name a place; and what other ways to name one contain.
_PLACES, _OTHER_PLACES = frozenset({b"\xa9xyz", b"loci"}), (b"\xa9xyz", b"loci", b"ocation")
# Matrix and sides, at the end of the header of a track.
_SHOWN_BYTES = 44
# The configuration in a sample entry of a picture, by its kind, and who reads it.
_H264, _H265 = (b"avcC", h264.read_configuration), (b"hvcC", hevc.read_configuration)
_CONFIGURATIONS = {b"avc1": _H264, b"avc3": _H264, b"hvc1": _H265, b"hev1": _H265}
# Boxes in the sample entry of a picture that change what is read here: keys, and other configurations.
_UNUSUAL_PARTS = frozenset({b"sinf", b"glbl", b"esds", b"lhvC"})
# How many fields a frame has, at the front of their order.
_ONE_FIELD = b"\x01"
_CODINGS = frozenset({b"nclx", b"nclc"})
_MAX_PIXEL_RATIO = 32767
# FFmpeg estimates a nominal rate from so many steps from frame to frame, without the first, where there are not fewer.
_STEPS, _FIRST_STEPS, _FEWEST_STEPS = 98, 3, 16
# Where the boxes in a sample entry of sound begin, by its version.
_SOUND_ENTRY_BYTES = {0: 36, 1: 52}
# Tags of nested descriptors; the fields in them before the next one, and flags for more of these.
_STREAM, _DECODER, _CONFIGURATION = 3, 4, 5
_STREAM_BYTES, _DECODER_BYTES, _MORE_FIELDS = 3, 13, 0xE0
_CODECS = {0x40: "aac", 0x69: "mp3", 0x6B: "mp3"}
_AAC_LC, _AAC_SBR = 2, 5
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
# What encoders write behind the configuration of plain AAC, to say that it is plain.
_NO_EXTENSION = b"\x56\xe5"
_PLAIN_SAMPLES = {b"sowt": "pcm_s16le", b"twos": "pcm_s16be"}
_AMR_RATE = 8000


class _UnusualError(Exception):
    """The index holds something that is left to FFmpeg."""


class _Track(NamedTuple):
    """`kind` of its handler; `header`: the payload of `tkhd`; `clock` in ticks a second; `entry`: its only sample entry.

    `steps`: rows of samples and ticks each; `offset` of the first sample from decoding to display, in ticks; `edits`: rows of
    length, start and speed; the length in ticks of the movie. `adds_up`: whether the chunks hold its samples.
    """

    kind: bytes
    header: bytes
    clock: int
    entry: bytes
    samples: int
    steps: list[tuple[int, ...]]
    offset: int
    edits: list[tuple[int, ...]]
    adds_up: bool


def read_movie(source: Source) -> Stated | None:
    """What the index states; None where it holds no picture, or an unusual one."""
    return _known(_stated, source)


def _expect(condition: object) -> None:
    if not condition:
        raise _UnusualError


def _stated(source: Source) -> Stated:
    index = _index(source)
    contents = _filling(index)
    _expect(not any(kind in _IN_MOVIE for kind, _ in contents))
    tracks = [_track(data) for kind, data in contents if kind == b"trak"]
    pictures = [track for track in tracks if track.kind == _PICTURE]
    sounds = [track for track in tracks if track.kind == _SOUND]
    _expect(len(pictures) == 1)
    _expect(all(track.kind in (_PICTURE, _SOUND) or track.entry[4:8] in _NEITHER for track in tracks))
    picture, movie = pictures[0], dict(contents)[b"mvhd"]
    header = picture_header(duration_in(movie), picture.header[-_SHOWN_BYTES:], matrix_in(movie), picture.entry)
    _expect(header.duration and not header.encrypted and not header.stretched)
    nominal_rate, place = _known(_nominal_rate, picture), _known(_names_place, index, contents)
    sound = _known(_sound, sounds[0].entry) if sounds else (None, None)
    start = _known(_start, picture, _clock(movie))
    stated = Stated(
        header,
        "h264",
        average_rate=_average_rate(picture),
        nominal_rate=nominal_rate,
        frames=picture.samples,
        start_s=None if start is None else round(start / picture.clock, 6),
        duration_s=header.duration,
        sound_codec=sound[0] if sound else None,
        sample_rate=sound[1] if sound else None,
        has_location=bool(place),
        is_complete=None not in (nominal_rate, place, sound, start) and all(track.adds_up for track in tracks),
    )
    return _with_picture(stated, picture)


def _known(read: Callable[..., _Known], *arguments: Any) -> _Known | None:
    """What a part of the index states; None where that is unusual."""
    try:
        return read(*arguments)
    except (_UnusualError, struct.error, LookupError):
        return None


def _index(source: Source) -> bytes:
    """The whole index (`moov`), if it is the only one and nothing beside it adds samples."""
    found = boxes(source.stream, 0, source.size)
    movies = [box for box in found if box.type == b"moov"]
    _expect(len(movies) == 1 and not any(box.type in _BESIDE_MOVIE for box in found))
    (movie,) = movies
    _expect(movie.end <= source.size and movie.end - movie.start <= _MAX_INDEX_BYTES)
    return payload(source.stream, movie, _MAX_INDEX_BYTES)


def _filling(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes that fill another one, with their payloads."""
    found, at, end = [], 0, len(data)
    while at < end:
        length, kind = _BOX.unpack_from(data, at)
        _expect(length >= _BOX.size)
        found.append((kind, data[at + _BOX.size : at + length]))
        at += length
    _expect(at == end)
    return found


def _names_place(index: bytes, contents: list[tuple[bytes, bytes]]) -> bool:
    titles = (kind for name, data in contents if name == b"udta" for kind, _ in parts(data))
    if not _PLACES.isdisjoint(titles):
        return True
    _expect(not any(mark in index for mark in _OTHER_PLACES))
    return False


def _track(data: bytes) -> _Track:
    found: dict[bytes, bytes] = {}
    branches = [data]
    for branch in branches:
        for kind, content in _filling(branch):
            if kind in found:
                _expect(kind not in _SINGLE)
                continue
            found[kind] = content
            if kind in _BRANCHES:
                branches.append(content)
    entries, offsets, edits = found[b"stsd"], found.get(b"ctts", _NO_ROWS), found.get(b"elst", _NO_ROWS)
    sizes, steps = found[b"stsz"], list(_rows(found[b"stts"], ">II"))
    samples = _number(sizes, 8)
    _expect(_count(entries) == 1 and 0 < samples <= MAX_LISTED_SAMPLES and steps)
    _expect(max(sizes[4::4]) <= _MAX_HIGHEST_BYTE)
    chunks = _count(found.get(b"stco") or found[b"co64"])
    return _Track(
        found[b"hdlr"][8:12],
        found[b"tkhd"],
        _clock(found[b"mdhd"]),
        entries[8:],
        samples,
        steps,
        next(_rows(offsets, ">Ii"), (0, 0))[1],
        _edits(edits),
        samples == _known(_in_chunks, _rows(found[b"stsc"], ">III"), chunks),
    )


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _count(table: bytes) -> int:
    """How many rows a table says that it has."""
    return _number(table, 4)


def _rows(table: bytes, layout: str) -> Iterator[tuple[int, ...]]:
    """The rows of a table, which must be there."""
    row = struct.Struct(layout)
    end = 8 + row.size * _count(table)
    _expect(end <= len(table))
    return row.iter_unpack(table[8:end])


def _edits(table: bytes) -> list[tuple[int, ...]]:
    """The rows of an edit list, which fill it: FFmpeg goes by its length."""
    layout = ">QqI" if table[0] == 1 else ">IiI"
    found = list(_rows(table, layout))
    _expect(len(table) == 8 + len(found) * struct.calcsize(layout))
    return found


def _in_chunks(runs: Iterator[tuple[int, ...]], chunks: int) -> int:
    """The number of samples in all chunks. `runs`: the first chunk, samples per chunk and sample entry, which must be 1."""
    samples, (first, each, entry) = 0, next(runs, (0, 0, 0))
    for following, more, next_entry in itertools.chain(runs, ((chunks + 1, 0, 1),)):
        _expect(first < following and entry == 1)
        samples += (following - first) * each
        first, each, entry = following, more, next_entry
    return samples


def _clock(header: bytes) -> int:
    """The ticks a second that the header of a movie or of its media states."""
    clock = _number(header, 20 if header[0] == 1 else 12)
    _expect(0 < clock <= _MAX_NUMBER)
    return clock


def _average_rate(picture: _Track) -> float:
    ticks = sum(count * each for count, each in picture.steps)
    _expect(sum(count for count, _ in picture.steps) == picture.samples and ticks)
    _expect(all(each <= _MAX_NUMBER for _, each in picture.steps))
    rate = Fraction(picture.samples * picture.clock, ticks)
    _expect(max(rate.numerator, rate.denominator) <= _MAX_NUMBER)
    return float(rate)


def _nominal_rate(picture: _Track) -> float:
    """That of all frames but the last, or of the grid on which uneven ones lie; one on no grid is left to FFmpeg's estimate."""
    steps, clock = picture.steps, picture.clock
    if len(steps) == 1 or (len(steps) == 2 and steps[1][0] == 1):
        step = steps[0][1]
    else:
        each = itertools.chain.from_iterable(itertools.repeat(ticks, count) for count, ticks in steps)
        seen = [ticks for ticks in itertools.islice(each, min(_STEPS, picture.samples - 1)) if ticks]
        step = math.gcd(*seen[_FIRST_STEPS:])
        _expect(len(seen) >= _FEWEST_STEPS and step > max(1, clock // 500) and not 5 <= clock < 101)
    _expect(step)
    return clock / step


def _start(picture: _Track, movie_clock: int) -> int:
    """The tick at which the first frame is shown."""
    if not picture.edits:
        return picture.offset
    empty = [edit[0] for edit in itertools.takewhile(lambda edit: edit[1] == -1, picture.edits)]
    _expect(len(empty) < len(picture.edits))
    # Halves are rounded up, each by itself.
    return sum((length * picture.clock + movie_clock // 2) // movie_clock for length in empty)


def _with_picture(stated: Stated, picture: _Track) -> Stated:
    entry, found = picture.entry, dict(entry_parts(picture.entry))
    name, read = _CONFIGURATIONS[entry[4:8]]
    _expect(not found.keys() & (_UNUSUAL_PARTS | {b"avcC", b"hvcC"} - {name}))
    header, sides = read(found[name]), struct.unpack_from(">HH", entry, 32)
    if header is None or not header.is_usual or sides != (header.width, header.height):
        raise _UnusualError
    has_fields = header.has_fields or found.get(b"fiel", _ONE_FIELD)[:1] != _ONE_FIELD
    ratio = _pixel_ratio(found.get(b"pasp"))
    # As FFmpeg has it, sides of the track other than the stored ones make pixels wider or higher.
    shown = tuple(side >> 16 for side in struct.unpack(">II", picture.header[-8:]))
    _expect(ratio or shown == sides or not all(shown))
    transfer, is_full = _coding(found.get(b"colr", b""))
    is_complete = stated.is_complete and not has_fields
    stated = stated._replace(sides=sides, pixel_ratio=ratio, transfer=transfer, is_complete=is_complete)
    if name == b"avcC":
        return stated.with_sequence_header(header, is_full=is_full)
    # Its decoder counts only what it says itself, and has a format of its own for full range at 4:2:0 alone.
    _expect((header.transfer is not None or transfer not in TRANSFERS) and not has_fields)
    _expect(not header.full_range or header.chroma == "420" or header.bit_depth > 8)
    return stated._replace(codec="hevc").with_sequence_header(header, is_full=False)


def _coding(data: bytes) -> tuple[int, bool]:
    """The transfer that a box of colours states, and whether samples use their full range."""
    if data[:4] not in _CODINGS:
        return UNKNOWN_TRANSFER, False
    return struct.unpack_from(">H", data, 6)[0], data[:4] == b"nclx" and data[10] >= 0x80


def _pixel_ratio(data: bytes | None) -> Fraction | None:
    if data is None:
        return None
    across, down = struct.unpack_from(">II", data)
    _expect(across and down)
    ratio = Fraction(across, down)
    _expect(max(ratio.numerator, ratio.denominator) <= _MAX_PIXEL_RATIO)
    return ratio


def _sound(entry: bytes) -> tuple[str, int]:
    """The codec and the sample rate of AAC, MP3, AMR, and of plain samples of 16 bits."""
    kind, bits, rate = entry[4:8], _number(entry, 24) & 0xFFFF, _number(entry, 32) >> 16
    if kind == b"samr":
        return "amr_nb", _AMR_RATE
    if kind in _PLAIN_SAMPLES:
        _expect(bits == 16 and rate)
        return _PLAIN_SAMPLES[kind], rate
    _expect(kind == b"mp4a")
    found = dict(entry_parts(entry, _SOUND_ENTRY_BYTES[_number(entry, 14) & 0xFFFF]))
    # QuickTime puts another box around it.
    descriptors = found[b"esds"] if b"esds" in found else dict(parts(found[b"wave"]))[b"esds"]
    codec, decoder = _decoder(descriptors)
    if codec == "aac":
        start, end = _descriptor(descriptors, decoder + _DECODER_BYTES, _CONFIGURATION)
        rate = _aac_rate(descriptors[start:end])
    _expect(rate)
    return codec, rate


def _aac_rate(configuration: bytes) -> int:
    """The sample rate of AAC, or the higher one of its extension (SBR)."""
    bits = int.from_bytes(configuration[:3].ljust(3, b"\0"), "big")
    kind, rate, extended_rate = bits >> 19, bits >> 15 & 15, bits >> 7 & 15
    if kind == _AAC_SBR:
        return _AAC_RATES[extended_rate]
    _expect(kind == _AAC_LC and configuration[2:].rstrip(b"\0") in (b"", _NO_EXTENSION))
    return _AAC_RATES[rate]


def _decoder(descriptors: bytes) -> tuple[str, int]:
    """The codec by the nested descriptors of a stream, and where those of its decoder begin."""
    stream, _ = _descriptor(descriptors, _VERSION_BYTES, _STREAM)
    _expect(not descriptors[stream + 2] & _MORE_FIELDS)
    decoder, _ = _descriptor(descriptors, stream + _STREAM_BYTES, _DECODER)
    return _CODECS[descriptors[decoder]], decoder


def _descriptor(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the descriptor at an offset begins behind its tag and length, and where it ends."""
    _expect(data[at] == tag)
    length = 0
    for start in range(at + 1, at + 5):
        length = length << 7 | data[start] & 0x7F
        if not data[start] & 0x80:
            return start + 1, start + 1 + length
    raise _UnusualError
