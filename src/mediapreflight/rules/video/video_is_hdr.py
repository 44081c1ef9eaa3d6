"""The video is high dynamic range.

Reported if its transfer function is PQ (HDR10, most of Dolby Vision) or HLG, as recent phones record by default, and
for Dolby Vision profile 5, which has its own colour space. If the container says standard range and the frames do
not, the frames count; that takes level `decode`, unless the sequence header in the container says so as well.

Why it matters: no model documents that it reads high dynamic range. Read as standard range, the picture looks grey
and flat, and faces lose contrast.

Readers that do not know profile 5 show it in green and purple.

Fix: tone-map it to standard range; the video is encoded once. Profile 5 cannot be converted here; export it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase
from ..figures import high_dynamic_range

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the transfer function is one of the HDR ones."""
    facts = case.facts
    if not isinstance(facts, VideoFacts):
        return
    if facts.transfer == "ipt-pq":
        yield Fault(
            severity="warning",
            message=say("is Dolby Vision profile 5; readers that treat it as ordinary video show it green and purple"),
            help=say("export it as HDR10 or standard range"),
            measured=facts.transfer,
            limit="sdr",
            fixable=False,
        )
    yield from high_dynamic_range(facts)
