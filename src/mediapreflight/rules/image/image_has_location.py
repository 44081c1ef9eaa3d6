"""The picture says where it was taken.

Found where EXIF or XMP holds a GPS latitude.

Why it matters: the picture is sent to the service; the location need not be. No model uses it.

Fix: remove the location; the pixels are not changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the metadata holds a position."""
    if isinstance(case.facts, ImageFacts) and case.facts.has_location:
        yield Fault(
            severity="info",
            message=say("holds the place where it was taken"),
            help=say(
                "strip its GPS metadata before it is uploaded",
            ),
        )
