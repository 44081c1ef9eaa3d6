"""The voice in a recording, shared by the rules over voices."""

from __future__ import annotations

from ...people.facts import SpeechFacts
from ..audio.audio_is_silent import SILENCE_DBFS
from ..base import InputCase

SPEECH_SHARE_LEAST = 0.03


def judged_sound(case: InputCase) -> SpeechFacts | None:
    """The measured voice, if the model needs a voice; else None.

    Also None if there is no sound at all: that is another rule.
    """
    wanted, heard = case.role.content, case.content
    if wanted is None or not wanted.speech or not isinstance(heard, SpeechFacts) or not heard.heard_s:
        return None
    return heard if heard.peak_dbfs > SILENCE_DBFS else None


def judged_voice(case: InputCase) -> SpeechFacts | None:
    """The same if somebody speaks; None if there is hardly any speech, which is `voice-missing`."""
    heard = judged_sound(case)
    return heard if heard is not None and heard.speech and not is_voiceless(case, heard) else None


def is_voiceless(case: InputCase, heard: SpeechFacts) -> bool:
    """Whether there is too little speech to count as a voice."""
    return heard.speech_share < case.threshold("speech_share_least", SPEECH_SHARE_LEAST)
