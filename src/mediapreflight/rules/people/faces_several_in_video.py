"""Frames of the video show several faces.

Why it matters: VideoRetalk changes only one person: the one in the reference picture, or the largest face of the
first frame. You should not leave that to chance.

Fix: give a reference picture of the speaker, or crop the video to the speaker.

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
                "shows {count} faces at {time_s:.1f} s; {model} changes only one person",
                count=len(most.faces),
                time_s=most.time_s,
                model=case.model.id,
            ),
            help=say("give a reference picture of the speaker, if the model takes one, or crop to the speaker"),
            measured=len(most.faces),
            limit="== 1",
            unit="faces",
            service_code=found.wanted.errors.get("several"),
            source=found.wanted.source,
        )
