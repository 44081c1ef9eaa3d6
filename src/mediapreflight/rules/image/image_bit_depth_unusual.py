"""The picture does not have 8 bits per channel.

No model documents a bit depth. 16-bit PNG is read by some decoders as 16-bit, by others cut to 8, and by a
few as nearly black; bitmaps of 1, 2 or 4 bits are widened by most.

Why it matters: what the model sees may differ from what you see.

Fix: convert to 8 bits per channel, through the embedded colour profile.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say, say_many
from ...media.facts import ImageFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True

_USUAL = 8


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the bit depth is not 8; palettes index 8-bit colours whatever their own depth."""
    facts = case.facts
    if not isinstance(facts, ImageFacts) or facts.color == "palette" or facts.bit_depth in (None, _USUAL):
        return
    yield Fault(
        severity="warning",
        message=say_many(
            "has {count} bit per channel; readers differ in what they make of that",
            "has {count} bits per channel; readers differ in what they make of that",
            facts.bit_depth or 0,
        ),
        help=say("convert it to 8 bits per channel"),
        measured=facts.bit_depth,
        limit="8",
        unit="bit",
    )
