"""Where results go: to standard output, or to a file that appears complete or not at all; and the output options of all
commands."""

from __future__ import annotations

import argparse
import functools
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from ..errors import UsageError
from ..language import say, tr
from ..report.style import Style, style_for
from ..system import give_usual_rights, replace
from ..text import plain_json
from . import writing
from .arguments import home_expanded

_JSON_FORMATS = ("json", "jsonl", "sarif")
# All others are read by programs, most of which take UTF-8 only.
_FOR_PEOPLE = ("text", "concise")
_ENDINGS = {
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".sarif": "sarif",
    ".xml": "junit",
}


def add_output_arguments(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """`--output-format`, `--output` and `--color`, the same for every command."""
    group = parser.add_argument_group(tr("output"))
    parser.set_defaults(settle=functools.partial(_settle, formats))
    group.add_argument("--output-format", choices=formats, help=tr("default: by the ending of --output, else text"))
    group.add_argument(
        "--output",
        type=place_of_report,
        metavar="FILE",
        help=tr("write to this file instead of standard output"),
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help=tr("default: auto; NO_COLOR is honoured"),
    )


def _settle(formats: tuple[str, ...], options: argparse.Namespace) -> None:
    """Set the format if none was given. Raises UsageError if the output file is one of the inputs."""
    if options.output is not None and any(_is_same(options.output, each) for each in getattr(options, "targets", ())):
        raise UsageError(say("{output}: is one of the targets; write to another file", output=options.output))
    if options.output_format is None:
        by_ending = _ENDINGS.get(Path(options.output or "").suffix.lower())
        options.output_format = by_ending if by_ending in formats else "text"


def _is_same(output: str, target: str) -> bool:
    try:
        return os.path.samefile(output, target)  # noqa: PTH121
    except (OSError, ValueError):
        return False


def style_of(options: argparse.Namespace) -> Style:
    """The style of the results: a file gets colour only on request."""
    if options.output is not None:
        return Style(options.color == "always")
    return style_for(sys.stdout, options.color)


def write(options: argparse.Namespace, pieces: Iterable[str]) -> None:
    """Write the pieces to standard output as they come, or all of them to `--output`. Raises UsageError."""
    if options.output_format in _JSON_FORMATS:
        pieces = map(plain_json, pieces)
    if options.output is not None:
        write_file(options.output, pieces)
        return
    if options.output_format not in _FOR_PEOPLE:
        speak_utf8(sys.stdout)
    put(pieces)


def speak_utf8(stream: TextIO) -> None:
    """Let a stream write UTF-8: where it is no terminal, Windows gives it the encoding of its language."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def put(pieces: Iterable[str], *, at_once: bool = False) -> None:
    """Write the pieces to standard output as they come. `at_once`: flush after each.

    Raises ResultsError if they cannot be written.
    """
    for piece in pieces:
        with writing():
            sys.stdout.write(piece)
            if at_once:
                sys.stdout.flush()


def write_file(name: str, pieces: Iterable[str]) -> None:
    """Write the pieces to a file that appears complete or not at all. Raises UsageError."""
    target = Path(writable(name))
    import tempfile

    try:
        descriptor, staged = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(name, error) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            for piece in pieces:
                stream.write(piece)
        give_usual_rights(Path(staged))
        replace(Path(staged), target)
    except OSError as error:
        raise _unwritable(name, error) from None
    finally:
        Path(staged).unlink(missing_ok=True)


def place_of_report(name: str) -> str:
    """The name, if a report can be written there. Raises UsageError for a media file, which a report must not replace."""
    name = home_expanded(name)
    if Path(writable(name)).is_file() and _holds_media(name):
        raise UsageError(say("{name}: is a media file, which a report does not replace; write to another file", name=name))
    return name


def _holds_media(name: str) -> bool:
    from ..media.sniff import sniff

    try:
        with Path(name).open("rb") as stream:
            return sniff(stream).family in ("image", "stream")
    except OSError:
        # A file that cannot be read may still be replaced.
        return False


def writable(name: str) -> str:
    """The name, if a file can probably be written there. Raises UsageError for a folder, a pipe or a device.

    The final rename would replace a device, and opening a pipe would wait for a reader.
    """
    target = Path(name)
    try:
        target.parent.stat()
        is_free = target.is_file() or not target.exists()
    except OSError as error:
        raise _unwritable(name, error) from None
    if not is_free:
        raise UsageError(say("{name}: cannot be written: it is not a regular file", name=name))
    return name


def _unwritable(name: str, error: OSError) -> UsageError:
    return UsageError(say("{name}: cannot be written: {strerror}", name=name, strerror=(error.strerror or str(error)).lower()))
