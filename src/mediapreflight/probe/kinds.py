"""The kind of a file by a look at its first bytes, and at its name only where the bytes say nothing."""

from __future__ import annotations

from pathlib import PurePath

from .formats import FORMATS, Kind
from .sniff import sniff
from .source import OpenError, open_source


def kind_of(path: str) -> Kind | None:
    """What the file probably is, before it is measured; None where neither bytes nor name say. Never raises for a bad file."""
    return _kind_by_bytes(path) or kind_by_name(path)


def kind_by_name(path: str) -> Kind | None:
    """What the file's extension claims; None for an extension that is no media's."""
    extension = PurePath(path).suffix.removeprefix(".").lower()
    claims = (known for known in FORMATS.values() if extension in known.extensions)
    return next((known.kind for known in sorted(claims, key=lambda known: known.extensions.index(extension))), None)


def _kind_by_bytes(path: str) -> Kind | None:
    try:
        with open_source(path) as source:
            found = sniff(source.stream)
    except (OpenError, OSError):
        return None
    return FORMATS[found.format].kind if found.format in FORMATS else None
