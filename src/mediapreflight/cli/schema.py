"""`mediapreflight schema`: print the JSON Schema of an input or output format."""

from __future__ import annotations

import argparse

import msgspec

from ..schemas import SCHEMAS
from . import OK
from .output import put


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `schema`."""
    parser.add_argument("name", choices=tuple(SCHEMAS), metavar=f"{{{','.join(SCHEMAS)}}}")


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    encoded = msgspec.json.encode(SCHEMAS[options.name]())
    put([msgspec.json.format(encoded, indent=2).decode() + "\n"])
    return OK
