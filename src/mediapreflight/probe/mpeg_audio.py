"""MPEG audio frames: telling MP3 and ADTS AAC from bytes that merely look like a frame header."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Literal, NamedTuple

_SEARCH_BYTES = 64 * 1024
_ID3_HEADER = 10
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
_LAYER_I = 3
_MPEG_1 = 3


def find_audio_frames(stream: BinaryIO) -> Literal["mp3", "aac"] | None:
    """Which MPEG audio starts after any ID3 tags, within 64 KiB of junk.

    A lone header proves nothing: one in five thousand random offsets looks like one, and two in a row stand somewhere in one
    random file in five hundred. So two frames alike are asked for where the sound has to start and three after junk, and one
    fewer where they end the file.
    """
    stream.seek(_end_of_id3(stream))
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


def _count_frames(data: bytes, at: int, syntax: _Syntax) -> tuple[int, bool]:
    """How many frames alike stand in a row at `at`, up to three, and whether the last one ends the data."""
    first = at
    for count in range(3):
        length = syntax.length_of(data, at)
        if not length or not syntax.are_alike(data, first, at):
            return count, False
        at += length
        if at >= len(data):
            return (count + 1, True) if at == len(data) else (count, False)
    return 3, False


def _end_of_id3(stream: BinaryIO) -> int:
    """The offset behind all ID3v2 tags at the start; several may follow each other."""
    offset = 0
    for _ in range(_MAX_TAGS):
        stream.seek(offset)
        header = stream.read(_ID3_HEADER)
        if len(header) < _ID3_HEADER or header[:3] != b"ID3":
            break
        size = (header[6] & 127) << 21 | (header[7] & 127) << 14 | (header[8] & 127) << 7 | header[9] & 127
        footer = _ID3_HEADER if header[5] & 0x10 else 0
        offset += _ID3_HEADER + size + footer
    return offset


def _adts_length(data: bytes, at: int) -> int:
    """Bytes of the ADTS frame at `at`; 0 where none stands there."""
    header = data[at : at + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or (header[2] >> 2 & 15) > 12:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0


def _mp3_length(data: bytes, at: int) -> int:
    """Bytes of the MPEG audio frame at `at`; 0 where none stands there."""
    header = data[at : at + 4]
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
    """How frames of one kind are told: their length, and the header bits that never change within a stream."""

    name: Literal["mp3", "aac"]
    length_of: Callable[[bytes, int], int]
    constant_bits: bytes

    def are_alike(self, data: bytes, first: int, second: int) -> bool:
        return all((data[first + at] ^ data[second + at]) & mask == 0 for at, mask in enumerate(self.constant_bits))


# ADTS: all but private bit and channels; MPEG audio: version, layer and sample rate.
_ADTS = _Syntax("aac", _adts_length, b"\xff\xff\xfc")
_MP3 = _Syntax("mp3", _mp3_length, b"\xff\xfe\x0c")
