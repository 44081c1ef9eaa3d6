"""The bytes are not those of a picture, a video or a recording.

The kind is read from the bytes, never from the name: a web page saved as `.jpg`, a playlist named `.mp4` or a
Git LFS pointer that was never fetched are named for what they are. Playlists and scripts are never followed.

Why it matters: the service refuses it, often only after a download.

Cure: none here; get the real file.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False

_NEXT = {"Git LFS pointer": "fetch the real file with `git lfs pull`"}


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the bytes are those of something else."""
    if detail := case.facts.problem(Problem.NOT_MEDIA):
        wanted = ", ".join(case.role.formats.documented)
        yield Fault(
            severity="error",
            message=f"is no {case.role.kind}: {detail}",
            help=_NEXT.get(case.facts.format or "", f"give a file in one of the formats {wanted}"),
            measured=case.facts.format,
            limit=wanted,
            service_code=case.role.formats.error,
            source=case.model.source(case.role.formats.source),
        )
