"""The data cannot be decoded cleanly.

Pictures are decoded whole (up to 65 megapixels), with every complaint of the decoder taken seriously.
Recordings are decoded up to ten minutes. Videos are decoded whole up to 300 megapixels in all (about 150
frames of 1080p); of longer ones the key frames are, so damage between key frames of a long clip can go
unseen. Encrypted videos are left to `video-is-encrypted`.

Why it matters: the service's decoder shows smeared blocks, drops frames or gives up.

Cure: none here; export it again from the original.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import Problem, VideoFacts
from ..base import Fault, InputCase

LEVEL = "decode"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a decoder complained of data it should be able to read."""
    if isinstance(case.facts, VideoFacts) and case.facts.encrypted:
        return
    if detail := case.facts.problem(Problem.CORRUPT):
        yield Fault(severity="error", message=f"its data is damaged: {detail}", help="export it again from the original")
