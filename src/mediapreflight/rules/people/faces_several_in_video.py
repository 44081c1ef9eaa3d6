"""Frames of the video show several faces.

Why it matters: VideoRetalk changes one person only: the one on the reference picture, or the largest face of
the first frame. Which one that is should not be left to chance.

Fix: give a reference picture of the person who speaks, or crop the video to them.

Source: videoretalk-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .faces import frames

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a looked-at frame shows more than one face."""
    found = frames(case)
    if found is None:
        return
    most = max(found.samples, key=lambda sample: len(sample.faces))
    if len(most.faces) > 1:
        yield Fault(
            severity="warning",
            message=say(
                "shows {count} faces at {time_s:.1f} s; {model} changes one person only",
                count=len(most.faces),
                time_s=most.time_s,
                model=case.model.id,
            ),
            help=say("give a reference picture of the person who speaks, where the model takes one, or crop to them"),
            measured=len(most.faces),
            limit="== 1",
            unit="faces",
            service_code=found.wanted.errors.get("several"),
            source=found.wanted.source,
        )
