"""Pages of Ogg files: decoders skip damaged ones without a report. Source: RFC 3533, section 6."""

from __future__ import annotations

import zlib
from typing import BinaryIO, NamedTuple

from ..source import position_of

_CAPTURE = b"OggS"
_HEADER_BYTES = 27
_FLAGS, _POSITION, _SERIAL, _SEQUENCE, _CHECKSUM = 5, slice(6, 14), slice(14, 18), slice(18, 22), slice(22, 26)
_FIRST, _LAST = 2, 4
# No reader searches further for the next page.
_LONGEST_PAGE = 27 + 255 + 255 * 255
# Packets are not counted beyond this either.
_MAX_PAGES = 1_000_000
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Pages(NamedTuple):
    """`broken`: how often pages with sound or pictures are damaged or missing. `is_cut`: whether the file ends within a page."""

    broken: int = 0
    is_cut: bool = False


def read_pages(stream: BinaryIO, size: int) -> Pages:
    """The faults in the pages of a file of `size` bytes."""
    at, broken, is_last = 0, 0, False
    following: dict[bytes, int] = {}
    for _ in range(_MAX_PAGES):
        stream.seek(at)
        head = stream.read(_HEADER_BYTES)
        if not head.startswith(_CAPTURE):
            # Taggers write after the last page.
            found = None if is_last else position_of(stream, _CAPTURE, at)
            if found is None:
                return Pages(broken, is_cut=not is_last and at < size)
            # Bytes outside pages are not lost data; if a page is missing, the numbers of the next pages show it.
            at, broken = found, broken + (found - at > _LONGEST_PAGE)
            continue
        lacing = stream.read(head[-1]) if len(head) == _HEADER_BYTES else b""
        length = _HEADER_BYTES + len(lacing) + sum(lacing)
        if len(head) < _HEADER_BYTES or len(lacing) < head[-1] or at + length > size:
            found = position_of(stream, _CAPTURE, at + 1)
            if found is None:
                return Pages(broken, is_cut=True)
            at = found
            continue
        data = stream.read(sum(lacing))
        serial, sequence = head[_SERIAL], int.from_bytes(head[_SEQUENCE], "little")
        begins = bool(head[_FLAGS] & _FIRST)
        # Taggers that edit a page of titles leave its checksum as it was.
        is_whole = not any(head[_POSITION]) or _checksum(head, lacing + data) == int.from_bytes(head[_CHECKSUM], "little")
        broken += not is_whole or (not begins and following.get(serial) != sequence)
        following[serial] = sequence + 1
        is_last = bool(head[_FLAGS] & _LAST)
        at += length
    return Pages(broken)


def _checksum(head: bytes, rest: bytes) -> int:
    """CRC-32 with the polynomial 0x04c11db7, first bit first, starting with 0, of the page with its own checksum as 0.

    zlib's CRC-32 is for reversed bytes, starts with all ones and is inverted at the end.
    """
    page = (head[:22] + bytes(4) + head[26:] + rest).translate(_REVERSED)
    return int(f"{zlib.crc32(page, 0xFFFFFFFF) ^ 0xFFFFFFFF:032b}"[::-1], 2)
