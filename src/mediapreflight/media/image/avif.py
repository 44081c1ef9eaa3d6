"""Decode AVIF with all its bits: Pillow returns eight per channel, which are too few for tone-mapping high dynamic range.

Sources: ISO/IEC 23008-12, 6.5.5, for the box of coding points; ITU-T H.273, table 4, for the matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from ..parsers.boxes import payload
from .decoding import packet_of
from .headers import HeifError
from .heif_items import Items, read_items

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.uint16]

_MATRICES = {1: "ITU709", 5: "ITU601", 6: "ITU601", 9: "BT2020"}
_LIMITED_RANGE, _FULL_RANGE = 1, 2


class _Layout(NamedTuple):
    """How luma and chroma become red, green and blue. None: as the coded data says."""

    matrix: str | None = None
    range: int | None = None


def deep_colours(stream: BinaryIO, size: int, sides: tuple[int, int]) -> Samples | None:
    """Red, green and blue of the primary picture of a file of `size` bytes, as coded: height x width x 3, full scale 65,535.

    None for a grid of tiles, for what FFmpeg cannot decode or has no matrix for, and if it does not have these sides in pixels.
    """
    import av

    try:
        items = read_items(stream, size)
        primary = items.primary()
        layout = _layout(items, primary)
        frame = _decoded(items.data(primary, size), sides)
        return None if frame is None else _samples(frame, layout)
    except (HeifError, av.FFmpegError):
        return None


def _layout(items: Items, item: int) -> _Layout:
    for box in items.properties_of(item):
        points = payload(items.stream, box, 11) if box.type == b"colr" else b""
        if points[:4] == b"nclx" and len(points) == 11:
            is_full = points[10] >> 7
            return _Layout(_MATRICES.get(int.from_bytes(points[8:10], "big")), _FULL_RANGE if is_full else _LIMITED_RANGE)
    return _Layout()


def _decoded(data: bytes, sides: tuple[int, int]) -> av.VideoFrame | None:
    import av

    context = cast("av.VideoCodecContext", av.CodecContext.create("libdav1d", "r"))
    # Each further thread would keep one more picture in memory.
    context.thread_count = 1
    context.options = {"max_pixels": str(sides[0] * sides[1])}
    frames = (*context.decode(packet_of(data)), *context.decode(None))
    return next((frame for frame in frames if (frame.width, frame.height) == sides), None)


def _samples(frame: av.VideoFrame, layout: _Layout) -> Samples:
    import numpy as np

    rgb = frame.reformat(
        format="rgb48le", src_colorspace=layout.matrix, src_color_range=layout.range, dst_color_range=_FULL_RANGE, threads=1
    )
    rows = np.frombuffer(memoryview(rgb.planes[0]), "<u2")[: rgb.planes[0].line_size // 2 * rgb.height]
    wide = rows.reshape(rgb.height, -1)[:, : 3 * rgb.width]
    return wide.reshape(rgb.height, rgb.width, 3)
