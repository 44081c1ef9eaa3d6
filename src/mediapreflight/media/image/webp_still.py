"""The first picture of a large WebP, with as little memory as its decoders allow. Source: RFC 9649.

Pillow reads every WebP as an animation, with four copies of the canvas at 4 bytes a pixel. Here FFmpeg decodes it: lossless
pixels are the same, lossy ones differ by rounding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ...language import say
from .decoding import packet_of
from .headers.base import MAX_CHUNKS, HeaderError, take

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.uint8]

# Above this Pillow would take more than 256 MB.
LARGE_PIXELS = 16_000_000
_ALPHA_FLAG = 0x10
_FRAME_HEADER_BYTES = 16
_MAX_PROFILE_BYTES = 4 * 2**20
_LOSSY, _LOSSLESS = b"VP8 ", b"VP8L"
# Of lossy data: the bits of the frame tag before the length of the first part (19 bits), and the bytes before that part.
_TAG_BITS, _MAX_FIRST_PART, _HEADER_BYTES = 5, 2**19 - 1, 10
# After the end of the data FFmpeg reads zeros, and stops soon.
_FILLING_BYTES = 4096
# Both are even, because two rows of luma share a row of chroma.
_BAND_ROWS, _MARGIN_ROWS = 256, 4


class Still(NamedTuple):
    """One coded picture and its position on the canvas, in pixels.

    `data`: a chunk of type `kind`. `alpha`: the chunk with the transparency of lossy data, or empty. A canvas without
    transparency is black around the picture.
    """

    canvas: tuple[int, int]
    left: int
    top: int
    width: int
    height: int
    has_alpha: bool
    profile: bytes | None
    kind: bytes
    data: bytes
    alpha: bytes


class _Frame(NamedTuple):
    """The position and the size of the first picture of an animation."""

    left: int
    top: int
    width: int
    height: int


def read_still(stream: BinaryIO, size: int) -> Still:
    """The first picture of a file of `size` bytes.

    Raises HeaderError if there is none, or if it does not have the stated size.
    """
    canvas: tuple[int, int] | None = None
    frame: _Frame | None = None
    has_alpha, profile, alpha = False, None, b""
    for name, at, length in _chunks(stream, size):
        stream.seek(at)
        match name:
            case b"VP8X":
                data = take(stream, 10)
                canvas, has_alpha = (1 + _three(data, 4), 1 + _three(data, 7)), bool(data[0] & _ALPHA_FLAG)
            case b"ICCP" if length <= _MAX_PROFILE_BYTES:
                profile = take(stream, length)
            case b"ANMF":
                data = take(stream, _FRAME_HEADER_BYTES)
                frame = _Frame(2 * _three(data, 0), 2 * _three(data, 3), 1 + _three(data, 6), 1 + _three(data, 9))
            case b"ALPH":
                alpha = take(stream, length)
            case b"VP8 " | b"VP8L":
                still = _still(name, take(stream, length), canvas, frame)
                lossy_alpha = alpha if name == _LOSSY else b""
                return still._replace(has_alpha=has_alpha or still.has_alpha or bool(alpha), profile=profile, alpha=lossy_alpha)
    raise HeaderError(say("it contains no picture data"))


def _chunks(stream: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and length of each chunk, including those inside the first frame of an animation. Raises HeaderError."""
    at, end = 12, size
    for _ in range(MAX_CHUNKS):
        if at + 8 > end:
            return
        stream.seek(at)
        name, length = struct.unpack("<4sI", take(stream, 8))
        at += 8
        if at + length > end:
            raise HeaderError(say("its picture is cut off"))
        yield name, at, length
        if name == b"ANMF":
            at, end = at + _FRAME_HEADER_BYTES, at + length
        else:
            at += length + (length & 1)


def _still(kind: bytes, data: bytes, canvas: tuple[int, int] | None, frame: _Frame | None) -> Still:
    width, height, transparent = _coded_size(kind, data)
    canvas = canvas or (width, height)
    left, top, *stated = frame or (0, 0, *canvas)
    if stated != [width, height] or left + width > canvas[0] or top + height > canvas[1]:
        raise HeaderError(f"its picture of {width} x {height} px is not of the size that its header says")
    return Still(canvas, left, top, width, height, transparent and frame is None, None, kind, data, b"")


def verify(still: Still) -> None:
    """Decode the whole picture. Raises HeaderError, or what the decoder raises, for damage."""
    _whole(still)


class Layers(NamedTuple):
    """The pixels of a still: `colours` is height x width x 3; `alpha` is height x width, or None if it is opaque."""

    colours: Samples
    alpha: Samples | None


def decode(still: Still) -> Layers:
    """The pixels of a still. Raises HeaderError, or what the decoder raises, for damage."""
    import numpy as np

    frame = _whole(still)
    if still.kind == _LOSSLESS:
        argb = _plane(frame, 0, 4)
        return Layers(argb[..., 1:], argb[..., 0])
    return Layers(_colours(frame), np.ascontiguousarray(_plane(frame, 3, 1)[..., 0]) if still.alpha else None)


