"""One side of the video is an odd number of pixels.

8-bit 4:2:0, the usual pixel format, shares colour between pairs of pixels; encoders refuse odd sides or drop a line.

Why it matters: a service that encodes its result at the size of the input may fail at the very end.

Fix: crop or scale it by one pixel; the video is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a stored side is odd."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or facts.stored_width is None or facts.stored_height is None:
        return
    if facts.stored_width % 2 or facts.stored_height % 2:
        yield Fault(
            severity="warning",
            message=say(
                "is {stored_width} x {stored_height} px; encoders need even sides",
                stored_width=facts.stored_width,
                stored_height=facts.stored_height,
            ),
            help=say("crop or scale it by one pixel"),
            measured=f"{facts.stored_width}x{facts.stored_height}",
            limit="even",
            unit="px",
        )
