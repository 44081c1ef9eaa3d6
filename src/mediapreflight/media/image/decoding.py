"""The largest picture that is decoded, and the error for pictures that cannot be decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from ...errors import MediaPreflightError, MissingLibraryError, UnreadableMediaError
from ...language import say
from ..foreign_words import meaning_of
from .headers import DamagedError, HeaderError
from .headers.jpeg import coefficient_bytes, count_scans

if TYPE_CHECKING:
    from av.packet import Packet

_Read = TypeVar("_Read")
# Wan takes 8000 x 8000 px, the largest documented picture, and phones take 9248 x 6936: 64 million. Beyond this no pixel is
# decoded. When a picture is prepared, each pixel takes four bytes in Pillow and three in the array.
MAX_DECODED_PIXELS = 65_000_000
MAX_DECODED_BYTES = 512 * 2**20
# The blocks of larger GIFs are not counted, and Pillow keeps a list of them. For other formats, decoders keep the
# whole file, or more, in memory with the picture; no model takes more than 20 MB.
_MAX_BYTES_OF = {
    "gif": 64 * 2**20,
    "jpeg": 96 * 2**20,
    "webp": 48 * 2**20,
    "tiff": 256 * 2**20,
    "avif": 64 * 2**20,
    "heic": 64 * 2**20,
}
# Decoders of these formats use up to 19 bytes per pixel, and keep more of the file; no model takes them.
_MAX_PIXELS_OF = {
    "jpeg2000": 25_000_000,
    "avif": 36_000_000,
    "heic": 50_000_000,
    # Pillow reads it in Python: over a second for a million pixels.
    "qoi": 6_000_000,
    "psd": 40_000_000,
    "ico": 40_000_000,
    "tiff": 45_000_000,
}
# Memory for the coefficients of a JPEG in several scans, the file and the decoded picture.
_MAX_JPEG_MEMORY = 490_000_000
# How often a decoder may go through a block of coefficients: each scan goes through all of them, and may take 60 bytes of a file.
# 100 million take a second and a half; the largest photograph in ten scans comes to 30 million.
_MAX_BLOCK_VISITS, _BLOCK_BYTES = 300_000_000, 128

UNREADABLE = say("its data cannot be decoded")


class DecodeError(MediaPreflightError):
    """The pixels of a picture cannot be decoded; the text says why, without the file's name."""


def max_pixels(format: str | None) -> int:
    """How many pixels of a picture of this format are ever decoded."""
    return _MAX_PIXELS_OF.get(format or "", MAX_DECODED_PIXELS)


def max_bytes(format: str | None) -> int:
    """How large a file of this format is ever decoded."""
    return _MAX_BYTES_OF.get(format or "", MAX_DECODED_BYTES)


def scans_trouble(stream: BinaryIO, beside: int) -> str | None:
    """Why a JPEG with several scans is not decoded, given `beside` bytes of other memory; None if it is decoded."""
    try:
        kept = coefficient_bytes(stream)
    except HeaderError:
        return None
    if not kept:
        return None
    if kept + beside <= _MAX_JPEG_MEMORY:
        scans = count_scans(stream)
        return f"it comes in {scans:,} scans, too many for its size" if kept // _BLOCK_BYTES * scans > _MAX_BLOCK_VISITS else None
    return (
        f"decoding it in several scans takes {(kept + beside) / 1e6:.0f} MB of memory; {_MAX_JPEG_MEMORY / 1e6:.0f} are allowed"
    )


def packet_of(data: bytes) -> Packet[Any]:
    """A packet for FFmpeg with zeros behind its data. Decoders read some, and PyAV's own packets of bytes have none."""
    import av

    packet: Packet[Any] = av.Packet(len(data))
    packet.update(data)
    return packet


def refuse_oversized(width: int, height: int, format: str | None) -> None:
    """Raises DecodeError for more pixels than are ever decoded."""
    if width * height > max_pixels(format):
        limit = f"{max_pixels(format) / 1e6:.0f} megapixels"
        raise DecodeError(f"its {width} x {height} px are more than the {limit} that are decoded")


def in_plain_words(error: Exception) -> str:
    """What is wrong with the data by the error of a decoder."""
    if isinstance(error, MediaPreflightError | HeaderError | DamagedError):
        return str(error)
    return meaning_of(error) or UNREADABLE


def unreadable(error: Exception) -> str:
    """`cannot be decoded`, with the meaning of the decoder's message if it is known."""
    said = in_plain_words(error)
    return "cannot be decoded" if said == UNREADABLE else f"cannot be decoded ({said})"


def guarded(path: str, decode: Callable[[], _Read]) -> _Read:
    """What a decoder returns.

    Decoders raise any exception on hostile bytes, so every Exception means "the data is bad". A missing library
    does not.
    """
    try:
        return decode()
    except MissingLibraryError:
        raise
    except MemoryError:
        raise UnreadableMediaError(path, say("it needs more memory than is available")) from None
    except Exception as error:
        raise UnreadableMediaError(path, str(error) if isinstance(error, MediaPreflightError) else unreadable(error)) from None
