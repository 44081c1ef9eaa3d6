"""The command line: one module a command, imported when that command is called.

Exit status: 0 all fit; 1 findings of severity error or unchecked; 2 wrong usage, settings or environment; 130 interrupted.

May import: _version, catalog, check, config, emulator, engines, errors, findings, job, job_files, media, named_files, people,
prepare, report, rules, schemas, submit, submit.http, submit.ledger, system, text, workers.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn, TextIO

from .._version import __version__
from ..errors import MediaPreflightError, UsageError, did_you_mean
from ..system import is_reader_gone
from ..workers import load_msgspec

COMMANDS = {
    "check": "check files and jobs against what a model accepts",
    "probe": "show what files are",
    "faces": "show the faces of pictures, and the boxes EMO takes",
    "prepare": "write files that fit, out of files that do not",
    "models": "show what each model accepts, with sources",
    "rule": "show a rule's help page, or all rules",
    "init": "write a first configuration from what a folder holds",
    "doctor": "show versions, and which checks cannot run here",
    "emulator": "run a stand-in for the service on loopback",
    "submit": "send jobs to the service and fetch what it makes of them",
    "tasks": "show submitted jobs, finish what is open, cancel what waits",
    "cache": "delete what is kept between runs, or show where it lies",
    "schema": "print the JSON Schema of a format",
    "completion": "print what makes TAB complete commands, models and files",
}
OK, FINDINGS, USAGE, INTERRUPTED = 0, 1, 2, 130


class ResultsError(OSError):
    """Standard output takes no more."""


@contextmanager
def writing() -> Iterator[None]:
    """While results are written: tells what goes wrong then from every other error of the system. Raises ResultsError."""
    try:
        yield
    except OSError as error:
        if is_reader_gone(error):
            raise BrokenPipeError from None
        raise ResultsError(error.errno, error.strerror or str(error)) from None


class _HelpFormatter(argparse.HelpFormatter):
    """The usual one. One is made for every option there is, and by default asks `shutil`, which loads every compressor."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """How wide the terminal is, as `shutil.get_terminal_size` finds it."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 80
    except (AttributeError, ValueError, OSError):
        return 80


class _Parser(argparse.ArgumentParser):
    """A parser that names what it does not know with what was probably meant, and takes no abbreviations."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False, formatter_class=_HelpFormatter)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown[0]))
        return options, unknown

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `{self.prog} --help` shows the usage")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        # `--help | head` may find its reader gone, and only here is someone left to catch that.
        with writing():
            sys.stdout.flush()
        super().exit(status, message)

    def _unknown(self, word: str) -> str:
        option = word.partition("=")[0]
        if not option.startswith("-"):
            return f"{word!r} is one argument too many"
        import difflib

        return f"no option {option}{did_you_mean(tuple(difflib.get_close_matches(option, self._option_string_actions, n=1)))}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. Nothing but `SystemExit` of `--help` and `--version` is raised."""
    _prepare_output()
    try:
        if "_ARGCOMPLETE" in os.environ:
            _complete()
        options = _parse(sys.argv[1:] if arguments is None else list(arguments))
        with _files_of(options):
            status = options.run(options)
        with writing():
            sys.stdout.flush()
        if arguments is None:
            # The process ends with this: to search all it loaded for cycles would take a tenth of a short run.
            gc.freeze()
        return int(status)
    except MediaPreflightError as error:
        from ..text import plain

        print(f"mediapreflight: {plain(str(error))}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        _discard_output()
        return FINDINGS
    except ResultsError as error:
        _discard_output()
        print(f"mediapreflight: the results cannot be written: {_reason(error)}", file=sys.stderr)
        return USAGE
    except OSError as error:
        from ..text import plain

        what = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "the system or its settings"
        print(f"mediapreflight: {plain(f'{what}: {_reason(error)}')}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _files_of(options: argparse.Namespace) -> AbstractContextManager[None]:
    """What the command reads its files in: where `-` may be one of them, standard input is kept as a file."""
    named = (word for name in ("targets", "files", "images") for word in getattr(options, name, ()))
    if not any(word.endswith("-") for word in named):
        return nullcontext()
    from .stdin import standard_input

    return standard_input(options)


def _parse(arguments: list[str]) -> argparse.Namespace:
    command = _command_in(arguments)
    if command is not None and command not in COMMANDS:
        import difflib

        close = tuple(difflib.get_close_matches(command, COMMANDS, n=1))
        raise UsageError(f"no command {command!r}{did_you_mean(close) or '; the commands are ' + ', '.join(COMMANDS)}")
    parser = _parser(arguments)
    options = parser.parse_args(arguments)
    if "settle" in options:
        options.settle(options)
    if command is None:
        parser.error(f"name a command: {', '.join(COMMANDS)}")
    return options


def _command_in(arguments: Sequence[str]) -> str | None:
    return next((word for word in arguments if not word.startswith("-")), None)


def _parser(arguments: Sequence[str]) -> _Parser:
    """The parser of a command line, with the options of its command."""
    parser = _Parser(prog="mediapreflight", description="Check media before a generative-video model is paid to refuse it.")
    parser.add_argument("--version", action="version", version=f"mediapreflight {__version__}")
    command = _command_in(arguments)
    commands: Any = parser.add_subparsers(title="commands", metavar="COMMAND")
    # Help lists all commands; a command that comes first needs no other.
    is_first = bool(arguments) and arguments[0] == command
    for name, summary in COMMANDS.items():
        if is_first and name != command:
            continue
        below = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == command:
            module = _loaded(name)
            module.add_arguments(below)
            below.set_defaults(run=module.run, command=name)
    return parser


def _complete() -> None:
    """Answer a shell that asks what can stand at the cursor, and end."""
    from .completing import command_line, complete

    words = command_line()
    complete(_parser(words), words)


def _loaded(command: str) -> Any:
    """The command's module. What it loads stays: there is no garbage to be looked for meanwhile."""
    collects = gc.isenabled()
    gc.disable()
    try:
        load_msgspec()
        return importlib.import_module(f"{__name__}.{command}")
    finally:
        if collects:
            gc.enable()


def _prepare_output() -> None:
    """Let output hold any file name, and be closed: what the terminal's encoding lacks is escaped, never fatal."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _discard_output() -> None:
    """Let what is still buffered go nowhere: the reader (`| head`) has gone, or the disk is full."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
