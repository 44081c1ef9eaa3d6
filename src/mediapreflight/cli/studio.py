"""`mediapreflight studio`: serve a page on this machine for checking, preparing and submitting files with a browser."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MissingLibraryError, UsageError
from ..language import tr, tr_many
from ..media.libraries import ensure_faces
from ..system import told_to_stop, wait_for
from . import OK
from .arguments import home_expanded, port
from .catalogs import add_catalog_argument, catalog_here

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..emulator.media import Detection
    from ..studio.sending import Account
    from ..submit.http.key import ApiKey

_OUT = "mediapreflight-videos"
# The stand-in answers faster than the service, so it is polled more often.
_SECONDS_PER_TASK, _POLL_S = 2.0, 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `studio`."""
    parser.add_argument(
        "--port", type=port, default=0, metavar="N", help=tr("where it listens on 127.0.0.1; default: a free one")
    )
    parser.add_argument("--no-browser", action="store_true", help=tr("print the address, and open no browser"))
    parser.add_argument(
        "--out",
        type=home_expanded,
        default=_OUT,
        metavar="DIR",
        help=tr("folder for the videos from the service; default: {out}", out=_OUT),
    )
    parser.add_argument("--region", help=tr("region that the job is for, such as beijing or singapore"))
    add_catalog_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Print the page's address, and serve until interrupted. Interrupting is the normal end, so the status is 0."""
    from ..studio.service import Studio

    Studio.ensure_installed()
    catalog = catalog_here(options.catalog)
    stop = threading.Event()
    with told_to_stop(stop.set), _account(options, catalog) as account:
        studio = Studio(account, options.port, catalog=catalog)
        with studio:
            print(studio.address, flush=True)
            _tell(account)
            if not options.no_browser and sys.stdout.isatty():
                _open(studio.address)
            wait_for(stop)
    if studio.open_submissions and not account.stand_in:
        said = tr_many(
            "{count} task runs on; `mediapreflight tasks resume` fetches it",
            "{count} tasks run on; `mediapreflight tasks resume` fetches them",
            len(studio.open_submissions),
        )
        print(f"mediapreflight: {said}", file=sys.stderr)
    return OK


@contextlib.contextmanager
def _account(options: argparse.Namespace, catalog: Catalog) -> Iterator[Account]:
    """Where jobs are sent: to the service if there is a key, else to a stand-in that is started here."""
    from ..studio.sending import Account
    from ..submit.http.key import KEY_VARIABLE, ApiKey

    if (key := _key()) is not None:
        yield Account(key, Path(options.out).absolute(), region=options.region)
        return
    from ..emulator.service import Emulator
    from ..studio.service import session_folder

    with (
        session_folder() as place,
        Emulator(seconds_per_task=_SECONDS_PER_TASK, catalog=catalog, detection=_detection(), folder=place) as service,
    ):
        yield Account(
            ApiKey(service.environment[KEY_VARIABLE]),
            place / "videos",
            base_url=service.base_url,
            region=options.region,
            ledger=place / "ledger.sqlite3",
            stand_in=True,
            poll_interval=_POLL_S,
        )


def _key() -> ApiKey | None:
    """The API key; None if there is none. Raises UsageError if the key in the environment is not valid."""
    from ..submit.http.key import KEY_VARIABLE, find_key

    try:
        return find_key(None)
    except UsageError:
        if os.environ.get(KEY_VARIABLE, "").strip():
            raise
        return None


def _detection() -> Detection:
    """`look` if the libraries that find faces are installed, else `assume`."""
    try:
        ensure_faces("")
    except MissingLibraryError:
        return "assume"
    return "look"


def _tell(account: Account) -> None:
    if account.stand_in:
        said = tr("no API key is set: a stand-in on this machine takes what is submitted, and nothing is billed")
    else:
        said = tr("what is submitted goes to the service, and is billed; videos go to {out}", out=account.out)
    print(f"mediapreflight: {said}", file=sys.stderr)
    print(tr("mediapreflight: files stay on this machine, and are removed at the end; Ctrl-C ends it"), file=sys.stderr)


def _open(address: str) -> None:
    """Open the page in a browser. If there is none, the printed address is enough."""
    import webbrowser

    with contextlib.suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        # Only a browser of this type would take over the terminal.
        if type(browser) is not webbrowser.GenericBrowser:
            browser.open(address)
