"""The picture says where it was taken.

Reported if EXIF or XMP contains a GPS latitude.

Why it matters: the picture has to be sent to the service, but the location does not. No model uses it.

Fix: remove the location; the pixels do not change.
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
            message=say("says where it was taken"),
            help=say(
                "remove its GPS metadata before it is uploaded",
            ),
        )
