"""The picture says where it was taken.

Found where EXIF or XMP holds a GPS latitude.

Why it matters: the picture leaves your machine; its place need not. No model uses it.

Fix: strip the location, keeping the pixels as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import ImageFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the metadata holds a position."""
    if isinstance(case.facts, ImageFacts) and case.facts.has_location:
        yield Fault(
            severity="info", message="holds the place where it was taken", help="strip its GPS metadata before it is uploaded"
        )
