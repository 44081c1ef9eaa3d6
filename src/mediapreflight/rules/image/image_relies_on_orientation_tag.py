"""The picture is stored turned or mirrored, and only an EXIF tag says how to show it.

No model documents whether it applies the tag. Browsers and viewers do; many programs read the stored pixels
and do not.

Why it matters: boxes such as `face_bbox` are right for one of the two pictures and wrong for the other, and a
sideways face may not be found. Some editors turn the pixels but keep the tag, which then turns the upright picture
again.

Fix: turn the pixels and remove the tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts
from ..base import Fault, InputCase
from ..figures import stored_and_shown

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the orientation is not 1."""
    facts = case.facts
    if isinstance(facts, ImageFacts) and facts.orientation != 1:
        yield Fault(
            severity="warning",
            message=say(
                "relies on EXIF orientation {orientation}: {facts}; no document says whether the service applies it",
                orientation=facts.orientation,
                facts=stored_and_shown(facts),
            ),
            help=say("turn the pixels upright and remove the tag"),
            measured=facts.orientation,
            limit="1",
        )
