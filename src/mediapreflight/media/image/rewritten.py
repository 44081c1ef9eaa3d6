"""Files that a strict reader refuses although their pixels are intact, rewritten in memory as it reads them.

Sources: ITU-T T.81 annex B for JPEG; W3C PNG (third edition), 5.3, 5.4 and 13.2; ISO/IEC 23008-12, 9.3, for AVIF.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from os import SEEK_END
from typing import BinaryIO

from ..parsers.boxes import boxes, payload
from .headers.base import MAX_CHUNKS, HeifError
from .headers.png import END
from .heif_items import read_items
from .jpeg_data import for_strict_readers
from .png_data import ANCILLARY, CRITICAL

_SIGNATURE_BYTES = 8
# Some are ancillary by their names.
_MAKE_PIXELS = CRITICAL | {b"tRNS", b"acTL", b"fcTL", b"fdAT"}
_BOX_HEADER_BYTES, _VERSION_BYTES, _COUNT_BYTES = 8, 4, 4


def rewritten(stream: BinaryIO, format: str | None) -> BinaryIO | None:
    """A file of the same pixels, for a reader that refuses this one; None if there is nothing to rewrite."""
    rewrite = _REWRITERS.get(format or "")
    return rewrite(stream) if rewrite else None


def has_png_end(stream: BinaryIO) -> bool:
    """Whether a PNG has its end chunk with the right checksum; other bytes may follow."""
    stream.seek(-len(END), SEEK_END)
    if stream.read() == END:
        return True
    stream.seek(0)
    return END in stream.read()


def without_broken_extras(stream: BinaryIO) -> BinaryIO | None:
    """The file without ancillary chunks that have a wrong checksum and unknown critical ones, and with its end mark.

    None if there is nothing to change.
    """
    stream.seek(0)
    data = stream.read()
    kept, at = [data[:_SIGNATURE_BYTES]], _SIGNATURE_BYTES
    for _ in range(MAX_CHUNKS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name == b"IEND" or len(name) < 4:
            break
        end = at + 12 + length
        is_right = zlib.crc32(memoryview(data)[at + 4 : end - 4]).to_bytes(4, "big") == data[end - 4 : end]
        # A critical chunk with a wrong checksum may be a known one whose name is damaged.
        if name in _MAKE_PIXELS or is_right == bool(name[0] & ANCILLARY):
            kept.append(data[at:end])
        at = end
    is_end = data[at + 4 : at + 8] == b"IEND" or END.startswith(data[at:])
    written = b"".join((*kept, END if is_end else b""))
    return io.BytesIO(written) if written != data else None


def with_joined_associations(stream: BinaryIO) -> BinaryIO | None:
    """The file with its tables of item properties joined into one for each version and flags. Nothing else is moved.

    The standard allows only one table; libavif refuses a second one, other readers do not. None if there is nothing to join.
    """
    size = stream.seek(0, SEEK_END)
    try:
        index = read_items(stream, size).tables[b"iprp"]
    except HeifError:
        return None
    others: list[bytes] = []
    tables: dict[bytes, list[bytes]] = {}
    for box in boxes(stream, index.start, index.end):
        data = payload(stream, box, size)
        if box.type == b"ipma":
            tables.setdefault(data[:_VERSION_BYTES], []).append(data[_VERSION_BYTES:])
        else:
            others.append(_box(box.type, data))
    inside = b"".join((*others, *(_box(b"ipma", version + _joined(same)) for version, same in tables.items())))
    # The data of the pictures is found by its offset, so another box fills the gap.
    spare = index.end - index.start - len(inside)
    if spare < _BOX_HEADER_BYTES or index.end > size:
        return None
    stream.seek(0)
    whole = bytearray(stream.read())
    whole[index.start - _BOX_HEADER_BYTES : index.end] = _box(b"iprp", inside) + _box(b"free", bytes(spare - _BOX_HEADER_BYTES))
    return io.BytesIO(whole)


def _joined(tables: Sequence[bytes]) -> bytes:
    """One table from several: the number of rows, then the rows, which begin with their items and are sorted by them."""
    count = sum(int.from_bytes(table[:_COUNT_BYTES], "big") for table in tables)
    return count.to_bytes(_COUNT_BYTES, "big") + b"".join(sorted(table[_COUNT_BYTES:] for table in tables))


def _box(kind: bytes, data: bytes) -> bytes:
    return (_BOX_HEADER_BYTES + len(data)).to_bytes(4, "big") + kind + data


_REWRITERS = {"jpeg": for_strict_readers, "png": without_broken_extras, "avif": with_joined_associations}
