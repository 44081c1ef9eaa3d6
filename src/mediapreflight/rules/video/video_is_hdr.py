"""The video is high dynamic range.

Found where its transfer function is PQ (HDR10, Dolby Vision) or HLG, as recent phones record by default.

Why it matters: read as standard range, which no model documents otherwise, it looks grey and flat, and faces
lose contrast.

Cure: tone-map to standard range, which needs one encode.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the transfer function is one of the HDR ones."""
    facts = case.facts
    if isinstance(facts, VideoFacts) and facts.transfer in ("pq", "hlg"):
        yield Fault(
            severity="warning",
            message=f"is high dynamic range ({facts.transfer.upper()}); read as standard range it looks flat",
            help="tone-map it to standard range",
            measured=facts.transfer,
            limit="sdr",
        )
