"""Whether a JPEG's data is intact: every warning of libjpeg-turbo counts, but only if pixels are lost.

libjpeg-turbo also warns of faults that lose no pixels: extra bytes between segments, a broken profile, zeros before a marker, a
missing end mark. So such a file is decoded once more without these parts. Source: ITU-T T.81 annexes B, F and G.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from os import SEEK_END
from typing import BinaryIO, NamedTuple

from ...language import say
from .decoding import MAX_DECODED_PIXELS, packet_of
from .headers.base import DamagedError, UndecodedError
from .headers.jpeg import FRAME_HEADERS, HUFFMAN_SEQUENTIAL, PROGRESSIVE
from .jpeg_walk import Codes, codes_of, quantization_tables_of, scan_of, walk

_REDUCED_SIDE = 64
_END, _START_OF_SCAN, _RESTART_INTERVAL, _HUFFMAN_TABLES, _QUANTIZATION_TABLES = 0xD9, 0xDA, 0xDD, 0xC4, 0xDB
# Segments that make pixels: frames, scans, their tables, the restart interval, and the conditioning of arithmetic coding.
_KEPT = FRAME_HEADERS | {_HUFFMAN_TABLES, 0xCC, _QUANTIZATION_TABLES, _START_OF_SCAN, _RESTART_INTERVAL}
# Segments between scans that make no pixels: the number of lines, application data, comments.
_PASSED_OVER = {0xDC, *range(0xE0, 0xF0), 0xFE}
# FFmpeg takes arithmetic coding for damage.
_HUFFMAN = HUFFMAN_SEQUENTIAL | {0xC2}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
# Any number of 0xFF may stand before a marker: `\xff+` would try each of a long run again.
_MARKER = re.compile(rb"\xff([^\x00\xff])")
# In compressed data 0xFF is followed by 0x00, and a restart is part of the data.
_END_OF_DATA = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_RESTARTS = re.compile(rb"(\xff[\xd0-\xd7])")
# What strict readers look for in application data: how it begins, and the bytes without which they refuse the whole file.
_LOOKED_INTO = {0xE0: (b"JFIF", 7), 0xE2: (b"ICC_PROFILE\0", 14), 0xEE: (b"Adobe", 7)}
_END_MARK, _SCAN_MARK = b"\xff\xd9", b"\xff\xda"
# No block of a picture that is not flat has so many in a row.
_HOLE = bytes(16)
# The class of tables for all coefficients but the first, and the symbol for no more of them. ITU-T T.81, B.2.4.2 and F.1.2.2.
_OF_AC, _END_OF_BLOCK = 16, b"\0"
_MAX_SEGMENTS = 5000
# After the scans of a progressive picture they cannot be told from data, and damage rarely leaves so few.
_MAX_STRAY_BYTES, _FEW_STRAY_BYTES = 16, 4
# One for each block of the largest picture that is decoded.
_MAX_RESTARTS = MAX_DECODED_PIXELS // 64
_COEFFICIENTS = 64
# A megabyte takes about a second to walk.
_MAX_WALKED_BYTES = 8 * 2**20
_NOT_IMPLEMENTED = "not implemented"
_PREMATURE_END = "Premature end of JPEG file"
_BEFORE_END = re.compile(r" (\d+) extraneous bytes before marker 0xd9")
_BEFORE_RESTART = re.compile(r" extraneous bytes before marker 0xd[0-7]")
_FEW_LEFT = re.compile(r" \d\d? extraneous bytes before marker")
_UNKNOWN_SAMPLING = "subsampling level"
_ENDLESS = say("its end mark is missing")
_HAS_SHORT_PARTS = say("a part that makes no pixels is damaged")
_ZEROS_IN_ITS_PLACE = "a part of its data is lost: there are zeros in its place"


def verify(data: bytes) -> str | None:
    """Entropy-decode all of a JPEG whose coding libjpeg-turbo reads.

    Returns: why strict readers refuse it although no pixel is lost; None if they do not.

    Raises: DamagedError, or ValueError with the decoder's first warning, if pixels are lost; UndecodedError; ImportError.
    """
    jpeg = _parsed(data)
    if not (complaint := _complaint(data)):
        if jpeg is None:
            return None
        _refuse_false_blocks(jpeg)
        return _refusal(jpeg)
    if jpeg is None or not jpeg.is_complete:
        raise ValueError(_PREMATURE_END if _UNKNOWN_SAMPLING in complaint else complaint)
    still = _complaint(_written(jpeg))
    if _UNKNOWN_SAMPLING in still:
        _walk(jpeg)
    elif _NOT_IMPLEMENTED in still:
        raise UndecodedError(say("JPEG in this coding is not decoded here"))
    elif still and not _has_only_strays(jpeg, still):
        raise ValueError(complaint)
    return _refusal(jpeg)


def _refusal(jpeg: _Jpeg) -> str | None:
    if not jpeg.has_end:
        return _ENDLESS
    return _HAS_SHORT_PARTS if jpeg.short_parts else None


def _refuse_false_blocks(jpeg: _Jpeg) -> None:
    """Raises DamagedError for blocks that damage makes, of which libjpeg-turbo says nothing.

    It reads zeros in place of lost data as blocks of many small values, and passes over what a block has behind its 64th value.
    """
    if _replaces_data_by_zeros(jpeg):
        raise DamagedError(_ZEROS_IN_ITS_PLACE)
    if jpeg.marker in _HUFFMAN and _has_overlong_blocks(jpeg):
        has_hole = any(_HOLE in part.data for part in jpeg.parts)
        raise DamagedError(_ZEROS_IN_ITS_PLACE if has_hole else "its data contains a block of more than 64 values")


def _replaces_data_by_zeros(jpeg: _Jpeg) -> bool:
    """Whether a sequential picture has many zeros in a row where they are no flat area."""
    if jpeg.marker not in HUFFMAN_SEQUENTIAL:
        return False
    codes: dict[int, Codes] = {}
    for part in jpeg.parts:
        if part.marker == _HUFFMAN_TABLES:
            codes.update(codes_of(part.content))
        elif part.marker == _START_OF_SCAN and _HOLE in part.data and not _has_flat_zeros(part.content, codes):
            return True
    return False


def _has_overlong_blocks(jpeg: _Jpeg) -> bool:
    """Whether FFmpeg finds blocks of more than 64 values. For 12 megapixels it takes 40 ms."""
    import av

    context = av.CodecContext.create("mjpeg", "r")
    context.thread_count = 1
    context.options = {"err_detect": "explode", "lowres": "3"}
    try:
        context.decode(packet_of(_written(jpeg)))
    except av.InvalidDataError:
        return True
    except av.FFmpegError:
        # It does not know this coding.
        return False
    return False


def _has_flat_zeros(scan: bytes, codes: Mapping[int, Codes]) -> bool:
    """Whether zeros are the code for the end of a block in every table that a scan uses.

    Elsewhere they are the code for a value, and no block of a picture is one value over and over. In 1,600 pictures
    of all sorts at most seven bytes in a row are zeros there.
    """
    tables = (codes.get(_OF_AC + (number & 15)) for number in scan[2:-3:2])
    return all(table is None or table.symbols[:1] == _END_OF_BLOCK for table in tables)


def has_end_mark(stream: BinaryIO) -> bool:
    """Whether a file ends with the mark without which Pillow does not decode it."""
    stream.seek(-len(_END_MARK), SEEK_END)
    return stream.read() == _END_MARK


def for_strict_readers(stream: BinaryIO) -> BinaryIO | None:
    """A copy that Pillow reads: with an end mark, and without application data that ends too early. None if it is the same."""
    stream.seek(0)
    data = stream.read()
    jpeg = _parsed(data)
    if jpeg is None or _refusal(jpeg) is None or not _is_sound(data):
        return None
    starts, ends = (0, *(part.stop for part in jpeg.short_parts)), (*(part.start for part in jpeg.short_parts), len(data))
    kept = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    return io.BytesIO(b"".join((*kept, b"" if jpeg.has_end else _END_MARK)))


def _is_sound(data: bytes) -> bool:
    try:
        verify(data)
    except (ValueError, UndecodedError):
        return False
    return True


def _decode(data: bytes) -> None:
    """At the smallest scale, with every warning an error: Pillow swallows them, and hands out grey or smeared blocks.

    In grey where that is possible: all codes are read, and no colours are made of them.
    """
    import simplejpeg

    color_space = simplejpeg.decode_jpeg_header(data, strict=False)[2]
    target = "CMYK" if color_space in ("CMYK", "YCCK") else "GRAY"
    simplejpeg.decode_jpeg(data, target, min_height=_REDUCED_SIDE, min_width=_REDUCED_SIDE, min_factor=8, strict=True)


def _complaint(data: bytes) -> str:
    """The decoder's first warning; empty if there is none."""
    try:
        _decode(data)
    except KeyError:
        # Its reaction to an unknown sampling, after a warning.
        return _UNKNOWN_SAMPLING
    except ValueError as error:
        return str(error)
    return ""


