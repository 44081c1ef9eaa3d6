"""The video has an alpha channel.

Reported if its pixels have one (ProRes 4444, PNG, QuickTime Animation) or its container has one in addition to them
(VP8 and VP9 in WebM).

Why it matters: no model documents what it shows behind a transparent picture. Most readers ignore the channel and
show whatever colours the encoder left in the transparent parts.

Fix: put a solid colour behind it; the video is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is an alpha channel."""
    if isinstance(case.facts, VideoFacts) and case.facts.has_alpha:
        yield Fault(
            severity="warning",
            message=say("has an alpha channel; no document says what the service shows behind it"),
            help=say("put a solid colour behind it"),
            measured=True,
            limit=say("no alpha channel"),
        )
