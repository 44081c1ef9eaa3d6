"""What a process and its caller send to each other: a request or an answer with its length before it.

A request is pickled, because the caller is trusted. An answer is not: a file may have taken over its decoder. An answer is JSON
of limited length.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from ..errors import MediaPreflightError, MissingLibraryError, OutputError, PrepareError, UnreadableMediaError, UsageError

# The longest answer, a timeline of ten hours of speech, has 25 MB.
MAX_ANSWER_BYTES = 64 << 20
MAX_TEXT = 2000
# An idle process ends after this time.
IDLE_S = 300.0
_LENGTH_BYTES = 8

_Text = Annotated[str, Meta(max_length=MAX_TEXT)]


class Failure(Struct, frozen=True):
    """An error of this package: class name, message and attributes."""

    error: _Text
    says: _Text
    attributes: dict[_Text, _Text] = {}


class Answer(Struct, frozen=True, omit_defaults=True):
    """The returned value, or an error of this package, or the reason why there is neither."""

    result: Raw = Raw()
    failure: Failure | None = None
    trouble: _Text | None = None


# The errors that can be sent back, with their text attributes.
ERRORS: dict[type[MediaPreflightError], tuple[str, ...]] = {
    MissingLibraryError: ("library", "fix"),
    UnreadableMediaError: ("path", "reason"),
    PrepareError: ("path",),
    OutputError: ("path", "reason"),
    UsageError: (),
    MediaPreflightError: (),
}
BY_NAME = {kind.__name__: kind for kind in ERRORS}


def send(stream: Any, data: bytes) -> None:
    """Write data with its length before it."""
    left = memoryview(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    while left:
        left = left[stream.write(left) :]


def received(stream: Any, most: int) -> bytes:
    """Read data with its length before it.

    Raises EOFError if the stream ends too early, ValueError if the announced length is too large.
    """
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES), "big")
    if length > most:
        raise ValueError(f"{length} bytes are more than {most}")
    return _exactly(stream, length)


def _exactly(stream: Any, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = stream.read(min(count - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def current_folder() -> str | None:
    """The current folder, which relative paths refer to; None if it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return None
