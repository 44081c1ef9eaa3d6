"""`mediapreflight cache`: show where measurements are kept between runs, or delete them."""

from __future__ import annotations

import argparse

from ..check.cache import ENVIRONMENT, Cache
from ..errors import UsageError
from ..language import say, tr
from ..text import plain
from . import OK
from .output import put


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `cache`."""
    parser.add_argument(
        "action",
        choices=("clean", "path"),
        help=tr(
            "clean deletes it, path prints its folder; {environment} sets another folder",
            environment=ENVIRONMENT,
        ),
    )


def run(options: argparse.Namespace) -> int:
    """Print the path, or delete the file and print how many bytes were freed."""
    cache = Cache()
    if options.action == "path":
        put([f"{plain(str(cache.path))}\n"])
        return OK
    try:
        freed = cache.clean()
    except OSError as error:
        raise UsageError(
            say("{path}: cannot be deleted: {strerror}", path=cache.path, strerror=(error.strerror or str(error)).lower())
        ) from None
    said = tr("{freed:,} bytes freed", freed=freed) if freed else tr("nothing was cached")
    put([f"{plain(str(cache.path))}: {said}\n"])
    return OK
