"""There is probably noise or music under the voice, or between speech.

Judged by two figures, which the catalog can override: the distance between the voice and the quietest tenth of the
recording (`noise_distance_min`, 13 dB), and the share of the time with sound that is not speech (`other_sound_max`,
0.5). This is only a hint.

Why it matters: the documents ask for a clear voice without noise or music. The lips also follow sounds that are not
speech.

Fix: use only the voice track, or remove the noise.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact, listed
from ..base import Fault, InputCase
from .voices import judged_voice

LEVEL = "content"
FIXABLE = False
# Of 72 clear recordings 1 lay below, of 111 with white, pink or babbling noise 10 dB under the voice 108; at 10 dB 0 and 51.
NOISE_DISTANCE_MIN = 13.0
OTHER_SOUND_MAX = 0.5


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the voice hardly stands out, or other sound fills much of the time."""
    heard = judged_voice(case)
    if heard is None:
        return
    distance = heard.speech_level_dbfs - heard.noise_floor_dbfs
    distance_min = case.threshold("noise_distance_min", NOISE_DISTANCE_MIN)
    other_max = case.threshold("other_sound_max", OTHER_SOUND_MAX)
    is_close = distance < distance_min
    signs = (
        [say("the voice is only {distance:.0f} dB louder than the quietest tenth of the recording", distance=distance)]
        if is_close
        else []
    )
    if heard.other_sound_share > other_max:
        signs.append(say("there is sound other than speech for {share:.0%} of the time", share=heard.other_sound_share))
    if not signs:
        return
    yield Fault(
        severity="warning",
        message=say("there is probably noise or music: {signs}", signs=listed(tuple(signs))),
        help=say("use only the voice track, or remove the noise"),
        measured=round(distance, 1) if is_close else heard.other_sound_share,
        limit=f">= {exact(distance_min)}" if is_close else f"<= {exact(other_max)}",
        unit="dB" if is_close else say("of the time"),
        source=case.role.content.source if case.role.content else None,
    )
