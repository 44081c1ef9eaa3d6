"""The video's pixels are not square: it is stored narrower or wider than it is shown.

No model documents whether it applies the sample aspect ratio.

Why it matters: a reader that does not apply it sees squeezed faces and measures other sides.

Fix: scale it to square pixels; the video is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase
from ..figures import stored_and_shown

LEVEL = "metadata"
FIXABLE = True

_SQUARE = (None, "1:1", "0:1")


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the sample aspect ratio is stated and not 1:1."""
    facts = case.facts
    if isinstance(facts, VideoFacts) and facts.sample_aspect_ratio not in _SQUARE:
        yield Fault(
            severity="warning",
            message=say(
                "its pixels are not square ({sample_aspect_ratio}): {facts}",
                sample_aspect_ratio=facts.sample_aspect_ratio,
                facts=stored_and_shown(facts),
            ),
            help=say("scale it to square pixels"),
            measured=facts.sample_aspect_ratio,
            limit="1:1",
        )
