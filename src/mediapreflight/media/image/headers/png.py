"""PNG chunks, walked by their lengths. Source: W3C PNG (third edition)."""

from __future__ import annotations

import struct
import zlib
from os import SEEK_CUR
from typing import BinaryIO

from ....language import say
from .base import MAX_CHUNKS, Color, Colors, Header, HeaderError, take

END = b"\0\0\0\0IEND\xaeB`\x82"
_SIGNATURE_BYTES = 8
_CHUNK = struct.Struct(">I4s")
_MAX_METADATA_BYTES = 4 * 2**20
# Pillow reads no longer chunk.
_MAX_PROFILE_BYTES = 2**20
_COLORS: dict[int, tuple[int, Color, bool]] = {
    0: (1, "grey", False),
    2: (3, "rgb", False),
    3: (1, "palette", False),
    4: (2, "grey", True),
    6: (4, "rgb", True),
}
_XMP_KEYWORD = b"XML:com.adobe.xmp\x00\x00\x00"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
# Before PNG had a chunk for EXIF, ImageMagick wrote it as digits into a text; it still does when it copies.
_RAW_PROFILES = (b"raw profile type exif\x00", b"raw profile type app1\x00", b"raw profile type xmp\x00")
# Only the first few of these in a file are read: each may decompress to the largest allowed size.
_MAX_RAW_PROFILES = 4
_EXIF_PREFIX, _XMP_PREFIX = b"Exif\x00\x00", b"http://ns.adobe.com/xap/1.0/\x00"


def read(stream: BinaryIO, size: int) -> Header:
    """IHDR for the size; tRNS, acTL, eXIf and XMP wherever they are; reading ends at IEND or at the end of the file."""
    stream.seek(_SIGNATURE_BYTES)
    length, name = _CHUNK.unpack(take(stream, 8))
    undecoded = None
    if name == b"CgBI":
        undecoded = say("a PNG as Apple's tools write it for apps (CgBI) is not decoded here")
        stream.seek(length + 4, SEEK_CUR)
        length, name = _CHUNK.unpack(take(stream, 8))
    if name != b"IHDR" or length != 13:
        raise HeaderError(say("the first chunk is not a picture header"))
    width, height, depth, color_type = struct.unpack(">IIBB", take(stream, 13)[:10])
    if color_type not in _COLORS or not 0 < width < 2**31 or not 0 < height < 2**31:
        raise HeaderError(f"the header says {width} x {height} px in colour type {color_type}")
    channels, color, has_alpha = _COLORS[color_type]
    header = Header(width, height, channels, depth, color, has_alpha, undecoded=undecoded)
    return _with_chunks(header, stream, size)


def _with_chunks(header: Header, stream: BinaryIO, size: int) -> Header:
    at, has_profile, raw_profiles = stream.tell() + 4, False, 0
    for _ in range(MAX_CHUNKS):
        stream.seek(at)
        if at + 8 > size:
            # Whether all rows are there is seen when they are decoded.
            return header if END.startswith(stream.read()) else header._replace(truncated="the end chunk is missing")
        length, name = _CHUNK.unpack(take(stream, 8))
        if name == b"IEND":
            return header
        end = at + 12 + length
        if end > size:
            kind = name.decode() if name.isalpha() else "damaged"
            missing = f"its {kind} chunk needs {end - size} bytes more than the file has"
            return header._replace(truncated=missing)
        if name == b"IDAT":
            end = _end_of_equals(stream, at, length, size)
        elif name == b"tRNS":
            header = header._replace(has_alpha=True)
        elif name == b"acTL" and length >= 8:
            (frames,) = struct.unpack(">I", take(stream, 4))
            # An invalid number means no animation: readers show the first picture.
            header = header._replace(frames=frames if 0 < frames < 2**31 else 1)
        elif name == b"iCCP" and length <= _MAX_PROFILE_BYTES and not has_profile:
            has_profile = True
            if header.colors == Colors():
                header = header._replace(colors=Colors(_profile(take(stream, length))))
        elif name == b"cICP" and length >= 2:
            # If both are there, these count (W3C PNG, 4.3).
            header = header._replace(colors=_coded(*take(stream, 2)))
        elif name == b"eXIf" and length <= _MAX_METADATA_BYTES:
            # Some writers begin it as in a JPEG.
            header = header._replace(exif=take(stream, length).removeprefix(_EXIF_PREFIX))
        elif name in _TEXTS and length <= _MAX_METADATA_BYTES:
            text = take(stream, length)
            if name == b"iTXt" and text.startswith(_XMP_KEYWORD):
                header = header._replace(xmp=text[len(_XMP_KEYWORD) :])
            elif is_raw_profile(text) and raw_profiles < _MAX_RAW_PROFILES:
                raw_profiles += 1
                header = _with_profile(header, _raw_profile(name, text))
        at = end
    raise HeaderError(f"it has more than {MAX_CHUNKS} chunks")


def _coded(primaries: int, transfer: int) -> Colors:
    from ..profiles import Coding

    return Colors(coding=Coding(primaries, transfer))


def _profile(chunk: bytes) -> bytes | None:
    """The ICC profile after its name; None if it is damaged or too long."""
    _, _, compressed = chunk.partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(compressed[1:], _MAX_PROFILE_BYTES)
    except zlib.error:
        return None
    return profile if inflate.eof else None


def _with_profile(header: Header, profile: bytes) -> Header:
    if profile.startswith(_EXIF_PREFIX):
        return header._replace(exif=header.exif or profile[len(_EXIF_PREFIX) :])
    if profile[:2] in (b"II", b"MM"):
        return header._replace(exif=header.exif or profile)
    return header._replace(xmp=header.xmp or profile.removeprefix(_XMP_PREFIX))


def is_raw_profile(text: bytes) -> bool:
    """Whether a text chunk contains EXIF or XMP as digits."""
    return text[:32].lower().startswith(_RAW_PROFILES)


def _raw_profile(name: bytes, text: bytes) -> bytes:
    """The bytes that a text chunk contains as digits; if it is damaged, those that can be read, or none."""
    content = text.partition(b"\x00")[2]
    if name == b"zTXt":
        content = _inflated(content[1:])
    elif name == b"iTXt":
        packed, content = content[:1] == b"\x01", content[2:].split(b"\x00", 2)[-1]
        content = _inflated(content) if packed else content
    # The name of the profile, the number of its bytes, and the digits of those in lines.
    lines = content.split(b"\n", 3)
    digits = b"".join(lines[3].split()) if len(lines) == 4 else b""
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MAX_METADATA_BYTES)
    except zlib.error:
        return b""


def _end_of_equals(stream: BinaryIO, at: int, length: int, size: int) -> int:
    """Where the last IDAT chunk ends that follows the one at `at` and has the same length.

    No other chunk may be between them, and writers cut the data of one picture into hundreds of equal pieces: reading
    only the first, second, fourth, eighth … takes a tenth of the time.
    """
    header, whole = _CHUNK.pack(length, b"IDAT"), length + 12
    last, step, grows = 0, 1, True
    while step:
        there = at + (last + step) * whole
        if there + whole <= size and _is_at(stream, there, header):
            last += step
        else:
            grows = False
        step = step * 2 if grows else step // 2
    return at + (last + 1) * whole


def _is_at(stream: BinaryIO, offset: int, data: bytes) -> bool:
    stream.seek(offset)
    return stream.read(len(data)) == data
