"""The length in the container is not the length of its video.

Found at level `decode`, where they differ by more than a tenth of a second and two hundredths of the length:
a sound track that is longer than the video, an index from before an edit, an interrupted recording.

Why it matters: which of the two the service reads is unknown. The bill or the refusal may follow the longer
one.

Fix: rewrite the header by a remux; if the sound is longer, cut it to the length of the video.
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
