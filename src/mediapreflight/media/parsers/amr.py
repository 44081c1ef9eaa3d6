"""Frames of AMR speech: telling pauses and cut-off ends from damage. Source: RFC 4867, section 5.3 (storage format)."""

from __future__ import annotations

from typing import BinaryIO

from .id3 import TAGS

CODECS = ("amr_nb", "amr_wb")
# By frame type: the bytes of a frame, including its header. Types that are not listed are reserved.
_NARROW = {0: 13, 1: 14, 2: 16, 3: 18, 4: 20, 5: 21, 6: 27, 7: 32, 8: 6, 15: 1}
_WIDE = {0: 18, 1: 24, 2: 33, 3: 37, 4: 41, 5: 47, 6: 51, 7: 59, 8: 61, 9: 6, 14: 1, 15: 1}
_LOST_OR_NO_DATA = (14, 15)
_IS_GOOD = 0b100
_WIDE_MAGIC, _NARROW_MAGIC = b"#!AMR-WB\n", b"#!AMR\n"
_FILLER = b"\0\r\n"
# Three quarters of an hour.
_MOST_BYTES = 2**22


def is_silence(frame: bytes) -> bool:
    """Whether a frame says that it has no speech: "no data", which encoders write in pauses, and "lost" of the wide band."""
    return len(frame) == 1 and _is_head(frame[0]) and _type(frame[0]) in _LOST_OR_NO_DATA


def frame_bytes(frame: bytes, codec: str) -> int:
    """How long a frame with this first byte should be, in bytes; 0 if no frame has it."""
    sizes = _WIDE if codec == "amr_wb" else _NARROW
    return sizes.get(_type(frame[0]), 0) if frame and _is_head(frame[0]) else 0


def is_damaged(packet: bytes, codec: str) -> bool:
    """Whether a packet holds a frame that is damaged by its own word, or none where one should be. In MP4 one has several frames.

    Decoders play something in its place.
    """
    at = 0
    while at < len(packet):
        length = frame_bytes(packet[at : at + 1], codec)
        if not length or at + length > len(packet):
            return True
        if not packet[at] & _IS_GOOD and _type(packet[at]) not in _LOST_OR_NO_DATA:
            return True
        at += length
    return False


def end_of_frames(stream: BinaryIO, size: int) -> int:
    """Where tags or filler begin after the frames of a file of `size` bytes; `size` if there are none, or a frame is damaged."""
    stream.seek(0)
    data = stream.read(_MOST_BYTES)
    magic, codec = (_WIDE_MAGIC, "amr_wb") if data.startswith(_WIDE_MAGIC) else (_NARROW_MAGIC, "amr_nb")
    at, filler = len(magic), len(data.rstrip(_FILLER))
    while at < filler:
        if data.startswith(TAGS, at):
            return at
        length = frame_bytes(data[at : at + 1], codec)
        if not length:
            return size
        at += length
    return min(at, size) if len(data) == size else size


def _is_head(byte: int) -> bool:
    """Whether the bits that must be zero are zero."""
    return byte & 0b10000011 == 0


def _type(byte: int) -> int:
    return byte >> 3 & 15
