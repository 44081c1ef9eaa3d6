"""Pictures attached to the recording take more space than its sound.

Found where cover art is over 100 kB and over half of the file.

Why it matters: it is uploaded, counts against the size limit, and some readers take the picture for a video
stream.

Fix: remove it; the sound is not changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import AudioFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True

_LEAST_BYTES = 100_000
_SHARE = 0.5


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where cover art is most of the file."""
    facts = case.facts
    if not isinstance(facts, AudioFacts) or not facts.bytes:
        return
    allowed = max(_LEAST_BYTES, int(_SHARE * facts.bytes))
    if facts.cover_art_bytes > allowed:
        yield Fault(
            severity="warning",
            message=say(
                "{cover_art_bytes:,} of its {bytes:,} bytes are attached pictures",
                cover_art_bytes=facts.cover_art_bytes,
                bytes=facts.bytes,
            ),
            help=say("drop the attached pictures"),
            measured=facts.cover_art_bytes,
            limit=f"<= {allowed}",
            unit="bytes",
        )
