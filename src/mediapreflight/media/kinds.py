"""The kind of a file by its first bytes, and by its name only if the bytes do not say."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from .formats import FORMATS, Kind
from .opening import open_source
from .sniff import sniff
from .source import OpenError, is_remote

if TYPE_CHECKING:
    from .source import Source

# Extensions that say more than the container: most files with them are of the other kind.
_OWN_KINDS: dict[str, Kind] = {"ogv": "video", "wma": "audio", "mka": "audio", "weba": "audio"}


def kind_of(path: str) -> Kind | None:
    """What the file probably is, before it is measured; None if neither bytes nor name say. Never raises for a bad file.

    For a remote file, whose bytes need a request, the name counts first.
    """
    if is_remote(path):
        return kind_by_name(path) or _kind_by_bytes(path)
    return _kind_by_bytes(path) or kind_by_name(path)


def kind_by_name(path: str) -> Kind | None:
    """The kind that the file's extension claims; None for an extension that is not of a media format."""
    return _kind_by_extension(os.path.splitext(path)[1].removeprefix(".").lower())  # noqa: PTH122 - called for every file there is


@functools.lru_cache(maxsize=256)
def _kind_by_extension(extension: str) -> Kind | None:
    if extension in _OWN_KINDS:
        return _OWN_KINDS[extension]
    claims = (known for known in FORMATS.values() if extension in known.extensions)
    return next((known.kind for known in sorted(claims, key=lambda known: known.extensions.index(extension))), None)


def _kind_by_bytes(path: str) -> Kind | None:
    try:
        with open_source(path) as source:
            found = sniff(source.stream)
            pictured = _has_picture(source, found.format) if found.family == "stream" else None
    except (OpenError, OSError):
        return None
    if pictured is not None:
        return "video" if pictured else "audio"
    return FORMATS[found.format].kind if found.format in FORMATS else None


def _has_picture(source: Source, format: str) -> bool | None:
    from .parsers.streams import has_picture

    return has_picture(source.stream, source.size, format)
