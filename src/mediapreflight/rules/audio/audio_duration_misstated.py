"""The length in the header is not the length of the recording.

Found at level `decode`, where they differ by more than a tenth of a second and two hundredths of the length:
an MP3 or AAC of variable bit rate without a header that states its length (readers then guess it from the first
frames), a cut MP3 that kept the old header, a WAV that was never completed.

Why it matters: which of the two the service reads is unknown. A 5-second file can be refused as one of 222
seconds.

Fix: rewrite the header; no sound is re-encoded. A raw AAC has no header to rewrite: it becomes a WAV.
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