class _Part(NamedTuple):
    """A segment that makes pixels: its marker, its content, and for a scan the data after it."""

    marker: int
    content: bytes
    data: bytes = b""


class _Jpeg(NamedTuple):
    """The first picture of a file. `marker` and `frame`: of its frame header. `is_complete`: whether it has all its scans.

    `short_parts`: where application data is that strict readers refuse because it ends too early.
    """

    parts: tuple[_Part, ...]
    marker: int
    frame: bytes
    has_end: bool
    is_complete: bool
    short_parts: tuple[slice, ...]


def _parsed(data: bytes) -> _Jpeg | None:
    """The parts of the first picture that make pixels.

    None if it does not have exactly one frame, a segment is cut off, or there is possible scan data between scans.
    """
    parts: list[_Part] = []
    short: list[slice] = []
    at, has_end, has_scan = 2, False, False
    while len(parts) < _MAX_SEGMENTS and (found := _MARKER.search(data, at)):
        marker, strays, at = found[1][0], found.start() - at, found.end()
        if marker == _END:
            has_end = True
            break
        if marker in _WITHOUT_LENGTH:
            continue
        if has_scan and (strays > _MAX_STRAY_BYTES or marker not in _KEPT | _PASSED_OVER):
            return None
        start, at = at + 2, at + int.from_bytes(data[at : at + 2], "big")
        if at < start or at > len(data):
            return None
        if marker in _KEPT:
            content, behind = data[start:at], at
            if marker == _START_OF_SCAN:
                has_scan = True
                end = _END_OF_DATA.search(data, at)
                at = end.start() if end else len(data)
            parts.append(_Part(marker, content, data[behind:at].rstrip(b"\xff")))
        elif _is_too_short(marker, data[start:at]):
            short.append(slice(found.start(), at))
    frames = [part for part in parts if part.marker in FRAME_HEADERS]
    if len(frames) != 1 or len(frames[0].content) < 6 + 3 * frames[0].content[5]:
        return None
    if any(part.marker == _START_OF_SCAN and not _is_scan(part.content) for part in parts):
        return None
    frame = frames[0]
    return _Jpeg(tuple(parts), frame.marker, frame.content, has_end, _brings_all(parts, frame), tuple(short))


