"""The bytes are not those of a picture, a video or a recording.

The kind is read from the bytes, never from the name, so a web page saved as `.jpg` or a playlist named `.mp4` is
reported as what it is. Playlists and scripts are never followed.

Why it matters: the service refuses it, often only after a download.

Fix: `prepare` cannot fix this; get the real file.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase
from .file_not_fetched import POINTER

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the bytes are those of something else."""
    detail = case.facts.problem(Problem.NOT_MEDIA)
    if detail and case.facts.format != POINTER:
        formats = case.role.formats
        wanted = ", ".join(formats.documented) if formats else None
        yield Fault(
            severity="error",
            message=say("is not a picture, video or recording: {detail}", detail=detail),
            help=say("give a file in one of the formats {wanted}", wanted=wanted) if wanted else say("give the real file"),
            measured=case.facts.format,
            limit=wanted,
            service_code=case.role.format_error,
            source=formats.source if formats else case.role.source,
        )
