"""The picture starts some time after the file does.

Reported if the first frame comes more than two frames, and more than 0.1 s, after time zero.

Why it matters: readers that drop the empty start shift the video against the sound; readers that keep it see
no face in the first frame.

Fix: move the first frame to time zero; sound and picture stay in step.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ...text import exact, shown
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True

_TOLERANCE_S = 0.1
_TOLERANCE_FRAMES = 2


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the picture starts late."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or facts.start_s is None:
        return
    allowed = max(_TOLERANCE_S, _TOLERANCE_FRAMES / facts.fps if facts.fps else 0)
    if facts.start_s > allowed:
        yield Fault(
            severity="warning",
            message=say("its picture starts {start_s} s after the beginning of the file", start_s=shown(facts.start_s)),
            help=say("move the first frame to time zero"),
            measured=facts.start_s,
            limit=f"<= {exact(round(allowed, 3))}",
            unit="s",
        )
