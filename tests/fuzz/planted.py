"""Targets with faults that are known, to see whether the fuzzer finds them."""

import os
import time
from collections.abc import Callable

from fuzz.targets import Target

from fuzz import mutate

HEAD = b"mark"


def _raises(data: bytes) -> None:
    if data.count(b"\xff") > 2:
        raise ValueError("three of them")


def _crashes(data: bytes) -> None:
    if not data.startswith(HEAD):
        os.abort()


def _hangs(data: bytes) -> None:
    while not data.startswith(HEAD):
        pass


def _waits(data: bytes) -> None:
    if not data.startswith(HEAD):
        time.sleep(3600)


def _swells(data: bytes) -> None:
    if not data.startswith(HEAD):
        bytearray(b"x") * (600 * 2**20)


def _is_fine(data: bytes) -> None:
    pass


def _target(run: Callable[[bytes], None]) -> Target:
    return Target(run, lambda: (HEAD + bytes(40),), mutate.raw, 300)


TARGETS = {
    name: _target(run)
    for name, run in {
        "raises": _raises,
        "crashes": _crashes,
        "hangs": _hangs,
        "waits": _waits,
        "swells": _swells,
        "fine": _is_fine,
    }.items()
}
