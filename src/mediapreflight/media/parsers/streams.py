"""Whether a container has video, only from its headers and without a demuxer.

Sources: ISO/IEC 14496-12 (MP4), RFC 9559 (Matroska), RFC 3533 (Ogg), "Advanced Systems Format" 01.20.03 (WMA and WMV), "Video
File Format" 10.1 (FLV), ISO/IEC 13818-1 (transport and program streams).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from . import boxes as isobmff
from . import matroska

_HEAD_BYTES = 2**16
_MOST_PAGES = 64
_PAGE_HEADER_BYTES = 27
_FIRST_PAGE = 2
_PICTURES_IN_OGG = (b"\x80theora", b"BBCD\x00", b"\x01video", b"OVP80")
_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_ASF_ENCRYPTION = (bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"), bytes.fromhex("14e68a292226174cb935dae07ee9289c"))
_ENCRYPTED_SOUND = frozenset({b"enca", b"drms"})
_ENCRYPTED_PICTURES = frozenset({b"encv", b"drmi"})
_FLV_VIDEO = 1
_PACKET_BYTES = 188
# Types of streams in a program: MPEG-1, MPEG-2, MPEG-4, H.264, HEVC, VVC, JPEG 2000, AVS, AVS2, AVS3, Dirac and VC-1.
_PICTURES_IN_TS = frozenset({0x01, 0x02, 0x10, 0x1B, 0x1E, 0x1F, 0x20, 0x21, 0x24, 0x33, 0x42, 0xD1, 0xD2, 0xD4, 0xEA})


def has_picture(stream: BinaryIO, size: int, format: str) -> bool | None:
    """Whether a file of `size` bytes holds a video stream; None if its headers do not say, or its format always does."""
    tell = _TELL.get(format)
    return tell(stream, size) if tell else None


def sound_is_encrypted(stream: BinaryIO, size: int, format: str) -> bool:
    """Whether the sound of an MP4, or of a Matroska or ASF file without a picture, is marked as encrypted."""
    if format in ("mkv", "webm"):
        return matroska.is_encrypted(stream, size)
    if format == "asf":
        stream.seek(0)
        head = stream.read(_HEAD_BYTES)
        return any(object_id in head for object_id in _ASF_ENCRYPTION)
    return _holds_entry(stream, size, format, _ENCRYPTED_SOUND)


def picture_is_encrypted(stream: BinaryIO, size: int, format: str) -> bool:
    """Whether a picture of an MP4 is marked as encrypted."""
    return _holds_entry(stream, size, format, _ENCRYPTED_PICTURES)


def _holds_entry(stream: BinaryIO, size: int, format: str, names: frozenset[bytes]) -> bool:
    """Whether the samples of a track of an MP4 are described under one of these names."""
    movie = isobmff.find(stream, isobmff.Box(b"file", 0, size), b"moov") if _TELL.get(format) is _in_movie else None
    for track in isobmff.boxes(stream, movie.start, movie.end) if movie else ():
        entries = isobmff.find(stream, track, b"mdia", b"minf", b"stbl", b"stsd") if track.type == b"trak" else None
        if entries and isobmff.payload(stream, entries, 16)[12:16] in names:
            return True
    return False


def _in_movie(stream: BinaryIO, size: int) -> bool | None:
    movie = isobmff.find(stream, isobmff.Box(b"file", 0, size), b"moov")
    if movie is None:
        return None
    tracks = [box for box in isobmff.boxes(stream, movie.start, movie.end) if box.type == b"trak"]
    handlers = [isobmff.find(stream, track, b"mdia", b"hdlr") for track in tracks]
    kinds = {isobmff.payload(stream, handler, 12)[8:12] for handler in handlers if handler}
    return b"vide" in kinds if kinds else None


def _in_matroska(stream: BinaryIO, size: int) -> bool | None:
    kinds = matroska.track_types(stream, size)
    return 1 in kinds if kinds else None


def _in_ogg(stream: BinaryIO, size: int) -> bool | None:
    at = 0
    for _ in range(_MOST_PAGES):
        stream.seek(at)
        head = stream.read(_PAGE_HEADER_BYTES)
        # All streams begin before any of them continues.
        if len(head) < _PAGE_HEADER_BYTES or not head.startswith(b"OggS") or not head[5] & _FIRST_PAGE:
            return False if at else None
        lengths = stream.read(head[26])
        if stream.read(8).startswith(_PICTURES_IN_OGG):
            return True
        at += _PAGE_HEADER_BYTES + len(lengths) + sum(lengths)
    return None


def _in_asf(stream: BinaryIO, size: int) -> bool | None:
    stream.seek(0)
    return _ASF_VIDEO in stream.read(_HEAD_BYTES)


def _in_flv(stream: BinaryIO, size: int) -> bool | None:
    stream.seek(4)
    return any(byte & _FLV_VIDEO for byte in stream.read(1))


def _in_transport_stream(stream: BinaryIO, size: int) -> bool | None:
    """What the first map of a program lists."""
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    step, first = (_PACKET_BYTES, 0) if head[:1] == b"\x47" else (_PACKET_BYTES + 4, 4)
    maps: set[int] = set()
    for at in range(first, len(head) - _PACKET_BYTES, step):
        packet = head[at : at + _PACKET_BYTES]
        pid = int.from_bytes(packet[1:3], "big") & 0x1FFF
        if pid == 0:
            table = _section(packet)[8:-4]
            maps |= {int.from_bytes(table[n + 2 : n + 4], "big") & 0x1FFF for n in range(0, len(table) - 3, 4)}
        elif pid in maps and (section := _section(packet)):
            types = _stream_types(section)
            return bool(types & _PICTURES_IN_TS) if types else None
    return None


def _section(packet: bytes) -> bytes:
    """The part of a section that is in this packet; empty if none begins here."""
    if not packet[1] & 0x40:
        return b""
    start = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    start += 1 + packet[start] if start < len(packet) else 0
    length = int.from_bytes(packet[start + 1 : start + 3], "big") & 0xFFF
    return packet[start : start + 3 + length]


def _stream_types(section: bytes) -> set[int]:
    at = 12 + (int.from_bytes(section[10:12], "big") & 0xFFF)
    found = set()
    while at + 5 <= len(section) - 4:
        found.add(section[at])
        at += 5 + (int.from_bytes(section[at + 3 : at + 5], "big") & 0xFFF)
    return found


def _in_program_stream(stream: BinaryIO, size: int) -> bool | None:
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    codes = {part[0] for part in head.split(b"\x00\x00\x01")[1:] if part}
    if any(0xE0 <= code <= 0xEF for code in codes):
        return True
    return False if codes & {0xBD, *range(0xC0, 0xE0)} else None


def _in_avi(stream: BinaryIO, size: int) -> bool | None:
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    return b"vids" in head if b"strh" in head else None


_TELL: dict[str, Callable[[BinaryIO, int], bool | None]] = {
    **dict.fromkeys(("mp4", "mov", "3gp", "m4a"), _in_movie),
    **dict.fromkeys(("mkv", "webm"), _in_matroska),
    "ogg": _in_ogg,
    "asf": _in_asf,
    "flv": _in_flv,
    "ts": _in_transport_stream,
    "mpg": _in_program_stream,
    "avi": _in_avi,
}
