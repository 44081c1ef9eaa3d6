"""The command line: one module a command, imported when that command is called.

Exit status: 0 all fit; 1 findings of severity error or unchecked; 2 wrong usage, settings or environment; 130 interrupted.

May import: _version, agents, catalog, check, config, emulator, engines, errors, findings, job, job_files, language, media,
named_files, people, prepare, report, rules, schemas, studio, submit, submit.http, submit.ledger, system, text, workers.
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
from ..language import LANGUAGES, Language, language_of, say, speaking, tr, translated
from ..system import expanded, interface_language, is_reader_gone, understand_escape_codes
from ..workers import load_msgspec

COMMANDS = {
    "check": say("check files and jobs against what a model accepts"),
    "probe": say("show what a file is: size, codecs, length, frame rate"),
    "faces": say("show the faces in pictures, and the boxes for EMO"),
    "prepare": say("make files that fit from files that do not"),
    "models": say("show what each model accepts, with sources"),
    "rule": say("show a rule's help page, or all rules"),
    "init": say("write a first configuration for the files in a folder"),
    "doctor": say("show versions, and which checks cannot run here"),
    "studio": say("open a page on this machine to drop files on"),
    "emulator": say("run a stand-in for the service on loopback"),
    "submit": say("send jobs to the service and download the results"),
    "tasks": say("list submitted jobs, finish open ones, cancel waiting ones"),
    "cache": say("delete the cached results, or show where they are"),
    "mcp": say("let agents check, prepare and submit files, over the Model Context Protocol"),
    "schema": say("print the JSON Schema of a format"),
    "completion": say("print the shell code that completes commands, models and files"),
}
# Under which of these names a command has its files.
_NAMES_OF_FILES = ("targets", "files", "images")
OK, FINDINGS, USAGE, INTERRUPTED = 0, 1, 2, 130
# Most commands only load modules and catalogs, which stay. By default garbage is sought 26 times in a check, 14 ms.
_OBJECTS_WHILE_LOADING = 50_000


class ResultsError(OSError):
    """Results cannot be written to standard output."""


@contextmanager
def writing() -> Iterator[None]:
    """Turns an OSError raised in the block into a ResultsError, so that `main` can tell it from other system errors."""
    try:
        yield
    except OSError as error:
        if is_reader_gone(error):
            raise BrokenPipeError from None
        raise ResultsError(error.errno, error.strerror or str(error)) from None


class _HelpFormatter(argparse.HelpFormatter):
    """The usual formatter, without `shutil`: argparse makes one for every option, and importing `shutil` loads all
    compressors."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if text.isascii() else _lines_of(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.isascii():
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in _lines_of(text, width - len(indent)))


def _lines_of(text: str, width: int) -> list[str]:
    """The wrapped lines of a text with characters two columns wide, which argparse counts as one."""
    from ..text import lines_of

    return lines_of(" ".join(text.split()), width)


def _columns() -> int:
    """The terminal's width, found as `shutil.get_terminal_size` does."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 80
    except (AttributeError, ValueError, OSError):
        return 80


class _Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest option for an unknown one, and accepts no abbreviations."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False, formatter_class=_HelpFormatter)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown[0]))
        return options, unknown

    def error(self, message: str) -> NoReturn:
        raise UsageError(say("{message}; `{program} --help` shows the usage", message=message, program=self.prog))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        # With `--help | head`, the reader may be gone; only here can the error still be caught.
        with writing():
            sys.stdout.flush()
        super().exit(status, message)

    def _unknown(self, word: str) -> str:
        option = word.partition("=")[0]
        if not option.startswith("-"):
            return say("{word!r} is one argument too many", word=word)
        import difflib

        close = tuple(difflib.get_close_matches(option, self._option_string_actions, n=1))
        return say("no option {option}{others}", option=option, others=did_you_mean(close))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. Raises only the `SystemExit` of `--help` and `--version`."""
    _prepare_output()
    language, others = _language(sys.argv[1:] if arguments is None else list(arguments))
    with speaking(language):
        return _main(others, ends_process=arguments is None)


