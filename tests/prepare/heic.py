"""HEIC files with one picture or a grid of tiles, written box by box: no library at hand writes any."""

import re
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
VIDEO_PARAMETERS, SUPPLEMENTS = (32, 33, 34), (35, 39, 40)


def write_heic(
    path: Path, rgb: Rgb, tile: int, *, turns: int = 0, profile: bytes = b"", aperture: tuple[int, int, int, int] | None = None
) -> None:
    """A grid of square tiles.

    Args:
        turns: quarter turns counter-clockwise for display.
        profile: an ICC profile.
        aperture: width, height, and the left and top edge of what is shown.
    """
    height, width = rgb.shape[:2]
    rows, columns = -(-height // tile), -(-width // tile)
    whole = np.pad(rgb, ((0, rows * tile - height), (0, columns * tile - width), (0, 0)), mode="edge")
    cuts = [(row * tile, column * tile) for row in range(rows) for column in range(columns)]
    coded = [_encoded(np.ascontiguousarray(whole[top : top + tile, left : left + tile])) for top, left in cuts]
    grid = struct.pack(">4BHH", 0, 0, rows - 1, columns - 1, width, height)
    whole_properties = [_size(width, height), _box(b"irot", bytes([turns]))]
    if profile:
        whole_properties.append(_box(b"colr", b"prof", profile))
    if aperture:
        whole_properties.append(_aperture(width, height, *aperture))
    path.write_bytes(_file(coded, grid, _size(tile, tile), whole_properties))


def _file(coded: list[tuple[bytes, dict[int, bytes]]], grid: bytes, tile_size: bytes, whole_properties: list[bytes]) -> bytes:
    tiles = range(1, len(coded) + 1)
    primary = len(coded) + 1
    properties = [_configuration(coded[0][1]), tile_size, *whole_properties]
    of_tile, of_whole = bytes([1, 2]), bytes(range(3, len(properties) + 1))
    associations = b"".join(struct.pack(">HB", item, len(of_tile)) + of_tile for item in tiles)
    associations += struct.pack(">HB", primary, len(of_whole)) + of_whole
    kinds = [(item, b"hvc1") for item in tiles] + [(primary, b"grid")]
    entries = [_full(b"infe", 2, struct.pack(">HH", item, 0), kind, b"\0") for item, kind in kinds]
    references = struct.pack(f">HH{len(coded)}H", primary, len(coded), *tiles)

    def meta(data_start: int) -> bytes:
        at, locations = data_start, b""
        for item, (data, _) in zip(tiles, coded, strict=True):
            locations += struct.pack(">HHHHII", item, 0, 0, 1, at, len(data))
            at += len(data)
        # The grid lies in `idat` (construction method 1).
        locations += struct.pack(">HHHHII", primary, 1, 0, 1, 0, len(grid))
        return _full(
            b"meta",
            0,
            _full(b"hdlr", 0, b"\0\0\0\0pict", bytes(13)),
            _full(b"pitm", 0, struct.pack(">H", primary)),
            _full(b"iloc", 1, struct.pack(">BBH", 0x44, 0, primary), locations),
            _full(b"iinf", 0, struct.pack(">H", primary), *entries),
            _full(b"iref", 0, _box(b"dimg", references)),
            _box(b"iprp", _box(b"ipco", *properties), _full(b"ipma", 0, struct.pack(">I", primary), associations)),
            _box(b"idat", grid),
        )

    head = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return head + meta(len(head) + len(meta(0)) + 8) + _box(b"mdat", *(data for data, _ in coded))


def _encoded(rgb: Rgb) -> tuple[bytes, dict[int, bytes]]:
    """One tile as H.265 with lengths for start codes, and its parameter sets by type."""
    coder = av.CodecContext.create("libx265", "w")
    coder.height, coder.width = rgb.shape[:2]
    coder.pix_fmt, coder.time_base = "yuv444p", Fraction(1)
    coder.options = {"preset": "ultrafast", "crf": "4", "x265-params": "log-level=none:keyint=1:range=full:pools=none"}
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv444p", dst_color_range="JPEG")
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)])
    units = [unit for unit in re.split(b"\0\0\0?\1", stream) if unit]
    parameters = {unit[0] >> 1 & 63: unit for unit in units if unit[0] >> 1 & 63 in VIDEO_PARAMETERS}
    slices = [unit for unit in units if unit[0] >> 1 & 63 not in (*VIDEO_PARAMETERS, *SUPPLEMENTS)]
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in slices), parameters


def _configuration(parameters: dict[int, bytes]) -> bytes:
    """hvcC for 4:4:4, 8 bit."""
    head = bytes([1, 4]) + bytes(10) + b"\x5d\xf0\x00\xfc\xff\xf8\xf8\x00\x00\x0f\x03"
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
