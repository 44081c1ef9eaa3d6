"""`mediapreflight cache`: where measurements are kept between runs, and how to be rid of them."""

from __future__ import annotations

import argparse

from ..check.cache import ENVIRONMENT, Cache
from ..errors import UsageError
from ..text import plain
from . import OK
from .output import put


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `cache`."""
    parser.add_argument(
        "action", choices=("clean", "path"), help=f"clean deletes it, path says where it lies; {ENVIRONMENT} names another folder"
    )


def run(options: argparse.Namespace) -> int:
    """Print the path, or delete the file and say how much that freed."""
    cache = Cache()
    if options.action == "path":
        put([f"{plain(str(cache.path))}\n"])
        return OK
    try:
        freed = cache.clean()
    except OSError as error:
        raise UsageError(f"{cache.path}: cannot be deleted: {(error.strerror or str(error)).lower()}") from None
    put([f"{plain(str(cache.path))}: {f'{freed:,} bytes freed' if freed else 'nothing was cached'}\n"])
    return OK
