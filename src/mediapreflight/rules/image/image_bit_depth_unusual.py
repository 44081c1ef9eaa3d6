"""The picture does not have 8 bits per channel.

No model documents a bit depth. Some decoders read a 16-bit PNG as 16-bit, others cut it to 8, and a few read it as
nearly black. Most expand bitmaps of 1, 2 or 4 bits.

Why it matters: what the model sees may differ from what you see.

Fix: convert it to 8 bits per channel, with the embedded colour profile.
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
            "has {count} bit per channel; readers treat that differently",
            "has {count} bits per channel; readers treat that differently",
            facts.bit_depth or 0,
        ),
        help=say("convert it to 8 bits per channel"),
        measured=facts.bit_depth,
        limit="8",
        unit="bit",
    )
