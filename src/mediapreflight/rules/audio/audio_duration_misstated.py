"""The header states a different length than the recording has.

Reported at level `decode`, if they differ by more than 0.1 s and by more than 2 % of the length: an MP3 or AAC of
variable bit rate without a header that states its length (readers then guess it from the first frames), a cut MP3
that kept the old header, a WAV that was never completed.

Why it matters: nobody knows which of the two the service reads. A file of 5 seconds may be refused because its header
says 222.

Fix: rewrite the header; the sound is not encoded again. A raw AAC has no header to rewrite, so it becomes a WAV.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import AudioFacts
from ..base import Fault, InputCase
from ..figures import duration_misstated

LEVEL = "decode"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the stated and the measured length differ."""
    facts = case.facts
    if isinstance(facts, AudioFacts):
        yield from duration_misstated(facts, "recording")
