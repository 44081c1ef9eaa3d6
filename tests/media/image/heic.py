"""HEIC files with one picture or a grid of tiles, written box by box: no library at hand writes any."""

import re
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
VIDEO_PARAMETERS, SUPPLEMENTS = (32, 33, 34), (35, 39, 40)
EXIF_PREFIX = b"\0\0\0\6Exif\0\0"


class Item(NamedTuple):
    """`properties`: indices of the property table, from 1. `data` lies in the file; that of a grid in the index."""

    id: int
    kind: bytes
    data: bytes
    properties: bytes = b""


def write_heic(
    path: Path,
    rgb: NDArray[np.uint8] | NDArray[np.uint16],
    tile: int,
    *,
    turns: int | None = 0,
    mirror: int | None = None,
    mirror_first: bool = False,
    profile: bytes = b"",
    coding: tuple[int, int] | None = None,
    aperture: tuple[int, int, int, int] | None = None,
    alpha: NDArray[np.uint8] | None = None,
    exif: bytes = b"",
    index_zero: bool = False,
) -> None:
    """A grid of square tiles, of 10 bits a channel where `rgb` has 16.

    Args:
        turns: quarter turns counter-clockwise for display.
        mirror: 0 upside down, 1 left to right; done behind the turns, or before them.
        profile: an ICC profile. `coding`: primaries and transfer of an nclx box.
        aperture: width, height, and the left and top edge of what is shown.
        alpha: a plane of transparency, of the size of `rgb`.
        exif: a TIFF block.
        index_zero: whether the first properties of every item are followed by one numbered 0, which stands for none.
    """
    height, width = rgb.shape[:2]
    rows, columns = -(-height // tile), -(-width // tile)
    whole = np.pad(rgb, ((0, rows * tile - height), (0, columns * tile - width), (0, 0)), mode="edge")
    cuts = [(row * tile, column * tile) for row in range(rows) for column in range(columns)]
    coded = [_encoded(np.ascontiguousarray(whole[top : top + tile, left : left + tile])) for top, left in cuts]
    tile_properties = [_configuration(coded[0][1], rgb.dtype == np.uint16), _size(tile, tile)]
    turning = [] if turns is None else [_box(b"irot", bytes([turns]))]
    mirroring = [] if mirror is None else [_box(b"imir", bytes([mirror]))]
    whole_properties = [_size(width, height)]
    if aperture:
        whole_properties.append(_aperture(width, height, *aperture))
    whole_properties += [*mirroring, *turning] if mirror_first else [*turning, *mirroring]
    if profile:
        whole_properties.append(_box(b"colr", b"prof", profile))
    if coding:
        whole_properties.append(_box(b"colr", b"nclx", struct.pack(">HHHB", *coding, 6, 0x80)))
    properties = [*tile_properties, *whole_properties]
    of_tile, of_whole = bytes([1, 2]), bytes(range(3, len(properties) + 1))
    items = [Item(number, b"hvc1", data, of_tile) for number, (data, _) in enumerate(coded, 1)]
    primary, references = len(items) + 1, b""
    items.append(Item(primary, b"grid", struct.pack(">4BHH", 0, 0, rows - 1, columns - 1, width, height), of_whole))
    references += _box(b"dimg", struct.pack(f">HH{len(coded)}H", primary, len(coded), *range(1, primary)))
    if alpha is not None:
        data, parameters = _encoded(np.dstack([alpha] * 3))
        named = _full(b"auxC", 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
        properties += [_configuration(parameters, False), _size(width, height), named]
        items.append(Item(primary + 1, b"hvc1", data, bytes(range(len(properties) - 2, len(properties) + 1))))
        references += _box(b"auxl", struct.pack(">HHH", primary + 1, 1, primary))
    if exif:
        items.append(Item(len(items) + 1, b"Exif", EXIF_PREFIX + exif))
        references += _box(b"cdsc", struct.pack(">HHH", len(items), 1, primary))
    path.write_bytes(_file(items, primary, properties, references, b"\0" if index_zero else b""))


def _file(items: Sequence[Item], primary: int, properties: Sequence[bytes], references: bytes, none: bytes) -> bytes:
    associations = b"".join(
        struct.pack(">HB", item.id, len(item.properties + none)) + item.properties[:1] + none + item.properties[1:]
        for item in items
        if item.properties
    )
    entries = [_full(b"infe", 2, struct.pack(">HH", item.id, 0), item.kind, b"\0") for item in items]
    grid = next(item.data for item in items if item.kind == b"grid")

    def meta(data_start: int) -> bytes:
        at, locations = data_start, b""
        for item in items:
            # The grid lies in `idat` (construction method 1).
            method, start = (1, 0) if item.kind == b"grid" else (0, at)
            locations += struct.pack(">HHHHII", item.id, method, 0, 1, start, len(item.data))
            at += 0 if method else len(item.data)
        return _full(
            b"meta",
            0,
            _full(b"hdlr", 0, b"\0\0\0\0pict", bytes(13)),
            _full(b"pitm", 0, struct.pack(">H", primary)),
            _full(b"iloc", 1, struct.pack(">BBH", 0x44, 0, len(items)), locations),
            _full(b"iinf", 0, struct.pack(">H", len(items)), *entries),
            _full(b"iref", 0, references),
            _box(
                b"iprp",
                _box(b"ipco", *properties),
                _full(b"ipma", 0, struct.pack(">I", sum(bool(item.properties) for item in items)), associations),
            ),
            _box(b"idat", grid),
        )

    head = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    data = [item.data for item in items if item.kind != b"grid"]
    return head + meta(len(head) + len(meta(0)) + 8) + _box(b"mdat", *data)


def _encoded(rgb: NDArray[np.uint8] | NDArray[np.uint16]) -> tuple[bytes, dict[int, bytes]]:
    """One tile as H.265 with lengths for start codes, and its parameter sets by type."""
    deep = rgb.dtype == np.uint16
    coder = av.CodecContext.create("libx265", "w")
    coder.height, coder.width = rgb.shape[:2]
    coder.pix_fmt, coder.time_base = "yuv444p10le" if deep else "yuv444p", Fraction(1)
    coder.options = {"preset": "ultrafast", "crf": "4", "x265-params": "log-level=none:keyint=1:range=full:pools=none"}
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb48le" if deep else "rgb24")
    frame = frame.reformat(format=coder.pix_fmt, dst_color_range="JPEG")
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)])
    units = [unit for unit in re.split(b"\0\0\0?\1", stream) if unit]
    parameters = {unit[0] >> 1 & 63: unit for unit in units if unit[0] >> 1 & 63 in VIDEO_PARAMETERS}
    slices = [unit for unit in units if unit[0] >> 1 & 63 not in (*VIDEO_PARAMETERS, *SUPPLEMENTS)]
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in slices), parameters


def _configuration(parameters: dict[int, bytes], deep: bool) -> bytes:
    """hvcC for 4:4:4, 8 or 10 bit."""
    depth = 0xFA if deep else 0xF8
    head = bytes([1, 4]) + bytes(10) + b"\x5d\xf0\x00\xfc\xff" + bytes([depth, depth]) + b"\x00\x00\x0f\x03"
    arrays = (bytes([0x80 | kind]) + struct.pack(">HH", 1, len(unit)) + unit for kind, unit in sorted(parameters.items()))
    return _box(b"hvcC", head, *arrays)


def _size(width: int, height: int) -> bytes:
    return _full(b"ispe", 0, struct.pack(">II", width, height))


def _aperture(width: int, height: int, shown_width: int, shown_height: int, left: int, top: int) -> bytes:
    """Offsets are those of the middles, here in halves of a pixel."""
    across, down = 2 * left + shown_width - width, 2 * top + shown_height - height
    return _box(b"clap", struct.pack(">IIIIiIiI", shown_width, 1, shown_height, 1, across, 2, down, 2))


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]), *parts)
