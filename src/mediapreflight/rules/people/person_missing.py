"""No person is visible in the picture, or in the first frame of the video.

Judged by body landmarks, for models that move bodies. If something may be a person, for example somebody small who stands
far away, a shadow or a figure of stone, it is a warning.

Why it matters: AnimateAnyone's detect call fails ("no human body"), and its template call aborts when the
first frame shows nobody (`InvalidFile.Content`). Wan 2.2 animate was seen to refuse pictures without a person: a warning.

Fix: use a picture that shows a person; trim a video so that it starts with one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where nobody is seen."""
    found = judged_bodies(case)
    if found is not None and not found.bodies:
        message = (
            say("{where} shows nothing that is certainly a person; {model} needs one", where=found.where, model=case.model.id)
            if found.doubtful
            else say("{where} shows no person; {model} needs one", where=found.where, model=case.model.id)
        )
        yield Fault(
            # No document says that a picture without people is refused if several people are accepted, but the service did so.
            severity="error" if found.wanted.bodies == "one" and not found.doubtful else "warning",
            message=message,
            help=say("use one that shows a person clearly and from the front"),
            measured=0,
            limit="== 1" if found.wanted.bodies == "one" else ">= 1",
            unit="people",
            service_code=found.wanted.errors.get("none"),
            source=found.wanted.source,
        )
