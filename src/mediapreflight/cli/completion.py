"""`mediapreflight completion`: print the script that lets a shell complete commands, options, models, roles and files."""

from __future__ import annotations

import argparse

from ..language import tr
from . import OK
from .output import put

_SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `completion`."""
    parser.add_argument(
        "shell", choices=_SHELLS, help=tr('bash, zsh: `eval "$(mediapreflight completion bash)"`; fish: `… | source`')
    )


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    put([shellcode(["mediapreflight"], shell=options.shell)])
    return OK
