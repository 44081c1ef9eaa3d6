"""The video is stored turned, and relies on rotation metadata to be shown upright.

No model documents whether it honours the metadata. Phones write it for every portrait take.

Why it matters: a reader that does not honour it sees people lying on their side, and the sides may break
another limit.

Cure: turn the frames, which needs one encode.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import VideoFacts
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the rotation is not 0."""
    facts = case.facts
    if isinstance(facts, VideoFacts) and facts.rotation:
        yield Fault(
            severity="warning",
            message=(
                f"relies on a rotation tag of {facts.rotation} degrees: stored {facts.stored_width} x {facts.stored_height} px, "
                f"shown {facts.width} x {facts.height} px; whether the service turns it is not documented"
            ),
            help="turn the frames upright",
            measured=facts.rotation,
            limit="0",
            unit="degrees",
        )
