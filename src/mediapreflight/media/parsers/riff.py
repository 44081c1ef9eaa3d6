"""RIFF headers of WAV and AVI files, and what AIFF, AU, CAF and Wave64 files have in their place.

Sources: Microsoft, "Multimedia Programming Interface" (1991); EBU Tech 3306 for RF64; Apple, "Audio Interchange File
Format" (1989) and "Core Audio Format Specification".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .id3 import TAGS

_MAX_CHUNKS = 10_000
_MAX_AVI_CHUNKS = 200_000
_HEADER_BYTES = 8
# Wave64: names of 16 bytes and lengths of 8, the latter with the header included.
_W64_START, _W64_HEADER_BYTES = 40, 24
_CAF_HEADER_BYTES = 12
_CAF_NEEDED = frozenset({b"data", b"pakt", b"kuki", b"desc"})
# Offset and block size, before the sound of an AIFF file.
_AIFF_SOUND_BYTES = 8
_OPEN_LENGTH = 0xFFFFFFFF
_SEARCHED_BYTES = 2**16
# Less than a millisecond of CD sound. And programs that write the size of the file, or of everything after its first chunk
# header.
_SLIP_BYTES = 64
_NEAR_BYTES = 2**16
_ROUND_BYTES = 2**28
# Recorders that were interrupted make two.
_MOST_PIECES = 100
# A thousand hours of CD sound.
_NO_FILE_BYTES = 2**39
_MOST_FORMAT_BYTES = 2**16
# Titles, and tags with a cover picture, are smaller.
_SEARCHED_BEHIND_BYTES = 2**21
# Shorter than a syllable.
_HEARD_S = 0.1
# What begins another file, joined to this one.
_FILE_NAMES = frozenset({b"RIFF", b"RF64", b"BW64"})
_CHUNK = re.compile(rb"(?=[A-Za-z_][A-Za-z0-9_ ]{3}(.{4}))", re.DOTALL)


class WavHeader(NamedTuple):
    """`duration`: seconds of data at the stated bytes a second; None if the stated size is not a length at all.

    `missing`: bytes of data past the end of the file, which is cut off. `falsehood`: why the header is wrong although the data is
    intact, or which part of the file players leave out because of it; else None. `start`, `end`: the offsets of the data and
    after it; of data whose length is left open, `end` is where the chunks behind it begin, or the file ends. `format`: the chunk
    that says how samples are coded, whole. `more`: the data of further chunks, which goes on where the first ends.
    """

    duration: float | None = None
    missing: int = 0
    start: int = 0
    end: int | None = None
    falsehood: str | None = None
    format: bytes = b""
    more: tuple[range, ...] = ()

    @property
    def plain_head(self) -> bytes:
        """The beginning of a WAV file with only this format and this data; empty if there is none, and beyond 4 GB."""
        if self.end is None or not self.format:
            return b""
        length = self.end - self.start + sum(map(len, self.more))
        body = b"WAVE" + self.format + b"\0" * (len(self.format) % 2)
        whole = len(body) + _HEADER_BYTES + length + length % 2
        if whole > _OPEN_LENGTH:
            return b""
        return struct.pack("<4sI", b"RIFF", whole) + body + struct.pack("<4sI", b"data", length)


def read_wav_header(stream: BinaryIO, size: int) -> WavHeader:
    """The values before, at the start of and after the data chunk; nothing if there is none."""
    at, formats, format, wide_length = 12, 0, b"", None
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(24)
        if len(head) < _HEADER_BYTES:
            break
        name, length = struct.unpack_from("<4sI", head)
        if name == b"fmt " and len(head) >= 20 and length <= _MOST_FORMAT_BYTES:
            stream.seek(at)
            format = format or stream.read(_HEADER_BYTES + length)
            formats += 1
        elif name == b"ds64" and len(head) >= 24:
            (wide_length,) = struct.unpack_from("<Q", head, 16)
        elif name == b"data":
            if not length and not wide_length and (second := _next_data(stream, at + _HEADER_BYTES)):
                return _behind_empty(stream, second, format, size)
            header = _judged(stream, _Claim(length, wide_length), WavHeader(start=at + _HEADER_BYTES, format=format), size)
            if formats > 1 and not header.missing and not header.falsehood:
                return header._replace(falsehood=f"it has {formats} fmt chunks; players go by the first, or refuse it")
            return header
        at += _HEADER_BYTES + length + (length & 1)
    return WavHeader()


class _Chunk(NamedTuple):
    """`start`, `length`: of what it holds, in bytes."""

    name: bytes
    start: int
    length: int


def _chunks(stream: BinaryIO, at: int) -> Iterator[_Chunk]:
    """The chunks from an offset on, up to the first bytes that are not a chunk."""
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(_HEADER_BYTES)
        if not _CHUNK.match(head) or head[:4] in _FILE_NAMES:
            return
        chunk = _Chunk(head[:4], at + _HEADER_BYTES, int.from_bytes(head[4:], "little"))
        yield chunk
        at = chunk.start + chunk.length + chunk.length % 2


def _next_data(stream: BinaryIO, at: int) -> _Chunk | None:
    """The first chunk of data with sound in it; None if there is none among the chunks from here on."""
    return next((chunk for chunk in _chunks(stream, at) if chunk.name == b"data" and chunk.length), None)


def _behind_empty(stream: BinaryIO, data: _Chunk, format: bytes, size: int) -> WavHeader:
    """What a header says whose first chunk of data is empty: some players take it for the whole file."""
    header = _judged(stream, _Claim(data.length, None), WavHeader(start=data.start, format=format), size)
    there = min(header.end or size, size) - data.start
    said = f"its first data chunk is empty; the sound is in a second one, of {there} bytes"
    return header if header.missing else header._replace(duration=None, falsehood=said)


class _Claim(NamedTuple):
    """The length of the data by its own chunk, and by the chunk for lengths in wide files."""

    narrow: int
    wide: int | None

    @property
    def length(self) -> int:
        """The narrow length counts if it is a length; in a wide file it says that the other one counts."""
        return self.narrow if self.wide is None or self.narrow not in (0, _OPEN_LENGTH) else self.wide

    @property
    def is_twofold(self) -> bool:
        """Whether a wide file states two different lengths, and readers use the other one."""
        return self.wide is not None and self.wide != self.length


def _judged(stream: BinaryIO, claim: _Claim, header: WavHeader, size: int) -> WavHeader:
    """What a stated length of the data whose start is known says of a file of `size` bytes.

    A header states more than there is for one of three reasons. A program that streams does not know the length, and writes a
    value that means "unknown": such a value is not a length, and nothing is missing. A program that counts wrong is off by the
    header or by a few bytes, less than can be heard. In all other cases the file is cut off. All players trust a header
    that states less: bytes after the data are not played.
    """
    length, start, claims = claim.length, header.start, f"its data chunk states {claim.length} bytes"
    if _is_left_open(length, max(0, size - start)):
        end = max(start, _end_of_open_data(stream, header, size))
        falsehood = _left_open(length, end - start) if end > start else None
        return header._replace(end=end, falsehood=falsehood)
    bytes_per_second = int.from_bytes(header.format[16:20], "little")
    missing = max(0, start + length - size)
    duration = length / bytes_per_second if length and bytes_per_second else None
    header = header._replace(duration=duration, missing=missing, end=start + length)
    if claim.is_twofold and not missing:
        return header._replace(falsehood=f"{claims}, and its ds64 chunk states {claim.wide}")
    if 0 < missing <= _SLIP_BYTES or missing in (start, start - _HEADER_BYTES):
        return header._replace(missing=0, end=size, falsehood=f"{claims}, {missing} more than it has")
    return header if missing else _with_unplayed(stream, header, size, bytes_per_second)


def _with_unplayed(stream: BinaryIO, header: WavHeader, size: int, bytes_per_second: int) -> WavHeader:
    """The header with why the bytes after the data may be sound that players leave out: if they are no chunks, tags or filler."""
    assert header.end is not None
    length = header.end - header.start
    at = header.end + length % 2
    stream.seek(header.end)
    if length % 2 and _CHUNK.match(stream.read(_HEADER_BYTES)):
        # Its writer forgot the byte that makes the length even.
        at = header.end
    more: list[range] = []
    for chunk in _chunks(stream, at):
        if chunk.name == b"data" and len(more) < _MOST_PIECES:
            more.append(range(chunk.start, min(chunk.start + chunk.length, size)))
        at = chunk.start + chunk.length + chunk.length % 2
    if more:
        said = f"it has a second data chunk, of {len(more[0])} bytes, which some players leave out and others play alone"
        frame_bytes = max(int.from_bytes(header.format[20:22], "little"), 1)
        is_cut = (length + sum(map(len, more))) % frame_bytes
        return header._replace(falsehood=said, more=() if is_cut else tuple(more))
    stream.seek(at)
    rest = stream.read(_SEARCHED_BYTES).strip(b"\0\r\n ")
    if not rest or rest.startswith(TAGS) or size - at < max(bytes_per_second * _HEARD_S, _SLIP_BYTES):
        return header
    said = f"its data chunk states {length} bytes; the {size - at} bytes after it are not a chunk, and players leave them out"
    return header._replace(falsehood=said)


def _end_of_open_data(stream: BinaryIO, header: WavHeader, size: int) -> int:
    """Where data of unknown length ends: before the chunks that reach the end of the file exactly, or else at its end."""
    first = max(header.start, size - _SEARCHED_BEHIND_BYTES)
    stream.seek(first)
    begins: dict[int, int] = {}
    for found in _CHUNK.finditer(stream.read(size - first)):
        at = first + found.start()
        end = at + _HEADER_BYTES + int.from_bytes(found[1], "little")
        if end <= size:
            # The first counts: a list ends where its last chunk ends.
            begins.setdefault(end + end % 2, at)
    end = size + size % 2
    while end in begins:
        end = begins[end]
    return end - 1 if end < size and _ends_in_filler(stream, header, end) else min(end, size)


def _ends_in_filler(stream: BinaryIO, header: WavHeader, end: int) -> bool:
    """Whether the byte before the chunks behind the data makes its length even: in unsigned samples it would be a loud click."""
    frame_bytes = int.from_bytes(header.format[20:22], "little")
    stream.seek(end - 1)
    is_left_over = frame_bytes == 1 or (end - header.start) % max(frame_bytes, 1) == 1
    return frame_bytes % 2 == 1 and is_left_over and stream.read(1) == b"\0"


def _is_left_open(length: int, there: int) -> bool:
    """Whether a stated length, in bytes, is one that streaming programs write.

    That is zero; or the largest number of 31, 32 or 64 bits, minus a header or rounded down to a whole block or second; or a
    round number that no file of this size has by chance.
    """
    if length <= there:
        return length == 0
    if length >= _NO_FILE_BYTES or any(abs(length - most) < _NEAR_BYTES for most in (2**31, 2**32)):
        return True
    return length >= _ROUND_BYTES and (length % 10**8 == 0 or length % 2**24 == 0)


def info_bytes(stream: BinaryIO, size: int) -> int:
    """The claimed size of the longest list of titles and the like (INFO) before sound and video, in bytes.

    FFmpeg reserves the claimed memory for a title before it reads one.
    """
    at, longest = 12, 0
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(12)
        if len(head) < 12 or head.startswith(b"data") or (head.startswith(b"LIST") and head.endswith(b"movi")):
            break
        name, length, kind = struct.unpack("<4sI4s", head)
        if name == b"LIST" and kind == b"INFO":
            longest = max(longest, length)
        elif name == b"LIST":
            at += 12
            continue
        if at + _HEADER_BYTES + length <= size:
            at += _HEADER_BYTES + length + (length & 1)
            continue
        # The length is wrong. It is not known where FFmpeg continues; there may be another list.
        stream.seek(at + _HEADER_BYTES)
        skipped = stream.read(_SEARCHED_BYTES).find(b"LIST")
        if skipped < 0:
            break
        at += _HEADER_BYTES + skipped
    return longest


class _Sound(NamedTuple):
    """The chunk with the sound of an AIFF or Wave64 file: its own offset, and the length that it states for what it holds."""

    at: int
    length: int


class OpenHeader(NamedTuple):
    """A header that states no length of the sound behind it. `head`: the same with a length."""

    head: bytes
    falsehood: str


def aiff_missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the sound of an AIFF file runs past its end; 0 if it is complete, or its length is open."""
    sound = _aiff_sound(stream, size)
    return _past_end(sound, _HEADER_BYTES, size) if sound else 0


