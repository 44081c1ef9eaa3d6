"""The video is stored turned or mirrored, and only its metadata says how to show it.

No model documents whether it applies the metadata. Phones write it for every upright video, and mirror some videos of
the front camera.

Why it matters: a reader that does not apply it sees people lying on their side, and the sides may break another
limit.

Fix: turn the frames; the video is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
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
        tag = (
            say("a tag that mirrors it and turns it by {degrees} degrees", degrees=facts.rotation)
            if facts.rotation
            else say("a tag that mirrors it")
        )
        doubt = say("no document says whether the service applies it")
    else:
        tag = say("a rotation tag of {degrees} degrees", degrees=facts.rotation)
        doubt = say("no document says whether the service turns it")
    yield Fault(
        severity="warning",
        message=say("relies on {tag}: {sizes}; {doubt}", tag=tag, sizes=stored_and_shown(facts), doubt=doubt),
        help=say("turn the frames upright"),
        measured="mirrored" if facts.mirrored else facts.rotation,
        limit=say("not mirrored") if facts.mirrored else "0",
        unit=None if facts.mirrored else "degrees",
    )
