"""The video has an alpha channel.

Found where its pixels carry one (ProRes 4444, PNG, QuickTime Animation) or its container announces one beside
them (VP8 and VP9 in WebM).

Why it matters: no model documents what it puts behind a transparent picture. Most readers drop the channel,
and show whatever colours the encoder left where nothing was to be seen.

Fix: lay it onto a solid colour, which needs one encode.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is an alpha channel."""
    if isinstance(case.facts, VideoFacts) and case.facts.has_alpha:
        yield Fault(
            severity="warning",
            message="has an alpha channel; what the service shows behind it is not documented",
            help="lay it onto a solid colour",
            measured=True,
            limit="no alpha channel",
        )