def w64_missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the sound of a Wave64 file runs past its end; 0 if it is complete, or its length is open."""
    sound = _w64_sound(stream)
    return _past_end(sound, _W64_HEADER_BYTES, size) if sound else 0


def caf_missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the sound of a CAF file, or what readers need of the chunks behind it, runs past its end; 0 if it is complete.

    The length of the last chunk may be open.
    """
    at = _HEADER_BYTES
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(_CAF_HEADER_BYTES)
        if len(head) < _CAF_HEADER_BYTES:
            return 0
        name, length = struct.unpack(">4sq", head)
        missing = at + _CAF_HEADER_BYTES + length - size
        if length < 0 or missing > 0:
            return missing if name in _CAF_NEEDED and length >= 0 and missing > _SLIP_BYTES else 0
        at += _CAF_HEADER_BYTES + length
    return 0


def _past_end(sound: _Sound, header_bytes: int, size: int) -> int:
    there = size - sound.at - header_bytes
    missing = sound.length - there
    return missing if missing > _SLIP_BYTES and not _is_left_open(sound.length, max(0, there)) else 0


def open_aiff(stream: BinaryIO, size: int) -> OpenHeader | None:
    """The header of an AIFF file whose length a streaming program left open; None if it states one."""
    sound = _aiff_sound(stream, size)
    there = size - sound.at - _HEADER_BYTES if sound else 0
    if sound is None or there <= _AIFF_SOUND_BYTES or not _is_left_open(sound.length, there):
        return None
    stream.seek(0)
    head = bytearray(stream.read(sound.at + 4))
    head[4:8] = struct.pack(">I", min(size - _HEADER_BYTES, _OPEN_LENGTH))
    common = head.find(b"COMM")
    if common >= 0 and int.from_bytes(head[common + 10 : common + 14], "big") > there:
        # The samples of each channel; readers then find out how many they are.
        head[common + 10 : common + 14] = bytes(4)
    head += struct.pack(">I", min(there, _OPEN_LENGTH))
    return OpenHeader(bytes(head), _left_open(sound.length, there))


