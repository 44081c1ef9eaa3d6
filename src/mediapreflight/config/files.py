"""The files below a folder in a fixed order, without those that `.gitignore` excludes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..errors import UsageError
from ..language import say
from ..named_files import MOST_GITIGNORE_BYTES, NotReadError, read_bytes

if TYPE_CHECKING:
    from .patterns import Patterns


def files_below(
    folder: str,
    leaves_out: Callable[[str, bool], bool] | None = None,
    on_hidden: Callable[[str], None] | None = None,
) -> Iterator[str]:
    """Every file below a folder, sorted; a folder's own files come before those of its subfolders. Hidden ones are left out.

    `leaves_out`: gets a path and whether it is a folder, and says whether to skip it. `on_hidden`: gets the path of each hidden
    file and folder, the latter with a slash at its end. Raises UsageError for a folder that cannot be listed.
    """
    for place, folders, names in os.walk(folder, onerror=_unreadable):
        if on_hidden:
            for name in sorted((*(name + "/" for name in folders), *names)):
                if name.startswith("."):
                    on_hidden(os.path.join(place, name))  # noqa: PTH118
        folders[:] = (name for name, path in _visible(place, folders) if not leaves_out or not leaves_out(path, True))
        yield from (path for _, path in _visible(place, names) if not leaves_out or not leaves_out(path, False))


def _visible(place: str, names: list[str]) -> list[tuple[str, str]]:
    return [(name, os.path.join(place, name)) for name in sorted(names) if not name.startswith(".")]  # noqa: PTH118


def _unreadable(error: OSError) -> NoReturn:
    """A folder that cannot be listed is an error, not an empty folder."""
    raise UsageError(
        say("{filename}: cannot be read: {strerror}", filename=error.filename, strerror=(error.strerror or str(error)).lower())
    ) from None


class GitIgnored:
    """The `.gitignore` files of a repository: the nearest one to a file counts first, the root's last.

    Args:
        folder: an absolute folder of the repository; outside a repository, only the files from there downward count.
    """

    def __init__(self, folder: str) -> None:
        above = (Path(folder), *Path(folder).parents)
        self._top = next((str(place) for place in above if (place / ".git").exists()), folder)
        self._rules: dict[str, tuple[tuple[str, Patterns], ...]] = {}

    def __call__(self, path: str, is_folder: bool) -> bool:
        """Whether an absolute path itself is left out. If a folder is left out, everything in it is."""
        for folder, patterns in self._rules_in(os.path.dirname(path)):  # noqa: PTH120
            verdict = patterns.verdict(path[len(folder) :].lstrip("/") + ("/" if is_folder else ""))
            if verdict is not None:
                return verdict
        return False

    def _rules_in(self, folder: str) -> tuple[tuple[str, Patterns], ...]:
        if folder not in self._rules:
            inside = folder != self._top and len(folder) > len(self._top)
            above = self._rules_in(os.path.dirname(folder)) if inside else ()  # noqa: PTH120
            own = _gitignore(os.path.join(folder, ".gitignore"))  # noqa: PTH118
            self._rules[folder] = ((folder, own), *above) if own else above
        return self._rules[folder]


def _gitignore(path: str) -> Patterns | None:
    from .patterns import Patterns

    if not os.path.isfile(path):  # noqa: PTH113
        return None
    try:
        text = read_bytes(path, MOST_GITIGNORE_BYTES).decode("utf-8-sig", "surrogateescape")
    except NotReadError as error:
        raise UsageError(f"{path}: {error}") from None
    globs = []
    for line in text.replace("\r\n", "\n").split("\n"):
        try:
            Patterns([line])
        except ValueError:
            # Git skips a line that is not a valid pattern.
            continue
        globs.append(line)
    return Patterns(globs)
