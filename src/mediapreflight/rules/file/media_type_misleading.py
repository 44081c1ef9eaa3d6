"""The media type of a `data:` URL does not match the format of its bytes.

For example, a `data:image/png;base64,…` whose bytes are a JPEG. A URL without a media type is not wrong.

Why it matters: services that use the media type open the data with the wrong decoder, or refuse it. It is a warning,
because `submit` states the type of the bytes.

Models: all. Those that take a picture inside the request document `image/jpeg`, `image/png`, `image/bmp` and `image/webp`.

Fix: state the type of the bytes. The bytes need not change.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.data_url import is_data_url, media_type_of, named_by
from ...media.formats import FORMATS
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True

_SAYS_NOTHING = ("", "application/octet-stream")


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the media type is not one of the format that the bytes are."""
    known = FORMATS.get(case.facts.format or "")
    if known is None or case.facts.kind == "unknown" or not is_data_url(case.path):
        return
    stated = media_type_of(case.path)
    if stated in _SAYS_NOTHING or named_by(stated) in (case.facts.format, *known.extensions):
        return
    yield Fault(
        severity="warning",
        message=say("contains {format} data but is declared as {stated!r}", format=case.facts.format, stated=stated),
        help=say("declare it as {kind}/{format}", kind=known.kind, format=case.facts.format),
        measured=stated,
    )
