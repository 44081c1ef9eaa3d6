"""Nobody speaks in the recording.

Judged by a voice activity detector (Silero) on samples of the recording. Threshold, which the catalog can override:
`speech_share_least` (0.03); less speech than that counts as none. The detector hears no speech in most songs: it cannot
tell singing from the music. No document says that a recording without a voice is refused, so this is a warning, like a
recording that is silent.

Why it matters: the mouth stays closed, and every second is billed.

Fix: `prepare` cannot fix this; give a recording with a clear voice.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.facts import SpeechFacts
from ...text import exact
from ..base import Fault, InputCase
from .voices import SPEECH_SHARE_LEAST, is_voiceless, judged_sound

LEVEL = "content"
FIXABLE = False
# From this share of the time on, sound that is not speech may be a song.
_SOUNDING = 0.2


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is hardly any speech."""
    heard = judged_sound(case)
    if heard is None or not is_voiceless(case, heard):
        return
    yield Fault(
        severity="warning",
        message=_words(heard),
        help=say("give a recording with a clear voice"),
        measured=round(heard.speech_share, 3),
        limit=f">= {exact(case.threshold('speech_share_least', SPEECH_SHARE_LEAST))}",
        unit=say("of the time"),
        source=case.role.content.source if case.role.content else None,
    )


def _words(heard: SpeechFacts) -> str:
    sounds = heard.other_sound_share >= _SOUNDING
    other, spoken = heard.other_sound_share, sum(end - start for start, end in heard.speech)
    if spoken:
        voice = say("a voice is heard for only {spoken:.1f} of {heard_s:.1f} s", spoken=spoken, heard_s=heard.heard_s)
        return say("{voice}; there is other sound for {other:.0%} of the time", voice=voice, other=other) if sounds else voice
    if sounds:
        return say(
            "no speech is heard; there is other sound for {other:.0%} of the time, and singing cannot be told from music",
            other=other,
        )
    return say("no voice is heard")
