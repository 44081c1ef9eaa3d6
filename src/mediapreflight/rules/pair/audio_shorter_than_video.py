"""The sound track is shorter than the video that will be made, so the end of the video is silent.

Wan image-to-video makes a video of the chosen `duration`.

Why it matters: the silent seconds are billed too.

Fix: choose a shorter `duration` if the model offers one, or a longer recording.

Source: image-to-video-api-reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from .sound_track import sound_track

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the sound is shorter than the video."""
    found = sound_track(case)
    if found and found.is_shorter:
        help = say("choose a shorter {parameter}, or a longer recording", parameter=found.parameter)
        yield found.fault("info", ">=", say("its end is silent"), help)
