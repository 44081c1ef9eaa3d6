"""Edit picture files without changing a byte of the picture's data.

A location is overwritten in place, so that nothing else in the metadata moves; further pictures are cut off.
Sources: ITU-T T.81 annex B and CIPA DC-007 (JPEG), W3C PNG, RFC 9649 (WebP), CIPA DC-008 (EXIF), Adobe XMP part 3.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...media.image.headers.png import is_raw_profile

_GPS_TAG = 0x8825
_ENTRY_BYTES, _ENTRY_VALUE_BYTES, _LINK_BYTES = 12, 4, 4
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
# No part of the pattern extends past the next GPS element: a packet with thousands would otherwise be read thousands of times.
_XMP_POSITION = re.compile(
    rb"""\bexif:GPS\w+\s*=\s*(?:"[^"]*"|'[^']*')|<exif:GPS\w+[^<>]*/>|<(exif:GPS\w+)[^<>]*>(?:(?!<exif:GPS).)*?</\1\s*>""",
    re.DOTALL,
)
_APP1, _APP2, _START_OF_SCAN, _END_OF_IMAGE = 0xE1, 0xE2, 0xDA, 0xD9
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# In compressed data, 0xFF begins a marker unless stuffing or a restart follows.
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_EXIF, _XMP, _LONG_XMP = b"Exif\x00", b"http://ns.adobe.com/xap/1.0/\x00", b"http://ns.adobe.com/xmp/extension/\x00"
_MULTI_PICTURE = b"MPF\x00"
_PNG_SIGNATURE_BYTES = 8
_PNG_XMP = b"XML:com.adobe.xmp\x00"
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_PNG_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_RIFF_BYTES = 12


def without_location(data: bytes, format: str) -> bytes:
    """The file without a location in its EXIF and XMP.

    Everything after a JPEG's first picture is removed too: phones put clips and further pictures there, with their own metadata.

    Args:
        format: `jpeg`, `png` or `webp`.
    """
    return _WITHOUT_LOCATION[format](data)


def first_picture(data: bytes, format: str) -> bytes:
    """The file with its first picture only.

    Args:
        format: `jpeg` (the pictures behind the first one, and their index) or `png` (the chunks of the animation).
    """
    return _FIRST_PICTURE[format](data)


def exif_without_location(block: bytes) -> bytes:
    """A TIFF block of the same length without its GPS directory. A damaged block is cleared as far as it can be read."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return block
    cleared = bytearray(block)
    (start,) = struct.unpack_from(order + "I", block, 4)
    pointers = []
    for at in reversed(_entries(block, order, start)):
        tag, _, _, pointer = struct.unpack_from(order + "HHII", block, at)
        if tag == _GPS_TAG:
            pointers.append(pointer)
            _close_gap(cleared, order, start, at)
    for pointer in pointers:
        _clear_directory(cleared, order, pointer)
    return bytes(cleared)


def xmp_without_location(packet: bytes) -> bytes:
    """An XMP packet of the same length without GPS properties."""
    return _XMP_POSITION.sub(lambda found: b" " * len(found[0]), packet)


def _entries(block: bytes | bytearray, order: str, start: int) -> range:
    """The offsets of a directory's entries."""
    if start + 2 > len(block):
        return range(0)
    (count,) = struct.unpack_from(order + "H", block, start)
    return range(start + 2, min(start + 2 + count * _ENTRY_BYTES, len(block) - _ENTRY_BYTES + 1), _ENTRY_BYTES)


def _clear_directory(block: bytearray, order: str, start: int) -> None:
    """Overwrite a directory and the values it points to."""
    entries = _entries(block, order, start)
    for at in entries:
        _, kind, count, pointer = struct.unpack_from(order + "HHII", block, at)
        length = _VALUE_BYTES.get(kind, 1) * count
        if _ENTRY_VALUE_BYTES < length <= len(block) - pointer:
            block[pointer : pointer + length] = bytes(length)
    end = min(start + 2 + len(entries) * _ENTRY_BYTES + _LINK_BYTES, len(block))
    block[start:end] = bytes(max(0, end - start))


