"""The container states another length than its picture has.

Found at level `decode`, where they differ by more than a tenth of a second and two hundredths of the length:
a sound track that runs on after the picture, an index left over from an edit, a recording that broke off.

Why it matters: which of the two the service reads is unknown. The bill or the refusal may follow the longer
one.

Fix: rewrite the header by a remux; where the sound runs on, cut it to the picture.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import VideoFacts
from ..base import Fault, InputCase
from ..figures import duration_misstated

LEVEL = "decode"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the stated and the measured length differ."""
    facts = case.facts
    if isinstance(facts, VideoFacts) and facts.frames:
        yield from duration_misstated(facts.duration_s, facts.stated_duration_s, "picture")
