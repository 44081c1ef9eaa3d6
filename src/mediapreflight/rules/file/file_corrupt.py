"""The data cannot be decoded cleanly.

Pictures are decoded completely (up to 65 megapixels), and every warning of the decoder counts.
Recordings are decoded up to ten minutes. Videos are decoded completely up to 300 megapixels in all (about 150
frames of 1080p); of longer ones only the key frames, so damage between key frames of a long clip can be
missed. Encrypted videos are found by `video-is-encrypted`.

Why it matters: the service's decoder shows smeared blocks, drops frames or gives up.

Fix: export it again from the original. If an AAC or MP3 lost a single packet, `prepare` replaces it by silence; for everything
    else there
is no fix here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
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
            message=say("its data is damaged: {detail}", detail=detail),
            help=say("export it again from the original, or have silence put in the gap")
            if is_mendable
            else say("export it again from the original"),
            fixable=is_mendable,
        )