def _close_gap(block: bytearray, order: str, start: int, at: int) -> None:
    """Remove the entry at `at` from the directory at `start`: what follows moves up, the link to the next directory included."""
    (count,) = struct.unpack_from(order + "H", block, start)
    end = min(start + 2 + count * _ENTRY_BYTES + _LINK_BYTES, len(block))
    block[at:end] = block[at + _ENTRY_BYTES : end] + bytes(_ENTRY_BYTES)
    struct.pack_into(order + "H", block, start, count - 1)


class _Segment(NamedTuple):
    """A JPEG segment: its marker, and the offsets of its start, its content and its end."""

    marker: int
    start: int
    content: int
    end: int


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments up to and including the end of the first picture. Stops at the end of the data."""
    at = 2
    while found := _MARKER.search(data, at):
        marker, content = found[1][0], found.end()
        if marker == _END_OF_IMAGE:
            yield _Segment(marker, found.start(), content, content)
            return
        if marker in _STANDALONE:
            at = content
            continue
        if content + 2 > len(data):
            return
        at = content + int.from_bytes(data[content : content + 2], "big")
        yield _Segment(marker, found.start(), content + 2, at)


def _first_jpeg(data: bytes) -> bytes:
    kept, copied = [], 0
    for segment in _segments(data):
        if segment.marker == _APP2 and data.startswith(_MULTI_PICTURE, segment.content):
            kept.append(data[copied : segment.start])
            copied = segment.end
        if segment.marker == _END_OF_IMAGE:
            return b"".join((*kept, data[copied : segment.end]))
    return data


def _jpeg_without_location(data: bytes) -> bytes:
    cleared = bytearray(_first_jpeg(data))
    for segment in _segments(bytes(cleared)):
        if segment.marker == _APP1:
            content = bytes(cleared[segment.content : segment.end])
            cleared[segment.content : segment.end] = _app1_without_location(content)
    return bytes(cleared)


def _app1_without_location(content: bytes) -> bytes:
    if content.startswith(_EXIF):
        return content[:6] + exif_without_location(content[6:])
    if content.startswith((_XMP, _LONG_XMP)):
        return xmp_without_location(content)
    return content


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The PNG's chunks: name, start and end in the file, all of it."""
    at = _PNG_SIGNATURE_BYTES
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, at, min(at + 12 + length, len(data))
        at += 12 + length


def _rewritten_png(data: bytes, edit: Callable[[bytes, bytes], bytes | None]) -> bytes:
    """The PNG with each chunk edited or removed; unedited chunks keep their exact bytes."""
    parts = [data[:_PNG_SIGNATURE_BYTES]]
    for name, start, end in _chunks(data):
        content = data[start + 8 : end - 4]
        edited = edit(name, content)
        if edited is None:
            continue
        crc = struct.pack(">I", zlib.crc32(name + edited))
        parts.append(data[start:end] if edited == content else data[start : start + 8] + edited + crc)
    return b"".join(parts)


def _png_without_location(data: bytes) -> bytes:
    def edit(name: bytes, content: bytes) -> bytes | None:
        if name == b"eXIf":
            return exif_without_location(content)
        if name in _PNG_TEXTS and is_raw_profile(content):
            return None
        return xmp_without_location(content) if name == b"iTXt" and content.startswith(_PNG_XMP) else content

    return _rewritten_png(data, edit)


def _first_png(data: bytes) -> bytes:
    kept = (data[start:end] for name, start, end in _chunks(data) if name not in _PNG_ANIMATION)
    return data[:_PNG_SIGNATURE_BYTES] + b"".join(kept)


def _webp_without_location(data: bytes) -> bytes:
    cleared, at = bytearray(data), _RIFF_BYTES
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        content = data[at + 8 : at + 8 + length]
        if name == b"EXIF":
            prefix = 6 if content.startswith(_EXIF) else 0
            cleared[at + 8 : at + 8 + len(content)] = content[:prefix] + exif_without_location(content[prefix:])
        elif name == b"XMP ":
            cleared[at + 8 : at + 8 + len(content)] = xmp_without_location(content)
        at += 8 + length + (length & 1)
    return bytes(cleared)


_WITHOUT_LOCATION = {"jpeg": _jpeg_without_location, "png": _png_without_location, "webp": _webp_without_location}
_FIRST_PICTURE = {"jpeg": _first_jpeg, "png": _first_png}
