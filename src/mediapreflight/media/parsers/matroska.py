"""Elements of Matroska and WebM files that FFmpeg does not report. Source: RFC 8794 (EBML), RFC 9559 (Matroska)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..display import Turn, quarter_turns
from ..source import position_of

_MAX_ELEMENTS = 10_000
_SEGMENT, _TRACKS, _TRACK_ENTRY, _CLUSTER = 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AC
_TRACK_TYPE, _VIDEO = 0x83, 0xE0
_PROJECTION, _PROJECTION_TYPE, _POSE_YAW, _POSE_PITCH, _POSE_ROLL = 0x7670, 0x7671, 0x7673, 0x7674, 0x7675
_CONTENT_ENCODINGS, _CONTENT_ENCODING, _CONTENT_ENCRYPTION = 0x6D80, 0x6240, 0x5035
_ALPHA_MODE, _CODEC_ID = 0x53C0, 0x86
_MAX_ID_BYTES = 40
_ADDITION_MAPPING, _ADDITION_TYPE, _ADDITION_DATA = 0x41E4, 0x41E7, 0x41ED
_DOLBY_VISION = frozenset({b"dvcC", b"dvvC"})
_TYPE_VIDEO = 1
_SIMPLE_BLOCK, _BLOCK_GROUP = 0xA3, 0xA0
# Elements that may follow a cluster of open size: contents, tracks, titles, chapters, cues, attachments, another cluster.
_PARTS = frozenset({_SEEK_HEAD, 0x1549A966, _TRACKS, 0x1254C367, 0x1043A770, 0x1C53BB6B, 0x1941A469, _CLUSTER})
_TITLES = _PARTS - {_CLUSTER, _TRACKS}
# Packets are not counted beyond this either.
_MAX_WALKED = 1_000_000
# More broken places than this are not counted.
_MAX_BROKEN = 20
_SEARCHED_BYTES = 2**16
# A tagger may write after a live recording; less than a frame.
_TAG_BYTES = 256
_CLUSTER_MARK = _CLUSTER.to_bytes(4, "big")


class TrackHeader(NamedTuple):
    """The first video track: how it is turned for display, whether it is encrypted or partly transparent, and its
    configuration records of Dolby Vision."""

    turn: Turn = Turn()
    encrypted: bool = False
    has_alpha: bool = False
    dolby_vision: tuple[bytes, ...] = ()


class _Element(NamedTuple):
    """An element: its id, and where its payload is in the file. `end` is None if its size is open."""

    id: int
    start: int
    end: int | None


def read_track_header(stream: BinaryIO, size: int) -> TrackHeader:
    """The values before the first cluster; defaults for missing ones."""
    tracks = _find(stream, _Element(0, 0, size), size, _SEGMENT, _TRACKS)
    for entry in _elements(stream, tracks, size) if tracks else ():
        kind = _find(stream, entry, size, _TRACK_TYPE) if entry.id == _TRACK_ENTRY else None
        if kind and int.from_bytes(_payload(stream, kind), "big") == _TYPE_VIDEO:
            projection = _find(stream, entry, size, _VIDEO, _PROJECTION)
            alpha = _find(stream, entry, size, _VIDEO, _ALPHA_MODE)
            encryption = _find(stream, entry, size, _CONTENT_ENCODINGS, _CONTENT_ENCODING, _CONTENT_ENCRYPTION)
            return TrackHeader(
                _turn(stream, projection, size) if projection else Turn(),
                encryption is not None,
                alpha is not None and any(_payload(stream, alpha)),
                tuple(_dolby_vision(stream, entry, size)),
            )
    return TrackHeader()


def codec_id(stream: BinaryIO, size: int, kind: int) -> str | None:
    """The codec of the first track of a kind (1 for a picture, 2 for sound), as `V_MPEG4/ISO/AVC`."""
    tracks = _find(stream, _Element(0, 0, size), size, _SEGMENT, _TRACKS)
    for entry in _elements(stream, tracks, size) if tracks else ():
        found = _find(stream, entry, size, _TRACK_TYPE) if entry.id == _TRACK_ENTRY else None
        codec = _find(stream, entry, size, _CODEC_ID) if found and _payload(stream, found) == bytes([kind]) else None
        if codec is not None:
            return _payload(stream, codec, _MAX_ID_BYTES).decode("ascii", "replace")
    return None


def _dolby_vision(stream: BinaryIO, entry: _Element, size: int) -> Iterator[bytes]:
    for mapping in _elements(stream, entry, size):
        kind = _find(stream, mapping, size, _ADDITION_TYPE) if mapping.id == _ADDITION_MAPPING else None
        data = _find(stream, mapping, size, _ADDITION_DATA) if kind and _payload(stream, kind) in _DOLBY_VISION else None
        if data:
            yield _payload(stream, data)


def _turn(stream: BinaryIO, projection: _Element, size: int) -> Turn:
    """The turn of a flat picture; none for one that is tilted in space, or wrapped around the viewer."""
    parts = {element.id: _payload(stream, element) for element in _elements(stream, projection, size)}
    yaw, pitch, roll = (_float(parts.get(part, b"")) for part in (_POSE_YAW, _POSE_PITCH, _POSE_ROLL))
    if pitch or abs(yaw) not in (0, 180) or any(parts.get(_PROJECTION_TYPE, b"")):
        return Turn()
    # The roll counts counter-clockwise. Half a turn around the upright axis shows the picture from behind.
    return Turn(quarter_turns(-roll), yaw != 0)


def track_types(stream: BinaryIO, size: int) -> set[int]:
    """The types of all tracks: 1 a picture, 2 sound."""
    tracks = _find(stream, _Element(0, 0, size), size, _SEGMENT, _TRACKS)
    entries = _elements(stream, tracks, size) if tracks else ()
    kinds = (_find(stream, entry, size, _TRACK_TYPE) for entry in entries if entry.id == _TRACK_ENTRY)
    return {int.from_bytes(_payload(stream, kind), "big") for kind in kinds if kind}


def is_encrypted(stream: BinaryIO, size: int) -> bool:
    """Whether any track is encrypted."""
    tracks = _find(stream, _Element(0, 0, size), size, _SEGMENT, _TRACKS)
    entries = _elements(stream, tracks, size) if tracks else ()
    path = (_CONTENT_ENCODINGS, _CONTENT_ENCODING, _CONTENT_ENCRYPTION)
    return any(_find(stream, entry, size, *path) for entry in entries if entry.id == _TRACK_ENTRY)


def missing_bytes(stream: BinaryIO, size: int) -> int:
    """How far the segment runs past the end of the file; 0 if it is complete, or its size is open.

    A segment that claims more than there is counts as complete if its last part ends with the file, and its table of contents
    lists none after that; and if the file ends within the last part, and that part has no frames, all frames are there.
    """
    segment = _cut_segment(stream, size)
    if segment is None or segment.end is None:
        return 0
    parts = list(_elements(stream, segment, size, past_clusters=True))
    ends_with_file = bool(parts) and parts[-1].end == size
    listed = [place for part in parts if part.id == _SEEK_HEAD for place in _places(stream, part, size)]
    is_whole = ends_with_file and all(segment.start + place < size for place in listed)
    return 0 if is_whole or _ends_within_titles(segment, parts) else segment.end - size


def missing_titles(stream: BinaryIO, size: int) -> int:
    """How far the last part, of titles or seek points, runs past the end of a file with all frames; else 0."""
    segment = _cut_segment(stream, size)
    if segment is None or segment.end is None:
        return 0
    parts = list(_elements(stream, segment, size, past_clusters=True))
    return segment.end - size if _ends_within_titles(segment, parts) else 0


def _cut_segment(stream: BinaryIO, size: int) -> _Element | None:
    """The segment, if it runs past the end of the file."""
    segment = _find(stream, _Element(0, 0, size), size, _SEGMENT)
    return segment if segment and segment.end is not None and segment.end > size else None


def _ends_within_titles(segment: _Element, parts: list[_Element]) -> bool:
    """Whether the last visible part is the last of all, has no frames and is not needed to read frames."""
    has_frames = any(part.id == _CLUSTER for part in parts)
    return has_frames and parts[-1].end == segment.end and parts[-1].id in _TITLES


def _places(stream: BinaryIO, seek_head: _Element, size: int) -> Iterator[int]:
    """The offsets of the parts in the table of contents, from the start of the segment."""
    for seek in _elements(stream, seek_head, size):
        position = _find(stream, seek, size, _SEEK_POSITION) if seek.id == _SEEK else None
        if position:
            yield int.from_bytes(_payload(stream, position), "big")


class Clusters(NamedTuple):
    """`broken`: places between frames that are not an element, up to 20. `is_cut`: whether the file ends within an element."""

    broken: int = 0
    is_cut: bool = False


def read_clusters(stream: BinaryIO, size: int) -> Clusters:
    """The faults in the elements that contain frames: readers skip broken ones up to the next cluster, without a report."""
    segment = _find(stream, _Element(0, 0, size), size, _SEGMENT)
    walk = _ClusterWalk(stream, size)
    at = None if segment is None else segment.start
    broken = 0
    while at is not None and at < size and broken < _MAX_BROKEN:
        lost = walk.parts(at)
        if lost is None:
            break
        at = position_of(stream, _CLUSTER_MARK, lost + 1)
        if at is None and walk.is_cut:
            return Clusters(broken, is_cut=True)
        rest = (size if at is None else at) - lost
        is_filler = _is_zero(stream, lost, rest) or (at is None and (not walk.is_inside or rest <= _TAG_BYTES))
        broken += not is_filler or (walk.is_inside and not walk.is_open)
    return Clusters(broken)


class _ClusterWalk:
    """Reads one element after the other.

    Where it stopped: `is_inside`: in a cluster; `is_open`: in a cluster without a size; `is_cut`: both
    the cluster and the element there run past the end of the file.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size, self._left = stream, size, _MAX_WALKED
        self.is_inside = self.is_open = self.is_cut = False

    def parts(self, at: int) -> int | None:
        """Start at a part of the segment; return where bytes are not an element, None if all are."""
        while at < self._size:
            self.is_inside = False
            part = self._element(at)
            if part is None:
                return at if self._left else None
            if part.id == _CLUSTER:
                self.is_inside, self.is_open = True, part.end is None
                at, is_whole = self._children(part)
                if not is_whole:
                    return at if self._left else None
            elif part.end is None:
                return None
            else:
                at = part.end
        return None

    def _children(self, parent: _Element) -> tuple[int, bool]:
        """Where the elements of a cluster or group end, and whether that is where they should end."""
        at, limit = parent.start, self._size if parent.end is None else min(parent.end, self._size)
        while at < limit:
            child = self._element(at)
            if parent.end is None and child is not None and child.id in _PARTS:
                return at, True
            if child is None or child.end is None or child.end > limit:
                is_frame = child is not None and child.id in (_SIMPLE_BLOCK, _BLOCK_GROUP)
                self.is_cut = is_frame and (parent.end is None or parent.end > self._size)
                return at, False
            if child.id == _BLOCK_GROUP != parent.id and not self._children(child)[1]:
                return at, False
            at = child.end
        return at, True

    def _element(self, at: int) -> _Element | None:
        self._left -= self._left > 0
        return _element_at(self._stream, at) if self._left else None


