"""Standard input as a file: for `-` or `ROLE=-` in place of a path, it is saved in a private folder while the command runs."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

from ..errors import UsageError
from ..language import say
from ..media.source import MAX_BYTES_READ, STDIN_FOLDER
from ..system import rename

_PIECE = 2**20


@contextlib.contextmanager
def standard_input(options: argparse.Namespace) -> Iterator[None]:
    """In the block, `-` among the command's files is replaced by the path of a copy of standard input.

    Raises UsageError if the command does not take standard input, or if it is a terminal, given twice, or too long.
    """
    field = next((name for name in ("targets", "files", "images") if hasattr(options, name)), None)
    words: Sequence[str] = getattr(options, field) if field else ()
    asking = [word for word in words if _means_standard_input(word)]
    if field is None or not asking:
        yield
        return
    _refuse(options, asking)
    import tempfile

    # Only this user can enter the folder.
    with tempfile.TemporaryDirectory(prefix=STDIN_FOLDER, ignore_cleanup_errors=True) as folder:
        path = _kept(folder)
        setattr(options, field, [word[:-1] + path if _means_standard_input(word) else word for word in words])
        yield


def _means_standard_input(word: str) -> bool:
    """Whether a word means standard input. It does not if a file has that name: a shell pattern may have produced it."""
    if os.path.lexists("-"):
        return False
    role, separator, path = word.partition("=")
    return word == "-" or (bool(separator) and path == "-" and role.isidentifier())


def _refuse(options: argparse.Namespace, asking: Sequence[str]) -> None:
    if options.command == "submit":
        raise UsageError(
            say(
                "`-` cannot be submitted, because a job that is resumed needs its files; save the data, and give the file's name",
            )
        )
    if getattr(options, "watch", False):
        raise UsageError(say("`-` cannot be watched: standard input is read once"))
    if len(asking) > 1:
        raise UsageError(say("`-` is given {count} times, but standard input can be read only once", count=len(asking)))
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(say("`-` means standard input, but nothing is piped into it; for a file of that name write `./-`"))


def _kept(folder: str) -> str:
    """Write standard input to a file in the folder, with the extension of its format. Raises UsageError."""
    from ..media.formats import FORMATS
    from ..media.sniff import sniff

    written = os.path.join(folder, "stdin")  # noqa: PTH118
    with open(written, "w+b") as stream:  # noqa: PTH123
        while piece := sys.stdin.buffer.read(_PIECE):
            if stream.tell() + len(piece) > MAX_BYTES_READ:
                raise UsageError(say("standard input holds more than {max_bytes_read:,} bytes", max_bytes_read=MAX_BYTES_READ))
            stream.write(piece)
        known = FORMATS.get(sniff(stream).format or "")
    path = f"{written}.{known.extensions[0]}" if known else written
    rename(written, path)
    return path
