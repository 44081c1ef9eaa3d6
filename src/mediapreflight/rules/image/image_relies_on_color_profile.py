"""The picture's colours are not sRGB, and only its profile says so.

Reported if the profile or the coding points describe Display P3, Adobe RGB, ProPhoto RGB, BT.2020 or other colours.
Their effect counts, not their name. Phones store Display P3, which is so close to sRGB that it is only a note.

Why it matters: no model documents that it reads profiles, and many readers do not. Skin then looks pale, or badly
wrong for Adobe RGB and ProPhoto RGB. With another kind of curve the whole picture is too dark or too bright.

Fix: convert it to sRGB with its profile.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import SPACES_IN_WORDS, ImageFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True
_NEAR = "display-p3"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the colour space is known and not sRGB; of high dynamic range another rule tells."""
    facts = case.facts
    if not isinstance(facts, ImageFacts) or facts.transfer in ("pq", "hlg"):
        return
    if facts.color_space is not None and facts.color_space != "srgb":
        name = SPACES_IN_WORDS[facts.color_space]
        yield Fault(
            severity="info" if facts.color_space == _NEAR else "warning",
            message=say("is stored in {name}; many readers ignore the profile and show wrong colours", name=name),
            help=say("convert it to sRGB"),
            measured=facts.color_space,
            limit="srgb",
        )
