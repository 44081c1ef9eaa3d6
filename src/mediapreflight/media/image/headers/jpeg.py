"""JPEG markers up to the frame header. Source: ITU-T T.81 annex B; CIPA DC-007 for the multi-picture index."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ....language import say
from .base import MAX_PROFILE_BYTES, UNSTATED, Color, Colors, Header, HeaderError, take

_JPEG_LS = 0xF7
FRAME_HEADERS = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, _JPEG_LS})
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
HUFFMAN_SEQUENTIAL = frozenset({0xC0, 0xC1})
# Sequential and progressive, in Huffman and arithmetic coding. Decoders that trust a lossless frame write beyond their buffers.
_DECODED = HUFFMAN_SEQUENTIAL | {0xC2, 0xC9, 0xCA}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_APP1, _APP2 = 0xE1, 0xE2
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_WITH_LENGTH = frozenset(range(1, 0xFF)) - _STANDALONE - {_END_OF_IMAGE, _START_OF_SCAN}
_SCAN_MARKER = b"\xff\xda"
_READ_BYTES = 2**20
_MAX_SEGMENTS = 5000
_MAX_SCAN_BYTES = 64 * 2**20
_NUMBER_OF_LINES = b"\xff\xdc\x00\x04"
_MAX_JUNK_BYTES = 64 * 1024
_COLORS: dict[int, Color] = {1: "grey", 3: "rgb", 4: "cmyk"}
_MPF_COUNT_TAG = 0xB001
_ICC_PREFIX = b"ICC_PROFILE\x00"
_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\x00"


def read(stream: BinaryIO, size: int) -> Header:
    """Size, precision and components from the frame header, EXIF and XMP from the segments before it."""
    stream.seek(2)
    exif = xmp = None
    frames, profile = 1, dict[int, bytes]()
    junk = _MAX_JUNK_BYTES
    for _ in range(_MAX_SEGMENTS):
        marker, length, junk = _next_segment(stream, junk)
        if marker in _STANDALONE:
            continue
        if marker in FRAME_HEADERS:
            depth, height, width, channels = struct.unpack(">BHHB", take(stream, 6))
            undecoded = _undecoded(marker, depth, channels)
            if height == 0 and (height := _lines_behind_scan(stream)):
                undecoded = f"JPEG that states its {height} lines behind its data is not decoded here"
            if height == 0 or width == 0:
                raise HeaderError(f"the frame header says {width} x {height} px")
            colors = Colors(_profile(profile)) if profile else UNSTATED
            color = _COLORS.get(channels)
            return Header(width, height, channels, depth, color, False, frames, exif, xmp, undecoded=undecoded, colors=colors)
        if marker not in (_APP1, _APP2):
            stream.seek(length, 1)
            continue
        segment = take(stream, length)
        if marker == _APP1 and exif is None and segment.startswith(b"Exif\x00"):
            exif = segment[6:]
        elif marker == _APP1 and xmp is None and segment.startswith(_XMP_PREFIX):
            xmp = segment[len(_XMP_PREFIX) :]
        elif marker == _APP2 and segment.startswith(b"MPF\x00"):
            frames = _multi_picture_count(segment[4:])
        elif marker == _APP2 and segment.startswith(_ICC_PREFIX) and len(segment) > 14:
            profile.setdefault(segment[12], segment[13:])
    raise HeaderError(f"no frame header within {_MAX_SEGMENTS} segments")


def _next_segment(stream: BinaryIO, junk: int) -> tuple[int, int, int]:
    """The next marker, how many bytes belong to it, and what is left of the `junk` bytes that may stand between segments."""
    head = stream.read(4)
    if len(head) == 4 and head[0] == 0xFF and head[1] in _WITH_LENGTH:
        marker, length = head[1], head[2] << 8 | head[3]
    else:
        stream.seek(-len(head), 1)
        marker, junk = _next_marker(stream, junk)
        if marker in (_END_OF_IMAGE, _START_OF_SCAN):
            raise HeaderError(say("the picture data starts before its size is given"))
        length = 2 if marker in _STANDALONE else int.from_bytes(take(stream, 2), "big")
    if length < 2:
        raise HeaderError(say("a segment has a negative length"))
    return marker, length - 2, junk


def _lines_behind_scan(stream: BinaryIO) -> int:
    """The height by the segment DNL, which the first scan ends with if the frame header says 0; 0 if there is none.

    In compressed data 0xFF is never followed by this marker. Source: ITU-T T.81, B.2.5.
    """
    found = stream.read(_MAX_SCAN_BYTES).partition(_NUMBER_OF_LINES)[2]
    return int.from_bytes(found[:2], "big") if len(found) >= 2 else 0


def _undecoded(marker: int, depth: int, components: int) -> str | None:
    """Why no decoder here reads a picture with this frame header; None if one does."""
    if marker == _JPEG_LS:
        return say("JPEG-LS is not decoded here")
    if marker in _LOSSLESS:
        return say("lossless JPEG is not decoded here")
    if marker not in _DECODED:
        return say("hierarchical JPEG is not decoded here")
    if depth != 8:
        return f"JPEG of {depth} bits is not decoded here"
    return None if components in _COLORS else f"JPEG of {components} components is not decoded here"


def _profile(parts: dict[int, bytes]) -> bytes | None:
    """The ICC profile from its numbered parts, which each state the number of parts; None if one is missing."""
    if not parts or any(part[0] != len(parts) for part in parts.values()) or parts.keys() != set(range(1, len(parts) + 1)):
        return None
    whole = b"".join(parts[number][1:] for number in sorted(parts))
    return whole if len(whole) <= MAX_PROFILE_BYTES else None


def coefficient_bytes(stream: BinaryIO) -> int:
    """The memory a decoder needs for a picture in several scans (every progressive one) until the last scan is read.

    0 for a picture in one scan. Raises HeaderError.
    """
    stream.seek(2)
    junk, kept, components, is_progressive = _MAX_JUNK_BYTES, 0, 0, False
    for _ in range(_MAX_SEGMENTS):
        marker, junk = _next_marker(stream, junk)
        if marker in _STANDALONE:
            continue
        length = max(0, struct.unpack(">H", take(stream, 2))[0] - 2)
        start = stream.tell()
        if marker in FRAME_HEADERS:
            _, height, width, components = struct.unpack(">BHHB", take(stream, 6))
            kept, is_progressive = _samples(width, height, take(stream, 3 * components)) * 2, marker in PROGRESSIVE
        elif marker == _START_OF_SCAN:
            return kept if is_progressive or take(stream, 1)[0] < components else 0
        stream.seek(start + length)
    raise HeaderError(f"no scan within {_MAX_SEGMENTS} segments")


def count_scans(stream: BinaryIO) -> int:
    """An upper limit for the number of scans: those of a preview in the metadata are counted too."""
    stream.seek(0)
    scans, last = 0, b""
    while data := stream.read(_READ_BYTES):
        scans += (last + data).count(_SCAN_MARKER)
        last = data[-1:]
    return scans


def _samples(width: int, height: int, components: bytes) -> int:
    """How many samples all components have, in whole blocks of the largest sampling."""
    factors = [(byte >> 4 or 1, byte & 15 or 1) for byte in components[1::3]]
    across, down = (max(column, default=1) for column in zip(*factors, strict=True)) if factors else (1, 1)
    units = -(-width // (8 * across)) * -(-height // (8 * down))
    return units * sum(64 * horizontal * vertical for horizontal, vertical in factors)


def _next_marker(stream: BinaryIO, junk: int) -> tuple[int, int]:
    """The next marker, and the remaining number of `junk` bytes that are allowed between segments.

    Every reader skips what writers leave there: anything up to 0xFF, zeros after it, and 0xFF as padding.
    """
    previous = 0
    for left in range(junk, -1, -1):
        byte = take(stream, 1)[0]
        if previous == 0xFF and byte not in (0x00, 0xFF):
            return byte, left
        previous = byte
    raise HeaderError(f"more than {_MAX_JUNK_BYTES} bytes of junk are between its segments")


def _multi_picture_count(index: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(index[:2])
    if order is None or len(index) < 10:
        return 1
    (start,) = struct.unpack_from(order + "I", index, 4)
    if start + 2 > len(index):
        return 1
    (entries,) = struct.unpack_from(order + "H", index, start)
    for at in range(start + 2, min(start + 2 + entries * 12, len(index) - 11), 12):
        tag, _, _, value = struct.unpack_from(order + "HHII", index, at)
        if tag == _MPF_COUNT_TAG:
            return max(1, int(value))
    return 1
