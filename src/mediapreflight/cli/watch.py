"""`check --watch`: check again whenever a file changes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ..config.discovery import CONFIG_NAME, PYPROJECT_NAME, nearest_config
from ..errors import MissingLibraryError, UsageError
from ..job_files import is_job_file
from ..language import say, tr, translated
from ..media.kinds import kind_by_name
from ..text import plain

# How long one wait for changes lasts, and how long there must be no further change, in milliseconds.
_LOOK_MS, _REST_MS = 200, 100


def watch(options: argparse.Namespace, run_once: Callable[[], int]) -> int:
    """Run once, and again after each change, until interrupted. A UsageError is printed, and does not end the watch.

    Raises KeyboardInterrupt at the end, and MissingLibraryError.
    """
    status = 0
    for _ in _changes(options):
        try:
            status = run_once()
        except UsageError as error:
            print(f"mediapreflight: {plain(translated(str(error)))}", file=sys.stderr)
        sys.stdout.flush()
        print(tr("mediapreflight: waiting for changes; Ctrl-C ends it"), file=sys.stderr, flush=True)
    return status


def _changes(options: argparse.Namespace) -> Iterator[None]:
    """Yields once when the watch has begun, so that no change is missed, and again after each relevant change."""
    try:
        from watchfiles import watch as watched
    except ImportError as error:
        raise MissingLibraryError("watchfiles", str(error), say("pip install 'mediapreflight[watch]'")) from None
    targets = options.targets or [str(Path(nearest_config(str(Path.cwd())) or ".").parent)]
    folders = {target if Path(target).is_dir() else str(Path(target.partition("=")[2] or target).parent) for target in targets}
    output = os.path.abspath(options.output) if options.output else None  # noqa: PTH100

    def matters(_: object, path: str) -> bool:
        name = Path(path).name
        return path != output and bool(
            name in (CONFIG_NAME, PYPROJECT_NAME, ".gitignore") or is_job_file(name) or kind_by_name(name)
        )

    is_first = True
    for changes in watched(
        *(folder for folder in folders if Path(folder).is_dir()),
        watch_filter=matters,
        debounce=_REST_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        recursive=any(Path(target).is_dir() for target in targets),
    ):
        if changes or is_first:
            is_first = False
            yield
