"""The person is seen from the side or from behind, or the face is not visible.

Judged by the face, and by the positions of shoulders, nose and ears. From behind is an error; from the side, and a face
that is hidden or not found, are warnings.

Why it matters: AnimateAnyone fails on side views and asks for people who face the camera
(`InvalidFile.FrontBody`, `InvalidFile.BodyPose`).

Fix: `prepare` cannot fix this; use a picture taken from the front.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a frontal person is wanted and nobody is."""
    found = judged_bodies(case)
    person = found.largest_unless(lambda body: body.facing == "front") if found and found.wanted.frontal else None
    if found is None or person is None:
        return
    yield Fault(
        severity="error" if person.facing == "back" else "warning",
        message=say(
            "{where} shows the person {words}; {model} needs them facing the camera",
            where=found.where,
            words=_WORDS[person.facing],
            model=case.model.id,
        ),
        help=say("use one taken from the front"),
        measured=person.facing,
        limit="front",
        service_code=found.wanted.errors.get("pose"),
        source=found.wanted.source,
    )


_WORDS = {"back": say("from behind"), "side": say("from the side"), "unknown": say("with the face not visible")}
