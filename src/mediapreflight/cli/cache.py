"""`mediapreflight cache`: where measurements are kept between runs, and how to be rid of them."""

from __future__ import annotations

import argparse

from ..cache import ENVIRONMENT, Cache
from ..errors import UsageError
from ..report.style import plain
from . import OK


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `cache`."""
    parser.add_argument(
        "action", choices=("clean", "path"), help=f"clean deletes it, path says where it lies; {ENVIRONMENT} names another folder"
    )


def run(options: argparse.Namespace) -> int:
    """Print the path, or delete the file and say how much that freed."""
    cache = Cache()
    if options.action == "path":
        print(plain(str(cache.path)))
        return OK
    try:
        freed = cache.clean()
    except OSError as error:
        raise UsageError(f"{cache.path}: cannot be deleted: {(error.strerror or str(error)).lower()}") from None
    print(f"{plain(str(cache.path))}: {f'{freed:,} bytes freed' if freed else 'nothing was cached'}")
    return OK