def _main(arguments: list[str], *, ends_process: bool) -> int:
    if ends_process:
        gc.set_threshold(_OBJECTS_WHILE_LOADING)
    try:
        if "_ARGCOMPLETE" in os.environ:
            _complete()
        options = _parse(arguments)
        with _files_of(options):
            status = options.run(options)
        with writing():
            sys.stdout.flush()
        if ends_process:
            # The process is about to end: collecting garbage would take a tenth of a short run.
            gc.freeze()
        return int(status)
    except MediaPreflightError as error:
        from ..text import plain

        print(f"mediapreflight: {plain(translated(str(error)))}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        _discard_output()
        return FINDINGS
    except ResultsError as error:
        _discard_output()
        print(tr("mediapreflight: the results cannot be written: {reason}", reason=_reason(error)), file=sys.stderr)
        return USAGE
    except OSError as error:
        from ..text import plain

        what = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else tr("the system or its settings")
        print(f"mediapreflight: {plain(f'{what}: {_reason(error)}')}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _files_of(options: argparse.Namespace) -> AbstractContextManager[None]:
    """The context in which the command reads its files: if `-` may be one of them, standard input is saved as a file."""
    named = (word for name in _NAMES_OF_FILES for word in getattr(options, name, ()))
    if not any(word.endswith("-") for word in named):
        return nullcontext()
    from .stdin import standard_input

    return standard_input(options)


def _parse(arguments: list[str]) -> argparse.Namespace:
    command = _command_in(arguments)
    if command is not None and command not in COMMANDS:
        import difflib

        from ..text import enumerated

        close = tuple(difflib.get_close_matches(command, COMMANDS, n=1))
        others = did_you_mean(close) or say("; the commands are {names}", names=enumerated(COMMANDS))
        raise UsageError(say("no command {command!r}{others}", command=command, others=others))
    parser = _parser(arguments)
    options = parser.parse_args(arguments)
    for name in _NAMES_OF_FILES:
        if name in options:
            setattr(options, name, expanded(getattr(options, name)))
    if "settle" in options:
        options.settle(options)
    if command is None:
        from ..text import enumerated

        parser.error(say("name a command: {names}", names=enumerated(COMMANDS)))
    return options


def _command_in(arguments: Sequence[str]) -> str | None:
    return next((word for word in arguments if not word.startswith("-")), None)


def _parser(arguments: Sequence[str]) -> _Parser:
    """The parser of a command line, with the options of its command."""
    parser = _Parser(
        prog="mediapreflight",
        description=tr("Check pictures, videos and voices before a generative-video service refuses and bills them."),
    )
    _add_language(parser)
    parser.add_argument(
        "--version", action="version", version=f"mediapreflight {__version__}", help=tr("show the version and exit")
    )
    command = _command_in(arguments)
    commands: Any = parser.add_subparsers(title=tr("commands"), metavar="COMMAND")
    # Help lists all commands. If the line begins with a command, only that one is needed.
    is_first = bool(arguments) and arguments[0] == command
    for name, summary in COMMANDS.items():
        if is_first and name != command:
            continue
        described = tr("{summary}.", summary=summary)
        below = commands.add_parser(name, help=translated(summary), description=described[:1].upper() + described[1:])
        _add_language(below)
        if name == command:
            module = _loaded(name)
            module.add_arguments(below)
            below.set_defaults(run=module.run, command=name)
    return parser


def _complete() -> None:
    """Print the completions for the cursor position, and exit."""
    from .completing import command_line, complete

    words = command_line()
    complete(_parser(words), words)


def _language(arguments: list[str]) -> tuple[Language, list[str]]:
    """The language from `--lang`, wherever it is on the line, else from the environment; and the other arguments."""
    for at, word in enumerate(arguments):
        option, equals, value = word.partition("=")
        if option == "--":
            break
        if option != "--lang":
            continue
        length = 1 if equals else 2
        asked = value if equals else next(iter(arguments[at + 1 : at + 2]), "")
        chosen = next((language for language in LANGUAGES if language == asked), None)
        if chosen is not None:
            return chosen, arguments[:at] + arguments[at + length :]
    return language_of(os.environ, interface_language()), arguments


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, help=tr("language of messages; default: that of the system"))


def _loaded(command: str) -> Any:
    """The command's module. Garbage collection is off during the import, because imported objects stay."""
    collects = gc.isenabled()
    gc.disable()
    try:
        load_msgspec()
        return importlib.import_module(f"{__name__}.{command}")
    finally:
        if collects:
            gc.enable()


def _prepare_output() -> None:
    """Make output accept any file name: characters that the terminal's encoding lacks are escaped."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
        understand_escape_codes(stream)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _discard_output() -> None:
    """Discard buffered output: the reader (`| head`) is gone, or the disk is full."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
