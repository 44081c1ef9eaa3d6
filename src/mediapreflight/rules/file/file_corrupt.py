"""The data cannot be decoded without errors.

Pictures are decoded completely (up to 65 megapixels), and every warning of the decoder counts. Of recordings, the
first ten minutes are decoded. Videos are decoded completely up to 300 megapixels in all (about 150 frames of 1080p);
of longer ones only the key frames are, so damage between them can be missed. Encrypted videos are reported by
`video-is-encrypted`.

Not found: changed data that decodes without errors, in formats without checksums. That is true of samples in WAV, of
most of HEIC and JPEG 2000, of some places in MP3 and WMA, and of single values in JPEG and ALAC.

Why it matters: the service's decoder shows garbled blocks, drops frames or stops.

Fix: export it again from the original. If an AAC or MP3 lost a single packet, `prepare` replaces it with silence; it
can fix nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem, VideoFacts, fixable_gap
from ..base import Fault, InputCase

LEVEL = "decode"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a decoder complained of data it should be able to read."""
    if isinstance(case.facts, VideoFacts) and case.facts.encrypted:
        return
    if detail := case.facts.problem(Problem.CORRUPT):
        is_fixable = fixable_gap(case.facts) is not None
        yield Fault(
            severity="error",
            message=say("its data is damaged: {detail}", detail=detail),
            help=say("export it again from the original, or let `prepare` fill the gap with silence")
            if is_fixable
            else say("export it again from the original"),
            fixable=is_fixable,
        )
