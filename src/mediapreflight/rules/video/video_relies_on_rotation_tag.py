"""The video is stored turned or mirrored, and relies on metadata to be shown upright.

No model documents whether it applies the metadata. Phones write it for every upright video, and mirroring for some videos of
the front camera.

Why it matters: a reader that does not apply it sees people on their side, and the sides may break
another limit.

Fix: turn the frames, which needs one encode.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import VideoFacts
from ..base import Fault, InputCase
from ..figures import stored_and_shown

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where it is shown otherwise than it is stored."""
    facts = case.facts
    if not isinstance(facts, VideoFacts) or not (facts.rotation or facts.mirrored):
        return
    if facts.mirrored:
        turn = f" and turns it by {facts.rotation} degrees" if facts.rotation else ""
        tag, heeds = f"a tag that mirrors it{turn}", "heeds it"
    else:
        tag, heeds = f"a rotation tag of {facts.rotation} degrees", "turns it"
    yield Fault(
        severity="warning",
        message=f"relies on {tag}: {stored_and_shown(facts)}; whether the service {heeds} is not documented",
        help="turn the frames upright",
        measured="mirrored" if facts.mirrored else facts.rotation,
        limit="not mirrored" if facts.mirrored else "0",
        unit=None if facts.mirrored else "degrees",
    )
