"""The recording is completely silent.

Reported at level `decode`, if no sample of the first ten minutes is above -80 dB of full scale.

Why it matters: the service makes and bills a video of a closed mouth, or fails because nobody speaks. Usually a muted
track was exported by mistake. No document says that it is refused, so this is a warning, like a recording without a voice.

Fix: `prepare` cannot fix this; give the recording that contains the voice.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import AudioFacts
from ...text import exact
from ..base import Fault, InputCase

LEVEL = "decode"
FIXABLE = False

SILENCE_DBFS = -80.0


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the loudest sample is below the threshold."""
    facts = case.facts
    if not isinstance(facts, AudioFacts) or facts.peak_dbfs is None or not facts.duration_s or facts.peak_dbfs > SILENCE_DBFS:
        return
    wanted = case.role.content
    needs_voice = wanted is not None and wanted.speech and not wanted.silence
    yield Fault(
        severity="warning",
        message=say("is completely silent; {model} needs a voice", model=case.model.id)
        if needs_voice
        else say("is completely silent"),
        help=say("give the recording that contains the sound"),
        measured=facts.peak_dbfs,
        limit=f"> {exact(SILENCE_DBFS)}",
        unit="dBFS",
        source=case.role.content.source if needs_voice and case.role.content else None,
    )
