"""Find the configuration of a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..language import say
from ..named_files import MOST_TABLE_BYTES, NotReadError, TooLargeError, read_bytes
from ..system import relative_path

CONFIG_NAME = "mediapreflight.toml"
PYPROJECT_NAME = "pyproject.toml"
TABLE = ("tool", "mediapreflight")


def nearest_config(folder: str) -> str | None:
    """The path of the configuration for an absolute folder, or None.

    Raises ConfigError if one folder has two, or if a `pyproject.toml` that may contain one is not TOML.
    """
    while True:
        if found := config_in(folder):
            return found
        parent = os.path.dirname(folder)  # noqa: PTH120
        if parent == folder:
            return None
        folder = parent


def config_in(folder: str) -> str | None:
    """The path of the configuration in this folder itself, or None. Raises as `nearest_config`."""
    # Called for every folder from the target to the root, by commands that take 50 ms in all: pathlib would double the time.
    own, pyproject = os.path.join(folder, CONFIG_NAME), os.path.join(folder, PYPROJECT_NAME)  # noqa: PTH118
    has_own = os.path.isfile(own)  # noqa: PTH113
    if not os.path.isfile(pyproject) or not _holds_table(Path(pyproject)):  # noqa: PTH113
        return own if has_own else None
    if has_own:
        raise ConfigError(
            shown_path(own),
            say(
                "{pyproject_name} beside it has a [tool.mediapreflight] too; keep one of them",
                pyproject_name=PYPROJECT_NAME,
            ),
        )
    return pyproject


def table_of(document: Any) -> Any:
    """The value of `tool.mediapreflight`; None if it is not there."""
    for key in TABLE:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _holds_table(pyproject: Path) -> bool:
    try:
        if b"mediapreflight" not in read_bytes(pyproject, MOST_TABLE_BYTES):
            return False
    except TooLargeError as error:
        raise ConfigError(shown_path(str(pyproject)), str(error)) from None
    except NotReadError:
        # An unreadable file in a folder above may belong to another project, so it does not count as a configuration.
        return False
    from ..catalog.loading import read_table

    return table_of(read_table(Path(shown_path(str(pyproject))), ConfigError)) is not None


def shown_path(path: str) -> str:
    """A path as the user would write it: relative if it is below the current folder, else absolute."""
    relative = relative_path(path)
    return path if relative.startswith(os.pardir) else relative
