"""Steps for both recordings and videos. Times in seconds."""

from __future__ import annotations

from typing import ClassVar, Literal

from ...language import say
from ...media.facts import MAX_PRIMING_S, VideoFacts
from ..steps import Step

NEEDED = say("needed by encode")
ASKED = say("a part asked for")


def kept_lead(facts: VideoFacts) -> float | None:
    """How much later than the picture the sound begins; negative for sound from before it, which is left out.

    None if that is not known, or if half of the sound would be left out: then it is all kept.
    """
    if facts.start_s is None or facts.audio_start_s is None:
        return None
    lead = facts.audio_start_s - facts.start_s
    return lead if lead >= -(facts.audio_duration_s or 0.0) / 2 or lead >= -MAX_PRIMING_S else None


class Trim(Step, frozen=True, kw_only=True):
    """Keep the part between two times of a file that lasts `of_s`.

    `place`: a `pause` between words, the `limit` because none was found before it, or a hard cut at the `end`. `fade_s`: how long
    the sound fades out before the cut.
    """

    name: ClassVar[str] = "trim"
    start_s: float = 0.0
    end_s: float
    of_s: float
    place: Literal["pause", "limit", "end"] = "end"
    fade_s: float = 0.0

    @property
    def length_s(self) -> float:
        """How long what is kept lasts."""
        return self.end_s - self.start_s

    @property
    def detail(self) -> str:
        # To the millisecond: times in the output are found in the source by it.
        start, end, whole = (f"{round(time, 3)} s".replace(".0 s", " s") for time in (self.start_s, self.end_s, self.of_s))
        said = (
            say("{start} to {end} of {whole}", start=start, end=end, whole=whole)
            if self.start_s
            else say("{before} to {after}", before=whole, after=end)
        )
        if self.place == "pause":
            said = say("{cut}, at a pause", cut=said)
        elif self.place == "limit":
            said = say("{cut}, at the limit: there is no pause in the 5 s before it", cut=said)
        return say("{cut}, fading out over {ms:.0f} ms", cut=said, ms=self.fade_s * 1000) if self.fade_s else said


def as_seconds(value: float) -> str:
    return f"{round(value, 2):g} s"
