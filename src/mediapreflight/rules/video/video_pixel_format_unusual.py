"""The video's pixels are not stored as 8-bit 4:2:0.

No model documents a pixel format. Hardware decoders and many services read only 8-bit 4:2:0; 10-bit and 4:2:2
or 4:4:4 come from cameras, editors and screen recorders.

Why it matters: the service may fail to decode it, or shift its colours.

Fix: convert it to 8-bit 4:2:0 (yuv420p); the video is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where depth or chroma sampling is not the usual one."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or facts.pixel_format is None:
        return
    if facts.bit_depth != 8 or facts.chroma != "4:2:0":
        yield Fault(
            severity="warning",
            message=say(
                "is stored as {bit_depth}-bit {chroma} ({pixel_format}); many decoders take only 8-bit 4:2:0",
                bit_depth=facts.bit_depth,
                chroma=facts.chroma,
                pixel_format=facts.pixel_format,
            ),
            help=say("convert it to 8-bit 4:2:0"),
            measured=facts.pixel_format,
            limit="yuv420p",
        )
