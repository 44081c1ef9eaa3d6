"""The command line: one module a command, imported when that command is called.

Exit status: 0 all fit; 1 findings of severity error or unchecked; 2 wrong usage, settings or environment; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from .._version import __version__
from ..errors import MediaPreflightError, UsageError, did_you_mean

COMMANDS = {
    "check": "check files and jobs against what a model accepts",
    "probe": "show what files are",
    "models": "show what each model accepts, with sources",
    "rule": "show a rule's help page, or all rules",
    "doctor": "show versions, and which checks cannot run here",
    "schema": "print the JSON Schema of a format",
}
OK, FINDINGS, USAGE, INTERRUPTED = 0, 1, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `{self.prog} --help` shows the usage")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. Nothing but `SystemExit` of `--help` and `--version` is raised."""
    _tolerate_any_name()
    try:
        options = _parse(sys.argv[1:] if arguments is None else list(arguments))
        status = options.run(options)
        sys.stdout.flush()
        return int(status)
    except MediaPreflightError as error:
        from ..report.style import plain

        print(f"mediapreflight: {plain(str(error))}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # The reader (`| head`) has gone; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    except KeyboardInterrupt:
        return INTERRUPTED


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="mediapreflight", description="Check media before a generative-video model is paid to refuse it.")
    parser.add_argument("--version", action="version", version=f"mediapreflight {__version__}")
    command = next((word for word in arguments if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS:
        import difflib

        close = tuple(difflib.get_close_matches(command, COMMANDS, n=1))
        raise UsageError(f"no command {command!r}{did_you_mean(close) or '; the commands are ' + ', '.join(COMMANDS)}")
    commands: Any = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        below = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == command:
            module = importlib.import_module(f"{__name__}.{name}")
            module.add_arguments(below)
            below.set_defaults(run=module.run)
    return parser.parse_args(arguments)


def _tolerate_any_name() -> None:
    """Let output hold any file name: what the terminal's encoding lacks is escaped, never fatal."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
