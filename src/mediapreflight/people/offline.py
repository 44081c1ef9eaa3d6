"""mediapipe, kept from telling its makers of its use.

Its native library reports every task (versions, the kind of task, when it began and ended, how long it took) from a thread of its
own to https://play.googleapis.com/log, and offers no switch for that; 0.10.21 did not, 0.10.35 did. Two things stop it. It gets
no certificate authorities, so that it trusts no server and says nothing to any. And on Linux its way to look up names is closed,
so that it does not even find one. Neither touches what else this process does on the network.

Source: Tool Interface Standard, "Executable and Linking Format"; the processor supplements for x86-64 and AArch64.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple

_LIBRARY = "libmediapipe.so"
_LOOK_UP = b"getaddrinfo"
_LOADED, _DYNAMIC = 1, 2
_NAMES, _SYMBOLS, _CALLS, _CALLS_BYTES = 5, 6, 23, 2
_PROGRAM_HEADER, _ENTRY, _CALL, _SYMBOL = "<IIQQQQQQ", "<QQ", "<QQq", "<IBBHQQ"
_ELF_64_LITTLE = b"\x7fELF\x02\x01"


def without_authorities(base_options: type[Any]) -> type[Any]:
    """mediapipe's class of base options, with a file of certificate authorities that has none in it."""

    class Silent(base_options):  # type: ignore[misc]
        def to_ctypes(self) -> Any:
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    return Silent


@cache
def close_name_lookup() -> bool:
    """Make every look-up of a host's name fail that mediapipe's library asks for. Returns whether that could be done.

    The library keeps the addresses of the functions it calls in a table of its own, which the loader fills in: in the resolver's
    place goes a function that does nothing, and whose answer means failure.
    """
    if sys.platform != "linux":
        return False
    with as_file(files("mediapipe.tasks.c").joinpath(_LIBRARY)) as path:
        if not path.exists():
            return False
        ctypes.CDLL(str(path))
        place = _place_of(_LOOK_UP, path)
        regions = tuple(_regions(os.path.realpath(path)))
    base = next((region.start for region in regions if region.offset == 0), None)
    if place is None or base is None:
        return False
    # Where the loader has made its table read-only, writing to it would end the process.
    if not any(region.start <= base + place < region.end and region.is_writable for region in _regions(None)):
        return False
    harmless = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value
    ctypes.c_void_p.from_address(base + place).value = harmless
    return True


class _Region(NamedTuple):
    start: int
    end: int
    is_writable: bool
    offset: int


def _regions(path: str | None) -> Iterator[_Region]:
    """The memory of this process that holds the file; all of it for None."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        span, rights, offset, _, _, *name = line.split(maxsplit=5)
        if path is None or name == [path]:
            start, _, end = span.partition("-")
            yield _Region(int(start, 16), int(end, 16), "w" in rights, int(offset, 16))


def _place_of(function: bytes, library: Path) -> int | None:
    """Where a library, counted from its start, keeps the address of a function it calls; None where it calls none of the name."""
    import mmap

    with library.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[: len(_ELF_64_LITTLE)] != _ELF_64_LITTLE:
            return None
        try:
            return _Elf(data).place_of(function)
        except (struct.error, ValueError, OverflowError):
            return None


class _Elf:
    """The parts of a library's file that say what it calls."""

    def __init__(self, data: Any) -> None:
        self._data = data
        (table,) = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        # Of each: type, flags, offset in the file, address, …, bytes in the file, …
        self._headers = [struct.unpack_from(_PROGRAM_HEADER, data, table + number * size) for number in range(count)]

    def place_of(self, function: bytes) -> int | None:
        entries = dict(self._dynamic())
        if not {_NAMES, _SYMBOLS, _CALLS, _CALLS_BYTES} <= entries.keys():
            return None
        names, symbols, calls = (self._offset(entries[which]) for which in (_NAMES, _SYMBOLS, _CALLS))
        for at in range(calls, calls + entries[_CALLS_BYTES], struct.calcsize(_CALL)):
            place, what, _ = struct.unpack_from(_CALL, self._data, at)
            name = names + struct.unpack_from(_SYMBOL, self._data, symbols + (what >> 32) * struct.calcsize(_SYMBOL))[0]
            if self._data[name : name + len(function) + 1] == function + b"\0":
                return int(place)
        return None

    def _dynamic(self) -> Iterator[tuple[int, int]]:
        for kind, _, offset, _, _, length, *_ in self._headers:
            if kind == _DYNAMIC:
                yield from struct.iter_unpack(_ENTRY, self._data[offset : offset + length])

    def _offset(self, address: int) -> int:
        """The offset in the file of what is loaded to an address."""
        for kind, _, offset, start, _, length, *_ in self._headers:
            if kind == _LOADED and start <= address < start + length:
                return int(offset + address - start)
        raise ValueError(f"nothing is loaded to {address:#x}")