def _is_zero(stream: BinaryIO, start: int, length: int) -> bool:
    """Whether there are only zeros, as in space that a recorder reserves."""
    stream.seek(start)
    return not any(stream.read(min(length, _SEARCHED_BYTES)))


def _find(stream: BinaryIO, parent: _Element, size: int, *path: int) -> _Element | None:
    for wanted in path:
        found = next((element for element in _elements(stream, parent, size) if element.id == wanted), None)
        if found is None:
            return None
        parent = found
    return parent


def _elements(stream: BinaryIO, parent: _Element, size: int, *, past_clusters: bool = False) -> Iterator[_Element]:
    """The elements inside another one, usually up to the first cluster. Stops without an error at invalid bytes."""
    at, parent_end = parent.start, size if parent.end is None else min(parent.end, size)
    for _ in range(_MAX_ELEMENTS):
        if at >= parent_end:
            return
        element = _element_at(stream, at)
        if element is None or (element.id == _CLUSTER and not past_clusters):
            return
        yield element
        if element.end is None:
            return
        at = element.end


def _element_at(stream: BinaryIO, at: int) -> _Element | None:
    """The element at this offset; None if the bytes are invalid."""
    stream.seek(at)
    head = stream.read(12)
    id_bytes = _leading_zeros(head[:1]) + 1
    size_bytes = _leading_zeros(head[id_bytes : id_bytes + 1]) + 1
    start = id_bytes + size_bytes
    if id_bytes > 4 or size_bytes > 8 or len(head) < start:
        return None
    length = int.from_bytes(head[id_bytes:start], "big") & (1 << 7 * size_bytes) - 1
    is_open = length == (1 << 7 * size_bytes) - 1
    return _Element(int.from_bytes(head[:id_bytes], "big"), at + start, None if is_open else at + start + length)


def _leading_zeros(byte: bytes) -> int:
    return 8 - byte[0].bit_length() if byte else 8


def _payload(stream: BinaryIO, element: _Element, limit: int = 8) -> bytes:
    stream.seek(element.start)
    return stream.read(min(limit, (element.end or element.start) - element.start))


def _float(data: bytes) -> float:
    value = float(struct.unpack({4: ">f", 8: ">d"}[len(data)], data)[0]) if len(data) in (4, 8) else 0.0
    return value if math.isfinite(value) else 0.0