def _is_too_short(marker: int, content: bytes) -> bool:
    begin, least = _LOOKED_INTO.get(marker, (b"", 0))
    return content.startswith(begin) and len(content) < least


def _is_scan(content: bytes) -> bool:
    return len(content) > 0 and 0 < content[0] <= 4 and len(content) == 4 + 2 * content[0]


def _brings_all(parts: Sequence[_Part], frame: _Part) -> bool:
    """Whether the scans contain every bit of every component. A whole scan may be lost."""
    components = {frame.content[at] for at in range(6, 6 + 3 * frame.content[5], 3)}
    brought: set[tuple[int, int]] = set()
    for part in parts:
        if part.marker != _START_OF_SCAN:
            continue
        first, last, bits = part.content[-3:]
        if frame.marker not in PROGRESSIVE:
            first, last, bits = 0, _COEFFICIENTS - 1, 0
        if not bits & 15:
            named = part.content[1:-3:2]
            brought |= {(name, coefficient) for name in named for coefficient in range(first, min(last, 63) + 1)}
    return all((name, coefficient) in brought for name in components for coefficient in range(_COEFFICIENTS))


def _written(jpeg: _Jpeg, zeros: int | None = None) -> bytes:
    """A file with only the parts that make pixels. `zeros`: how many zeros at the end of the data before each marker are kept."""
    written = [b"\xff\xd8"]
    for part in jpeg.parts:
        content = part.content
        if part.marker == _START_OF_SCAN and jpeg.marker not in PROGRESSIVE:
            # A sequential scan has all coefficients, whatever it states; decoders assume so.
            content = content[:-3] + bytes((0, _COEFFICIENTS - 1, 0))
        data = part.data if zeros is None else b"".join(_with_zeros(data, zeros) for data in _RESTARTS.split(part.data))
        written += (bytes((0xFF, part.marker)), (len(content) + 2).to_bytes(2, "big"), content, data)
    return b"".join((*written, _END_MARK))


