"""PNGs that a strict reader refuses though their pixels are whole. Source: W3C PNG (third edition), 5.3, 5.4 and 13.2."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

from .headers.base import MAX_CHUNKS

_SIGNATURE_BYTES = 8
_ANCILLARY = 0x20
# Ancillary by their names, and yet they make pixels.
_MAKE_PIXELS = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
_END = b"\0\0\0\0IEND\xaeB`\x82"


def without_broken_extras(stream: BinaryIO) -> BinaryIO | None:
    """The file without the chunks that make no pixel and whose checksum is wrong, and with its end where that is cut off.

    None where there is nothing of the kind.
    """
    stream.seek(0)
    data = stream.read()
    kept, at = [data[:_SIGNATURE_BYTES]], _SIGNATURE_BYTES
    for _ in range(MAX_CHUNKS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name == b"IEND" or len(name) < 4:
            break
        end = at + 12 + length
        checksum = zlib.crc32(memoryview(data)[at + 4 : end - 4]).to_bytes(4, "big")
        if name[0] & _ANCILLARY == 0 or name in _MAKE_PIXELS or checksum == data[end - 4 : end]:
            kept.append(data[at:end])
        at = end
    mended = b"".join((*kept, _END if data[at + 4 : at + 8] == b"IEND" else b""))
    return io.BytesIO(mended) if mended != data else None
