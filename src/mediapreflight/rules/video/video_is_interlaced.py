"""The video is interlaced: each frame consists of two half pictures taken at different times.

Why it matters: moving lips show comb lines, and the generated video keeps them.

Fix: deinterlace it; the video is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the stream is marked interlaced."""
    if isinstance(case.facts, VideoFacts) and case.facts.interlaced:
        yield Fault(
            severity="warning",
            message=say("is interlaced; moving edges show comb lines"),
            help=say("deinterlace it"),
            measured="interlaced",
            limit="progressive",
        )
