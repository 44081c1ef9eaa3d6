"""The recording's codec is not the usual one for its format.

A WAV can contain MP3, mu-law, ADPCM or floating-point samples. The documents name only the format, and mean 16-bit
PCM, MP3 or AAC.

Why it matters: readers that expect PCM in a WAV play noise or refuse the file.

Fix: decode it and encode it with the usual codec.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import AudioFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True

_USUAL: dict[str, tuple[str, ...]] = {
    "wav": ("pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_u8"),
    "mp3": ("mp3", "mp3float"),
    "aac": ("aac",),
}


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the codec is unusual for the format."""
    facts = case.facts
    if not isinstance(facts, AudioFacts) or facts.audio_codec is None:
        return
    usual = _USUAL.get(facts.format or "")
    if usual is not None and facts.audio_codec not in usual:
        yield Fault(
            severity="warning",
            message=say(
                "contains {audio_codec} in {format}; readers expect {usual}",
                audio_codec=facts.audio_codec,
                format=facts.format,
                usual=usual[0],
            ),
            help=say("convert it to {usual}", usual=usual[0]),
            measured=facts.audio_codec,
            limit=", ".join(usual),
        )
