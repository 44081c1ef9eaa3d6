"""One of the person's hands is hidden or outside the picture.

Judged by the wrists and fingers of a person shown from head to toe: all must be visible. If half a body is shown, they
may be below the edge. Sleeves over both hands and large objects in them are found in three of four pictures, hands in
pockets in one of three. A small object in a visible hand is not found.

Why it matters: AnimateAnyone needs a person with nothing covered: no sleeves over the hands, no held objects.

Fix: `prepare` cannot fix this; use a picture in which both hands are visible and empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where everybody is shown whole, but for a hand."""
    found = judged_bodies(case)
    if found is None or not found.largest_unless(lambda body: body.framing != "full" or body.hands_in_picture):
        return
    yield Fault(
        severity="warning",
        message=say(
            "{where} does not show both hands; {model} asks for a person with nothing covered",
            where=found.where,
            model=case.model.id,
        ),
        help=say("use one in which both hands are visible and empty"),
        measured="hidden",
        limit="seen",
        service_code=found.wanted.errors.get("body"),
        source=found.wanted.source,
    )
