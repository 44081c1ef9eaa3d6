"""The picture is stored turned or mirrored, and only an EXIF tag says how to show it.

No model documents whether it applies the tag. Browsers and viewers do; many programs read the stored pixels
and do not.

Why it matters: boxes such as `face_bbox` are right for one of the two pictures and wrong for the other, and a
sideways face may not be found. Some editors turn the pixels but keep the tag, which then turns the upright picture
again.

Fix: turn or mirror the pixels and remove the tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts
from ..base import Fault, InputCase
from ..figures import stored_and_shown

LEVEL = "metadata"
FIXABLE = True
_MIRRORED = (2, 4, 5, 7)


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the orientation is not 1."""
    facts = case.facts
    if isinstance(facts, ImageFacts) and facts.orientation != 1:
        is_mirrored = facts.orientation in _MIRRORED
        tag = (
            say("EXIF orientation {orientation}, which mirrors it", orientation=facts.orientation)
            if is_mirrored
            else say("EXIF orientation {orientation}", orientation=facts.orientation)
        )
        yield Fault(
            severity="warning",
            message=say(
                "relies on {tag}: {sizes}; {doubt}",
                tag=tag,
                sizes=stored_and_shown(facts),
                doubt=say("no document says whether the service applies it"),
            ),
            help=say("store the pixels as they are shown, and remove the tag")
            if is_mirrored
            else say("turn the pixels upright and remove the tag"),
            measured=facts.orientation,
            limit="1",
        )
