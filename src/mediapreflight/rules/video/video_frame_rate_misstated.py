"""The header states a different frame rate than the frames have.

Reported at level `decode`, if the average over all frames differs from the average in the header by more than 5 %: a
WebM that claims 600 fps and has 120, a screen recording that claims 30 and changes twice a second.

Why it matters: nobody knows which of the two the service reads. A reader that trusts the header plays the video at
the wrong speed.

Fix: encode it again at a constant frame rate.
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
                "its header says {stated_fps} fps, but its frames come at {fps} fps",
                stated_fps=shown(facts.stated_fps),
                fps=shown(facts.fps),
            ),
            help=say("convert it to a constant frame rate"),
            measured=facts.stated_fps,
            unit="fps",
        )
