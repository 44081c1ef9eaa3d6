"""The length of a sound track beside the chosen length of the video: shared by the two rules that compare them."""

from __future__ import annotations

from typing import NamedTuple

from ...probe.facts import AudioFacts
from ..base import JobCase


class SoundTrack(NamedTuple):
    """Lengths in seconds."""

    role: str
    parameter: str
    sound_s: float
    video_s: float
    source: str


def sound_track(case: JobCase) -> SoundTrack | None:
    """The two lengths; None where the model lays no sound under a video of chosen length, or it will be ignored."""
    pair = case.model.pairs.audio_fills_duration
    item = case.inputs.get(pair.role) if pair else None
    if pair is None or item is None or not isinstance(item.facts, AudioFacts):
        return None
    if not case.job.whole and pair.parameter not in case.job.parameters:
        # A lone file is judged by itself; the default length belongs to a job nobody has written yet.
        return None
    if any(case.holds(condition) for condition in item.role.ignored_when):
        return None
    sound, video = item.facts.duration_s or item.facts.stated_duration_s, case.value(pair.parameter)
    if not sound or isinstance(video, bool) or not isinstance(video, int | float):
        return None
    return SoundTrack(pair.role, pair.parameter, sound, float(video), case.model.source(pair.source))
