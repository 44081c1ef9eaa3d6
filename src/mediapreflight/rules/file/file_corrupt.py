"""The data cannot be decoded cleanly.

Pictures are decoded whole (up to 65 megapixels), with every complaint of the decoder taken seriously.
Recordings are decoded up to ten minutes. Videos are decoded whole up to 300 megapixels in all (about 150
frames of 1080p); of longer ones the key frames are, so damage between key frames of a long clip can go
unseen. Encrypted videos are left to `video-is-encrypted`.

Why it matters: the service's decoder shows smeared blocks, drops frames or gives up.

Fix: export it again from the original. Where an AAC or MP3 lost a single packet, silence is put in its place; for all else there
is none here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import Problem, VideoFacts, mendable_gap
from ..base import Fault, InputCase

LEVEL = "decode"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a decoder complained of data it should be able to read."""
    if isinstance(case.facts, VideoFacts) and case.facts.encrypted:
        return
    if detail := case.facts.problem(Problem.CORRUPT):
        is_mendable = mendable_gap(case.facts) is not None
        yield Fault(
            severity="error",
            message=f"its data is damaged: {detail}",
            help="export it again from the original" + (", or have silence put in the gap" if is_mendable else ""),
            fixable=is_mendable,
        )
