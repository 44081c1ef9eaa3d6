"""The frames are not evenly spaced in time.

Reported at level `decode`, by the time stamps of all frames: the longest and the shortest gap differ by more than a
tenth of the usual one, and by more than the rounding of the container's clock explains. Phones, screen recorders and
video calls write such files.

Why it matters: if a reader counts frames at the nominal rate, video and sound drift apart, and lip synchronisation
cannot fix that.

Fix: convert it to a constant frame rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ...text import shown
from ..base import Fault, InputCase

LEVEL = "decode"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the frame rate is variable."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or not facts.variable_frame_rate or facts.fps is None:
        return
    span = say("{fps_min} to {fps_max}", fps_min=shown(facts.fps_min or 0), fps_max=shown(facts.fps_max or 0))
    yield Fault(
        severity="warning",
        message=say("has a variable frame rate of {span} fps, {fps} on average", span=span, fps=shown(facts.fps)),
        help=say("convert it to a constant frame rate"),
        measured=facts.fps_max,
        unit="fps",
    )
