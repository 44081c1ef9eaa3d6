"""MPEG audio frames: telling MP3 and ADTS AAC from bytes that merely look like a frame header."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal, NamedTuple

from .id3 import TAGS

_SEARCH_BYTES = 64 * 1024
_ID3_HEADER = 10
_INFO_BYTES = 256
# Encoders that write delay and padding; in other tags these bytes have no meaning.
_ENCODERS = (b"LAME", b"Lavf", b"Lavc")
_MAX_TAGS = 100
_BITRATES_V1 = {
    3: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_BITRATES_V2 = {
    3: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_FRAMES_IN_A_ROW = 3
_LONGEST_FRAME = 2**13
_BLOCK_BYTES = 2**18
# Twelve hours at 24 kHz.
_MAX_FRAMES = 1_000_000
# Holes and tags beyond this are not looked at: each takes a search.
_MAX_PLACES = 1_000
_LAYER_I = 3
_MPEG_1 = 3
# What FFmpeg calls the codecs of these frames.
LAYERS = ("mp1", "mp2", "mp3")


def find_audio_frames(stream: BinaryIO) -> Literal["mp3", "aac"] | None:
    """Which MPEG audio starts after any ID3 tags, within 64 KiB of junk.

    One header proves nothing: one in five thousand random offsets looks like one, and two in a row are somewhere in one
    random file in five hundred. So two similar frames are required where the sound should start, three after other bytes, and one
    fewer if they end the file.
    """
    stream.seek(end_of_id3(stream))
    data = stream.read(_SEARCH_BYTES)
    is_whole = not stream.read(1)
    at = data.find(b"\xff")
    while at >= 0:
        for syntax in (_ADTS, _MP3):
            found, ends_file = _count_frames(data, at, syntax)
            needed = 2 if at == 0 else 3
            if found >= (needed - 1 if ends_file and is_whole else needed):
                return syntax.name
        at = data.find(b"\xff", at + 1)
    return None


def begins_with_junk(stream: BinaryIO) -> bool:
    """Whether something else than a frame stands where the sound should start."""
    stream.seek(end_of_id3(stream))
    return stream.read(1) != b"\xff"


class InfoTag(NamedTuple):
    """What the first frame of an MP3 says about the others. `frames`: their number; None if it does not say.

    `unheard`: how many samples are the encoder's delay and padding; 0 if it does not say.
    """

    frames: int | None = None
    unheard: int = 0


def read_info_tag(stream: BinaryIO) -> InfoTag:
    """The values of the first frame, or none if the first frame is sound.

    Sources: "MP3 Info Tag revision 1" (gabriel.mp3-tech.org), "VBRI header" (in "MPEG Audio Frame Header", codeproject.com).
    """
    stream.seek(end_of_id3(stream))
    head = stream.read(_INFO_BYTES)
    at = head.find(b"VBRI")
    if at >= 0:
        return InfoTag(int.from_bytes(head[at + 14 : at + 18], "big") or None)
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or len(head) < at + 12:
        return InfoTag()
    flags = head[at + 7]
    frames = int.from_bytes(head[at + 8 : at + 12], "big") if flags & 1 else None
    # After the flags come the values they announce: frames, bytes, a table of contents, quality.
    at += 8 + sum(size for bit, size in enumerate((4, 4, 100, 4)) if flags >> bit & 1)
    if head[at : at + 4] not in _ENCODERS or len(head) < at + 24:
        return InfoTag(frames or None)
    both = int.from_bytes(head[at + 21 : at + 24], "big")
    return InfoTag(frames or None, (both >> 12) + (both & 0xFFF))


class Hole(NamedTuple):
    """So many bytes that are not frames. `before`: how many frames stand before them; `lost`: how many would fill them."""

    before: int
    bytes: int
    lost: int


class Frames(NamedTuple):
    """Where frames of MPEG audio do not follow each other. `tags`: the offsets of tags between frames, as in joined files."""

    holes: tuple[Hole, ...] = ()
    tags: frozenset[int] = frozenset()


def walk_frames(stream: BinaryIO, size: int, name: str) -> Frames:
    """Find the places where a frame of MPEG audio should be and is not; FFmpeg skips them without a report.

    Bytes before the first frames, tags between frames, and less than half a frame are not lost sound.
    """
    syntax = _ADTS if name == "aac" else _MP3
    start = at = end_of_id3(stream)
    before, found = 0, 0
    holes: list[Hole] = []
    tags: set[int] = set()
    first, data, length = at, b"", 0
    for _ in range(_MAX_FRAMES):
        if at - first + _LONGEST_FRAME + 7 > len(data):
            stream.seek(at)
            first, data = at, stream.read(_BLOCK_BYTES)
        length = length or syntax.length_of(data, at - first)
        following = syntax.length_of(data, at - first + length) if length else 0
        if length and (at + length >= size or following):
            at, before, found, length = at + length, length, found + 1, following
            continue
        if len(holes) + len(tags) >= _MAX_PLACES:
            break
        first, data = at, _read_from(stream, at)
        is_tag = found > 0 and data.startswith(TAGS, length)
        if is_tag:
            tags.add(at + length)
            at, length = end_of_id3(stream, at + length), 0
            first, data = at, _read_from(stream, at)
        syncs = _syncs(data, 0 if is_tag else 1)
        ahead = next((place for place in syncs if _count_frames(data, place, syntax)[0] >= _FRAMES_IN_A_ROW), None)
        if ahead is None:
            # A tag, or the end of the last frame: bytes after the sound are judged elsewhere.
            break
        behind = length if length <= ahead else 0
        if found >= _FRAMES_IN_A_ROW and ahead - behind > before // 2 and not is_tag:
            whole, skipped = found + (behind > 0), ahead - behind
            holes.append(Hole(whole, skipped, max(round(skipped * whole / (at + behind - start)), 1)))
        at, length = at + ahead, 0
    return Frames(tuple(holes), frozenset(tags))


def _read_from(stream: BinaryIO, at: int) -> bytes:
    stream.seek(at)
    return stream.read(_SEARCH_BYTES)


def _syncs(data: bytes, first: int) -> Iterator[int]:
    at = data.find(b"\xff", first)
    while at >= 0:
        yield at
        at = data.find(b"\xff", at + 1)


def _count_frames(data: bytes, at: int, syntax: _Syntax) -> tuple[int, bool]:
    """How many similar frames follow each other at `at`, up to three, and whether the last one ends the data."""
    first = at
    for count in range(3):
        length = syntax.length_of(data, at)
        if not length or not syntax.are_alike(data, first, at):
            return count, False
        at += length
        if at >= len(data):
            return (count + 1, True) if at == len(data) else (count, False)
    return 3, False


def end_of_id3(stream: BinaryIO, offset: int = 0) -> int:
    """The offset after all ID3v2 tags that begin at `offset`; several may follow each other."""
    for _ in range(_MAX_TAGS):
        stream.seek(offset)
        header = stream.read(_ID3_HEADER)
        if len(header) < _ID3_HEADER or header[:3] != b"ID3":
            break
        size = (header[6] & 127) << 21 | (header[7] & 127) << 14 | (header[8] & 127) << 7 | header[9] & 127
        footer = _ID3_HEADER if header[5] & 0x10 else 0
        offset += _ID3_HEADER + size + footer
    return offset


def adts_length(data: bytes, at: int) -> int:
    """Bytes of the ADTS frame at `at`; 0 if there is none."""
    header = data[at : at + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or (header[2] >> 2 & 15) > 12:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0


def mpeg_length(data: bytes, at: int) -> int:
    """Bytes of the MPEG audio frame at `at`; 0 if there is none."""
    return _length_by(data[at : at + 4])


# The frames of a file have a few different headers, and a walk asks for each of thousands.
@functools.lru_cache(maxsize=2**10)
def _length_by(header: bytes) -> int:
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate_index, rate_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 0 or bitrate_index in (0, 15) or rate_index == 3:
        return 0
    bitrate = (_BITRATES_V1 if version == _MPEG_1 else _BITRATES_V2)[layer][bitrate_index] * 1000
    rate = _SAMPLE_RATES[version][rate_index]
    if layer == _LAYER_I:
        return (12 * bitrate // rate + padding) * 4
    slots = 72 if layer == 1 and version != _MPEG_1 else 144
    return slots * bitrate // rate + padding


class _Syntax(NamedTuple):
    """How frames of one kind are recognised: their length, and the header bits that never change within a stream."""

    name: Literal["mp3", "aac"]
    length_of: Callable[[bytes, int], int]
    constant_bits: bytes

    def are_alike(self, data: bytes, first: int, second: int) -> bool:
        return all((data[first + at] ^ data[second + at]) & mask == 0 for at, mask in enumerate(self.constant_bits))


# ADTS: all but private bit and channels; MPEG audio: version, layer and sample rate.
_ADTS = _Syntax("aac", adts_length, b"\xff\xff\xfc")
_MP3 = _Syntax("mp3", mpeg_length, b"\xff\xfe\x0c")
