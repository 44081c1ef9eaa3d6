"""What Pillow does not say of a TIFF: LibTIFF passes over damage of JPEG and fax, and stops before the checksum of Deflate.

Source: TIFF 6.0, Adobe Photoshop TIFF technical notes (2002), TIFF technical note 2 (JPEG), RFC 1950.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ...language import say
from . import jpeg_data
from .decoding import packet_of
from .headers import DamagedError, HeaderError, UndecodedError, jpeg

_COMPRESSION, _JPEG, _DEFLATE = 259, 7, (8, 32946)
_FAX = (2, 3, 4)
_STRIPS, _TILES, _JPEG_TABLES = (273, 279), (324, 325), 347
_WIDTH, _HEIGHT, _ROWS_PER_STRIP = 256, 257, 278
# What decides how fax is decoded: the order of bits, and the options of groups 3 and 4.
_FAX_TAGS = (266, 292, 293)
_PIECE_BYTES = 2**20
# A strip of a hostile file may unpack to a thousand times its size.
_MOST_UNPACKED = 2**28


def verify(stream: BinaryIO) -> None:
    """Read the compressed data of a TIFF's first picture, which Pillow has decoded.

    Raises: DamagedError, or ValueError with the decoder's first warning, if pixels are lost; UndecodedError.
    """
    from PIL import Image

    stream.seek(0)
    with Image.open(stream, formats=("TIFF",)) as picture:
        tags: Mapping[int, Any] = dict(picture.getexif())
    if tags.get(_COMPRESSION) in _DEFLATE:
        _verify_deflate(_pieces(stream, tags))
    elif tags.get(_COMPRESSION) in _FAX and _STRIPS[0] in tags:
        _verify_fax(_pieces(stream, tags), tags)
    elif tags.get(_COMPRESSION) == _JPEG:
        _verify_jpeg(_pieces(stream, tags), tags.get(_JPEG_TABLES, b""))


def _pieces(stream: BinaryIO, tags: Mapping[int, Any]) -> Iterator[bytes]:
    """The strips or tiles, as they are stored."""
    places, lengths = next(((tags[at], tags[size]) for at, size in (_STRIPS, _TILES) if at in tags and size in tags), ((), ()))
    for place, length in zip(_numbers(places), _numbers(lengths), strict=False):
        stream.seek(place)
        yield stream.read(length)


def _numbers(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _verify_deflate(pieces: Iterator[bytes]) -> None:
    left = _MOST_UNPACKED
    for piece in pieces:
        left -= _unpacked(piece, left)
        if left <= 0:
            return


def _unpacked(data: bytes, most: int) -> int:
    """How many bytes the data unpack to, up to `most`. Data without an end pass: LibTIFF has all that it needs from them."""
    unpacker, found = zlib.decompressobj(), 0
    try:
        while data and found < most:
            found += len(unpacker.decompress(data, _PIECE_BYTES))
            data = unpacker.unconsumed_tail
    except zlib.error:
        raise DamagedError(say("its compressed data is damaged")) from None
    return found


def _verify_fax(pieces: Iterator[bytes], tags: Mapping[int, Any]) -> None:
    """By FFmpeg, which refuses what LibTIFF guesses at; strip by strip, as it refuses tags that it does not know too."""
    import av

    context = av.CodecContext.create("tiff", "r")
    context.options = {"err_detect": "explode"}
    context.thread_count = 1
    rows, left = tags.get(_ROWS_PER_STRIP, tags[_HEIGHT]), tags[_HEIGHT]
    for piece in filter(None, pieces):
        try:
            context.decode(packet_of(_fax(piece, min(rows, left), tags)))
        except av.InvalidDataError:
            raise DamagedError(say("its compressed data is damaged")) from None
        except av.FFmpegError:
            # Neither knows uncompressed parts.
            raise UndecodedError(say("fax in this coding is not decoded here")) from None
        left -= rows


def _fax(strip: bytes, rows: int, tags: Mapping[int, Any]) -> bytes:
    """A TIFF of one strip."""
    values = {_WIDTH: tags[_WIDTH], _HEIGHT: rows, 258: 1, _COMPRESSION: tags[_COMPRESSION], 262: 0}
    values |= {_STRIPS[0]: 8, _ROWS_PER_STRIP: rows, _STRIPS[1]: len(strip)} | {
        tag: tags[tag] for tag in _FAX_TAGS if tag in tags
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(values.items()))
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + struct.pack("<H", len(values)) + entries + bytes(4)


def _verify_jpeg(pieces: Iterator[bytes], tables: bytes) -> None:
    """Each piece is a JPEG, whose tables may be in the directory."""
    for piece in filter(None, pieces):
        whole = tables[:-2] + piece[2:] if tables else piece
        if _is_read(whole):
            jpeg_data.verify(whole)


def _is_read(data: bytes) -> bool:
    """Whether it is coded as the decoder of JPEG reads it, which writes past its buffer otherwise."""
    try:
        return jpeg.read(io.BytesIO(data), len(data)).undecoded is None
    except HeaderError:
        return False
