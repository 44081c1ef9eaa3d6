"""Globs as `.gitignore` writes them. The one caller of pathspec, which is loaded with the first pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..probe.quiet import quiet

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_WILDCARD = re.compile(r"[*?\[\\]")
# What pathspec makes of `*`, of a leading `**`, and of one in the middle.
_STAR, _ANY_ABOVE, _ANY_BETWEEN = "[^/]*", "^(?:.+/)?", "(?:/.+)?"


class Patterns:
    """Globs in order; the last one that matches a path decides, and `!` turns one around.

    Paths are relative, with `/`; a folder's ends in `/`. Raises ValueError for a glob that is none.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        from pathspec import GitIgnoreSpec

        self.globs = tuple(globs)
        try:
            # Of `[[]` Python warns that its meaning may change one day.
            with quiet():
                self._spec = _quick(GitIgnoreSpec.from_lines(self.globs))
        except re.error as error:
            raise ValueError(str(error)) from None

    def verdict(self, path: str) -> bool | None:
        """True where the path is meant, False where a `!` takes it out again, None where no glob matches it."""
        return self._spec.check_file(path).include

    def matches(self, path: str) -> bool:
        """Whether the path is meant."""
        return bool(self.verdict(path))

    def below_fixed_part(self, path: str) -> str:
        """A path that is meant, without the folders that the glob which matches it names."""
        index = self._spec.check_file(path).index
        return path if index is None else path.removeprefix(_fixed_part(self.globs[index]))


def _quick(spec: GitIgnoreSpec) -> GitIgnoreSpec:
    """The same globs, as expressions that answer at once whatever the path."""
    from pathspec.pattern import RegexPattern

    patterns: list[Any] = [
        RegexPattern(re.compile(_without_retries(pattern.regex.pattern)), pattern.include) if pattern.regex else pattern
        for pattern in spec.patterns
    ]
    try:
        # Other engines, which pathspec takes where they are installed, know no atomic groups. Before 1.0 there were none.
        return type(spec)(patterns, backend="simple")
    except TypeError:
        return type(spec)(patterns)


def _without_retries(regex: str) -> str:
    """The same expression, without the time that doubles with each `*` in it.

    What stands between two `*` may be taken where it first fits: whatever comes after fits there, too, if it fits at all. The
    same holds for folders between two `**`. Python's engine is told so by atomic groups.
    """
    first, *inner = (_segments_without_retries(part) for part in regex.split(_ANY_BETWEEN))
    if not inner:
        return first
    if first.startswith(_ANY_ABOVE):
        first = f"^(?>(?:.+?/)??{first.removeprefix(_ANY_ABOVE)}(?=/))"
    *between, last = inner
    return "".join((first, *(f"(?>(?:/.+?)??{part}(?=/))" for part in between), _ANY_BETWEEN, last))


def _segments_without_retries(regex: str) -> str:
    first, *pieces = regex.split(_STAR)
    if not pieces:
        return first
    *between, last = pieces
    # A piece with a slash of its own spans segments: its star has but one place to end.
    within = (piece for piece in between if piece)
    return first + "".join(f"{_STAR}{piece}" if _has_slash(piece) else f"(?>[^/]*?{piece})" for piece in within) + _STAR + last


def _has_slash(regex: str) -> bool:
    return "/" in regex.replace("[^/]", "")


def has_wildcard(text: str) -> bool:
    """Whether the text can match more than one path."""
    return _WILDCARD.search(text) is not None or text.endswith("/")


def _fixed_part(glob: str) -> str:
    """The folders a glob names: `portraits/` of `portraits/**/*.png`."""
    folders = glob.removeprefix("/").split("/")[:-1]
    named = next((index for index, folder in enumerate(folders) if _WILDCARD.search(folder)), len(folders))
    return "".join(f"{folder}/" for folder in folders[:named])
