"""The sound track is longer than the video that will be made, and its end is cut off.

Wan image-to-video makes a video of the chosen `duration`.

Why it matters: the last words are lost.

Cure: choose a longer `duration` where the model offers one, or cut the sound at a pause.

Source: image-to-video-api-reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..base import Fault, JobCase
from ..durations import differ
from ..limits import shown
from .sound_track import sound_track

LEVEL = "metadata"
FIXABLE = True


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the sound is longer than the video."""
    found = sound_track(case)
    if found and found.sound_s > found.video_s and differ(found.sound_s, found.video_s):
        yield Fault(
            severity="warning",
            message=f"lasts {shown(round(found.sound_s, 2))} s; the video is {shown(found.video_s)} s, so the rest is cut off",
            help=f"choose a longer {found.parameter}, or cut the sound at a pause",
            measured=found.sound_s,
            limit=f"<= {shown(found.video_s)}",
            unit="s",
            source=found.source,
            role=found.role,
        )