def _whole(still: Still) -> av.VideoFrame:
    """The decoded frame of a still. Raises HeaderError if data is missing, or what the decoder raises."""
    import numpy as np

    if still.kind == _LOSSLESS:
        return _decoded(still)
    # If the second half of lossy data is missing, FFmpeg reads zeros in its place without an error. If the picture changes with
    # the bytes after the data, some data is missing.
    frame = _decoded(still._replace(data=_followed_by(still.data, b"\x00")))
    other = _decoded(still._replace(data=_followed_by(still.data, b"\xff"), alpha=b""))
    if not all(np.array_equal(_plane(frame, number, 1), _plane(other, number, 1)) for number in range(3)):
        raise HeaderError(say("its data ends before its picture does"))
    return frame


def _followed_by(data: bytes, filling: bytes) -> bytes:
    """Lossy data with these bytes added after its first part (how the blocks are coded) and at its end. RFC 6386, 9.1."""
    tag = int.from_bytes(data[:3], "little")
    length, end = tag >> _TAG_BITS, _HEADER_BYTES + (tag >> _TAG_BITS)
    behind_first = filling * min(_FILLING_BYTES, _MAX_FIRST_PART - length)
    changed = (tag + (len(behind_first) << _TAG_BITS)).to_bytes(3, "little")
    return b"".join((changed, data[3:end], behind_first, data[end:], filling * _FILLING_BYTES))


def _colours(frame: av.VideoFrame) -> Samples:
    """The colours of a lossy picture, converted in bands: FFmpeg gives the best result through chroma at full resolution."""
    import av
    import numpy as np

    planes = [_plane(frame, number, 1)[..., 0] for number in range(3)]
    rgb = np.empty((frame.height, frame.width, 3), np.uint8)
    for top in range(0, frame.height, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, frame.height)
        first, last = max(top - _MARGIN_ROWS, 0), min(bottom + _MARGIN_ROWS, frame.height)
        # FFmpeg would stretch the chroma of odd sides.
        band = av.VideoFrame(2 * -(-frame.width // 2), 2 * -(-(last - first) // 2), "yuv420p")
        for number, plane in enumerate(planes):
            rows = plane[first:last] if number == 0 else plane[first // 2 : -(-last // 2)]
            _plane(band, number, 1)[: len(rows), : rows.shape[1], 0] = rows
        full = band.reformat(format="yuv444p", interpolation="BILINEAR").reformat(format="rgb24")
        rgb[top:bottom] = _plane(full, 0, 3)[top - first : bottom - first, : frame.width]
    return rgb


def _decoded(still: Still) -> av.VideoFrame:
    import av

    context = av.CodecContext.create("webp", "r")
    # Each further thread would keep one more picture in memory.
    context.thread_count = 1
    packet = packet_of(_file(still))
    for frame in (*context.decode(packet), *context.decode(None)):
        if isinstance(frame, av.VideoFrame) and (frame.width, frame.height) == (still.width, still.height):
            return frame
    raise HeaderError(say("its data cannot be decoded"))


def _plane(frame: av.VideoFrame, number: int, samples: int) -> Samples:
    """A plane of a frame, without a copy: height x width x samples."""
    import numpy as np

    plane = frame.planes[number]
    flat: Samples = np.frombuffer(memoryview(plane), np.uint8)
    rows = flat[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
    return rows[:, : plane.width * samples].reshape(plane.height, plane.width, samples)


def _file(still: Still) -> bytes:
    """A WebP file with only the still."""
    if not still.alpha:
        return _riff(_chunk(still.kind, still.data))
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (still.width, still.height))
    extended = _chunk(b"VP8X", bytes((_ALPHA_FLAG, 0, 0, 0)) + sides)
    return _riff(extended, _chunk(b"ALPH", still.alpha), _chunk(still.kind, still.data))


def _riff(*chunks: tuple[bytes, ...]) -> bytes:
    """Joined only once, because a file may have many megabytes."""
    parts = [part for chunk in chunks for part in chunk]
    return b"".join((b"RIFF", struct.pack("<I", 4 + sum(map(len, parts))), b"WEBP", *parts))


def _chunk(name: bytes, data: bytes) -> tuple[bytes, ...]:
    return name, struct.pack("<I", len(data)), data, bytes(len(data) & 1)


def _coded_size(name: bytes, data: bytes) -> tuple[int, int, bool]:
    """Width, height, and whether lossless data says that it has transparency."""
    if name == _LOSSLESS and len(data) >= 5 and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    if name == _LOSSY and data[3:6] == b"\x9d\x01\x2a" and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width & 0x3FFF, height & 0x3FFF, False
    raise HeaderError(say("its picture data does not begin as it should"))


def _three(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
