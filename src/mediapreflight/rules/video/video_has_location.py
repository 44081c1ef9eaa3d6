"""The video says where it was taken.

Reported if the container's metadata contains a position, as phones write it.

Why it matters: the video has to be sent to the service, but the location does not. No model uses it.

Fix: remux it without the location; picture and sound do not change.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the metadata holds a position."""
    if isinstance(case.facts, VideoFacts) and case.facts.has_location:
        yield Fault(
            severity="info",
            message=say("says where it was taken"),
            help=say("remove its location metadata before it is uploaded"),
        )