def open_w64(stream: BinaryIO, size: int) -> OpenHeader | None:
    """The same of a Wave64 file."""
    sound = _w64_sound(stream)
    there = size - sound.at - _W64_HEADER_BYTES if sound else 0
    if sound is None or there <= 0 or not _is_left_open(max(sound.length, 0), there):
        return None
    stream.seek(0)
    head = bytearray(stream.read(sound.at + 16))
    head[16:24] = struct.pack("<Q", size)
    head += struct.pack("<Q", _W64_HEADER_BYTES + there)
    return OpenHeader(bytes(head), _left_open(max(sound.length, 0), there))


def _left_open(length: int, there: int) -> str:
    return f"its data chunk states {length} bytes, as streaming programs write; it has {there}"


def _aiff_sound(stream: BinaryIO, size: int) -> _Sound | None:
    at = 12
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        name, length = stream.read(4), int.from_bytes(stream.read(4), "big")
        if name == b"SSND" or (len(name) < 4 and at > size):
            return _Sound(at, length)
        if len(name) < 4:
            return None
        at += _HEADER_BYTES + length + (length & 1)
    return None


def _w64_sound(stream: BinaryIO) -> _Sound | None:
    at = _W64_START
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        name, length = stream.read(16), int.from_bytes(stream.read(8), "little")
        if name.startswith(b"data"):
            # The length includes the header.
            return _Sound(at, length - _W64_HEADER_BYTES)
        if len(name) < 16 or length < _W64_HEADER_BYTES:
            return None
        # Chunks start at multiples of 8 bytes.
        at += length + -length % 8
    return None


