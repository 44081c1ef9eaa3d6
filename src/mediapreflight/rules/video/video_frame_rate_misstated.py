"""The frame rate in the header is not the rate of the frames.

Found at level `decode`, where the average over all frames and the header's average differ by more than a
twentieth: a WebM that claims 600 fps and holds 120, a screen recording that claims 30 and changes twice a
second.

Why it matters: which of the two the service reads is unknown; a reader that trusts the header plays at the
wrong speed.

Fix: re-encode at a constant frame rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ...text import shown
from ..base import Fault, InputCase

LEVEL = "decode"
FIXABLE = True

_TOLERANCE_SHARE = 0.05


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the stated and the measured rate differ."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or not facts.frames or facts.fps is None or facts.stated_fps is None:
        return
    if abs(facts.stated_fps - facts.fps) > _TOLERANCE_SHARE * facts.fps:
        yield Fault(
            severity="warning",
            message=say(
                "its header says {stated_fps} fps, its frames come at {fps} fps",
                stated_fps=shown(facts.stated_fps),
                fps=shown(facts.fps),
            ),
            help=say("convert it to a constant frame rate"),
            measured=facts.stated_fps,
            unit="fps",
        )
