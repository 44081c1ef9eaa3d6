"""Most of the recording is silence.

Threshold, which the catalog can override: `speech_share_min` (0.3), the share of the time in which someone speaks.

Why it matters: silence is billed like speech, and the portrait does not move.

Fix: cut out long pauses.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .voices import judged_voice

LEVEL = "content"
FIXABLE = False
SPEECH_SHARE_MIN = 0.3


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is some speech, but little."""
    heard = judged_voice(case)
    share_min = case.threshold("speech_share_min", SPEECH_SHARE_MIN)
    if heard is not None and heard.speech_share < share_min:
        yield Fault(
            severity="warning",
            message=say("someone speaks for {speech_share:.0%} of it; the rest is billed too", speech_share=heard.speech_share),
            help=say("cut out long pauses"),
            measured=round(heard.speech_share, 3),
            limit=f">= {exact(share_min)}",
            unit=say("of the time"),
        )