def au_missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the sound of an AU file runs past its end; 0 if it is complete, or its length is open."""
    stream.seek(4)
    start, length = struct.unpack(">II", stream.read(8).ljust(8, b"\0"))
    missing = start + length - size
    return missing if missing > _SLIP_BYTES and not _is_left_open(length, max(0, size - start)) else 0


def avi_missing_bytes(stream: BinaryIO, size: int) -> int:
    """How much shorter the file is than it states; 0 if it is complete, or its length is open.

    A file that claims more than there is counts as complete if its frames, or the index after them, end before the file.
    """
    stream.seek(4)
    stated = int.from_bytes(stream.read(4), "little")
    missing = stated + _HEADER_BYTES - size
    # Some writers count the header itself in.
    if missing <= _HEADER_BYTES or stated == _OPEN_LENGTH or _holds_all_frames(stream, size):
        return 0
    return missing


def avi_missing_index(stream: BinaryIO, size: int) -> int:
    """How far the index after the frames runs past the end of a file with all frames; else 0."""
    if avi_missing_bytes(stream, size):
        return 0
    at = 12
    for _ in range(_MAX_AVI_CHUNKS):
        stream.seek(at)
        name, length = stream.read(4), int.from_bytes(stream.read(4), "little")
        end = at + _HEADER_BYTES + length
        if name == b"idx1":
            return max(0, end - size)
        if end > size or not name.isalnum():
            return 0
        at = end + (end - at & 1)
    return 0


def _holds_all_frames(stream: BinaryIO, size: int) -> bool:
    """Whether the frames end within the file; or else an index follows that does."""
    at, are_whole = 12, False
    for _ in range(_MAX_AVI_CHUNKS):
        stream.seek(at)
        name, kind = stream.read(4), stream.read(8).ljust(8, b"\x00")
        if at >= size or not name.isalnum():
            return are_whole
        end = at + _HEADER_BYTES + int.from_bytes(kind[:4], "little")
        is_frames = name == b"LIST" and kind[4:] == b"movi"
        if name == b"idx1" or (end > size and not is_frames):
            return are_whole or (name == b"idx1" and end <= size)
        are_whole = are_whole or (is_frames and end <= size)
        # The length of the frames may be wrong like that of the whole file: an index may be inside it.
        at = at + 12 if end > size else end + (end - at & 1)
    return False
