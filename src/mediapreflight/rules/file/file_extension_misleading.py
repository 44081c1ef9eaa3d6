"""The file's extension does not match the format of its bytes.

Why it matters: services and libraries that go by the name refuse the file or open it with the wrong decoder. EMO's
documented error lists file *types* by extension.

Models: all. It is a warning, because a decoder that looks at the bytes reads the file.

Fix: rename it. The bytes need not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from ...language import say
from ...media.data_url import is_data_url
from ...media.formats import FORMATS
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the name ends in something other than its format's usual extensions."""
    known = FORMATS.get(case.facts.format or "")
    extension = PurePath(case.path).suffix.removeprefix(".").lower()
    if known is None or case.facts.kind == "unknown" or extension in known.extensions or is_data_url(case.path):
        return
    yield Fault(
        severity="warning",
        message=say("contains {format} data but is named .{extension}", format=case.facts.format, extension=extension)
        if extension
        else say("contains {format} data but has no extension", format=case.facts.format),
        help=say("rename it so that it ends in .{extension}", extension=known.extensions[0]),
        measured=extension,
    )
