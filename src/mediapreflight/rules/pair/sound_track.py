"""The lengths of a sound track and of the video: shared by the two rules that compare them."""

from __future__ import annotations

from typing import NamedTuple

from ...findings import Severity
from ...language import say
from ...media.facts import AudioFacts, differ, length_of
from ...text import exact, shown
from ..base import Fault, JobCase


class SoundTrack(NamedTuple):
    """Lengths in seconds."""

    role: str
    parameter: str
    sound_s: float
    video_s: float
    source: str

    @property
    def is_longer(self) -> bool:
        """Whether the sound goes on after the video."""
        return self.sound_s > self.video_s and differ(self.sound_s, self.video_s)

    @property
    def is_shorter(self) -> bool:
        """Whether the sound ends before the video."""
        return self.sound_s < self.video_s and differ(self.sound_s, self.video_s)

    def fault(self, severity: Severity, limit: str, consequence: str, help: str) -> Fault:
        """The fault with both lengths and the result. `limit`: how the sound should compare with the video."""
        return Fault(
            severity=severity,
            message=say(
                "lasts {sound_s} s; the video is {video_s} s, so {consequence}",
                sound_s=shown(self.sound_s),
                video_s=shown(self.video_s),
                consequence=consequence,
            ),
            help=help,
            measured=self.sound_s,
            limit=f"{limit} {exact(self.video_s)}",
            unit="s",
            source=self.source,
            role=self.role,
        )


def sound_track(case: JobCase) -> SoundTrack | None:
    """The two lengths; None if the model adds no sound to a video of a chosen length, or the sound will be ignored."""
    pair = case.model.pairs.audio_fills_duration
    item = case.inputs.get(pair.role) if pair else None
    if pair is None or item is None or not isinstance(item.facts, AudioFacts):
        return None
    if not case.job.whole and pair.parameter not in case.job.parameters:
        # A single file is checked by itself; the default length is only for a whole job.
        return None
    if any(case.holds(condition) for condition in item.role.ignored_when):
        return None
    sound, video = length_of(item.facts), case.value(pair.parameter)
    if not sound or isinstance(video, bool) or not isinstance(video, int | float):
        return None
    return SoundTrack(pair.role, pair.parameter, sound, float(video), pair.source)
