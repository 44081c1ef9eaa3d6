"""TIFF directories: which picture of a file is the main one, and whether it can be decoded here.

Source: TIFF 6.0, Adobe's TIFF technical notes (SubIFDs), DNG 1.7; BigTIFF as LibTIFF documents it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ....language import say
from .base import Header, HeaderError, take

_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_ORIENTATION, _PLANES, _SUB_DIRECTORIES, _INK_SET, _SAMPLE_FORMAT, _SUBSAMPLING, _DNG_VERSION = (
    274,
    284,
    330,
    332,
    339,
    530,
    50706,
)
_READ = frozenset({*range(254, 260), 262, 274, 284, 330, 332, 339, 530, 50706})
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_REDUCED, _OLD_REDUCED = 1, 2
_SENSOR_DATA = frozenset({32803, 34892})
_WHITE_IS_ZERO, _CMYK, _YCBCR, _JPEG = 0, 5, 6, 7
_UNCOMPRESSED, _SEPARATE = 1, 2
_COLOUR_MODELS = frozenset({0, 1, 2, 3, 5, 6, 8})
_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
_DEPTHS = frozenset({1, 2, 4, 8, 16})
_MAX_DIRECTORIES, _MAX_ENTRIES, _MAX_VALUES = 32, 1000, 16
_Directory = dict[int, tuple[int, ...]]


class _Layout(NamedTuple):
    """How a file writes its numbers: byte order, and the formats of a number of entries, of an entry and of an offset."""

    order: str
    number: str
    entry: str
    offset: str


def read(stream: BinaryIO) -> Header:
    """The main picture's size and turn, and `undecoded`, by the file's directories. Raises HeaderError."""
    directories = list(_directories(stream))
    first, raw = directories[0], _is_raw(stream, directories)
    main = max(directories, key=_area) if raw else _main(directories)
    if not _area(main):
        raise HeaderError(say("it states no picture size"))
    undecoded: str | None
    if raw:
        undecoded = "a camera's raw file is not developed here"
    elif main is not first:
        undecoded = say("its first picture is a small preview, and its main one is not decoded here")
    elif _is_reversed_bigtiff(stream):
        undecoded = say("BigTIFF of this byte order is not decoded here")
    else:
        undecoded = _undecoded(main)
    turn = _one(first, _ORIENTATION, 1)
    depth = max(main.get(_BITS, (1,)))
    return Header(
        _one(main, _WIDTH, 0),
        _one(main, _HEIGHT, 0),
        bit_depth=depth,
        frames=None,
        orientation=turn if turn in range(1, 9) else None,
        undecoded=undecoded,
        format="dng" if raw and _DNG_VERSION in first else None,
    )


def _directories(stream: BinaryIO) -> Iterator[_Directory]:
    """The directories in the order of the chain, each followed by those below it."""
    stream.seek(0)
    head = take(stream, 16)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    layout = _Layout(order, "Q", "HHQ8s", "Q") if big else _Layout(order, "H", "HHI4s", "I")
    (following,) = struct.unpack_from(order + layout.offset, head, 8 if big else 4)
    waiting = [following]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at == 0 or at in seen:
            continue
        seen.add(at)
        try:
            directory, following = _directory(stream, layout, at)
        except (HeaderError, OverflowError, OSError, ValueError):
            if len(seen) == 1:
                raise HeaderError(say("its first directory cannot be read")) from None
            continue
        yield directory
        waiting += (*directory.get(_SUB_DIRECTORIES, ()), following)
    if not seen:
        raise HeaderError(say("it has no directory"))


def _directory(stream: BinaryIO, layout: _Layout, at: int) -> tuple[_Directory, int]:
    """The values that are read from one directory, and the offset of the next one."""
    stream.seek(at)
    (count,) = struct.unpack(layout.order + layout.number, take(stream, struct.calcsize("=" + layout.number)))
    if not 0 < count <= _MAX_ENTRIES:
        raise HeaderError(say("a directory has no entries, or too many"))
    entry_bytes = struct.calcsize("=" + layout.entry)
    block = take(stream, count * entry_bytes)
    link = stream.read(struct.calcsize("=" + layout.offset))
    found: _Directory = {}
    for tag, kind, values, inline in struct.iter_unpack(layout.order + layout.entry, block):
        if tag in _READ and kind in _INTEGERS and 0 < values <= _MAX_VALUES:
            found[tag] = _values(stream, layout, f"{values}{_INTEGERS[kind]}", inline)
    following = int.from_bytes(link, "little" if layout.order == "<" else "big") if len(link) > 3 else 0
    return found, following


def _values(stream: BinaryIO, layout: _Layout, form: str, inline: bytes) -> tuple[int, ...]:
    length = struct.calcsize("=" + form)
    if length > len(inline):
        stream.seek(struct.unpack(layout.order + layout.offset, inline)[0])
        inline = take(stream, length)
    return struct.unpack(layout.order + form, inline[:length])


def _one(directory: _Directory, tag: int, otherwise: int) -> int:
    return directory.get(tag, (otherwise,))[0]


def _area(directory: _Directory) -> int:
    return max(0, _one(directory, _WIDTH, 0)) * max(0, _one(directory, _HEIGHT, 0))


def _is_raw(stream: BinaryIO, directories: list[_Directory]) -> bool:
    stream.seek(8)
    return (
        stream.read(2) == b"CR"
        or _DNG_VERSION in directories[0]
        or any(_one(directory, _PHOTOMETRIC, 0) in _SENSOR_DATA for directory in directories)
    )


def _is_reversed_bigtiff(stream: BinaryIO) -> bool:
    """Pillow takes it for a TIFF of 32 bits, whose first directory would be elsewhere."""
    stream.seek(0)
    return stream.read(4) == b"MM\0+"


def _main(directories: list[_Directory]) -> _Directory:
    """The first directory, unless it says that it is a smaller version of another one."""
    full = [directory for directory in directories if not _is_reduced(directory)]
    return directories[0] if not full or full[0] is directories[0] else max(full, key=_area)


def _is_reduced(directory: _Directory) -> bool:
    return bool(_one(directory, _SUBFILE, 0) & _REDUCED) or _one(directory, _OLD_SUBFILE, 0) == _OLD_REDUCED


def _undecoded(main: _Directory) -> str | None:
    """Why this picture is not decoded here, or not to its true colours; None if it is."""
    depths, model = set(main.get(_BITS, (1,))), _one(main, _PHOTOMETRIC, 1)
    if _one(main, _COMPRESSION, 1) not in _COMPRESSIONS:
        return f"TIFF of compression {_one(main, _COMPRESSION, 1)} is not decoded here"
    if len(depths) > 1 or not depths <= _DEPTHS:
        return f"TIFF of {', '.join(map(str, sorted(depths)))} bits is not decoded here"
    if set(main.get(_SAMPLE_FORMAT, (1,))) - {1, 4}:
        return say("TIFF of signed or floating-point samples is not decoded here")
    if model not in _COLOUR_MODELS or (model == _CMYK and _one(main, _INK_SET, 1) != 1):
        return f"TIFF of colour model {model} is not decoded here"
    if model == _YCBCR and _one(main, _COMPRESSION, 1) != _JPEG and main.get(_SUBSAMPLING, (2, 2)) != (1, 1):
        return say("TIFF of subsampled colours is not decoded here")
    # Pillow reads 8 bits of each sample there, which garbles the picture.
    is_garbled = _one(main, _COMPRESSION, 1) == _UNCOMPRESSED or model == _CMYK
    if _one(main, _PLANES, 1) == _SEPARATE and depths == {16} and len(main[_BITS]) > 1 and is_garbled:
        return say("TIFF of 16 bits in separate planes is not decoded here")
    return say("TIFF of 16 bits whose 0 is white is not decoded here") if model == _WHITE_IS_ZERO and depths == {16} else None
