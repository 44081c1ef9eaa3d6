"""Frames of the video show several faces.

Why it matters: VideoRetalk changes one person only: the one on the reference picture, or the largest face of
the first frame. Which one that is should not be left to chance.

Cure: give a reference picture of the person who speaks, or crop the video to them.

Source: videoretalk-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...people.facts import VideoContent
from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a looked-at frame shows more than one face."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces is None or not isinstance(seen, VideoContent) or not seen.samples:
        return
    most = max(seen.samples, key=lambda sample: len(sample.faces))
    if len(most.faces) > 1:
        yield Fault(
            severity="warning",
            message=f"shows {len(most.faces)} faces at {most.time_s:.1f} s; {case.model.id} changes one person only",
            help="give a reference picture of the person who speaks, where the model takes one, or crop to them",
            measured=len(most.faces),
            limit="== 1",
            unit="faces",
            service_code=wanted.errors.get("several"),
            source=case.model.source(wanted.source),
        )
