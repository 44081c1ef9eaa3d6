"""Every error this package raises on purpose.

    MediaPreflightError
    ├── UsageError                 the caller asked for something that cannot be meant
    │   ├── UnknownModelError      a model id no catalog entry carries
    │   ├── UnknownRuleError       a rule code, prefix or name that selects nothing
    │   ├── JobFileError           a job file that cannot be read; names file and line
    │   └── CatalogError           a catalog file that breaks its schema; names file, key and line
    ├── MissingLibraryError        a library or system file this check needs does not load
    ├── UnreadableMediaError       pictures or sound that cannot be decoded, where content was to be looked at
    └── PrepareError               a file could not be made to fit; carries the findings that stay
        └── FfmpegError            ffmpeg failed, hung or is missing; carries its last lines

Bad media is not an error: `probe` describes it in `Facts.problems` and `check` turns that into findings.
"""

from __future__ import annotations

from typing import Any


class MediaPreflightError(Exception):
    """Base of all errors of this package. The text is one line, fit to show to a user. All can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By default an error is rebuilt from its text, which is not what most of these are made from.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[MediaPreflightError], args: tuple[object, ...], attributes: dict[str, object]) -> MediaPreflightError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(attributes)
    return error


class UsageError(MediaPreflightError):
    """A target, option or argument that has no meaning here."""


class UnknownModelError(UsageError):
    """No catalog entry has this id or alias.

    Attributes:
        model: the id as given.
        suggestions: the nearest known ids, best first; may be empty.
    """

    def __init__(self, model: str, suggestions: tuple[str, ...] = ()) -> None:
        self.model = model
        self.suggestions = suggestions
        super().__init__(f"unknown model {model!r}{did_you_mean(suggestions)}")


class UnknownRuleError(UsageError):
    """No rule has this code, code prefix or name.

    Attributes:
        selector: the text as given.
        suggestions: the nearest known names, best first; may be empty.
    """

    def __init__(self, selector: str, suggestions: tuple[str, ...] = ()) -> None:
        self.selector = selector
        self.suggestions = suggestions
        super().__init__(f"unknown rule {selector!r}{did_you_mean(suggestions)}")


class _FileError(UsageError):
    """Something wrong at a place in a text file.

    Attributes:
        path: the file.
        line: the line, counted from 1, or None where the whole file is at fault.
    """

    def __init__(self, path: str, message: str, *, line: int | None = None) -> None:
        self.path = path
        self.line = line
        place = path if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {message}")


class JobFileError(_FileError):
    """A job file (TOML, JSON, JSON Lines or CSV) that cannot be understood."""


class CatalogError(_FileError):
    """A catalog file that cannot be parsed or breaks the schema.

    Attributes:
        key: the dotted key at fault, or None.
    """

    def __init__(self, path: str, message: str, *, key: str | None = None, line: int | None = None) -> None:
        self.key = key
        super().__init__(path, f"{key}: {message}" if key else message, line=line)


class MissingLibraryError(MediaPreflightError):
    """A library, or a system file it links to, does not load.

    Attributes:
        library: its name.
        mend: the one line that mends it.
    """

    def __init__(self, library: str, reason: str, mend: str) -> None:
        self.library = library
        self.mend = mend
        super().__init__(f"{library} does not load ({reason}); {mend}")


class UnreadableMediaError(MediaPreflightError):
    """The pictures or the sound of a file cannot be decoded; what `probe` finds wrong with it says more.

    Attributes:
        path: the file.
        reason: the rest of the message.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class PrepareError(MediaPreflightError):
    """A file could not be made to fit, or its output could not be written.

    Attributes:
        path: the source.
        findings: what stays wrong with it; may be empty where writing failed.
    """

    def __init__(self, path: str, message: str, findings: tuple[object, ...] = ()) -> None:
        self.path = path
        self.findings = findings
        super().__init__(f"{path}: {message}")


class FfmpegError(PrepareError):
    """ffmpeg failed, hung, or is missing.

    Attributes:
        log: its last lines; may be empty.
    """

    def __init__(self, path: str, message: str, log: tuple[str, ...] = ()) -> None:
        self.log = log
        super().__init__(path, message)


def did_you_mean(suggestions: tuple[str, ...]) -> str:
    """The tail of a message that names near misses; empty where there are none."""
    return f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
