"""The smallest input that still fails: pieces taken out, then bytes made plain."""

from __future__ import annotations

import time
from collections.abc import Callable


def minimised(data: bytes, fails: Callable[[bytes], bool], patience_s: float) -> bytes:
    """A smaller input for which `fails` still holds, after at most about `patience_s` seconds."""
    end = time.monotonic() + patience_s
    size = max(len(data) // 2, 1)
    while size and time.monotonic() < end:
        smaller = _without_pieces(data, size, fails, end)
        if len(smaller) == len(data):
            size //= 2
        data = smaller
        size = min(size, len(data))
    return _plain(data, fails, end)


def _without_pieces(data: bytes, size: int, fails: Callable[[bytes], bool], end: float) -> bytes:
    at = 0
    while at < len(data) and time.monotonic() < end:
        shorter = data[:at] + data[at + size :]
        if fails(shorter):
            data = shorter
        else:
            at += size
    return data


def _plain(data: bytes, fails: Callable[[bytes], bool], end: float) -> bytes:
    """The same with zeros wherever the value does not matter."""
    size = max(len(data) // 2, 1)
    while size and time.monotonic() < end:
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            plainer = data[:at] + bytes(len(piece)) + data[at + size :]
            if any(piece) and time.monotonic() < end and fails(plainer):
                data = plainer
        size //= 2
    return data
