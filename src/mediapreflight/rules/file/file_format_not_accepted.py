"""The file is of the right kind, but in a format that the model does not take.

The format is read from the bytes. If one current document leaves out a format that another names, it is a warning.

Why it matters: the service answers with a format error after the upload.

Fix: convert it. Pictures become JPEG or PNG, recordings WAV or MP3, videos MP4 (by a remux, where the codecs
are accepted).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import alternatives
from ..base import Fault, InputCase
from ..limits import not_among

LEVEL = "metadata"
FIXABLE = True
LIMIT = "formats"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the format is not among the accepted ones."""
    if case.facts.kind == case.role.kind:
        help = say("convert it to {accepted}", accepted=alternatives(case.role.known_formats.safe_names))
        yield from not_among(case, case.role.formats, case.facts.format, say("the format"), help)
