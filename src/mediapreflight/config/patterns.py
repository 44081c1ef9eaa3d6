"""Globs in the syntax of `.gitignore`. Only this module uses pathspec, which is imported with the first pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..media.quiet import quiet

_WILDCARD = re.compile(r"[*?\[\\]")
# Three or more stars mean the same as one, but pathspec would try every way of dividing a name among them.
_STARS = re.compile(r"(?<!\\)\*{3,}")


class Patterns:
    """Globs in order; the last one that matches a path decides, and `!` negates one.

    Paths are relative, with `/`; a folder's ends in `/`. Raises ValueError for an invalid glob.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        from pathspec import GitIgnoreSpec

        self.globs = tuple(globs)
        try:
            # Python warns that the meaning of `[[` in a set may change.
            with quiet():
                self._spec = GitIgnoreSpec.from_lines(_STARS.sub("*", glob) for glob in self.globs)
        except re.error as error:
            raise ValueError(str(error)) from None

    def verdict(self, path: str) -> bool | None:
        """True if the path matches, False if a `!` excludes it again, None if no glob matches it."""
        return self._spec.check_file(path).include

    def matches(self, path: str) -> bool:
        """Whether the path matches."""
        return bool(self.verdict(path))

    def below_fixed_part(self, path: str) -> str:
        """A matching path, without the fixed folders of the glob that matches it."""
        index = self._spec.check_file(path).index
        return path if index is None else path.removeprefix(_fixed_part(self.globs[index]))


def has_wildcard(text: str) -> bool:
    """Whether the text can match more than one path."""
    return _WILDCARD.search(text) is not None or text.endswith("/")


def _fixed_part(glob: str) -> str:
    """The fixed folders at the start of a glob: `portraits/` of `portraits/**/*.png`."""
    folders = glob.removeprefix("/").split("/")[:-1]
    named = next((index for index, folder in enumerate(folders) if _WILDCARD.search(folder)), len(folders))
    return "".join(f"{folder}/" for folder in folders[:named])
