"""MPEG audio frames: telling MP3 and ADTS AAC from bytes that merely look like a frame header."""

from __future__ import annotations

from typing import BinaryIO, Literal

_SEARCH_BYTES = 64 * 1024
_ID3_HEADER = 10
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
    """Which MPEG audio starts after any ID3 tags, within 64 KiB of junk: two frames in a row, or one that ends the file.

    A lone header proves nothing: one in two thousand random byte pairs looks like one.
    """
    stream.seek(_end_of_id3(stream))
    data = stream.read(_SEARCH_BYTES)
    at = data.find(b"\xff")
    while at >= 0:
        for name, length_of in (("aac", _adts_length), ("mp3", _mp3_length)):
            length = length_of(data, at)
            if length and (at + length == len(data) or length_of(data, at + length)):
                return name  # type: ignore[return-value]
        at = data.find(b"\xff", at + 1)
    return None


def _end_of_id3(stream: BinaryIO) -> int:
    """The offset behind all ID3v2 tags at the start; several may follow each other."""
    offset = 0
    while True:
        stream.seek(offset)
        header = stream.read(_ID3_HEADER)
        if len(header) < _ID3_HEADER or header[:3] != b"ID3":
            return offset
        size = (header[6] & 127) << 21 | (header[7] & 127) << 14 | (header[8] & 127) << 7 | header[9] & 127
        footer = _ID3_HEADER if header[5] & 0x10 else 0
        offset += _ID3_HEADER + size + footer


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
