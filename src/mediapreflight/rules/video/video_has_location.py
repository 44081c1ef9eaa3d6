"""The video says where it was taken.

Found where the container's metadata holds a position, as phones write it.

Why it matters: the video is sent to the service; the location need not be. No model uses it.

Fix: remove the location by a remux; video and sound are not changed.
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
            message=say("holds the place where it was taken"),
            help=say("strip its location metadata before it is uploaded"),
        )
