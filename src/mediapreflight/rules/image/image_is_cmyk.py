"""The picture is stored in print colours (CMYK).

No model documents a colour space. Decoders that ignore Adobe's inversion show a negative; others ignore the embedded
profile.

Why it matters: skin looks green or blue, and the face may not be found.

Fix: convert it to sRGB with the embedded profile.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the colours are CMYK."""
    if isinstance(case.facts, ImageFacts) and case.facts.color == "cmyk":
        yield Fault(
            severity="warning",
            message=say("is stored in CMYK print colours; readers convert them to RGB differently"),
            help=say("convert it to sRGB"),
            measured="cmyk",
            limit="rgb",
        )