def _with_zeros(data: bytes, most: int) -> bytes:
    """Data with at most `most` zeros at its end, not counting the one that belongs to a 0xFF; padding is left out."""
    data = data.rstrip(b"\xff")
    bare = data.rstrip(b"\x00")
    return data[: len(bare) + bare.endswith(b"\xff") + most]


def _has_only_strays(jpeg: _Jpeg, complaint: str) -> bool:
    """Whether bytes that are no data are the only reason for a decoder's warnings.

    These are zeros, or a few extra bytes, before the markers, and whole intervals behind the last one of the picture.
    """
    if _restarts(jpeg) > _MAX_RESTARTS:
        return False
    behind = _BEFORE_END.search(complaint)
    if behind and int(behind[1]) <= _FEW_STRAY_BYTES and jpeg.marker in PROGRESSIVE:
        return not _complaint(_written(_cut(jpeg, int(behind[1]))))
    is_filled = any(_with_zeros(data, 0) != data for part in jpeg.parts for data in _RESTARTS.split(part.data))
    is_doubtful = _FEW_LEFT.search(complaint) or _BEFORE_RESTART.search(complaint)
    if not is_filled and not (is_doubtful and _is_walked(jpeg)):
        return False
    if not _is_walked(jpeg):
        # The last zero may belong to the data.
        return not all(_complaint(_written(jpeg, zeros)) for zeros in (0, 1))
    try:
        _walk(jpeg)
    except ValueError:
        return False
    return True


def _restarts(jpeg: _Jpeg) -> int:
    return sum(part.data.count(bytes((0xFF, marker))) for part in jpeg.parts for marker in range(0xD0, 0xD8))


def _cut(jpeg: _Jpeg, count: int) -> _Jpeg:
    """The file without the last bytes of its last scan."""
    last = jpeg.parts[-1]
    return jpeg._replace(parts=(*jpeg.parts[:-1], last._replace(data=last.data[:-count])))


def _is_walked(jpeg: _Jpeg) -> bool:
    return jpeg.marker in HUFFMAN_SEQUENTIAL and sum(len(part.data) for part in jpeg.parts) <= _MAX_WALKED_BYTES


def _walk(jpeg: _Jpeg) -> None:
    """Raises DamagedError if data is damaged; UndecodedError."""
    if not _is_walked(jpeg):
        raise UndecodedError(say("its sampling of colours is so rare that no decoder here reports damage in it"))
    scans = [part.content for part in jpeg.parts if part.marker == _START_OF_SCAN]
    if len(scans) > len({name for scan in scans for name in scan[1:-3:2]}):
        raise UndecodedError(say("its scans contain some components more than once"))
    segments = [part.content for part in jpeg.parts if part.marker == _QUANTIZATION_TABLES]
    quantizers = {number for segment in segments for number in quantization_tables_of(segment)}
    if not quantizers.issuperset(jpeg.frame[8::3][: jpeg.frame[5]]):
        raise DamagedError("a table of its values is missing")
    codes = {} if any(part.marker == _HUFFMAN_TABLES for part in jpeg.parts) else dict(_usual_codes())
    interval = 0
    for part in jpeg.parts:
        if part.marker == _HUFFMAN_TABLES:
            codes.update(codes_of(part.content))
        elif part.marker == _RESTART_INTERVAL:
            interval = int.from_bytes(part.content[:2], "big")
        elif part.marker == _START_OF_SCAN:
            walk(scan_of(jpeg.frame, part.content, codes, interval), _intervals(part.data))


@cache
def _usual_codes() -> dict[int, Codes]:
    """The tables of ITU-T T.81, annex K.3, which frames of Motion JPEG leave out, by a writer that uses them."""
    import numpy as np
    import simplejpeg

    usual = _parsed(simplejpeg.encode_jpeg(np.zeros((8, 8, 3), np.uint8)))
    segments = (part.content for part in usual.parts if part.marker == _HUFFMAN_TABLES) if usual else ()
    return {number: codes for segment in segments for number, codes in codes_of(segment)}


def _intervals(data: bytes) -> list[bytes]:
    """The data between restarts. Raises DamagedError if one is missing."""
    pieces = _RESTARTS.split(data)
    if any(restart[-1] != 0xD0 + number % 8 for number, restart in enumerate(pieces[1::2])):
        raise DamagedError("a restart is missing within its data")
    return [piece.rstrip(b"\xff") for piece in pieces[::2]]
