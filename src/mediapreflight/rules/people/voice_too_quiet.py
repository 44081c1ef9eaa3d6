"""The voice is very quiet.

Threshold, which the catalog can override: `speech_level_min` (-40 dBFS), the level while someone speaks.

Why it matters: quiet speech is treated as silence, and the mouth stays closed.

Fix: `mediapreflight prepare --loudness -16` raises its level; without that option it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .voices import judged_voice

LEVEL = "content"
FIXABLE = False
SPEECH_LEVEL_MIN = -40.0


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is speech and its level is low."""
    heard = judged_voice(case)
    level_min = case.threshold("speech_level_min", SPEECH_LEVEL_MIN)
    if heard is not None and heard.speech_level_dbfs < level_min:
        yield Fault(
            severity="warning",
            message=say(
                "the voice is quiet: {speech_level_dbfs:.0f} dBFS while someone speaks, and {level_min} or more counts as clear",
                speech_level_dbfs=heard.speech_level_dbfs,
                level_min=exact(level_min),
            ),
            help=say("raise its level with `mediapreflight prepare --loudness -16`"),
            measured=round(heard.speech_level_dbfs, 1),
            limit=f">= {exact(level_min)}",
            unit="dBFS",
        )
