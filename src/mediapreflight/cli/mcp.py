"""`mediapreflight mcp`: serve agents over the Model Context Protocol on standard input and output."""

from __future__ import annotations

import argparse

from ..agents.roots import Roots
from ..config.discovery import nearest_config
from ..language import speaking, tr
from ..media.libraries import load
from . import OK
from .arguments import home_expanded
from .catalogs import add_catalog_argument, catalog_at
from .service import add_service_arguments, chosen_service, mask_of_key

_INSTALL = 'pip install "mediapreflight[mcp]"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `mcp`."""
    parser.add_argument(
        "--root",
        type=home_expanded,
        action="append",
        default=[],
        metavar="DIR",
        help=tr("a folder whose files agents may use; may be repeated; default: the current folder"),
    )
    parser.add_argument(
        "--allow-submit",
        action="store_true",
        help=tr("offer the tools `submit` and `tasks` too; submitting costs money"),
    )
    add_catalog_argument(parser)
    parser.add_argument("--region", help=tr("region of jobs that do not name one, such as beijing or singapore"))
    add_service_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Serve one client until it closes the connection."""
    roots = Roots(options.root)
    catalog = catalog_at(nearest_config(str(roots.folders[0])), options.catalog)
    load("mcp_types", "mcp", _INSTALL)
    import anyio

    from ..agents.server import serve
    from ..agents.tools import Scope

    scope = Scope(roots, catalog, chosen_service(options) if options.allow_submit else None)
    # Agents read the answers as data, and all data is in English.
    with speaking("en"):
        anyio.run(serve, scope, mask_of_key() if options.allow_submit else str)
    return OK
