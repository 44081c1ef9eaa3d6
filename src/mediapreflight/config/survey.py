"""Group the files of a folder, so that a configuration can name the groups."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from ..media.formats import Kind
from ..media.kinds import kind_by_name
from ..media.opening import open_source
from ..media.sniff import sniff
from ..media.source import OpenError
from ..system import relative_path
from .files import GitIgnored, files_below


@dataclass(frozen=True)
class Group:
    """The files of one kind in one top-level folder (`""`: in the surveyed folder itself).

    `is_deep`: whether some are in folders below that. `extensions`: as written, with the dot. `stems`: paths below the folder,
    without extension. `sizes`: the smallest and the largest, in bytes.
    """

    folder: str
    kind: Kind
    is_deep: bool
    extensions: tuple[str, ...]
    stems: frozenset[str]
    count: int
    sizes: tuple[int, int]


class _File(NamedTuple):
    path: PurePosixPath
    size: int


def survey(folder: str) -> tuple[Group, ...]:
    """The media files below a folder, by folder and kind. Hidden files and those that `.gitignore` excludes are left out.

    Raises UsageError for a folder that cannot be listed.
    """
    start = os.path.abspath(folder)  # noqa: PTH100
    groups: dict[tuple[str, Kind], list[_File]] = defaultdict(list)
    for path in files_below(start, GitIgnored(start)):
        kind = kind_by_name(path)
        if kind is not None and (size := _media_size(path)) is not None:
            below = PurePosixPath(relative_path(path, start).replace(os.sep, "/"))
            groups[below.parts[0] if len(below.parts) > 1 else "", kind].append(_File(below, size))
    return tuple(_group(place, kind, groups[place, kind]) for place, kind in sorted(groups))


def _media_size(path: str) -> int | None:
    """The size of a file; None for one that cannot be read or is plain text, as a TypeScript source named `.ts` is."""
    try:
        with open_source(path) as source:
            return None if sniff(source.stream).format == "text" else source.size
    except (OpenError, OSError):
        return None


def _group(folder: str, kind: Kind, files: Iterable[_File]) -> Group:
    paths = [file.path.relative_to(folder) if folder else file.path for file in files]
    sizes = [file.size for file in files]
    return Group(
        folder=folder,
        kind=kind,
        is_deep=any(len(path.parts) > 1 for path in paths),
        extensions=tuple(sorted({path.suffix for path in paths})),
        stems=frozenset(str(path.with_suffix("")) for path in paths),
        count=len(paths),
        sizes=(min(sizes), max(sizes)),
    )
