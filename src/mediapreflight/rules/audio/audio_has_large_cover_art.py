"""The cover pictures in the recording take more space than its sound.

Reported if they are more than 100 kB and more than half of the file.

Why it matters: they are uploaded and count towards the size limit, and some readers mistake a cover picture for a
video stream.

Fix: remove them; the sound does not change.
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
                "{cover_art_bytes:,} of its {bytes:,} bytes are cover pictures",
                cover_art_bytes=facts.cover_art_bytes,
                bytes=facts.bytes,
            ),
            help=say("remove the cover pictures"),
            measured=facts.cover_art_bytes,
            limit=f"<= {allowed}",
            unit="bytes",
        )
