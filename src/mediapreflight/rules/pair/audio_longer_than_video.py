"""The sound track is longer than the video that will be made, so its end is cut off.

Wan image-to-video makes a video of the chosen `duration`.

Why it matters: the last words are lost.

Fix: choose a longer `duration` if the model offers one, or cut the sound at a pause.

Source: image-to-video-api-reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from .sound_track import sound_track

LEVEL = "metadata"
FIXABLE = True


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the sound is longer than the video."""
    found = sound_track(case)
    if found and found.is_longer:
        yield found.fault(
            "warning",
            "<=",
            say("the rest is cut off"),
            say("choose a longer {parameter}, or cut the sound at a pause", parameter=found.parameter),
        )
