"""The catalog of a command without targets."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from ..catalog import Catalog, builtin_catalog
from ..language import tr
from .arguments import home_expanded


def add_catalog_argument(parser: argparse.ArgumentParser) -> None:
    """The option that adds models for one command."""
    parser.add_argument(
        "--catalog",
        action="append",
        type=home_expanded,
        default=[],
        metavar="FILE",
        help=tr("TOML file with a model to add; may be repeated"),
    )


def catalog_here(files: Sequence[str] = ()) -> Catalog:
    """The catalog of the current folder's configuration, with these files added. Raises ConfigError and CatalogError."""
    from ..config.discovery import nearest_config

    found = nearest_config(os.getcwd())  # noqa: PTH109
    return catalog_at(found, files)


def catalog_at(config: str | None, files: Sequence[str]) -> Catalog:
    """The catalog of a configuration, if there is one, with these files added. Raises ConfigError and CatalogError."""
    if config is None:
        return Catalog(files) if files else builtin_catalog()
    from ..config.loading import load

    return load(config, files).catalog
