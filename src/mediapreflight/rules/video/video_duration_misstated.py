"""The container states a different length than its video has.

Reported at level `decode`, if they differ by more than 0.1 s and by more than 2 % of the length: a sound track that
is longer than the video, an index from before an edit, an interrupted recording.

Why it matters: nobody knows which of the two the service reads. It may bill or refuse the longer one.

Fix: remux it, which rewrites the header; if the sound is longer, cut it to the length of the video.
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
        yield from duration_misstated(facts, "picture")
