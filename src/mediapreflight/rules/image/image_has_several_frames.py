"""The file contains several pictures: an animation, or a JPEG with more pictures after the first.

No model documents what it does with more than one; most decoders read the first. Phones write a second JPEG after the
first for depth, HDR gain or stereo (MPO), and Pillow calls that a format of its own.

Why it matters: the first frame of an animation is often not the one you want, and a reader that uses
Pillow's format name refuses MPO.

Fix: keep the first picture only.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is more than one frame."""
    facts = case.facts
    if isinstance(facts, ImageFacts) and facts.frames is not None and facts.frames > 1:
        yield Fault(
            severity="warning",
            message=say(
                "contains {frames} pictures; no document mentions more than one, and most readers take the first",
                frames=facts.frames,
            ),
            help=say("keep the first picture only"),
            measured=facts.frames,
            limit="<= 1",
            unit="pictures",
        )
