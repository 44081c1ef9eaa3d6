"""More than one person is visible in the picture, or in the first frame of the video.

Why it matters: AnimateAnyone takes exactly one; its detect call fails on "multi human bodies". Which person is
meant is not known, so the other rules over bodies report only what is true of all who may be meant.

Fix: `prepare` does not do this; crop the picture to one person in an image editor.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where several people are seen."""
    found = judged_bodies(case)
    if found is not None and found.wanted.bodies == "one" and len(found.bodies) > 1:
        yield Fault(
            severity="error",
            message=say(
                "{where} shows {count} people; {model} takes exactly one",
                where=found.where,
                count=len(found.bodies),
                model=case.model.id,
            ),
            help=say("crop it to one person with an editor"),
            measured=len(found.bodies),
            limit="== 1",
            unit="people",
            service_code=found.wanted.errors.get("several"),
            source=found.wanted.source,
        )
